"""A resource in a template and the same resource seen live get the same verdict, but for what moto loses.

What moto loses is found by comparing every property that was given with what comes back: each loss must be listed
below with its reason, and each listed one must be seen to happen.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dbguard import drift, mock
from dbguard.engine import judge
from dbguard.model import EXEMPT, NOT_SELECTED, PASS, UNKNOWN
from dbguard.policy_library import Library
from dbguard.sources import document
from dbguard.sources.account import inventory, needs, unit
from dbguard.sources.account.unit import Order
from dbguard.sources.template import load
from dbguard.value import ABSENT
from tests.account.conftest import ACCOUNT, QUICK

SAMPLES = sorted((Path(__file__).parent.parent.parent / "sample_templates").glob("*.yaml"))
SERVICES = ("dynamodb", "elasticache", "rds", "redshift")
LIBRARY = Library()
POLICIES = [LIBRARY.policy(name) for name in LIBRARY.entries]

# Given, but not what comes back.
LOST = {
    ("AWS::DynamoDB::GlobalTable", "Replicas"): "moto drops replicas; this Region's one is made as a table",
    ("AWS::ElastiCache::CacheCluster", "AZMode"): "not told by AWS, found from the nodes' zones, which moto drops",
    (
        "AWS::ElastiCache::ReplicationGroup",
        "CacheParameterGroupName",
    ): "told of members alone, which moto does not list",
    ("AWS::ElastiCache::ReplicationGroup", "CacheSubnetGroupName"): "told of members alone, which moto does not list",
    ("AWS::ElastiCache::ReplicationGroup", "EngineVersion"): "told of members alone, which moto does not list",
    ("AWS::ElastiCache::ReplicationGroup", "NumCacheClusters"): "moto makes one node whatever is asked for",
    ("AWS::Redshift::Cluster", "AutomatedSnapshotRetentionPeriod"): "moto takes 0 for not given",
    ("AWS::Redshift::Cluster", "KmsKeyId"): "an alias that the mocked account does not have",
    (
        "AWS::Redshift::Cluster",
        "NumberOfNodes",
    ): "moto makes one node of what is called single-node, whatever the number",
}
# Not compared either: known only in part in the template, or moto takes another default than AWS does.
DEFAULTS = {
    ("AWS::RDS::DBCluster", "PubliclyAccessible"): "left out it is false for moto, true for AWS in the default VPC",
    ("AWS::DynamoDB::GlobalTable", "WriteProvisionedThroughputSettings"): "scalable targets of their own on an account",
    ("AWS::ElastiCache::CacheCluster", "PreferredAvailabilityZones"): "moto tells no nodes",
    ("AWS::Redshift::ClusterParameterGroup", "Parameters"): "moto cannot set parameters of Redshift",
    ("AWS::ElastiCache::ReplicationGroup", "EngineVersion"): "told of members alone, which moto does not list",
    ("AWS::ElastiCache::ReplicationGroup", "CacheSecurityGroupNames"): "told of members, which moto does not list",
    ("AWS::Redshift::Cluster", "AvailabilityZoneRelocation"): "not told by moto",
    ("AWS::Redshift::Cluster", "ClusterSecurityGroups"): "moto puts clusters into a group of EC2-Classic",
    ("AWS::Redshift::Cluster", "DBName"): "the generated templates leave out what CloudFormation requires",
    ("AWS::Redshift::Cluster", "MasterUsername"): "the generated templates leave out what CloudFormation requires",
    ("AWS::Redshift::Cluster", "LoggingProperties"): "moto logs to buckets that it has alone",
    ("AWS::Redshift::Cluster", "PreferredMaintenanceWindow"): "left out, AWS and moto take one at random",
    ("AWS::Redshift::Cluster", "VpcSecurityGroupIds"): "moto names groups that it does not have",
    ("AWS::Redshift::Cluster", "ClusterParameterGroupName"): "the default group of AWS has asked for TLS since 2025",
    ("AWS::RDS::DBInstance", "CACertificateIdentifier"): "moto names an authority that AWS has retired",
    ("AWS::RDS::DBInstance", "DBSubnetGroupName"): "an account does not tell which VPC is the default one",
    ("AWS::RDS::DBCluster", "DBSubnetGroupName"): "an account does not tell which VPC is the default one",
    ("AWS::RDS::DBInstance", "EngineVersion"): "left out, moto takes a version of years ago",
    ("AWS::RDS::DBCluster", "EngineVersion"): "left out, moto takes a version of years ago",
    ("AWS::RDS::DBInstance", "EnableCloudwatchLogsExports"): "moto gives a replica the exports of its source",
    ("AWS::RDS::DBCluster", "DBClusterParameterGroupName"): "moto does not list the default groups",
    ("AWS::RDS::DBInstance", "VPCSecurityGroups"): "moto names groups that it does not have",
    ("AWS::DynamoDB::Table", "SSESpecification"): "moto takes a key of the customer's where none is named",
    ("AWS::ElastiCache::ReplicationGroup", "SecurityGroupIds"): "told of members alone, which moto does not list",
    ("AWS::ElastiCache::ReplicationGroup", "PreferredCacheClusterAZs"): "moto makes one node, and so names one zone",
    ("AWS::RDS::DBInstance", "Tags"): "moto gives a replica the tags of its source",
}


class Sides(NamedTuple):
    """A template and the account that was made of it."""

    file: str
    sides: drift.Sides
    unmade: dict[str, str]


def made(file: Path) -> Sides:
    """The template in its default scenario, and the mocked account, scanned."""
    with mock.account(str(file)) as mocked:
        harvest = unit.collect(Order(ACCOUNT, mocked.region, QUICK, needs.plan(None, SERVICES)))
    read = document.read(file.read_bytes(), file.name)
    open_, _ = load(read, {"AWS::Region": mocked.region})
    template, _ = load(read, {**open_.world.defaults(), "AWS::Region": mocked.region})
    template.world.assign(template.world.defaults())
    return Sides(file.name, drift.Sides(template, inventory.load(harvest), mocked.names), mocked.unmade)


BOOLEANS = (True, False, "true", "false")
CHOICES: dict[str, dict[str, Any]] = {
    "AWS::RDS::DBInstance": {
        "Engine": ["mysql", "postgres"],
        "DBInstanceClass": ["db.m7g.large", "db.t3.micro"],
        "AllocatedStorage": [20, "100", 400],
        "BackupRetentionPeriod": [0, 1, "7", 35],
        "MonitoringInterval": [0, "0"],
        "StorageType": ["gp2", "gp3"],
        "MaxAllocatedStorage": [1000],
        **dict.fromkeys(("MultiAZ", "StorageEncrypted", "PubliclyAccessible", "DeletionProtection"), BOOLEANS),
        **dict.fromkeys(("AutoMinorVersionUpgrade", "CopyTagsToSnapshot", "EnableIAMDatabaseAuthentication"), BOOLEANS),
    },
    "AWS::RDS::DBCluster": {
        "Engine": ["aurora-mysql", "aurora-postgresql"],
        "BackupRetentionPeriod": [1, 7, "35"],
        **dict.fromkeys(("StorageEncrypted", "DeletionProtection", "CopyTagsToSnapshot"), BOOLEANS),
    },
    "AWS::DynamoDB::Table": {
        "AttributeDefinitions": [[{"AttributeName": "id", "AttributeType": "S"}]],
        "KeySchema": [[{"AttributeName": "id", "KeyType": "HASH"}]],
        "BillingMode": ["PROVISIONED"],
        "ProvisionedThroughput": [{"ReadCapacityUnits": 1, "WriteCapacityUnits": "2"}],
        "DeletionProtectionEnabled": BOOLEANS,
        "PointInTimeRecoverySpecification": [{"PointInTimeRecoveryEnabled": one} for one in BOOLEANS],
        "SSESpecification": [{"SSEEnabled": True, "SSEType": "KMS"}],
    },
    "AWS::ElastiCache::ReplicationGroup": {
        "Engine": ["redis", "valkey"],
        "CacheNodeType": ["cache.r7g.large"],
        "SnapshotRetentionLimit": [0, "7"],
        **dict.fromkeys(("AtRestEncryptionEnabled", "TransitEncryptionEnabled", "MultiAZEnabled"), BOOLEANS),
        "AutomaticFailoverEnabled": [True],
    },
    "AWS::Redshift::Cluster": {
        "NodeType": ["ra3.4xlarge"],
        "ClusterType": ["multi-node"],
        "NumberOfNodes": [2, "4"],
        "AutomatedSnapshotRetentionPeriod": [1, 7, "35"],
        **dict.fromkeys(("Encrypted", "PubliclyAccessible", "EnhancedVpcRouting"), BOOLEANS),
    },
}
NEEDED = {"Engine", "DBInstanceClass", "NodeType", "ClusterType", "NumberOfNodes", "CacheNodeType"}
NEEDED |= {"AttributeDefinitions", "KeySchema", "ProvisionedThroughput"}
EACH = 12  # resources of each type


def generated(seed: int) -> dict[str, Any]:
    """A template with many resources, each with some of the properties that policies look at."""
    pick = random.Random(seed)
    resources = {}
    for type_name, choices in CHOICES.items():
        for number in range(EACH):
            chosen = [name for name in choices if name in NEEDED or pick.random() < 0.7]
            properties = {name: pick.choice(choices[name]) for name in chosen}
            resources[f"{type_name.rsplit('::')[-1]}{number}"] = {"Type": type_name, "Properties": properties}
    return {"Resources": resources}


CASES: tuple[Path | int, ...] = (*SAMPLES, 1, 2)


def template(case: Path | int, folder: Path) -> Path:
    """The file of a case; a number is the seed of a generated template."""
    if isinstance(case, Path):
        return case
    file = folder / f"generated-{case}.json"
    file.write_text(json.dumps(generated(case)))
    return file


def pairs(both: Sides) -> Iterator[drift.Pair]:
    for declared in both.sides.template.resources:
        if declared.type.split("::")[1].lower() in SERVICES and both.sides.template.world.exists(declared) is not False:
            if declared.type == "AWS::ElastiCache::ServerlessCache":
                continue  # moto has none
            live = drift.counterpart(declared, both.sides)
            assert not isinstance(live, str), (declared.id, live, both.unmade.get(declared.id))
            yield drift.Pair(declared, live)


def lost(pair: drift.Pair, both: Sides) -> set[str]:
    """The properties that do not come back as they were given."""
    found = set()
    for name, value in drift.resolved(pair.declared, both.sides).items():
        live = pair.live.properties.get(name, ABSENT)
        if not drift.is_open(value) and name in READ[pair.declared.type] and not drift.alike(value, live):
            found.add(name)
    return found


READ: dict[str, set[str]] = {}
for policy in POLICIES:
    for name in policy.types:
        READ.setdefault(name, set()).update(policy.reads.properties if policy.reads else ())


def test_what_moto_loses_is_known_and_nothing_else_is_lost(tmp_path: Path) -> None:
    found = set()
    for case in CASES:
        both = made(template(case, tmp_path))
        for pair in pairs(both):
            names = lost(pair, both) if pair.declared.type in READ else ()
            found |= {(pair.declared.type, name) for name in names}
    assert (sorted(found - set(LOST)), sorted(set(LOST) - found)) == ([], [])


def kind(verdict: str) -> str:
    return "complies" if verdict in (PASS, EXEMPT, NOT_SELECTED) else verdict


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name if isinstance(case, Path) else f"generated-{case}")
def test_verdicts_agree(case: Path | int, tmp_path: Path) -> None:
    both = made(template(case, tmp_path))
    compared, wrong = 0, []
    for pair in pairs(both):
        for policy in POLICIES:
            reads = set(policy.reads.properties) if policy.reads else set()
            unsure = {name for type_name, name in {*LOST, *DEFAULTS} if type_name == pair.declared.type}
            if pair.declared.type not in policy.types or policy.only or reads & unsure:
                continue
            declared = judge(policy, pair.declared, both.sides.template)
            live = judge(policy, pair.live, both.sides.account)
            compared += 1
            if declared.verdict != UNKNOWN and kind(declared.verdict) != kind(live.verdict):
                wrong.append((pair.declared.id, policy.id, declared.verdict, live.verdict, live.evidence[:2]))
    assert not wrong
    assert compared
