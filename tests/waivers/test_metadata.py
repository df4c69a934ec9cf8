"""Waivers in metadata and in a configuration, and what waivers cover."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dbguard import settlement, waiver
from dbguard.cli import main
from dbguard.model import Location
from tests.waivers.conftest import DB, ENCRYPTED, IDS, TYPES, Run, above, behind, finding, report, template


def metadata(*rows: object, form: str = "json") -> str:
    root = {
        "Resources": {
            "Db": {
                "Type": "AWS::RDS::DBInstance",
                "Metadata": {"dbguard": {"ignore": list(rows)}},
                "Properties": {
                    "Engine": "mysql",
                    "StorageEncrypted": False,
                    "MultiAZ": True,
                    "BackupRetentionPeriod": 7,
                },
            }
        }
    }
    text = json.dumps(root, indent=1)
    return text if form == "json" else "# as YAML\n" + text


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_metadata_of_the_resource(here: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    row = {"policy": "rds/storage-encrypted", "reason": "scratch", "until": "2999-12-31"}
    run = Run(capsys, template(here, metadata(row, form=form), f"t.{form}"))
    (found,) = run.report["findings"]
    assert found["waiver"] == {"reason": "scratch", "until": "2999-12-31", "where": "metadata"}
    assert (run.code, run.notices) == (0, [])
    assert run.report["summary"]["verdicts"]["fail"] == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"policy": "rds/storage-encrypted"}, "it gives no reason"),
        ({"policy": "rds/storage-encrypted", "reason": ""}, "it gives no reason"),
        ({"reason": "x"}, "it names no policy"),
        ({"policy": "rds/storage-encrypted", "reason": {"Ref": "Why"}}, "reason is a text"),
        ({"policy": "rds/storage-encrypted", "reason": "x", "until": 2027}, "until is a text"),
        ({"policy": "rds/storage-encrypted", "reason": "x", "untill": "2027-01-01"}, "unknown key untill"),
        ("rds/storage-encrypted", "an entry is a mapping"),
    ],
)
def test_metadata_that_is_not_understood(
    here: Path, capsys: pytest.CaptureFixture[str], row: object, words: str
) -> None:
    run = Run(capsys, template(here, metadata(row), "t.json"))
    (notice,) = run.report["notices"]
    assert notice["kind"] == "malformed"
    assert words in notice["detail"]
    assert notice["location"]["line"] > 5
    assert run.told(waived=False) == ["storage-encrypted Db"]


def test_metadata_of_another_shape_is_reported(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DB.replace("    Properties", "    Metadata: {dbguard: {ignored: []}}\n    Properties")
    (notice,) = Run(capsys, template(here, text)).notices
    assert "Metadata.dbguard holds one key, ignore" in notice


def test_no_waivers_judges_as_if_there_were_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = Run(capsys, template(here, DB, "plain.yaml"))
    marked = Run(capsys, template(here, behind(above(DB, "Db", "# dbguard: x"), "Db", ENCRYPTED)), "--no-waivers")
    assert marked.told(waived=False) == plain.told(waived=False)
    assert (marked.notices, marked.report["summary"]["waived"]) == ([], 0)


def test_waived_findings_show_on_request_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, behind(DB.replace("MultiAZ: false", "MultiAZ: true"), "Db", ENCRYPTED))
    assert main(["scan", "--select", IDS, "t.yaml"]) == 0
    out = capsys.readouterr().out
    assert "All clear: 1 resource judged, nothing to mend that is not waived." in out
    assert "1 waived; 0 gaps\n" in out
    assert "storage-encrypted" not in out
    assert main(["scan", "--select", IDS, "t.yaml", "--show", "waived", "--format", "compact"]) == 0
    assert capsys.readouterr().out.startswith("t.yaml:6:7: high[waived fail] rds/storage-encrypted Db: scratch\n")
    main(["scan", "--select", IDS, "t.yaml", "--show", "waived", "--format", "sarif"])
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "inSource", "status": "accepted", "justification": "scratch"}]


def test_a_waiver_where_the_thing_to_change_stands(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The finding is about the replica, and shown at its source."""
    text = DB.replace("Period: 7", "Period: 0  # dbguard: ignore[rds/read-replica-source-backups] -- x") + (
        "  Copy:\n    Type: AWS::RDS::DBInstance\n    Properties: {SourceDBInstanceIdentifier: !Ref Db}\n"
    )
    policy = "rds/read-replica-source-backups"
    run = Run(capsys, template(here, text), select=policy)
    assert (run.told(waived=True), run.notices) == (["read-replica-source-backups Copy"], [])
    on_copy = re.sub(" *#.*", "", text).replace("  Copy:", f"  Copy:  # dbguard: ignore[{policy}] -- x")
    assert Run(capsys, template(here, on_copy), select=policy).told(waived=True) == run.told(waived=True)


