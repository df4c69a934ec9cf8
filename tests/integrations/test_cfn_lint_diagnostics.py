"""`dbguard scan --cfn-lint`: what cfn-lint says of databases stands in the same report."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.rules import CloudFormationLintRule, RuleMatch, Rules
from cfnlint.rules.errors import RuleError

from dbguard.cli import main
from dbguard.reporters import names

TEMPLATE = """Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      DBInstanceClass: db.t4g.micro
      StorageEncrypted: [true]
      MasterUserPassword: [hunter2]
      Surprise: 1
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {Surprise: 1}
"""
LOOP = """Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Dbs:
    - Name
    - [One, Two]
    - Db${Name}:
        Type: AWS::RDS::DBInstance
        Properties:
          Engine: mysql
          Surprise: 1
"""
SELECT = ("--select", "rds/multi-az", "--cfn-lint")


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    main(["scan", *SELECT, "--show", "all", "--format", "json", *arguments])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def said(found: dict[str, Any]) -> dict[str, Any]:
    """cfn-lint's findings by the rule."""
    return {one["policy"]: one for one in found["findings"] if one["policy"].startswith("cfn-lint/")}


def test_a_diagnostic_is_a_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    found = report(capsys, "t.yaml")
    one = said(found)["cfn-lint/E3002"]
    assert (one["verdict"], one["severity"]) == ("fail", "high")
    assert one["resource"]["id"] == "Db"
    assert one["location"] == {"file": "t.yaml", "line": 9, "column": 7, "path": "Resources.Db.Properties.Surprise"}
    assert one["message"] == "Additional properties are not allowed ('Surprise' was unexpected)"
    assert one["fix"].endswith("rules.md#E3002")
    assert one["fingerprint"] == "cfn-lint/E3002:t.yaml:Db:Surprise"
    assert found["summary"]["verdicts"]["fail"] == sum(one["verdict"] == "fail" for one in found["findings"])


def test_a_table_of_sam_is_one_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "Resources:\n  Table: {Type: AWS::Serverless::SimpleTable, Properties: {Surprise: 1}}\n"
    (here / "t.yaml").write_text("Transform: AWS::Serverless-2016-10-31\n" + table)
    assert said(report(capsys, "t.yaml"))["cfn-lint/E3002"]["resource"]["id"] == "Table"


def test_only_databases_are_spoken_of_and_no_password_is_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    for name in names():
        main(["scan", *SELECT, "--format", name, "t.yaml"])
        out = capsys.readouterr().out
        assert "hunter2" not in out
        assert "Bucket" not in out
    assert "cfn-lint/E3012" in said(report(capsys, "t.yaml"))


