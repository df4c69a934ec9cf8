"""Least privilege: the printed policy suffices under IAM's enforcement, and no action in it is one too many."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import boto3
import pytest
from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin

from dbguard import mock
from dbguard.cli import main
from dbguard.policy_library import Library
from dbguard.sources.account import clients, inventory, needs, permissions, unit
from dbguard.sources.account.mapping import REGISTRY
from dbguard.sources.account.unit import Order
from tests.account.conftest import ACCOUNT, QUICK, REGION

LIBRARY = Library()
# What moto's enforcement cannot prove.
UNPROVEN = {
    "backup": "moto works out another signature for paths that end in a slash",
    "cloudwatch": "moto asks for monitoring:DescribeAlarms, AWS for cloudwatch:DescribeAlarms",
    "keyspaces": "moto has no such service",
}
SERVICES = [name for name in REGISTRY.services if name not in UNPROVEN]
EVERY = needs.plan(needs.needs(LIBRARY.plan(name) for name in LIBRARY.entries), SERVICES)
ANSWERED = [call for call in needs.calls(EVERY) if call.action not in mock.MISSING]
ACTIONS = sorted({action for call in ANSWERED for action in call.permissions})


@pytest.fixture
def databases(mocked: None) -> None:
    """One resource for each call that is made for a resource."""
    rds, dynamodb = boto3.client("rds", region_name=REGION), boto3.client("dynamodb", region_name=REGION)
    key = boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["Arn"]
    login = {"MasterUsername": "master", "MasterUserPassword": "correct-horse"}
    instance = {"Engine": "mysql", "DBInstanceClass": "db.m7g.large", "AllocatedStorage": 20}
    rds.create_db_instance(DBInstanceIdentifier="orders", StorageEncrypted=True, KmsKeyId=key, **instance, **login)
    rds.create_db_snapshot(DBSnapshotIdentifier="before", DBInstanceIdentifier="orders")
    rds.create_db_cluster(DBClusterIdentifier="payments", Engine="aurora-postgresql", **login)
    rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier="before", DBClusterIdentifier="payments")
    dynamodb.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    redshift = boto3.client("redshift", region_name=REGION)
    redshift.create_cluster(ClusterIdentifier="orders", NodeType="ra3.4xlarge", **login)
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="strict", DBParameterGroupFamily="aurora-mysql8.0", Description="strict"
    )
    neptune = boto3.client("neptune", region_name=REGION)
    neptune.create_db_cluster(DBClusterIdentifier="graph", Engine="neptune")
    dms = boto3.client("dms", region_name=REGION)
    dms.create_replication_instance(ReplicationInstanceIdentifier="move", ReplicationInstanceClass="dms.t3.micro")
    metrics = boto3.client("timestream-write", region_name=REGION)
    metrics.create_database(DatabaseName="metrics")
    metrics.create_table(DatabaseName="metrics", TableName="cpu")
    influx = boto3.client("timestream-influxdb", region_name=REGION)
    network = {"vpcSubnetIds": ["subnet-1"], "vpcSecurityGroupIds": ["sg-1"], "password": "correct-horse"}
    influx.create_db_instance(name="probes", dbInstanceType="db.influx.medium", allocatedStorage=20, **network)
    influx.create_db_cluster(
        name="probes", dbInstanceType="db.influx.medium", deploymentType="MULTI_NODE_READ_REPLICAS", **network
    )


@pytest.fixture
def enforced(databases: None) -> Any:
    """`enforced(actions)` scans as a user who may do these things, and nothing else."""
    iam = boto3.client("iam", region_name="us-east-1")
    iam.create_user(UserName="auditor")
    key = iam.create_access_key(UserName="auditor")["AccessKey"]

    def scan(document: dict[str, Any]) -> dict[str, Any]:
        iam.put_user_policy(UserName="auditor", PolicyName="dbguard", PolicyDocument=json.dumps(document))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
            patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
            clients.reset()
            mock.prepare(())  # what moto cannot answer is answered before it gets there
            patch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
            patch.setattr(ActionAuthenticatorMixin, "request_count", 0)
            return unit.collect(Order(ACCOUNT, REGION, QUICK, EVERY))

    return scan


def document(actions: Iterable[str]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": sorted(actions), "Resource": "*"}],
    }


def test_the_printed_policy_suffices(enforced: Any) -> None:
    printed = permissions.policy(EVERY, roles=False, organization=False, regions=False)
    found = enforced(printed)
    assert not list(inventory.gaps(found))
    assert {"orders"} <= {one["id"] for one in found["resources"]}


@pytest.mark.parametrize("action", ACTIONS)
def test_without_any_one_action_there_is_a_gap(enforced: Any, action: str) -> None:
    rest = set(needs.actions(EVERY)) - {action}
    found = enforced(document(rest))
    gaps = list(inventory.gaps(found))
    assert [gap.kind for gap in gaps] == ["denied"] * len(gaps)
    assert any(action in gap.detail for gap in gaps)


def test_only_what_the_chosen_policies_need_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "--print-iam-policy", "--select", "rds/public-access"]) == 0
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    assert "rds:DescribeDBInstances" in statement["Action"]
    assert "kms:DescribeKey" not in statement["Action"]
    assert not any(action.startswith(("dynamodb:", "redshift:")) for action in statement["Action"])


def test_the_way_to_accounts_needs_permissions_too(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--organization", "--all-regions", "--select", "rds/public-access"]
    assert main(["live", "--print-iam-policy", *arguments]) == 0
    (statement,) = json.loads(capsys.readouterr().out)["Statement"]
    assert {"organizations:ListAccounts", "ec2:DescribeRegions", "sts:AssumeRole"} <= set(statement["Action"])


def test_no_action_changes_anything_or_reads_data() -> None:
    data = {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem"}
    actions = set(needs.actions(needs.plan(None)))
    assert not actions & data
    assert all(name.split(":")[1].startswith(("Describe", "List", "Get")) for name in actions - {"cassandra:Select"})
    assert len({service.name for service in REGISTRY.services.values()}) >= 11