def test_loops_and_nested_stacks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One comment in a loop's body holds for all that is made of it, one in a nested template where that is used."""
    body = "    Type: AWS::RDS::DBInstance\n    Properties:\n      StorageEncrypted: false  " + ENCRYPTED + "\n"
    loop = "".join(f"      {line}\n" for line in f"Db${{Name}}:\n{body[:-1]}".splitlines())
    template(
        here,
        "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::All:\n    - Name\n    - [A, B]\n    -\n" + loop,
        "loop.yaml",
    )
    template(here, "Resources:\n  Db:\n" + body, "child.yaml")
    stack = "{Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml}}"
    template(here, f"Resources:\n  One: {stack}\n  Two: {stack}\n", "parent.yaml")
    run = Run(capsys, "loop.yaml", select="rds/storage-encrypted")
    assert (run.told(waived=True), run.notices) == (["storage-encrypted DbA", "storage-encrypted DbB"], [])
    run = Run(capsys, "parent.yaml", select="rds/storage-encrypted")
    assert (run.told(waived=True), run.notices) == (["storage-encrypted Db"] * 2, [])


def test_included_files_have_waivers_of_their_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(
        here,
        DB.split("\n", 1)[1].replace("StorageEncrypted: false", f"StorageEncrypted: false {ENCRYPTED}"),
        "part.yaml",
    )
    include = "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}\n"
    run = Run(capsys, template(here, "Resources:\n" + include), select="rds/storage-encrypted")
    assert (run.told(waived=True), run.notices) == (["storage-encrypted Db"], [])


def test_sets_of_parameters_share_waivers(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is used with one set is not unused because it is not with another."""
    text = "Parameters: {E: {Type: String}}\n" + DB.replace("Encrypted: false", f"Encrypted: !Ref E  {ENCRYPTED}")
    template(here, text)
    for name, value in (("a.json", "true"), ("b.json", "false")):
        (here / name).write_text(json.dumps({"E": value}))
    run = Run(
        capsys, "t.yaml", "--parameter-file", "a.json", "--parameter-file", "b.json", select="rds/storage-encrypted"
    )
    assert (run.code, run.told(waived=True), run.notices) == (0, ["storage-encrypted Db"], [])


def test_waivers_of_a_configuration() -> None:
    rows: list[dict[str, Any]] = [
        {"policy": "rds/multi-az", "path": "legacy/*", "reason": "old"},
        {"policy": "rds/", "resource": "Db*", "reason": "databases", "until": "2027-01-01"},
        {"policy": "rds/multi-az", "path": "here/*"},
    ]
    places = [Location("dbguard.toml", line, 1) for line in (3, 5, 9)]
    made = [one for row, place in zip(rows, places, strict=True) for one in waiver.configured(row, place, ("",))]
    run = settlement.Run(TYPES, lambda _: TYPES, "2026-06-01")
    seen = settlement.settle(report(finding(), finding(name="Other")), made, run)
    assert [one.waiver and one.waiver["reason"] for one in seen.findings] == ["databases", None]
    assert [(one.kind, one.detail) for one in seen.notices] == [("malformed", "rds/multi-az: it gives no reason")]
    later = settlement.settle(report(finding()), made, run._replace(today="2027-01-02"))
    assert (later.waived, [one.kind for one in later.notices].count("expired")) == (0, 1)
    last = settlement.settle(report(finding()), made, run._replace(today="2027-01-01"))
    assert last.waived == 1