@pytest.mark.parametrize("name", names())
def test_every_reporter_shows_it(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    assert main(["scan", *SELECT, "--format", name, "t.yaml"]) == 1
    assert "cfn-lint/E3002" in capsys.readouterr().out


def test_severities_filter_and_fail(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    found = report(capsys, "t.yaml", "--severity", "medium")
    assert {one["severity"] for one in said(found).values()} <= {"high", "medium"}
    assert main(["scan", *SELECT, "--fail-on", "critical", "t.yaml"]) == 0
    assert main(["scan", *SELECT, "--fail-on", "high", "t.yaml"]) == 1
    assert main(["scan", *SELECT[:2], "t.yaml"]) == 1


@pytest.mark.parametrize("policy", ["cfn-lint/E3002", "cfn-lint/"])
def test_waivers_cover_it(here: Path, capsys: pytest.CaptureFixture[str], policy: str) -> None:
    waiver = f"  # dbguard: ignore[{policy}] -- a test\n"
    (here / "t.yaml").write_text(TEMPLATE.replace("  Db:\n", waiver + "  Db:\n"))
    found = report(capsys, "t.yaml")
    assert said(found)["cfn-lint/E3002"]["waiver"]["reason"] == "a test"
    assert "notices" not in found
    main(["scan", "--select", "rds/multi-az", "--format", "json", "t.yaml"])
    assert "notices" not in json.loads(capsys.readouterr().out)  # cfn-lint was not asked


@pytest.mark.parametrize(
    ("name", "kind"), [("E3002", "unused"), ("E9999", "unknown-policy"), ("rds/multi-az", "unknown-policy")]
)
def test_waivers_of_no_use_are_told(here: Path, capsys: pytest.CaptureFixture[str], name: str, kind: str) -> None:
    text = TEMPLATE.replace("      Surprise: 1\n", "")
    (here / "t.yaml").write_text(text.replace("  Db:\n", f"  Db:  # dbguard: ignore[cfn-lint/{name}] -- a test\n"))
    assert [one["kind"] for one in report(capsys, "t.yaml")["notices"]] == [kind]


def test_a_waiver_inside_a_loop_covers_what_it_makes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(f"{LOOP.rstrip()}  # dbguard: ignore[cfn-lint/E3002] -- a test\n")
    found = report(capsys, "t.yaml")
    assert said(found)["cfn-lint/E3002"]["waiver"] is not None
    assert said(found)["cfn-lint/E3002"]["location"]["line"] == 10


def test_a_baseline_holds_it(here: Path) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    assert main(["scan", *SELECT, "t.yaml", "--write-baseline", "base.json"]) == 0
    assert main(["scan", *SELECT, "t.yaml", "--baseline", "base.json"]) == 0
    (here / "t.yaml").write_text(TEMPLATE.replace("Surprise: 1", "Surprise: 1\n      Another: 1", 1))
    assert main(["scan", *SELECT, "t.yaml", "--baseline", "base.json"]) == 1


def test_what_cfn_lint_cannot_read_is_a_gap(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_bytes(TEMPLATE.encode("utf-16"))
    (gap,) = report(capsys, "t.yaml")["gaps"]
    assert gap["detail"].startswith("cfn-lint, E0000: ")
    assert main(["scan", *SELECT, "t.yaml"]) == 3


class Broken(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint has no types
    """A rule of cfn-lint that repeats what it has read, and breaks."""

    id = "E9001"

    def match(self, cfn: Any) -> Iterator[RuleMatch]:
        yield RuleMatch(["Resources", "Db", "Properties"], f"{cfn.template['Resources']['Db']['Properties']} is odd")
        raise ValueError("no good")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules()
    rules.extend([Broken(), RuleError()])
    monkeypatch.setattr("dbguard.integrations.diagnostics._rules", lambda: rules)


@pytest.mark.usefixtures("broken")
def test_a_rule_of_cfn_lint_that_breaks_is_a_gap(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    (gap,) = report(capsys, "t.yaml")["gaps"]
    assert gap["detail"].startswith("cfn-lint, E0002: ")
    assert "no good" in gap["detail"]


@pytest.mark.usefixtures("broken")
def test_a_message_that_repeats_a_password_is_masked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(TEMPLATE.replace("[hunter2]", "hunter2"))
    message = said(report(capsys, "t.yaml"))["cfn-lint/E9001"]["message"]
    assert "'Engine': 'mysql'" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("more", ["Metadata: [1]\n", "  Odd: [1]\n  Other: {Type: [1], Properties: 5, Metadata: 7}\n"])
def test_templates_of_the_wrong_shape_break_nothing(here: Path, capsys: pytest.CaptureFixture[str], more: str) -> None:
    (here / "t.yaml").write_text(TEMPLATE + more)
    gaps = report(capsys, "t.yaml")["gaps"]
    assert "cfn-lint broke off: AttributeError" in gaps[-1]["detail"]


def test_what_is_no_template_to_cfn_lint_is_a_gap(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.json").write_text(json.dumps({"TemplateBody": TEMPLATE}))
    assert [one["detail"] for one in report(capsys, "t.json")["gaps"]] == ["cfn-lint does not read it as a template"]


def test_what_dbguard_could_not_read_is_told_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text("Resources: [")
    assert len(report(capsys, "t.yaml")["gaps"]) == 1


def test_cfn_lints_own_configuration_holds_but_loads_no_code(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "rules").mkdir()
    (here / "rules" / "Evil.py").write_text("open('ran', 'w').close()\n")
    (here / ".cfnlintrc").write_text("append_rules: [rules]\nignore_checks: [E3002]\n")
    (here / "t.yaml").write_text(TEMPLATE)
    assert list(said(report(capsys, "t.yaml"))) == ["cfn-lint/E3012"]
    metadata = "Metadata: {cfn-lint: {config: {append_rules: [rules], ignore_checks: [E3012]}}}\n"
    (here / "t.yaml").write_text(metadata + TEMPLATE)
    assert list(said(report(capsys, "t.yaml"))) == ["cfn-lint/E3002"]
    assert sorted(said(report(capsys, "t.yaml", "--locked"))) == ["cfn-lint/E3002", "cfn-lint/E3012"]
    assert not (here / "ran").exists()


def test_where_it_is_locked_a_resource_takes_nothing_away(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ignored = "Metadata: {cfn-lint: {config: {ignore_checks: [E3002]}}}\n    Properties:"
    (here / "t.yaml").write_text(TEMPLATE.replace("Properties:", ignored, 1))
    (here / ".cfnlintrc").write_text("include_checks: [E9999]\nignore_checks: [E, W]\n")
    plain, locked = (sorted(said(report(capsys, "t.yaml", *words))) for words in ((), ("--locked",)))
    assert (plain, locked) == ([], ["cfn-lint/E3002", "cfn-lint/E3012"])


def test_a_wrong_configuration_of_cfn_lint_is_a_mistake(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    (here / ".cfnlintrc").write_text("ignore_cheks: [E3002]\n")
    assert main(["scan", *SELECT, "t.yaml"]) == 2
    assert "cfn-lint's configuration" in capsys.readouterr().err


def test_standard_input_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", *SELECT, "-"]) == 2
    assert "--cfn-lint has no effect on standard input" in capsys.readouterr().err


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "cfn-lint/E3012"]) == 0
    assert "rules.md#E3012" in capsys.readouterr().out
    assert main(["explain", "cfn-lint/E9999"]) == 2


OFFLINE = """
import socket, sys
def refuse(*arguments, **names):
    raise AssertionError("a connection")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from dbguard.cli import main
sys.exit(main(["scan", "--cfn-lint", "--format", "csv", *sys.argv[1:]]))
"""


def test_no_connection_is_opened(here: Path) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    run = subprocess.run([sys.executable, "-c", OFFLINE, "t.yaml"], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
    assert any("cfn-lint/E3002" in row for row in csv.reader(io.StringIO(run.stdout)))


KEPT = """Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
"""
SAME = "dynamodb/deletion-policy-retain"


def test_what_a_policy_finds_as_well_is_told_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "t.yaml").write_text(KEPT)

    def policies(*more: str) -> set[str]:
        assert main(["scan", "t.yaml", "--cfn-lint", "--format", "json", *more]) == 1
        return {one["policy"] for one in json.loads(capsys.readouterr().out)["findings"]} & {SAME, "cfn-lint/W3011"}

    assert policies() == {SAME}
    assert policies("--ignore", SAME) == {"cfn-lint/W3011"}
    (here / "dbguard.toml").write_text(f'[severities]\n"{SAME}" = "low"\n')
    assert policies() == {SAME, "cfn-lint/W3011"}


def test_a_rule_that_there_is_not_has_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "cfn-lint/E3021x"]) == 2
    assert "cfn-lint has no rule 'E3021x'; did you mean 'E30" in capsys.readouterr().err
