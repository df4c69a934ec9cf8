"""The command line as a user meets it: exit codes, mistakes in one line, inputs of every kind."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from dbguard import excerpt
from dbguard.cli import main
from dbguard.reporters import names

OPEN = "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: {Engine: mysql, StorageEncrypted: false}\n"
SAFE = OPEN.replace("false", "true")
SELECT = ("--select", "rds/storage-encrypted")


def scan(*arguments: str) -> int:
    return main(["scan", *SELECT, *arguments])


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    scan("--format", "json", *arguments)
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_exit_codes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "open.yaml").write_text(OPEN)
    (here / "safe.yaml").write_text(SAFE)
    (here / "broken.yaml").write_text("Resources: [")
    assert scan("safe.yaml") == 0
    assert scan("open.yaml") == 1
    assert scan("open.yaml", "--fail-on", "critical") == 0
    assert scan("open.yaml", "broken.yaml") == 3
    assert scan("missing.yaml") == 3
    out = capsys.readouterr().out
    assert "broken.yaml:2:1: unreadable: broken YAML" in out.replace("1:12", "2:1")
    assert "missing.yaml: unreadable: No such file or directory" in out


def test_nothing_to_scan_is_incomplete(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "compose.yaml").write_text("services: {}\n")
    assert scan(".") == 3
    assert "no CloudFormation template was found" in capsys.readouterr().out
    assert scan("compose.yaml") == 3
    assert scan("--pass-over", "compose.yaml") == 0


def test_paths_may_stand_between_options(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (here / name).write_text(OPEN)
    found = report(capsys, "a.yaml", "--strict", "b.yaml", "--severity", "high", "c.yaml")
    assert {one["location"]["file"] for one in found["findings"]} == {"a.yaml", "b.yaml", "c.yaml"}  # type: ignore[attr-defined]  # parsed JSON


def test_strict_counts_what_may_fail(here: Path) -> None:
    text = "Parameters: {E: {Type: String, Default: 'true', AllowedValues: ['true', 'false']}}\n" + OPEN
    (here / "t.yaml").write_text(text.replace("StorageEncrypted: false", "StorageEncrypted: !Ref E"))
    assert scan("t.yaml") == 0
    assert scan("t.yaml", "--strict") == 1
    assert scan("t.yaml", "--strict", "--parameter", "E=true") == 0
    assert scan("t.yaml", "--parameter", "E=false") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--parameter", "X=1"], "no template has a parameter X"),
        (["--parameter", "Env"], "NAME=VALUE"),
        (["--parameter", "Env=qa"], "parameter Env does not admit 'qa' (one of dev, prod)"),
        (["--parameter-file", "none.json"], "cannot read none.json"),
        (["--parameter-file", "bad.json"], "bad.json:1:"),
        (["--format", "jso"], "did you mean 'json'"),
        (["--show", "fial"], "did you mean 'fail'"),
        (["--ignore", "rds/"], "no policy is left"),
        (["--policies", "nowhere"], "nowhere is no folder of policies"),
        (["--all"], "--all has no effect"),
    ],
)
def test_a_mistake_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (here / "bad.json").write_text("{")
    (here / "t.yaml").write_text("Parameters: {Env: {Type: String, AllowedValues: [dev, prod]}}\n" + SAFE)
    assert scan("t.yaml", *arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_an_unknown_policy_is_suggested(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--select", "rds/storage-encryption", "t.yaml"]) == 2
    assert "did you mean 'rds/storage-encrypted'" in capsys.readouterr().err
    assert main(["explain", "rds/multiaz"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        '[{"ParameterKey": "Env", "ParameterValue": "prod"}, {"ParameterKey": "Other", "UsePreviousValue": true}]',
        '{"Env": "prod"}',
        '{"Parameters": {"Env": "prod"}}',
        "Env: prod\n",
    ],
)
def test_parameter_files(here: Path, text: str) -> None:
    (here / "p").write_text(text)
    (here / "t.yaml").write_text(
        "Parameters: {Env: {Type: String, Default: dev}}\nConditions: {P: !Equals [!Ref Env, prod]}\n"
        + OPEN.replace("false", "!If [P, true, false]")
    )
    assert scan("t.yaml") == 1
    assert scan("t.yaml", "--parameter-file", "p") == 0
    assert scan("t.yaml", "--parameter-file", "p", "--parameter", "Env=dev") == 1


def test_standard_input_and_several_reports(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(OPEN.encode())))
    assert scan("-", "--format", "json=out.json", "--format", "compact") == 1
    (finding,) = json.loads((here / "out.json").read_text())["findings"]
    assert finding["location"] == {
        "file": "<stdin>",
        "line": 4,
        "column": 33,
        "path": "Resources.Db.Properties.StorageEncrypted",
    }
    assert "<stdin>:4:33" in capsys.readouterr().out


def test_the_json_report_is_the_contract(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(OPEN)
    found = report(capsys, "t.yaml")
    assert list(found) == ["schema", "version", "complete", "summary", "findings", "gaps"]
    findings = found["findings"]
    assert isinstance(findings, list)
    assert list(findings[0]) == [
        "policy", "verdict", "severity", "title", "message", "fix", "resource", "location", "related", "when", "unless",
        "reason", "waiver", "fingerprint",
    ]  # fmt: skip
    assert findings[0]["fingerprint"] == "rds/storage-encrypted:t.yaml:Db:StorageEncrypted"
    assert findings[0]["message"] == "StorageEncrypted is false; it must be true"


def test_policies_of_ones_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = here / "mine" / "house"
    folder.mkdir(parents=True)
    (folder / "port.yaml").write_text(PORT)
    (here / "t.yaml").write_text(OPEN)
    assert main(["scan", "--policies", "mine", "--select", "house/port", "t.yaml"]) == 1
    assert main(["policies", "test", "--policies", "mine", "house/"]) == 0
    turned = PORT.replace("{Db: fail}", "{Db: pass}").replace("{Good: pass}", "{Good: fail}")
    (folder / "port.yaml").write_text(turned)
    assert main(["policies", "test", "--policies", "mine", "house/port"]) == 1
    assert "Db is fail, stated pass" in capsys.readouterr().out


MISTAKES = {
    "severity: low": ("severity: mild", "'severity' is one of"),
    "why: |": ("whi: |", "did you mean 'why'"),
    "$.Port": ("$.Prt", "did you mean 'Port'"),
    "at_least": ("at_lest", "unknown key 'at_lest' in a condition; did you mean 'at_least'?"),
    "AWS::RDS::DBInstance\nexpect": ("AWS::RDS::DBInstanse\nexpect", "did you mean AWS::RDS::DBInstance"),
    "{Db: fail}": ("{Db: failed}", "a verdict is one of"),
    "- name: no port": ("- nome: no port", "unknown key 'nome'"),
    "verdicts: {Db: unknown}": ("verdicts: {Db: pass}", "at least 1 with verdict unknown"),
    "{Good: pass}": ("{No: pass}", "YAML reads the name No as a boolean"),
}
PORT = """title: The port is chosen
severity: low
category: operations
tier: recommended
why: |
  House rule.
