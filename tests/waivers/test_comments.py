"""Waivers in comments, and what of them is reported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import indent
from time import process_time

import pytest

from tests.waivers.conftest import AZ, DB, ENCRYPTED, FLOW, Run, above, behind, template


@pytest.mark.parametrize(
    ("text", "waived"),
    [
        (above(DB, "Db", ENCRYPTED), ["storage-encrypted Db"]),
        (behind(DB, "Db", ENCRYPTED), ["storage-encrypted Db"]),
        (behind(DB, "Type", ENCRYPTED), ["storage-encrypted Db"]),
        (above(DB, "Properties", ENCRYPTED), ["storage-encrypted Db"]),
        (above(DB, "StorageEncrypted", ENCRYPTED), ["storage-encrypted Db"]),
        (behind(DB, "StorageEncrypted", ENCRYPTED), ["storage-encrypted Db"]),
        (behind(DB, "StorageEncrypted", "# for now " + ENCRYPTED), ["storage-encrypted Db"]),
        (above(DB, "StorageEncrypted", ENCRYPTED + "\n      # and more"), ["storage-encrypted Db"]),
        (behind(DB, "Db", ENCRYPTED.replace("rds/storage-encrypted", "rds/storage-encrypted, rds/multi-az")),
         ["storage-encrypted Db", "multi-az Db"]),
        (behind(DB, "Db", ENCRYPTED.replace("rds/storage-encrypted", "rds/")), ["storage-encrypted Db", "multi-az Db"]),
        (behind(DB, "Db", "# dbguard: ignore[rds/*] -- x"), ["storage-encrypted Db", "multi-az Db"]),
        (DB.replace("MultiAZ: false", "MultiAZ: !If [No, true, false]  " + AZ) + "Conditions: {No: !Equals [a, b]}\n",
         ["multi-az Db"]),
        (DB.replace("MultiAZ: false", f"MultiAZ: !If\n        - No\n        - true\n        - false  {AZ}")
         + "Conditions: {No: !Equals [a, b]}\n", ["multi-az Db"]),
        (DB.replace("\n", "\r\n").replace("MultiAZ: false", "MultiAZ: false  " + AZ), ["multi-az Db"]),
        (DB.replace("Engine: mysql", "Engine: mysql # \U0001f600é").replace("MultiAZ: false", "MultiAZ: false  " + AZ),
         ["multi-az Db"]),
        (FLOW, ["multi-az Db"]),
    ],
)  # fmt: skip
def test_a_comment_beside_the_resource_or_property(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, waived: list[str]
) -> None:
    assert Run(capsys, template(here, re.sub(r"#.*", "", text))).told(waived=True) == []
    (here / "t.yaml").write_bytes(text.encode())
    run = Run(capsys, "t.yaml")
    assert (run.told(waived=True), run.notices) == (waived, [])
    assert run.report["summary"]["waived"] == len(waived)
    assert run.code == (1 if run.told(waived=False) else 0)


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_comments_of_a_template_in_an_answer(here: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    text = behind(behind(DB, "Db", AZ), "Engine", "# dbguard: ignore[rds/multi-az]")
    answer = json.dumps({"TemplateBody": text}) if kind == "json" else "TemplateBody: |\n" + indent(text, "  ")
    run = Run(capsys, template(here, answer, f"t.{kind}"))
    assert (run.told(waived=True), run.told(waived=False)) == (["multi-az Db"], ["storage-encrypted Db"])
    assert run.notices == ["malformed: rds/multi-az on Db: it gives no reason"]


def test_the_metadata_of_a_template_waives_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DB + "Metadata: {dbguard: {ignore: [{policy: rds/multi-az, reason: x}]}}\n"
    run = Run(capsys, template(here, text))
    assert run.told(waived=True) == []
    assert run.notices == ["malformed: ignore stands in the Metadata of a resource, not of the template"]


def test_a_branch_of_all_properties(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "Conditions: {Yes: !Equals [!Ref AWS::Region, a]}\n"
        "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: !If\n      - Yes\n"
        f"      - Engine: mysql\n        StorageEncrypted: false {AZ}\n        MultiAZ: false {ENCRYPTED}\n"
        "      - {}\n"
    )
    run = Run(capsys, template(here, text))
    assert run.told(waived=True) == []  # a comment holds for its own property
    assert [one.partition(":")[0] for one in run.notices] == ["unused", "unused"]
    text = text.replace(AZ, "-").replace(ENCRYPTED, AZ).replace("false -", f"false {ENCRYPTED}")
    run = Run(capsys, template(here, text))
    assert (run.told(waived=True), run.notices) == (["storage-encrypted Db", "multi-az Db"], [])


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (behind(DB, "MultiAZ", ENCRYPTED), "unused: rds/storage-encrypted on Db"),
        (behind(DB, "Engine", ENCRYPTED), "unused: rds/storage-encrypted on Db"),
        (
            behind(DB, "Db", ENCRYPTED.replace("--", "until=2020-01-01 --")),
            "expired: rds/storage-encrypted on Db: it ended",
        ),
        (
            behind(DB, "Db", ENCRYPTED.replace("--", "until=2030-02-30 --")),
            "until is a day, such as 2027-03-01, not '2030",
        ),
        (
            behind(DB, "Db", ENCRYPTED.replace("--", "until= --")),
            "malformed: rds/storage-encrypted on Db: until is a day",
        ),
        (behind(DB, "Db", ENCRYPTED.replace("-- scratch", "")), "it gives no reason"),
        (behind(DB, "Db", ENCRYPTED.replace("scratch", "")), "it gives no reason"),
        (behind(DB, "Db", ENCRYPTED.replace("-- ", "")), "malformed: a waiver is written ignore[POLICY]"),
        (behind(DB, "Db", ENCRYPTED.replace("dbguard:", "dbguard")), ""),
        (behind(DB, "Db", "# dbguard: ignore -- scratch"), "malformed: a waiver is written"),
        (behind(DB, "Db", "# dbguard: ignore[] -- scratch"), "it names no policy"),
        (behind(DB, "Db", "# dbguard: ignore[rds/storage-encrypt] -- x"), "did you mean 'rds/storage-encrypted'?"),
        (behind(DB, "Db", "# dbguard: ignore[rds] -- x"), "unknown-policy: rds on Db: there is no policy 'rds'"),
        (behind(DB, "Db", "# dbguard: ignore[rds/multi-az,] -- x"), "a policy is missing between commas"),
        (behind(DB, "Resources", ENCRYPTED), "it stands beside no resource"),
        (ENCRYPTED + "\n\n" + DB, "it stands beside no resource"),
        (DB + ENCRYPTED + "\n", "it stands beside no resource"),
        (DB + "      " + ENCRYPTED + "\n  Other:\n    Type: AWS::RDS::DBInstance\n", "it stands beside no resource"),
    ],
)
def test_what_waives_nothing_is_reported(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, notice: str
) -> None:
    run = Run(capsys, template(here, text))
    if not notice:  # the colon may be left out
        assert run.told(waived=True) == ["storage-encrypted Db"]
        return
    (found,) = run.notices
    assert notice in found
    assert "storage-encrypted Db" in run.told(waived=False)
    assert run.told(waived=True) == []
    assert run.code == 1
    assert run.report["complete"] is True


def test_a_hash_above_a_key_of_that_name_is_no_waiver(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DB.replace("    Properties", "    Metadata:\n      #\n      dbguard: {ignore: []}\n    Properties")
    assert Run(capsys, template(here, text)).notices == []


def test_endless_comments_cost_little(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = f"      {AZ}\n" * 10_000
    template(here, DB.replace("      MultiAZ: false", f"{many}      MultiAZ: false {AZ * 10_000}"))
    start = process_time()
    run = Run(capsys, "t.yaml")
    assert process_time() - start < 8
    assert run.told(waived=True) == ["multi-az Db"]


@pytest.mark.parametrize(
    "value",
    [
        f'"{ENCRYPTED}"',
        f"'{ENCRYPTED}'",
        "a#dbguard:ignore[rds/storage-encrypted]--x",
        f"|\n        {ENCRYPTED}",
        f">-\n        a\n        {ENCRYPTED}",
    ],
)
def test_a_comment_inside_a_text_is_none(here: Path, capsys: pytest.CaptureFixture[str], value: str) -> None:
    text = DB.replace("      StorageEncrypted", f"      DBName: {value}\n      StorageEncrypted")
    run = Run(capsys, template(here, text))
    assert (run.told(waived=True), run.notices) == ([], [])
    behind_it = Run(
        capsys, template(here, text.replace("StorageEncrypted: false", f"StorageEncrypted: false {ENCRYPTED}"))
    )
    assert behind_it.told(waived=True) == ["storage-encrypted Db"]


def test_a_comment_behind_the_mark_of_a_block_is_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DB.replace("MultiAZ: false", f"DBName: | {ENCRYPTED}\n        text\n      MultiAZ: false")
    (notice,) = Run(capsys, template(here, text)).notices
    assert notice.startswith("unused: rds/storage-encrypted on Db")


def test_unused_is_said_only_where_the_policy_ran(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = behind(DB.replace("false", "true"), "Db", "# dbguard: ignore[rds/multi-az, rds/] -- scratch")
    template(here, text)
    assert Run(capsys, "t.yaml", select="rds/storage-encrypted").notices == []
    assert [one.split(":")[1] for one in Run(capsys, "t.yaml").notices] == [" rds/multi-az on Db"]
    alone = behind(DB.replace("false", "true"), "Db", "# dbguard: ignore[dynamodb/] -- scratch")
    template(here, alone)
    assert Run(capsys, "t.yaml").notices == []
    (notice,) = Run(capsys, "t.yaml", select="dynamodb/,rds/storage-encrypted").notices
    assert notice.startswith("unused: dynamodb/ on Db")
