"""Waivers in templates, baselines, and the suppressions of other tools, as a user meets them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from textwrap import indent
from time import process_time
from typing import Any

import pytest

from dbguard import baseline, settlement, waiver
from dbguard.cli import main
from dbguard.errors import UsageError
from dbguard.model import Coverage, Finding, Location, Report, Subject, Trend
from dbguard.policy_library import Library

IDS = "rds/storage-encrypted,rds/multi-az,rds/backup-retention"
TYPES = {name: entry.types for name, entry in Library().entries.items()}
DB = """Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      StorageEncrypted: false
      MultiAZ: false
      BackupRetentionPeriod: 7
"""
ENCRYPTED = "# dbguard: ignore[rds/storage-encrypted] -- scratch"
AZ = "# dbguard: ignore[rds/multi-az] -- scratch"
FLOW = f"""Resources: {{Db: {{Type: AWS::RDS::DBInstance,
  Properties: {{Engine: mysql, StorageEncrypted: true,
    MultiAZ: false, {AZ}
    BackupRetentionPeriod: 7}}}}}}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Run:
    """What a scan says: its exit code, and the report with what is waived."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str, select: str = IDS) -> None:
        show = "fail,may-fail,unknown" + ("" if "--no-waivers" in words else ",waived")
        self.code = main(["scan", "--select", select, "--format", "json", "--show", show, *words])
        out = capsys.readouterr()
        self.report: dict[str, Any] = json.loads(out.out)
        self.error = out.err

    def told(self, *, waived: bool) -> list[str]:
        found = [one for one in self.report["findings"] if bool(one["waiver"]) is waived]
        return [f"{one['policy'].partition('/')[2]} {one['resource']['id']}" for one in found]

    @property
    def notices(self) -> list[str]:
        return [f"{one['kind']}: {one['detail']}" for one in self.report.get("notices", [])]


def template(here: Path, text: str, name: str = "t.yaml") -> str:
    (here / name).write_text(text)
    return name


def above(text: str, key: str, comment: str) -> str:
    """The text with a comment on a line of its own above a key, at its depth."""
    return re.sub(rf"(?m)^( *){key}:", lambda found: f"{found[1]}{comment}\n{found[0]}", text, count=1)


def behind(text: str, key: str, comment: str) -> str:
    return re.sub(rf"(?m)^( *{key}:.*)$", rf"\1  {comment}", text, count=1)


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


def finding(verdict: str = "fail", *, name: str = "Db", line: int = 1) -> Finding:
    place = Location("t.yaml", line, 1, f"Resources.{name}")
    return Finding(
        "rds/multi-az", verdict, "high", "", "", "", Subject(name, "AWS::RDS::DBInstance"), place,
        fingerprint=f"rds/multi-az:t.yaml:{name}:MultiAZ", judged_at=place,
    )  # fmt: skip


def report(*findings: Finding) -> Report:
    verdicts = {name: [one.verdict for one in findings].count(name) for name in ("fail", "may-fail", "unknown")}
    return Report("0", findings, (), Coverage(), verdicts, homes=frozenset({"t.yaml"}))


@pytest.mark.parametrize(
    ("written", "found", "new"),
    [
        (["fail"], ["fail"], []),
        (["fail"], ["fail", "fail"], ["fail"]),
        (["may-fail"], ["fail"], ["fail"]),
        (["unknown"], ["may-fail"], ["may-fail"]),
        (["fail"], ["unknown"], []),
        (["fail", "unknown"], ["unknown", "fail"], []),
        (["fail", "may-fail"], ["may-fail", "may-fail", "fail"], ["fail"]),
        ([], ["fail"], ["fail"]),
        (["fail"], [], []),
    ],
)
def test_a_new_finding_is_never_hidden(written: list[str], found: list[str], new: list[str]) -> None:
    known = baseline.of(finding(verdict, line=9) for verdict in written)
    known = baseline.parse(baseline.dump(known), "b.json")
    seen, left = baseline.accept(report(*(finding(one, line=20 + at) for at, one in enumerate(found))), known)
    assert [one.verdict for one in seen.findings if one.waiver is None] == new
    assert seen.waived == len(found) - len(new)
    assert sum(seen.verdicts.values()) == len(new)
    assert left.total() == max(0, len(written) - seen.waived)


def test_a_baseline_counts_and_lists_nothing() -> None:
    known = baseline.of([finding()])
    (row,) = known
    start = process_time()
    seen, left = baseline.accept(report(finding(line=1), finding(line=2)), Counter({row: 10**12}))
    assert (seen.waived, left) == (2, Counter({row: 10**12 - 2}))
    assert process_time() - start < 1


def test_trends_tell_what_fails_by_policy_and_sum_up_baselines() -> None:
    """What is unknown asks for no change, and is no trend; what another baseline has lost is in the report already."""
    known = baseline.of([finding("fail", line=9), finding("fail", line=9), finding("unknown", line=9)])
    seen, _ = baseline.accept(report(finding("fail", line=1), finding("unknown", line=2)), known)
    policy = finding().policy
    severities = {policy: "high", "a/gone": "low", "a/quiet": "low"}
    row = next(iter(known))
    first = list(baseline.trends(seen, Counter({row: 1}), severities))
    assert first == [Trend(policy, finding().severity, 0, 1, 1)]
    others = {row._replace(policy="a/gone"): 1, row._replace(policy="a/quiet", verdict="unknown"): 4}
    idle = Counter({row: 2, **others})
    assert list(baseline.trends(seen._replace(trends=tuple(first)), idle, severities)) == [
        Trend(policy, finding().severity, 0, 1, 3),
        Trend("a/gone", "low", 0, 0, 1),
    ]


def test_a_baseline_is_written_used_and_pruned(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, DB)
    written = Run(capsys, "t.yaml", "--write-baseline", "b.json")
    assert (written.code, written.error) == (0, "dbguard: 2 findings written to b.json\n")
    template(here, "# a line more\n\n" + DB)
    again = Run(capsys, "t.yaml", "--baseline", "b.json")
    assert (again.code, again.notices, again.told(waived=False)) == (0, [], [])
    assert {json.dumps(one["waiver"]) for one in again.report["findings"]} == {json.dumps(baseline.WAIVER)}
    template(here, DB.replace("MultiAZ: false", "MultiAZ: true").replace("Period: 7", "Period: 0"))
    changed = Run(capsys, "t.yaml", "--baseline", "b.json")
    assert (changed.code, changed.told(waived=False)) == (1, ["backup-retention Db"])
    assert changed.notices == ["unused: 1 entry is found no more; --prune-baseline takes it out"]
    assert Run(capsys, "t.yaml", "--baseline", "b.json", select="rds/storage-encrypted").notices == []
    Run(capsys, "t.yaml", "--baseline", "b.json", "--prune-baseline")
    assert main(["baseline", "list", "b.json"]) == 0
    assert capsys.readouterr().out == "t.yaml: fail rds/storage-encrypted Db\n"


def test_an_incomplete_run_prunes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, DB)
    Run(capsys, "t.yaml", "--write-baseline", "b.json")
    before = (here / "b.json").read_text()
    template(here, DB.replace("false", "true"))
    run = Run(capsys, "t.yaml", "missing.yaml", "--baseline", "b.json", "--prune-baseline")
    assert run.code == 3
    assert "b.json is not pruned" in run.error
    assert (here / "b.json").read_text() == before


def test_templates_that_are_gone_leave_the_baseline(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Run(capsys, template(here, DB, "old.yaml"), template(here, DB), "--write-baseline", "b.json")
    (here / "old.yaml").unlink()
    Run(capsys, "t.yaml", "--baseline", "b.json", "--prune-baseline")
    assert "old.yaml" not in (here / "b.json").read_text()
    assert '"t.yaml"' in (here / "b.json").read_text()


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"schema": "other", "findings": []}', '{"schema": "dbguard.baseline/1"}',
     '{"schema": "dbguard.baseline/1", "findings": [{"policy": "a"}]}'],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"b\.json"):
        baseline.parse(text, "b.json")


def test_an_entry_that_merging_has_doubled_counts_once() -> None:
    text = baseline.dump(baseline.of([finding()]))
    row = text.splitlines()[1]
    assert baseline.parse(text.replace(row, f"{row},\n{row}"), "b.json").total() == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--prune-baseline"], "no effect without --baseline"),
        (["--no-waivers", "--baseline", "b.json"], "--no-waivers has no effect"),
        (["--baseline", "none.json"], "cannot read none.json"),
        (["--show", "waive"], "did you mean 'waived'"),
    ],
)
def test_options_without_effect(here: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert main(["scan", template(here, DB), *words]) == 2
    assert told in capsys.readouterr().err


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


PEERS = """Resources:
  Db:
    Type: AWS::RDS::DBInstance
    # checkov:skip=CKV_AWS_16:A scratch database
    Metadata:
      cfn_nag: {rules_to_suppress: [{id: F80, reason: rebuilt nightly}, {id: W9999, reason: x}]}
      checkov: {skip: [{id: CKV_AWS_161, comment: no IAM here}]}
      cdk_nag:
        rules_to_suppress:
          - {id: AwsSolutions-RDS10, reason: bmlnaHRseSDigJQgeWVz, is_reason_encoded: true}
          - {id: HIPAA.Security-RDSInstanceDeletionProtectionEnabled, reason: nightly, applies_to: ["x"]}
      guard: {SuppressedRules: [RDS_INSTANCE_DELETION_PROTECTION_ENABLED]}
    Properties: {Engine: mysql, MasterUsername: "# checkov:skip=CKV_AWS_17:no"}
  Bucket:
    Type: AWS::S3::Bucket
    Metadata: {cfn_nag: {rules_to_suppress: [{id: F80, reason: x}]}}
