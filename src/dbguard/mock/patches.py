"""Where moto drops what it is given, or reads it back otherwise than AWS does: set right on moto's own objects.

An attribute set on an object of RDS, ElastiCache, Redshift or DMS appears in the answer under its name in snake case;
for DynamoDB, DAX and MemoryDB it does not (`LOST`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dbguard.mock import readings
from dbguard.mock.builder import Builder
from dbguard.value import boolean, number

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redshift!mocked"
HOME = "us-east-1"  # where moto keeps global clusters


class Patch(NamedTuple):
    """A property that moto's object gets as an attribute."""

    property: str
    attribute: str
    reason: str
    value: Callable[[Any], Any] = lambda value: value


def _whole(value: Any) -> Any:
    found = number(value)
    return value if found is None else int(found)


def _requested(value: Any) -> str:
    return "enabled" if boolean(value) else "disabled"


def _zones(value: Any) -> str:
    return "Enabled" if boolean(value) else "Disabled"


def _groups(value: Any) -> list[dict[str, str]]:
    return [{"SecurityGroupId": one, "Status": "active"} for one in value]


def _group(value: Any) -> dict[str, str]:
    return {"CacheParameterGroupName": value, "ParameterApplyStatus": "in-sync"}


def _endpoint(value: Any) -> dict[str, Any]:
    return {"Address": "mocked.cfg.cache.amazonaws.com", "Port": _whole(value)}


def _topic(value: Any) -> dict[str, str]:
    return {"TopicArn": value, "TopicStatus": "active"}


def _hardware(value: Any) -> dict[str, str]:
    return {"HsmConfigurationIdentifier": value, "Status": "active"}


def _secret(value: Any) -> str | None:
    return SECRET if boolean(value) else None