fix: Set Port.
select: AWS::RDS::DBInstance
expect: {path: $.Port, at_least: 1024}
references: {docs: ["https://example.com/house"]}
checked: 2026-11
examples:
  - name: a port
    verdicts: {Good: pass}
    resources: {Good: {Type: AWS::RDS::DBInstance, Properties: {Port: 5432}}}
  - name: no port
    verdicts: {Db: fail}
    resources: {Db: {Type: AWS::RDS::DBInstance}}
  - name: unknown port
    verdicts: {Db: unknown}
    resources: {Db: {Type: AWS::RDS::DBInstance, Properties: {Port: {"Fn::ImportValue": p}}}}
"""


@pytest.mark.parametrize("right", MISTAKES)
def test_an_authors_mistake_is_refused_with_its_line(
    here: Path, capsys: pytest.CaptureFixture[str], right: str
) -> None:
    wrong, words = MISTAKES[right]
    (here / "mine").mkdir()
    text = PORT.replace(right, wrong, 1)
    (here / "mine" / "port.yaml").write_text(text)
    assert main(["policies", "test", "--policies", "mine"]) == 2
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if words in line]
    number = int(line.split(":")[1])
    assert number == 12 or wrong.split("\n")[0].strip() in text.splitlines()[number - 1]


def test_all_mistakes_are_told_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "mine").mkdir()
    for name, (right, (wrong, _)) in zip("abcdefghi", MISTAKES.items(), strict=True):
        (here / "mine" / f"{name}.yaml").write_text(PORT.replace(right, wrong, 1))
    assert main(["scan", "--policies", "mine", "t.yaml"]) == 2
    error = capsys.readouterr().err
    assert all(words in error for _, words in MISTAKES.values())
    assert "nothing was scanned" in error.splitlines()[-1]


def test_listing_and_explaining(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "list", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert list(rows[0]) == ["id", "title", "severity", "category", "tier", "types", "references"]
    assert main(["explain", "rds/storage-encrypted"]) == 0
    page = capsys.readouterr().out
    assert "## Why" in page
    assert "AwsSolutions-RDS2" in page


def test_explain_says_which_controls_a_policy_evaluates(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "rds/public-access"]) == 0
    page = capsys.readouterr().out
    assert "- cis 2.2.3: full" in page
    assert "- well-architected SEC03-BP07: partial, policies of IAM are not looked at" in page


@pytest.mark.parametrize("form", names())
def test_no_report_shows_a_password(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(
        "Resources:\n"
        "  A:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      Engine: mysql\n"
        "      MasterUserPassword: hunter22\n"
        "  B: {Type: AWS::ElastiCache::ReplicationGroup, Properties: {AuthToken: hunter22}}\n"
        "  C: {Type: AWS::ElastiCache::User, Properties: {Passwords: [hunter22]}}\n"
        "  D: {Type: AWS::DMS::Endpoint, Properties: {EngineName: mysql, Password: hunter22}}\n"
    )
    assert main(["scan", str(file), "--all", "--format", form]) == 1
    out = capsys.readouterr().out
    assert "plaintext" in out
    assert "hunter22" not in out


def test_a_template_on_one_line_costs_no_more(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Secrets are looked for in a line once, whatever findings show it, and in time that grows with its length."""
    body = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql", "MasterUserPassword": "hunter2"}}
    resources = {f"Db{number}": body for number in range(40)}
    text = json.dumps({"Metadata": {"Blob": "a" * 300_000}, "Resources": resources})
    (here / "t.json").write_text(text)
    excerpt.masked.cache_clear()
    assert scan("t.json") == 1
    assert excerpt.masked.cache_info().misses == 1
    assert "hunter2" not in capsys.readouterr().out