Outputs: {}  # checkov:skip=CKV_AWS_17:elsewhere
"""
DELETION = "  # dbguard: ignore[rds/deletion-protection] --"


@pytest.mark.parametrize(
    ("tool", "code", "lines", "note"),
    [
        ("cfn_nag", 1, ["p.yaml:2: Db", f"{DELETION} rebuilt nightly", "  W9999: no policy",
                        "p.yaml:14: Bucket", "  F80: no policy on AWS::S3::Bucket"],
         "3 suppressions of cfn_nag, 2 without a policy here"),
        ("checkov", 0, ["p.yaml:2: Db", "  # dbguard: ignore[rds/instance-iam-authentication] -- no IAM here",
                        "  # dbguard: ignore[rds/storage-encrypted] -- A scratch database"], "0 without a policy here"),
        ("cdk-nag", 0, ["p.yaml:2: Db", f"{DELETION} nightly — yes", f"{DELETION} nightly"],
         "narrower than a waiver, which holds for the whole resource: HIPAA.Security-RDS"),
        ("guard", 0, ["p.yaml:2: Db", DELETION], "1 without a reason"),
    ],
)  # fmt: skip
def test_suppressions_of_other_tools_become_waivers(
    here: Path, capsys: pytest.CaptureFixture[str], tool: str, code: int, lines: list[str], note: str
) -> None:
    template(here, PEERS, "p.yaml")
    assert main(["waivers", "import", "--from", tool, "p.yaml"]) == code
    out = capsys.readouterr()
    assert out.out.splitlines() == lines
    assert note in out.err


def test_imported_waivers_waive(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is what a scan understands, as a comment or as Metadata."""
    template(here, PEERS, "p.yaml")
    main(["waivers", "import", "--from", "cfn_nag", "p.yaml"])
    comment = capsys.readouterr().out.splitlines()[1]
    run = Run(capsys, template(here, behind(PEERS, "Db", comment.strip())), select="rds/deletion-protection")
    assert (run.told(waived=True), run.notices) == (["deletion-protection Db"], [])
    nag = {"cfn_nag": {"rules_to_suppress": [{"id": "F80", "reason": "rebuilt"}]}}
    root = {"Resources": {"Db": {"Type": "AWS::RDS::DBInstance", "Metadata": nag, "Properties": {"Engine": "mysql"}}}}
    template(here, json.dumps(root), "p.json")
    main(["waivers", "import", "--from", "cfn-nag", "p.json"])
    row = json.loads(capsys.readouterr().out.splitlines()[1])
    root["Resources"]["Db"]["Metadata"] = {"dbguard": {"ignore": [row]}}
    run = Run(capsys, template(here, json.dumps(root), "p.json"), select="rds/deletion-protection")
    assert run.told(waived=True) == ["deletion-protection Db"]


