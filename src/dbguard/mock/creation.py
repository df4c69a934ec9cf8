"""How resources in CloudFormation shape are created through AWS's own API: one declaration a type.

A property goes into the argument of the same name, whatever its case, and takes the type that the API wants; what is
spelled otherwise is renamed here, and what another call sets is done by it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dbguard.value import boolean, number, text

Properties = Mapping[str, Any]


class After(NamedTuple):
    """A further call that sets one property."""

    property: str
    operation: str
    arguments: Callable[[Properties], dict[str, Any]]
    named: bool = True  # whether it takes the name of the resource


class Creation(NamedTuple):
    """The call that creates resources of a type."""

    client: str
    operation: str
    name: str  # the argument that names the resource
    property: str = ""  # the property that does, where it is spelled otherwise
    renamed: Mapping[str, str] = {}
    defaults: Mapping[str, Any] = {}  # what the API asks for and a template may leave out
    after: tuple[After, ...] = ()
    physical: str = ""  # where the answer has the name that AWS made up
    when: str = ""  # only for resources with this property
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = dict  # what the API wants said in another way


def _these(*names: str) -> Callable[[Properties], dict[str, Any]]:
    """The properties of these names as they are."""
    return lambda properties: {name: properties[name] for name in names if name in properties}


def _settings(properties: Properties) -> dict[str, Any]:
    """The settings of a parameter group, which CloudFormation writes as a mapping or as a list."""
    value = properties["Parameters"]
    rows = (
        value.items() if isinstance(value, dict) else ((one["ParameterName"], one["ParameterValue"]) for one in value)
    )
    method = "pending-reboot"
    return {"Parameters": [{"ParameterName": k, "ParameterValue": text(v), "ApplyMethod": method} for k, v in rows]}


def _streaming(properties: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation leaves out that a stream is on."""
    stream = properties.get("StreamSpecification")
    return {**properties, "StreamSpecification": {**stream, "StreamEnabled": True}} if stream else properties


def _address(properties: dict[str, Any]) -> dict[str, Any]:
    """Without a subnet group AWS takes the default VPC, and gives a public address."""
    return {"PubliclyAccessible": "DBSubnetGroupName" not in properties, **properties}


