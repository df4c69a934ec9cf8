"""Resources in CloudFormation shape are made in a mocked account, and come back as they were given."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from dbguard import mock
from dbguard.mock import builder, patches
from dbguard.mock.creation import CREATIONS
from dbguard.mock.made import Made
from dbguard.mock.tables import GLOBAL
from dbguard.sources.account import inventory
from tests.account.conftest import ACCOUNT, REGION, harvest

OTHER = "210987654321"
ROLE = "arn:aws:iam::123456789012:role/monitoring"
# For each patch, a resource that would come back otherwise without it.
PATCHED: dict[str, list[dict[str, Any]]] = {
    "AWS::RDS::DBInstance": [
        {
            "Engine": "db2-se",
            "BackupTarget": "region",
            "DatabaseInsightsMode": "advanced",
            "DedicatedLogVolume": "true",
            "EnablePerformanceInsights": True,
            "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
            "NcharCharacterSetName": "AL16UTF16",
            "NetworkType": "DUAL",
            "PerformanceInsightsKMSKeyId": "arn:aws:kms:eu-west-1:210987654321:key/k",
            "PerformanceInsightsRetentionPeriod": "31",
            "ProcessorFeatures": [{"Name": "coreCount", "Value": "1"}],
            "TdeCredentialArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:tde",
            "Timezone": "UTC",
        },
        {"Engine": "custom-oracle-ee", "CustomIAMInstanceProfile": "AWSRDSCustomProfile"},
        {"Engine": "mysql", "MonitoringInterval": "60"},
        {"Engine": "mysql", "MonitoringRoleArn": ROLE},
        {"Engine": "mysql", "SourceDBInstanceIdentifier": "arn:aws:rds:us-east-1:123456789012:db:far"},
        {"Engine": "mysql", "SourceDBClusterIdentifier": "far"},
    ],
    "AWS::RDS::DBCluster": [
        {
            "Engine": "aurora-mysql",
            "ClusterScalabilityType": "limitless",
            "DatabaseInsightsMode": "advanced",
            "EnableHttpEndpoint": True,
            "EnableLocalWriteForwarding": True,
            "EngineLifecycleSupport": "open-source-rds-extended-support",
            "MonitoringInterval": 30,
            "MonitoringRoleArn": ROLE,
            "PerformanceInsightsEnabled": "true",
            "PerformanceInsightsKmsKeyId": "arn:aws:kms:eu-west-1:210987654321:key/k",
            "PerformanceInsightsRetentionPeriod": 465,
            "ReplicationSourceIdentifier": "arn:aws:rds:us-east-1:123456789012:cluster:far",
            "StorageType": "aurora-iopt1",
        },
        {"Engine": "postgres", "EnableIAMDatabaseAuthentication": True, "StorageType": "gp3", "StorageThroughput": 500},
        {"Engine": "aurora"},
    ],
    "AWS::RDS::GlobalCluster": [{"EngineLifecycleSupport": "open-source-rds-extended-support"}],
    "AWS::RDS::DBSnapshot": [{"Engine": "db2-se", "Encrypted": True}],
    "AWS::RDS::DBClusterSnapshot": [{"Engine": "postgres", "Encrypted": True}],
    "AWS::DocDB::DBCluster": [{"StorageType": "iopt1"}],
    "AWS::DocDB::DBInstance": [{"DBClusterIdentifier": "docs", "EnablePerformanceInsights": True}],
    "AWS::DocDB::DBClusterSnapshot": [{"Encrypted": True}],
    "AWS::Neptune::DBCluster": [{"IamAuthEnabled": True}],
    "AWS::Neptune::DBClusterSnapshot": [{"Encrypted": True}],
    "AWS::ElastiCache::CacheCluster": [
        {
            "Engine": "valkey",
            "CacheParameterGroupName": "mine",
            "NotificationTopicArn": "arn:aws:sns:eu-west-1:123456789012:caches",
            "NumCacheNodes": 1,
            "Port": "6380",
            "SnapshotWindow": "03:00-04:00",
            "VpcSecurityGroupIds": ["sg-1"],
        }
    ],
    "AWS::Redshift::Cluster": [
        {
            "AvailabilityZoneRelocation": True,
            "HsmConfigurationIdentifier": "hsm",
            "MaintenanceTrackName": "current",
            "ManageMasterPassword": True,
            "ManualSnapshotRetentionPeriod": "30",
            "MasterPasswordSecretKmsKeyId": "arn:aws:kms:eu-west-1:210987654321:key/k",
            "MultiAZ": "true",
        }
    ],
}
NAMED: dict[str, dict[str, Any]] = {
    "AWS::ElastiCache::ReplicationGroup": {"ReplicationGroupDescription": "d"},
    "AWS::DAX::Cluster": {"ClusterName": "accelerator"},
    "AWS::DocDB::DBInstance": {"DBClusterIdentifier": "AWSDocDBDBCluster"},
    "AWS::Neptune::DBInstance": {"DBClusterIdentifier": "AWSNeptuneDBCluster"},
    "AWS::RDS::DBInstance": {"Engine": "postgres"},
    "AWS::RDS::DBCluster": {"Engine": "aurora-postgresql"},
    "AWS::RDS::OptionGroup": {"EngineName": "mysql", "MajorEngineVersion": "8.0"},
    "AWS::KMS::Alias": {"AliasName": "alias/mine", "TargetKeyId": "AWSKMSKey"},
    "AWS::Backup::BackupPlan": {
        "BackupPlan": {
            "BackupPlanName": "p",
            "BackupPlanRule": [{"RuleName": "r", "TargetBackupVault": "AWSBackupBackupVault"}],
        }
    },
    "AWS::ApplicationAutoScaling::ScalableTarget": {
        "ResourceId": "table/t",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    },
    "AWS::ApplicationAutoScaling::ScalingPolicy": {"ScalingTargetId": "AWSApplicationAutoScalingScalableTarget"},
}


def build(*resources: tuple[str, str, dict[str, Any]]) -> list[str]:
    return mock.build([Made(*one) for one in resources], ACCOUNT, REGION)


def found(type_name: str, *services: str) -> dict[str, dict[str, Any]]:
    """What a scan sees of a type: properties by name."""
    mock.prepare(())
    loaded = inventory.load(harvest(*services))
    return {one.id: one.properties for one in loaded.by_type.get(type_name, ())}


def rds(operation: str, **arguments: Any) -> Any:
    return getattr(boto3.client("rds", region_name=REGION), operation)(**arguments)


def test_every_type_can_be_made_in_any_order(mocked: None) -> None:
    names = [*reversed(list(CREATIONS)), GLOBAL]
    assert build(*((name.replace("::", ""), name, NAMED.get(name, {})) for name in names)) == []


def test_every_patch_is_tried() -> None:
    tried = {(name, one) for name, rows in PATCHED.items() for row in rows for one in row}
    assert {(name, patch.property) for name, rows in patches.PATCHES.items() for patch in rows} <= tried


@pytest.mark.parametrize("service", sorted({name.split("::")[1] for name in PATCHED}))
def test_a_patch_mends_what_moto_does(mocked: None, service: str) -> None:
    types = [name for name in PATCHED if name.split("::")[1] == service]
    rows = [(f"R{name.split('::')[2]}{at}", name, row) for name in types for at, row in enumerate(PATCHED[name])]
    cluster: dict[str, Any] = {"MasterUsername": "docs"}
    assert build(("Docs", "AWS::DocDB::DBCluster", cluster), *rows) == []
    for type_name in types:
        live = found(type_name, service.lower())
        for id_, _, given in (row for row in rows if row[1] == type_name):
            seen = {name: str(live[id_.lower()].get(name)).lower() for name in given}
            assert seen == {name: str(value).lower() for name, value in given.items()}


def test_values_take_the_type_that_the_api_wants(mocked: None) -> None:
    properties = {"Engine": "MySQL", "AllocatedStorage": "100", "MultiAZ": "true", "Port": 3307, "EngineVersion": 8.4}
    assert build(("Orders", "AWS::RDS::DBInstance", properties)) == []
    (made,) = rds("describe_db_instances")["DBInstances"]
    assert (made["DBInstanceIdentifier"], made["Engine"], made["AllocatedStorage"]) == ("orders", "mysql", 100)
    assert (made["MultiAZ"], made["Endpoint"]["Port"], made["EngineVersion"]) == (True, 3307, "8.4")


def test_names_of_others_are_references_and_order_does_not_matter(mocked: None) -> None:
    unmade = build(
        ("Copy", "AWS::RDS::DBInstance", {"SourceDBInstanceIdentifier": "Main"}),
        ("Main", "AWS::RDS::DBInstance", {"Engine": "mysql", "DBSubnetGroupName": "Group", "DBName": "Zone"}),
        ("Group", "AWS::RDS::DBSubnetGroup", {"SubnetIds": ["Zone", "subnet-elsewhere"]}),
        ("Zone", "AWS::EC2::Subnet", {"AvailabilityZone": "us-east-1c", "VpcId": "vpc-elsewhere"}),
    )
    assert unmade == []
    (main,) = rds("describe_db_instances", DBInstanceIdentifier="main")["DBInstances"]
    zones = [one["SubnetAvailabilityZone"]["Name"] for one in main["DBSubnetGroup"]["Subnets"]]
    assert (main["ReadReplicaDBInstanceIdentifiers"], main["DBName"]) == (["copy"], "Zone")
    assert zones[0] == f"{REGION}c"
    assert len(zones) == 2


def test_a_replica_has_defaults_of_its_own(mocked: None) -> None:
    protected = {"Engine": "mysql", "MultiAZ": True, "DeletionProtection": True, "BackupRetentionPeriod": 7}
    replica = {"SourceDBInstanceIdentifier": "Main"}
    build(
        ("Main", "AWS::RDS::DBInstance", {**protected, "StorageEncrypted": True}),
        ("Plain", "AWS::RDS::DBInstance", replica),
        ("Kept", "AWS::RDS::DBInstance", {**replica, "BackupRetentionPeriod": 3, "MultiAZ": True}),
    )
    live = found("AWS::RDS::DBInstance", "rds")
    names = ("MultiAZ", "DeletionProtection", "BackupRetentionPeriod", "StorageEncrypted")
    assert [live["plain"].get(name) for name in names] == [False, False, 0, True]
    assert [live["kept"].get(name) for name in names] == [True, False, 3, True]


def test_the_key_of_what_names_none_is_one_that_aws_manages(mocked: None) -> None:
    own = "arn:aws:kms:eu-west-1:210987654321:key/own"
    build(
        ("Managed", "AWS::RDS::DBInstance", {"Engine": "mysql", "StorageEncrypted": True}),
        ("Aliased", "AWS::RDS::DBInstance", {"Engine": "mysql", "StorageEncrypted": True, "KmsKeyId": "alias/aws/rds"}),
        ("Own", "AWS::RDS::DBInstance", {"Engine": "mysql", "StorageEncrypted": True, "KmsKeyId": own}),
        ("Open", "AWS::RDS::DBCluster", {"Engine": "aurora-mysql", "StorageEncrypted": False}),
        ("Warehouse", "AWS::Redshift::Cluster", {}),
    )
    kms = boto3.client("kms", region_name=REGION)
    keys = {one["DBInstanceIdentifier"]: one["KmsKeyId"] for one in rds("describe_db_instances")["DBInstances"]}
    (warehouse,) = boto3.client("redshift", region_name=REGION).describe_clusters()["Clusters"]
    for key in (keys["managed"], keys["aliased"], warehouse["KmsKeyId"]):
        assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyManager"] == "AWS"
    assert keys["own"] == own
    assert "KmsKeyId" not in rds("describe_db_clusters")["DBClusters"][0]


def test_documents_and_graphs_are_told_from_aurora(mocked: None) -> None:
    unmade = build(
        ("Docs", "AWS::DocDB::DBCluster", {"StorageEncrypted": True}),
        ("Docs1", "AWS::DocDB::DBInstance", {"DBClusterIdentifier": "Docs", "DBInstanceClass": "db.r6g.large"}),
        ("Graph", "AWS::Neptune::DBCluster", {"StorageEncrypted": True, "IamAuthEnabled": True, "DBPort": "8183"}),
        ("Shop", "AWS::RDS::DBCluster", {"Engine": "aurora-mysql"}),
    )
    assert unmade == []
    assert list(found("AWS::DocDB::DBCluster", "docdb")) == ["docs"]
    assert list(found("AWS::DocDB::DBInstance", "docdb")) == ["docs1"]
    assert list(found("AWS::Neptune::DBCluster", "neptune")) == ["graph"]
    assert list(found("AWS::RDS::DBCluster", "rds")) == ["shop"]


def test_a_snapshot_outlives_its_source(mocked: None) -> None:
    unmade = build(
        ("Public", "AWS::RDS::DBSnapshot", {"DBInstanceIdentifier": "gone", "RestorableBy": ["all"]}),
        ("Restored", "AWS::RDS::DBInstance", {"Engine": "postgres", "DBSnapshotIdentifier": "outside"}),
    )
    assert unmade == []
    assert found("AWS::RDS::DBSnapshot", "rds")["public"]["RestorableBy"] == ["all"]
    assert list(found("AWS::RDS::DBInstance", "rds")) == ["restored"]


def test_what_is_restored_has_the_version_of_its_source(mocked: None) -> None:
    source = {"Engine": "aurora-postgresql", "EngineVersion": "15.4", "MasterUsername": "m"}
    unmade = build(
        ("Back", "AWS::RDS::DBCluster", {"Engine": "aurora-postgresql", "SnapshotIdentifier": "Copy"}),
        ("Copy", "AWS::RDS::DBClusterSnapshot", {"DBClusterIdentifier": "Main"}),
        ("Main", "AWS::RDS::DBCluster", source),
        ("Newest", "AWS::RDS::DBCluster", {"Engine": "aurora-postgresql"}),
    )
    assert unmade == []
    live = found("AWS::RDS::DBCluster", "rds")
    assert {name: one["EngineVersion"] for name, one in live.items()} == {
        "main": "15.4",
        "back": "15.4",
        "newest": "16.4",
    }


def test_a_global_cluster_takes_after_its_writer(mocked: None) -> None:
    build(
        ("World", "AWS::RDS::GlobalCluster", {"SourceDBClusterIdentifier": "First"}),
        ("First", "AWS::RDS::DBCluster", {"Engine": "aurora-postgresql", "StorageEncrypted": True}),
    )
    (world,) = rds("describe_global_clusters")["GlobalClusters"]
    assert (world["Engine"], world["StorageEncrypted"]) == ("aurora-postgresql", True)
    assert [one["IsWriter"] for one in world["GlobalClusterMembers"]] == [True]


def test_a_global_table_is_a_table_with_the_settings_of_its_replica(mocked: None) -> None:
    def scaled(side: str, low: int) -> dict[str, Any]:
        bounds = {
            "MinCapacity": low,
            "MaxCapacity": 50,
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
        }
        return {f"{side}ProvisionedThroughputSettings": {f"{side}CapacityAutoScalingSettings": bounds}}

    on = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}, "DeletionProtectionEnabled": "true"}
    replicas = [{"Region": "us-east-1"}, {"Region": REGION, **on, **scaled("Read", 3)}]
    table = {"TableName": "World", "BillingMode": "PROVISIONED", "Replicas": replicas, **scaled("Write", 4)}
    assert build(("Table", GLOBAL, {**table, "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"}})) == []
    live = found("AWS::DynamoDB::Table", "dynamodb")["World"]
    assert live["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert live["DeletionProtectionEnabled"] is True
    assert live["SSESpecification"]["SSEEnabled"] is True
    assert live["ProvisionedThroughput"] == {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    targets = found("AWS::ApplicationAutoScaling::ScalableTarget", "dynamodb").values()
    assert sorted((one["ResourceId"], one["MinCapacity"]) for one in targets) == [
        ("table/World", 3),
        ("table/World", 4),
    ]
    assert len(found("AWS::ApplicationAutoScaling::ScalingPolicy", "dynamodb")) == 2


def test_parameters_of_redshift_are_those_that_were_set(mocked: None) -> None:
    secured = [{"ParameterName": "require_ssl", "ParameterValue": "true"}]
    build(
        ("Secured", "AWS::Redshift::ClusterParameterGroup", {"Parameters": secured}),
        ("Plain", "AWS::Redshift::ClusterParameterGroup", {}),
        ("Sales", "AWS::Redshift::Cluster", {"ClusterParameterGroupName": "Secured"}),
        ("Clicks", "AWS::Redshift::Cluster", {}),
    )
    groups = found("AWS::Redshift::ClusterParameterGroup", "redshift")
    clusters = found("AWS::Redshift::Cluster", "redshift")
    assert groups["secured"]["Parameters"] == secured
    assert "Parameters" not in groups["plain"]
    assert clusters["sales"]["ClusterParameterGroupName"] == "secured"
    assert clusters["clicks"]["ClusterParameterGroupName"] == "default.redshift-2.0"


def test_what_cannot_be_made_is_told_in_one_line_each(mocked: None) -> None:
    lines = build(
        ("Site", "AWS::S3::Bucket", {}),
        ("Copy", "AWS::RDS::DBInstance", {"SourceDBInstanceIdentifier": "nowhere"}),
        ("Second", "AWS::RDS::DBInstance", {"SourceDBInstanceIdentifier": "Copy"}),
        ("Orders", "AWS::RDS::DBInstance", {"Engine": "mysql"}),
    )
    assert [line.split(":")[0] for line in lines] == ["Site (AWS", "Copy (AWS", "Second (AWS"]
    assert "the type is not known here" in lines[0]
    assert "nowhere not found" in lines[1]
    assert "Copy is not there" in lines[2]
    assert list(found("AWS::RDS::DBInstance", "rds")) == ["orders"]


def test_another_account_and_region_are_their_own(mocked: None) -> None:
    orders = Made("Orders", "AWS::RDS::DBInstance", {"Engine": "mysql", "StorageEncrypted": True})
    assert mock.build([orders], OTHER, "us-east-2") == []
    assert rds("describe_db_instances")["DBInstances"] == []
    client = builder.Builder("us-east-2", OTHER).client("rds")
    (made,) = client.describe_db_instances()["DBInstances"]
    assert made["DBInstanceArn"] == f"arn:aws:rds:us-east-2:{OTHER}:db:orders"
    assert f":{OTHER}:key/" in made["KmsKeyId"]


def test_what_is_lost_is_of_a_type_that_is_made() -> None:
    mended = {(name, patch.property) for name, rows in patches.PATCHES.items() for patch in rows}
    assert {name for name, _, _ in patches.LOST} <= {*CREATIONS, GLOBAL}
    assert not mended & {(name, property_) for name, property_, _ in patches.LOST}
