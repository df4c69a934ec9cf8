"""What moto cannot answer is known: asked for everything, it refuses just that, and in a mocked account nothing."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from dbguard import mock
from dbguard.errors import UsageError
from tests.account.conftest import REGION, harvest


@pytest.fixture
def resources(mocked: None) -> None:
    """What calls for single resources are made for."""
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    boto3.client("dynamodb", region_name=REGION).create_table(TableName="t", AttributeDefinitions=attributes, **keys)
    boto3.client("rds", region_name=REGION).create_db_instance(
        DBInstanceIdentifier="orders", Engine="mysql", DBInstanceClass="db.m7g.large", AllocatedStorage=20,
        MasterUsername="master", MasterUserPassword="correct-horse",
    )  # fmt: skip
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault"}
    backup = boto3.client("backup", region_name=REGION)
    backup.create_backup_plan(BackupPlan={"BackupPlanName": "p", "Rules": [rule]})
    backup.create_backup_vault(BackupVaultName="vault")


def refused() -> set[str]:
    return {row["action"] for one in harvest()["services"].values() for row in one["refusals"]}


def test_what_moto_cannot_answer(resources: None) -> None:
    assert sorted(refused()) == sorted(mock.MISSING)


def test_a_mocked_account_answers_everything(resources: None) -> None:
    mock.prepare(())
    assert refused() == set()


def test_a_mocked_account_refuses_what_it_is_told_to(resources: None) -> None:
    mock.prepare(["dynamodb"])
    services = harvest()["services"]
    assert {name for name, one in services.items() if one["status"] == "denied"} == {"dynamodb"}


def test_a_service_that_is_none_cannot_be_refused(mocked: None) -> None:
    with pytest.raises(UsageError, match="there is no service 'rdz'"):
        mock.prepare(["rdz"])


@pytest.mark.parametrize(("metadata", "said"), [("{regions: [x]}", "takes region and denied, not regions")])
def test_a_mistake_in_the_file_is_told(tmp_path: Path, metadata: str, said: str) -> None:
    file = tmp_path / "account.yaml"
    file.write_text(f"Metadata: {{dbguard: {{mock: {metadata}}}}}\nResources: {{}}\n")
    with pytest.raises(UsageError, match=said), mock.account(str(file)):
        pass
