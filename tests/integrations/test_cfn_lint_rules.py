"""dbguard's policies as rules of cfn-lint say what `dbguard scan` says, at the same places."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint, lint_file
from cfnlint.config import ManualArgs
from cfnlint.helpers import create_rules

from dbguard.cli import main
from dbguard.commands import scan
from dbguard.commands.configured import Setup
from dbguard.errors import PolicyError, UsageError
from dbguard.model import Report
from dbguard.policy_library import Library

MODULE = "dbguard.integrations.cfn_lint"
SAMPLES = Path(__file__).parent.parent.parent / "sample_templates"
OPEN = "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: {Engine: mysql, StorageEncrypted: false}\n"
LOOP = """Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Dbs:
    - Name
    - [One, Two]
    - Db${Name}:
        Type: AWS::RDS::DBInstance
        Properties:
          Engine: mysql
          DBInstanceClass: db.t4g.micro
          StorageEncrypted: false
"""
SERVERLESS = """Transform: AWS::Serverless-2016-10-31
Resources:
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties:
      SSESpecification: {SSEEnabled: false}
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, StorageEncrypted: false}
"""
UNKNOWN = LOOP.replace("[One, Two]", "!Ref Names").replace(
    "Resources:", "Parameters: {Names: {Type: CommaDelimitedList}}\nResources:"
)
Told = tuple[str, int, int]


def linted(file: str, **more: Any) -> list[Any]:
    """cfn-lint's matches for a file that are dbguard's."""
    found = lint_file(Path(file), ManualArgs(append_rules=[MODULE], **more))
    return [one for one in found if one.rule.id[1:3] == "9/" or one.rule.id == "E0002"]


def places(matches: list[Any]) -> list[Told]:
    return sorted((one.rule.id[3:], one.linenumber, one.columnnumber) for one in matches)


def scanned(file: str, capsys: pytest.CaptureFixture[str]) -> list[Told]:
    main(["scan", "--format", "json", file])
    found = json.loads(capsys.readouterr().out)
    told = [(one["policy"], one["location"]) for one in found["findings"] if one["waiver"] is None]
    told += [("dbguard", one["location"]) for key in ("gaps", "notices") for one in found.get(key, ())]
    return sorted((name, place["line"], place["column"]) for name, place in told)


@pytest.mark.parametrize("sample", ["rds-insecure", "aurora-insecure", "dynamodb-insecure", "elasticache-insecure"])
def test_the_samples_are_judged_alike(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(SAMPLES / f"{sample}.yaml")
    assert places(linted(file)) == scanned(file, capsys) != []


@pytest.mark.parametrize(
    "text",
    [
        LOOP,
        SERVERLESS,
        UNKNOWN,
        json.dumps({"Resources": {"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}}}}),
        OPEN + "  # dbguard: ignore[rds/storage-encrypted] -- a test\n",
        OPEN + "  # dbguard: ignore[rds/storage-encrypted] until=2020-01-01 -- long ago\n",
        OPEN.replace("false", "!Ref Nothing"),
    ],
    ids=["loop", "serverless", "loop over a parameter", "json", "waived", "expired", "broken reference"],
)
def test_templates_are_judged_alike(here: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (here / "t.yaml").write_text(text)
    assert places(linted("t.yaml")) == scanned("t.yaml", capsys) != []


def test_a_finding_of_a_nested_stack_is_told_at_its_own_file(here: Path) -> None:
    (here / "child.yaml").write_text(OPEN)
    (here / "t.yaml").write_text(
        "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: child.yaml}}\n"
    )
    found = {one.filename for one in linted("t.yaml")}
    assert found == {"child.yaml"}


def test_the_command_line_shows_policy_place_and_fix(here: Path) -> None:
    (here / "t.yaml").write_text(OPEN)
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--format",
        "parseable",
        "t.yaml",
        "--append-rules",
        MODULE,
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode & 2
    (line,) = (line for line in run.stdout.splitlines() if ":E9/rds/storage-encrypted:" in line)
    assert line.startswith("t.yaml:4:33:4:57:E9/rds/storage-encrypted:Db: StorageEncrypted is false; it must be true.")
    assert "Fix: Set StorageEncrypted to true." in line
    assert line.endswith("(dbguard explain rds/storage-encrypted)")


def test_levels_are_those_of_each_finding(here: Path) -> None:
    text = "Parameters: {E: {Type: String, Default: 'true', AllowedValues: ['true', 'false']}}\n" + OPEN
    (here / "t.yaml").write_text(text.replace("StorageEncrypted: false", "StorageEncrypted: !Ref E"))
    found = {one.rule.id: one.rule.severity for one in linted("t.yaml")}
    assert found["E9/rds/storage-encrypted"] == "warning"
    assert found["E9/rds/deletion-policy-snapshot"] == "error"
    assert found["W9/rds/multi-az"] == "warning"


def test_rules_are_ignored_as_cfn_lint_does(here: Path) -> None:
    (here / "t.yaml").write_text(OPEN)
    assert "W9/rds/backup-retention-minimum" in {one.rule.id for one in linted("t.yaml")}
    found = {one.rule.id for one in linted("t.yaml", ignore_checks=["E9/rds/", "W9/rds/multi-az"])}
    assert "W9/rds/multi-az" not in found
    assert "W9/rds/backup-retention-minimum" in found
    assert not any(one.startswith("E9/") for one in found)
    metadata = "    Metadata: {cfn-lint: {config: {ignore_checks: [E9/rds/storage-encrypted]}}}\n"
    (here / "t.yaml").write_text(OPEN + metadata)
    assert "E9/rds/storage-encrypted" not in {one.rule.id for one in linted("t.yaml")}


def test_an_id_that_begins_another_speaks_of_its_own_policy_alone() -> None:
    from dbguard.integrations import cfn_lint

    short, long = cfn_lint.IDS["rds/multi-az"], cfn_lint.IDS["rds/multi-az-provisioned-iops"]
    assert long.startswith(short)
    rules = {one.id: one for one in create_rules(cfn_lint) if one.id}
    assert not rules[short].is_enabled(include_rules=["E", "W"], ignore_rules=[short])
    assert rules[long].is_enabled(include_rules=["E", "W"], ignore_rules=[short])
    assert len(rules) == len(Library().entries) + 2


def test_text_without_a_file_is_told() -> None:
    found = [one for one in lint(OPEN, config=ManualArgs(append_rules=[MODULE])) if one.rule.id.startswith("E9/")]
    assert [one.message for one in found] == [
        "dbguard reads templates from their files: name the file instead of giving its text"
    ]


@pytest.mark.parametrize("error", [UsageError("a mistake"), PolicyError(["a mistake"])])
def test_a_users_mistake_is_a_match(here: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(_: object) -> None:
        raise error

    (here / "t.yaml").write_text(OPEN)
    monkeypatch.setattr(scan, "reported", refuse)
    assert [(one.rule.id, one.message) for one in linted("t.yaml")] == [("E9/dbguard", "dbguard: a mistake")]


def test_a_template_is_judged_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = scan.reported

    def noted(options: argparse.Namespace) -> tuple[Report, Setup]:
        asked.append(options.paths)
        return real(options)

    monkeypatch.setattr(scan, "reported", noted)
    (here / "t.yaml").write_text(OPEN)
    assert len({one.rule.id for one in linted("t.yaml")}) > 3
    assert asked == [["t.yaml"]]


def test_a_policy_of_ones_own_is_told_under_dbguards_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbguard.integrations import cfn_lint

    (here / "t.yaml").write_text(OPEN)
    monkeypatch.delitem(cfn_lint.IDS, "rds/storage-encrypted")  # as if it came from another folder
    (found,) = (one for one in linted("t.yaml") if one.rule.id == "E9/dbguard")
    assert found.message.endswith("(dbguard explain rds/storage-encrypted)")


def test_a_broken_policy_is_told_as_cfn_lint_tells_of_rules(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbguard.integrations import cfn_lint

    def refuse() -> None:
        raise PolicyError(["a mistake"])

    monkeypatch.setattr(cfn_lint, "Library", refuse)
    with pytest.raises(ImportError, match="a mistake"):
        cfn_lint._entries()