def test_import_says_what_it_cannot_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, "Metadata: {cdk_nag: {rules_to_suppress: [{id: AwsSolutions-RDS10, reason: all}]}}\n" + DB)
    assert main(["waivers", "import", "--from", "cdk_nag", "t.yaml"]) == 1
    assert "it holds for the whole template: waive it on each resource" in capsys.readouterr().out
    template(here, "Resources: [", "broken.yaml")
    assert main(["waivers", "import", "--from", "cdk_nag", "t.yaml", "broken.yaml", "none.yaml"]) == 3
    error = capsys.readouterr().err
    assert "broken.yaml:" in error
    assert "none.yaml: unreadable: No such file" in error


def test_a_baseline_holds_wherever_the_scan_starts(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "db" / "old").mkdir(parents=True)
    (here / "db" / "old" / "t.yaml").write_text(DB)
    words = ["scan", "--select", IDS, "--format", "json"]
    assert main([*words, "db/old/t.yaml", "--write-baseline", "db/known.json"]) == 0
    assert json.loads((here / "db" / "known.json").read_text())["findings"][0]["home"] == "old/t.yaml"
    for path in ("db", "./db/old/t.yaml", str(here / "db"), "db/../db/old"):
        assert main([*words, path, "--baseline", "db/known.json"]) == 0, path
    monkeypatch.chdir(here / "db" / "old")
    assert main([*words, "t.yaml", "--baseline", "../known.json"]) == 0
    (here / "db" / "old" / "t.yaml").write_text(DB.replace("MultiAZ: false", "MultiAZ: true"))
    capsys.readouterr()
    assert main([*words, ".", "--baseline", str(here / "db" / "known.json"), "--prune-baseline"]) == 0
    assert "1 finding taken out" in capsys.readouterr().err
    assert main(["baseline", "list", "../known.json"]) == 0
    assert capsys.readouterr().out.startswith("old/t.yaml: fail rds/storage-encrypted Db")