DROPPED = "moto drops it"
REFUSED = "moto refuses it, or breaks at it"
INSIGHTS = (
    Patch("DatabaseInsightsMode", "database_insights_mode", DROPPED),
    Patch("EngineLifecycleSupport", "engine_lifecycle_support", DROPPED),
    Patch("PerformanceInsightsRetentionPeriod", "performance_insights_retention_period", DROPPED, _whole),
)
ENGINE = Patch("Engine", "engine", "moto knows fewer engines than AWS", lambda value: str(value).lower())
ENCRYPTED = Patch("Encrypted", "storage_encrypted", "moto has it of the source alone", boolean)
PATCHES: Mapping[str, tuple[Patch, ...]] = {
    "AWS::RDS::DBInstance": (
        ENGINE,
        *INSIGHTS,
        Patch("BackupTarget", "backup_target", DROPPED),
        Patch("CustomIAMInstanceProfile", "custom_iam_instance_profile", DROPPED),
        Patch("DedicatedLogVolume", "dedicated_log_volume", DROPPED, boolean),
        Patch("EnablePerformanceInsights", "performance_insights_enabled", DROPPED, boolean),
        Patch("MonitoringInterval", "monitoring_interval", "moto refuses it without a role", _whole),
        Patch("MonitoringRoleArn", "monitoring_role_arn", "moto refuses it without an interval"),
        Patch("NetworkType", "network_type", DROPPED),
        Patch("PerformanceInsightsKMSKeyId", "performance_insights_kms_key_id", DROPPED),
        Patch("NcharCharacterSetName", "nchar_character_set_name", DROPPED),
        Patch("ProcessorFeatures", "processor_features", DROPPED),
        Patch("SourceDBClusterIdentifier", "read_replica_source_db_cluster_identifier", DROPPED),
        Patch("SourceDBInstanceIdentifier", "source_db_instance_identifier", "its source may be in another Region"),
        Patch("TdeCredentialArn", "tde_credential_arn", DROPPED),
        Patch("Timezone", "timezone", DROPPED),
    ),
    "AWS::RDS::DBCluster": (
        ENGINE,
        *INSIGHTS,
        Patch("ClusterScalabilityType", "cluster_scalability_type", DROPPED),
        Patch("EnableIAMDatabaseAuthentication", "iam_auth", REFUSED, boolean),
        Patch("EnableHttpEndpoint", "_enable_http_endpoint", "moto grants it to few engine versions", boolean),
        Patch("EnableLocalWriteForwarding", "local_write_forwarding_status", DROPPED, _requested),
        Patch("MonitoringInterval", "monitoring_interval", DROPPED, _whole),
        Patch("MonitoringRoleArn", "monitoring_role_arn", DROPPED),
        Patch("PerformanceInsightsKmsKeyId", "performance_insights_kms_key_id", DROPPED),
        Patch("PerformanceInsightsEnabled", "performance_insights_enabled", DROPPED, boolean),
        Patch("ReplicationSourceIdentifier", "replication_source_identifier", "its source may be in another Region"),
        Patch("StorageType", "storage_type", REFUSED),
        Patch("StorageThroughput", "storage_throughput", DROPPED, _whole),
    ),
    "AWS::RDS::GlobalCluster": (Patch("EngineLifecycleSupport", "engine_lifecycle_support", DROPPED),),
    "AWS::RDS::DBSnapshot": (ENGINE, Patch("Encrypted", "encrypted", "moto has it of the source alone", boolean)),
    "AWS::RDS::DBClusterSnapshot": (ENGINE, ENCRYPTED),
    "AWS::DocDB::DBClusterSnapshot": (ENCRYPTED,),
    "AWS::Neptune::DBClusterSnapshot": (ENCRYPTED,),
    "AWS::DocDB::DBCluster": (Patch("StorageType", "storage_type", REFUSED),),
    "AWS::DocDB::DBInstance": (Patch("EnablePerformanceInsights", "performance_insights_enabled", DROPPED, boolean),),
    "AWS::Neptune::DBCluster": (Patch("IamAuthEnabled", "iam_auth", REFUSED, boolean),),
    "AWS::ElastiCache::CacheCluster": (
        Patch("CacheParameterGroupName", "cache_parameter_group", DROPPED, _group),
        Patch("NumCacheNodes", "num_cache_nodes", "moto drops it for Valkey", _whole),
        Patch("Port", "configuration_endpoint", DROPPED, _endpoint),
        Patch("SnapshotWindow", "snapshot_window", "moto drops it for Valkey"),
        Patch("NotificationTopicArn", "notification_configuration", DROPPED, _topic),
        Patch("VpcSecurityGroupIds", "security_groups", DROPPED, _groups),
    ),
    "AWS::Redshift::Cluster": (
        Patch("AvailabilityZoneRelocation", "availability_zone_relocation_status", DROPPED, _requested),
        Patch("HsmConfigurationIdentifier", "hsm_status", DROPPED, _hardware),
        Patch("MaintenanceTrackName", "maintenance_track_name", DROPPED),
        Patch("ManualSnapshotRetentionPeriod", "manual_snapshot_retention_period", DROPPED, _whole),
        Patch("ManageMasterPassword", "master_password_secret_arn", DROPPED, _secret),
        Patch("MasterPasswordSecretKmsKeyId", "master_password_secret_kms_key_id", DROPPED),
        Patch("MultiAZ", "multi_az", DROPPED, _zones),
    ),
}
# What AWS always tells and moto leaves out of some answers: attribute, and what AWS takes by default.
UNTOLD: Mapping[str, Mapping[str, Any]] = {"AWS::RDS::DBInstance": {"publicly_accessible": False}}
# Where moto keeps them, by name: the service and the collection.
HELD: Mapping[str, tuple[str, str]] = {
    "AWS::RDS::DBInstance": ("rds", "databases"),
    "AWS::RDS::DBCluster": ("rds", "clusters"),
    "AWS::RDS::GlobalCluster": ("rds", "global_clusters"),
    "AWS::RDS::DBSnapshot": ("rds", "database_snapshots"),
    "AWS::RDS::DBClusterSnapshot": ("rds", "cluster_snapshots"),
    "AWS::DocDB::DBClusterSnapshot": ("rds", "cluster_snapshots"),
    "AWS::Neptune::DBClusterSnapshot": ("rds", "cluster_snapshots"),
    "AWS::DocDB::DBCluster": ("rds", "clusters"),
    "AWS::DocDB::DBInstance": ("rds", "databases"),
    "AWS::Neptune::DBCluster": ("rds", "clusters"),
    "AWS::Neptune::DBInstance": ("rds", "databases"),
    "AWS::ElastiCache::CacheCluster": ("elasticache", "cache_clusters"),
    "AWS::Redshift::Cluster": ("redshift", "clusters"),
    "AWS::Redshift::ClusterParameterGroup": ("redshift", "parameter_groups"),
}
# What does not come back, and no attribute mends: type, property, reason.
LOST: tuple[tuple[str, str, str], ...] = (
    ("AWS::Backup::BackupVault", "AccessPolicy", "moto has no such call"),
    ("AWS::DAX::Cluster", "NotificationTopicARN", "the answer is a template that leaves it out"),
    ("AWS::DAX::Cluster", "ParameterGroupName", "the answer is a template that names the default"),
    ("AWS::DAX::Cluster", "PreferredMaintenanceWindow", "the answer is a template with a window of its own"),
    ("AWS::DAX::Cluster", "SecurityGroupIds", "the answer is a template that makes up a group"),
    ("AWS::DAX::Cluster", "SubnetGroupName", "the answer is a template that names the default"),
    ("AWS::DynamoDB::GlobalTable", "Replicas", "moto keeps no replicas; this Region's one is made as a table"),
    ("AWS::DynamoDB::Table", "ContributorInsightsSpecification", "moto has no such call"),
    ("AWS::DynamoDB::Table", "KinesisStreamSpecification", "moto has no such call"),
    ("AWS::DynamoDB::Table", "OnDemandThroughput", "the answer is a template that leaves it out"),
    ("AWS::DynamoDB::Table", "TableClass", "the answer is a template that leaves it out"),
    ("AWS::ElastiCache::CacheCluster", "AZMode", "not told by AWS, found from the nodes' zones, which moto drops"),
    ("AWS::ElastiCache::ReplicationGroup", "CacheParameterGroupName", "told of members, which moto does not list"),
    ("AWS::ElastiCache::ReplicationGroup", "CacheSubnetGroupName", "told of members, which moto does not list"),
    ("AWS::ElastiCache::ReplicationGroup", "EngineVersion", "told of members, which moto does not list"),
    ("AWS::ElastiCache::ReplicationGroup", "NumCacheClusters", "moto makes one node whatever is asked for"),
    ("AWS::ElastiCache::ReplicationGroup", "SecurityGroupIds", "told of members, which moto does not list"),
    ("AWS::MemoryDB::Cluster", "Engine", "the answer is a template that leaves it out"),
    ("AWS::MemoryDB::Cluster", "MultiRegionClusterName", "moto has no clusters of several Regions"),
    ("AWS::MemoryDB::Cluster", "NetworkType", "the answer is a template that leaves it out"),
    ("AWS::MemoryDB::Cluster", "NumReplicasPerShard", "moto takes 0 for not given"),
    ("AWS::RDS::OptionGroup", "OptionConfigurations", "moto lists option groups by name alone"),
    ("AWS::Redshift::Cluster", "AutomatedSnapshotRetentionPeriod", "moto takes 0 for not given"),
    ("AWS::Redshift::Cluster", "NumberOfNodes", "moto goes by a ClusterType of single-node that contradicts it"),
)


def apply(builder: Builder) -> None:
    """Mend what a builder made."""
    for name, (type_name, properties) in builder.made.items():
        made = held(builder, type_name, builder.names[name])
        if made is None:
            continue
        for attribute, value in UNTOLD.get(type_name, {}).items():
            if getattr(made, attribute, None) is None:
                setattr(made, attribute, value)
        for patch in PATCHES.get(type_name, ()):
            if patch.property in properties:
                setattr(made, patch.attribute, patch.value(properties[patch.property]))
        if type_name in readings.READ:
            readings.READ[type_name](builder, made, properties)


def held(builder: Builder, type_name: str, name: str) -> Any:
    """The object of moto for a resource; None where it is of no interest."""
    if type_name not in HELD:
        return None
    service, kind = HELD[type_name]
    region = HOME if type_name == "AWS::RDS::GlobalCluster" else builder.region
    return getattr(readings.backend(service, builder.account, region), kind).get(name)
