"""Template and account together: what `dbguard drift` says of a stack."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import indent
from typing import Any

import boto3
import pytest

from dbguard.cli import main
from tests.account.conftest import REGION, Canned, Fault
from tests.account.test_live import instance

TEMPLATE = """
Parameters:
  Days: {Type: Number, Default: 14}
Resources:
  Orders:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: orders
      Engine: mysql
      DBInstanceClass: db.m7g.large
      AllocatedStorage: "20"
      MasterUsername: master
      MasterUserPassword: correct-horse
      BackupRetentionPeriod: !Ref Days
      DeletionProtection: false
      StorageEncrypted: true
      MultiAZ: true
"""


@pytest.fixture
def stack(canned: Canned, tmp_path: Path) -> Path:
    """A template, and the stack that was made of it; moto's own stacks lose too much."""
    file = tmp_path / "shop.yaml"
    file.write_text(TEMPLATE)
    given = {"ParameterKey": "Days", "ParameterValue": "10"}
    row = {"LogicalResourceId": "Orders", "PhysicalResourceId": "orders", "ResourceStatus": "CREATE_COMPLETE"}
    canned("cloudformation", "DescribeStacks", {"Stacks": [{"StackName": "shop", "Parameters": [given]}]})
    canned("cloudformation", "ListStackResources", {"StackResourceSummaries": [row]})
    instance("orders", BackupRetentionPeriod=10, StorageEncrypted=True, MultiAZ=True, StorageType="gp3")
    return file


def drift(capsys: pytest.CaptureFixture[str], file: Path, *arguments: str) -> tuple[int, Any]:
    code = main(["drift", str(file), "--stack", "shop", "--format", "json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_stack_as_its_template_says(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = drift(capsys, stack)
    assert found["compared"] == 1
    assert [one for one in found["changes"] if one["kind"] != "undecided"] == []
    assert code == 0


def test_what_was_changed_by_hand(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rds = boto3.client("rds", region_name=REGION)
    rds.modify_db_instance(DBInstanceIdentifier="orders", BackupRetentionPeriod=1, DeletionProtection=True)
    code, found = drift(capsys, stack)
    kinds = {one["policy"]: one["kind"] for one in found["changes"]}
    assert code == 1
    assert kinds["rds/backup-retention-minimum"] == "drifted"
    assert kinds["rds/deletion-protection"] == "ahead"
    values = {one["property"]: (one["template"], one["account"]) for one in found["differences"]}
    assert values["BackupRetentionPeriod"] == ("10", "1")
    line = TEMPLATE.splitlines().index("      BackupRetentionPeriod: !Ref Days") + 1
    assert [one["location"]["line"] for one in found["differences"] if one["property"] == "BackupRetentionPeriod"] == [
        line
    ]


def test_what_another_stack_adds_to_a_database_is_read(
    stack: Path, fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unread it would seem absent: no alarm, no backup plan, and a policy that fails."""
    fault("cloudwatch", "*", 403, "")
    code, found = drift(capsys, stack, "--select", "rds/cloudwatch-alarm-exists")
    assert [one["account"] for one in found["changes"]] == ["unknown"]
    assert (code, [one["kind"] for one in found["gaps"]]) == (3, ["denied"])


def test_what_was_deleted_could_not_be_compared(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("rds", region_name=REGION).delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    code, found = drift(capsys, stack)
    assert code == 3
    assert "not in the account" in found["uncompared"][0]["reason"]


def test_a_stack_that_loops_made(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, body = TEMPLATE.split("  Orders:\n")
    loop = '  Fn::ForEach::Each:\n  - Name\n  - [Orders]\n  - "${Name}":\n' + indent(body, "  ")
    head = "Transform: AWS::LanguageExtensions\nParameters:\n  Days: {Type: Number, Default: 14}\nResources:\n"
    stack.write_text(head + loop + "  Fn::ForEach::Open: [Name, !ImportValue Names, {'${Name}': {Type: T}}]\n")
    boto3.client("rds", region_name=REGION).modify_db_instance(DBInstanceIdentifier="orders", BackupRetentionPeriod=1)
    code, found = drift(capsys, stack)
    assert code == 3
    assert found["compared"] == 1
    assert [gap["detail"].split(" ")[0] for gap in found["gaps"]] == ["Fn::ForEach::Open"]
    assert "rds/backup-retention-minimum" in {one["policy"] for one in found["changes"] if one["kind"] == "drifted"}


def test_the_text_says_it_all(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    boto3.client("rds", region_name=REGION).modify_db_instance(DBInstanceIdentifier="orders", BackupRetentionPeriod=1)
    assert main(["drift", str(stack), "--stack", "shop", "--select", "rds/backup-retention-minimum"]) == 1
    out = capsys.readouterr().out
    assert "Compliant in the template, not in the account" in out
    assert "BackupRetentionPeriod is 1; it must be at least 7 (pass in the template, fail in the account)" in out
    assert "Orders (orders) BackupRetentionPeriod: 10 in the template, 1 in the account" in out


def test_a_stack_there_is_not(canned: Canned, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(TEMPLATE)
    canned("cloudformation", "DescribeStacks", {"Stacks": []})
    assert main(["drift", str(tmp_path / "shop.yaml"), "--stack", "nothing"]) == 3
    assert "cloudformation:DescribeStacks: the answer has no stack nothing" in capsys.readouterr().err