def _target(properties: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation names a target by its three parts in one text."""
    parts = str(properties.get("ScalingTargetId", "")).split("|")
    names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
    return {**(dict(zip(names, parts, strict=True)) if len(parts) == 3 else {}), **properties}


MASTER = {"MasterUsername": "master", "MasterUserPassword": "correct-horse-battery"}
NETWORK = {"VPCSecurityGroups": "VpcSecurityGroupIds"}
INSTANCE = {"DBInstanceClass": "db.t4g.medium"}

CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::EC2::VPC": (Creation("ec2", "CreateVpc", "", defaults={"CidrBlock": "10.0.0.0/16"}, physical="Vpc.VpcId"),),
    "AWS::EC2::Subnet": (Creation("ec2", "CreateSubnet", "", physical="Subnet.SubnetId"),),
    "AWS::EC2::SecurityGroup": (
        Creation(
            "ec2", "CreateSecurityGroup", "GroupName", renamed={"GroupDescription": "Description"}, physical="GroupId"
        ),
    ),
    "AWS::KMS::Key": (Creation("kms", "CreateKey", "", physical="KeyMetadata.Arn"),),
    "AWS::RDS::DBSubnetGroup": (Creation("rds", "CreateDBSubnetGroup", "DBSubnetGroupName"),),
    "AWS::RDS::DBParameterGroup": (
        Creation(
            "rds",
            "CreateDBParameterGroup",
            "DBParameterGroupName",
            renamed={"Family": "DBParameterGroupFamily"},
            after=(After("Parameters", "ModifyDBParameterGroup", _settings),),
        ),
    ),
    "AWS::RDS::DBClusterParameterGroup": (
        Creation(
            "rds",
            "CreateDBClusterParameterGroup",
            "DBClusterParameterGroupName",
            renamed={"Family": "DBParameterGroupFamily"},
            after=(After("Parameters", "ModifyDBClusterParameterGroup", _settings),),
        ),
    ),
    "AWS::RDS::GlobalCluster": (Creation("rds", "CreateGlobalCluster", "GlobalClusterIdentifier"),),
    "AWS::RDS::DBCluster": (
        Creation(
            "rds",
            "CreateDBCluster",
            "DBClusterIdentifier",
            renamed={"PerformanceInsightsEnabled": "EnablePerformanceInsights"},
            defaults=MASTER,
        ),
    ),
    "AWS::RDS::DBInstance": (
        Creation(
            "rds",
            "CreateDBInstanceReadReplica",
            "DBInstanceIdentifier",
            renamed=NETWORK,
            when="SourceDBInstanceIdentifier",
        ),
        Creation("rds", "CreateDBInstance", "DBInstanceIdentifier", renamed=NETWORK, when="DBClusterIdentifier"),
        Creation(
            "rds",
            "CreateDBInstance",
            "DBInstanceIdentifier",
            renamed=NETWORK,
            defaults={"AllocatedStorage": 20, "StorageType": "gp3", **MASTER, **INSTANCE},  # gp3 as AWS, not moto
            prepare=_address,
        ),
    ),
    "AWS::DynamoDB::Table": (
        Creation(
            "dynamodb",
            "CreateTable",
            "TableName",
            renamed={"SSESpecification.SSEEnabled": "Enabled"},
            prepare=_streaming,
            after=(
                After(
                    "PointInTimeRecoverySpecification",
                    "UpdateContinuousBackups",
                    _these("PointInTimeRecoverySpecification"),
                ),
                After("TimeToLiveSpecification", "UpdateTimeToLive", _these("TimeToLiveSpecification")),
            ),
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        Creation(
            "application-autoscaling",
            "RegisterScalableTarget",
            "",
            physical="join('|', [ResourceId, ScalableDimension, ServiceNamespace])",
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        Creation("application-autoscaling", "PutScalingPolicy", "PolicyName", prepare=_target),
    ),
    "AWS::DAX::Cluster": (
        Creation(
            "dax",
            "CreateCluster",
            "ClusterName",
            renamed={"SSESpecification.SSEEnabled": "Enabled", "IAMRoleARN": "IamRoleArn"},
            defaults={"IamRoleArn": "arn:aws:iam::123456789012:role/dax", "ReplicationFactor": 1},
        ),
    ),
    "AWS::ElastiCache::SubnetGroup": (
        Creation(
            "elasticache",
            "CreateCacheSubnetGroup",
            "CacheSubnetGroupName",
            renamed={"Description": "CacheSubnetGroupDescription"},
        ),
    ),
    "AWS::ElastiCache::ReplicationGroup": (
        Creation(
            "elasticache", "CreateReplicationGroup", "ReplicationGroupId", defaults={"AutomaticFailoverEnabled": False}
        ),
    ),
    "AWS::ElastiCache::CacheCluster": (
        Creation(
            "elasticache",
            "CreateCacheCluster",
            "CacheClusterId",
            "ClusterName",
            renamed={"VpcSecurityGroupIds": "SecurityGroupIds"},
        ),
    ),
    "AWS::MemoryDB::SubnetGroup": (Creation("memorydb", "CreateSubnetGroup", "SubnetGroupName"),),
    "AWS::MemoryDB::Cluster": (Creation("memorydb", "CreateCluster", "ClusterName", defaults={"TLSEnabled": True}),),
    "AWS::Redshift::ClusterSubnetGroup": (Creation("redshift", "CreateClusterSubnetGroup", "ClusterSubnetGroupName"),),
    "AWS::Redshift::ClusterParameterGroup": (
        Creation("redshift", "CreateClusterParameterGroup", "ParameterGroupName"),
    ),
    "AWS::Redshift::Cluster": (
        Creation(
            "redshift",
            "CreateCluster",
            "ClusterIdentifier",
            defaults=MASTER,
            after=(
                After(
                    "LoggingProperties",
                    "EnableLogging",
                    lambda properties: {"LogDestinationType": "s3", **properties["LoggingProperties"]},
                ),
                After("SnapshotCopyGrantName", "CreateSnapshotCopyGrant", _these("SnapshotCopyGrantName"), named=False),
                After("DestinationRegion", "EnableSnapshotCopy", _these("DestinationRegion", "SnapshotCopyGrantName")),
            ),
        ),
    ),
    "AWS::DMS::ReplicationInstance": (
        Creation(
            "dms",
            "CreateReplicationInstance",
            "ReplicationInstanceIdentifier",
            # The default that AWS takes.
            defaults={"PubliclyAccessible": True},
        ),
    ),
    "AWS::DMS::Endpoint": (Creation("dms", "CreateEndpoint", "EndpointIdentifier"),),
}


def fit(value: Any, shape: Any, renamed: Mapping[str, str], path: str = "") -> Any:
    """A value as the API's shape wants it: names as it spells them, `"7"` as 7, `"true"` as true."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        named = {name: members.get(renamed.get(path + name, name).lower()) for name in value}
        return {
            member: fit(value[name], shape.members[member], renamed, f"{path}{name}.")
            for name, member in named.items()
            if member is not None
        }
    if shape.type_name == "list":
        return [fit(one, shape.member, renamed, path) for one in (value if isinstance(value, list) else [value])]
    if shape.type_name == "map" and isinstance(value, dict):
        return {str(name): fit(one, shape.value, renamed) for name, one in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    if kind == "boolean":
        return boolean(value)
    if kind in {"integer", "long"}:
        found = number(value)
        return value if found is None else int(found)
    if kind in {"float", "double"}:
        return number(value)
    return text(value) if isinstance(value, (str, int, float, bool)) else value
