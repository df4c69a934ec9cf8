"""SAM templates: tables as SAM makes them, at the lines of the author."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dbguard.sources.document import read
from dbguard.sources.template import expanded
from tests.templates.test_expansion import LOOPS, SAM, expand, loop, resources
from tests.test_layers import SCAN

SAM_TABLES = (
    SAM
    + """\
Globals:
  SimpleTable:
    SSESpecification:
      SSEEnabled: true
      SSEType: KMS
Resources:
  Bare: {Type: AWS::Serverless::SimpleTable}
  Own:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: key, Type: Binary}
      Tags: {A: b}
      SSESpecification:
        SSEEnabled: false
  Nested:
    Type: AWS::Serverless::Application
    Properties: {Location: child.yaml, Parameters: {A: b}}
"""
)


def test_sam_tables_are_what_sam_makes_of_them() -> None:
    found = resources(SAM_TABLES)
    assert found["Bare"] == {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
            "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        },
    }
    assert found["Own"]["Properties"]["AttributeDefinitions"] == [{"AttributeName": "key", "AttributeType": "B"}]
    assert found["Own"]["Properties"]["SSESpecification"] == {"SSEEnabled": False, "SSEType": "KMS"}
    assert found["Own"]["Properties"]["Tags"] == [{"Key": "A", "Value": "b"}]
    assert found["Nested"] == {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "child.yaml", "Parameters": {"A": "b"}},
    }


def test_sam_tables_stand_where_the_author_wrote_them() -> None:
    document = expand(SAM_TABLES)
    encryption = ("Properties", "SSESpecification")
    assert document.position(("Resources", "Bare", *encryption, "SSEType")) == (6, 7)
    assert document.position(("Resources", "Own", *encryption, "SSEType")) == (6, 7)
    assert document.position(("Resources", "Own", *encryption, "SSEEnabled")) == (15, 9)
    assert document.position(("Resources", "Own", "Properties", "Tags", 0)) == (13, 14)
    assert document.position(("Resources", "Nested", "Properties", "TemplateURL")) == (18, 18)


@pytest.mark.parametrize(
    "body",
    [
        "1",
        "{Type: [1]}",
        "{Type: AWS::Serverless::SimpleTable, Properties: text}",
        "{Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: 1, Tags: [1], SSESpecification: !If [a, b, c]}}",
        "{Type: AWS::Serverless::SimpleTable, Properties: !If [a, b, c]}",
        "{Type: AWS::Serverless::SimpleTable, Properties: {Tags: !If [a, b, c], PrimaryKey: {}}}",
        "{Type: AWS::Serverless::SimpleTable, IgnoreGlobals: {}, Properties: {}}",
        "{Type: AWS::Serverless::Application}",
        "{Type: AWS::Serverless::Function, Properties: !If [a, b, c]}",
    ],
)
def test_odd_sam_resources_break_nothing(body: str) -> None:
    document = expand(f"{SAM}Globals: {{SimpleTable: {{SSESpecification: {{Fn::If: 1}}}}}}\nResources: {{A: {body}}}\n")
    assert "A" in document.root["Resources"]
    for name, inner in document.root["Resources"].items():
        for key in inner if isinstance(inner, dict) else ():
            assert document.position(("Resources", name, key, "SSESpecification"))[0] in (2, 3)


def test_globals_that_cannot_be_merged_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    from cfnlint.template.transforms import _sam_globals

    def broken(template: Any) -> Any:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(_sam_globals, "merge_globals", broken)
    gaps = expanded(read(SAM_TABLES.encode(), "t.yaml"), {}).gaps
    assert [(gap.kind, gap.detail.split(": ")[1], gap.location and gap.location.line) for gap in gaps] == [
        ("transform", "one two", 8),
        ("transform", "one two", 10),
    ]


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("Resources: {A: {Type: AWS::DynamoDB::Table}}\n", []),
        (LOOPS + "Resources: {A: {Type: AWS::DynamoDB::Table}}\n", []),
        (SAM + "Resources: {A: {Type: AWS::Serverless::SimpleTable}}\n", []),
        (LOOPS + loop("[a]", '{"${Name}": {Type: AWS::DynamoDB::Table}}'), ["cfnlint"]),
        (SAM_TABLES, ["cfnlint"]),
    ],
    ids=["plain", "no loop", "no globals", "loop", "globals"],
)
def test_cfn_lint_is_loaded_only_for_what_it_does(text: str, loaded: list[str], tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(text)
    run = subprocess.run([sys.executable, "-c", SCAN, str(file)], capture_output=True, text=True, check=False)
    assert not run.stderr
    assert ("'cfnlint'" in run.stdout.splitlines()[-1]) is bool(loaded)
