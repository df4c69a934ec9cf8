"""What AWS reads back where nothing was given, and moto does not: defaults, keys, and who a cluster belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dbguard.mock.builder import Builder
from dbguard.mock.creation.declaration import rows

Properties = Mapping[str, Any]
DEFAULT_GROUP = "default.redshift-2.0"  # of new clusters at AWS
NO_KEY = "default_kms_key_id"  # what moto writes where no key was given
# A replica takes what its source has; these it has by default all the same, and moto copies them too.
OF_REPLICA: Mapping[str, tuple[str, Any]] = {
    "BackupRetentionPeriod": ("backup_retention_period", 0),
    "CopyTagsToSnapshot": ("copy_tags_to_snapshot", False),
    "DeletionProtection": ("deletion_protection", False),
    "EnableIAMDatabaseAuthentication": ("enable_iam_database_authentication", False),
    "MonitoringInterval": ("monitoring_interval", 0),
    "MonitoringRoleArn": ("monitoring_role_arn", None),
    "MultiAZ": ("multi_az", False),
    "Tags": ("tags", []),
}


def backend(service: str, account: str, region: str) -> Any:
    """The objects of moto for a service in one Region of an account."""
    from moto.backends import get_backend

    found: Any = get_backend(service)  # type: ignore[call-overload]  # the name is one of moto's own
    return found[account][region]


def managed_key(builder: Builder, service: str) -> str:
    """The ARN of the key behind an alias of AWS, which moto takes for a customer's, or does not know."""
    alias = f"alias/aws/{service}"
    kms = backend("kms", builder.account, builder.region)
    if not kms.alias_exists(alias):
        key = kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", f"Default key of {service}", None)
        kms.create_alias(key.id, alias)
    found = kms.keys[kms.any_id_to_key_id(alias)]
    found.key_manager = "AWS"
    return str(found.arn)


def _key(builder: Builder, made: Any) -> None:
    """The key of what is encrypted without one named; an alias of AWS is known to KMS by being used."""
    given = str(made.kms_key_id or "")
    if given.startswith("alias/aws/"):
        managed_key(builder, given.rsplit("/", maxsplit=1)[-1])
    elif given in {"", NO_KEY}:
        made.kms_key_id = managed_key(builder, "rds") if made.storage_encrypted else None


def _instance(builder: Builder, made: Any, properties: Properties) -> None:
    if made.db_cluster_identifier:
        if "AvailabilityZone" not in properties:  # AWS spreads the members of a cluster
            made.availability_zone = f"{builder.region}{'abc'[made.cluster.members.index(made) % 3]}"
        return
    if "SourceDBInstanceIdentifier" in properties and "UseLatestRestorableTime" not in properties:
        for name, (attribute, default) in OF_REPLICA.items():
            if name not in properties:
                setattr(made, attribute, default)
    _key(builder, made)


def _cluster(builder: Builder, made: Any, properties: Properties) -> None:
    _key(builder, made)
    if made.engine.startswith("aurora") and not made.storage_encrypted and "StorageEncrypted" not in properties:
        made.storage_encryption_type = "sse-rds"  # a key that AWS owns is the default, which moto does not know


def _of_service(engine: str, version: str) -> Callable[[Builder, Any, Properties], None]:
    """A cluster or an instance that moto made as another service's."""

    def relabel(builder: Builder, made: Any, properties: Properties) -> None:
        made.engine = engine
        if hasattr(made, "cluster"):
            _instance(builder, made, properties)
            return
        _key(builder, made)
        if "EngineVersion" not in properties:
            made.engine_version = version

    return relabel


def _global(builder: Builder, made: Any, properties: Properties) -> None:
    """A global cluster has the engine of its first member, which is the one that writes, and is encrypted as it is."""
    source = str(properties.get("SourceDBClusterIdentifier", "")).rsplit(":", maxsplit=1)[-1]
    cluster = backend("rds", builder.account, builder.region).clusters.get(source)
    if cluster is not None:
        made.members.append(cluster)
        made.engine, made.engine_version = cluster.engine, cluster.engine_version
        cluster.global_cluster_identifier = made.global_cluster_identifier
    if made.members:
        made.members[0].is_writer = True
        made.storage_encrypted = made.storage_encrypted or made.members[0].storage_encrypted


def _warehouse(builder: Builder, made: Any, properties: Properties) -> None:
    if "Encrypted" not in properties:
        made.encrypted = "true"  # the default, which moto does not know
    if str(made.encrypted).lower() == "true" and not made.kms_key_id:
        made.kms_key_id = managed_key(builder, "redshift")
    group = properties.get("ClusterParameterGroupName", DEFAULT_GROUP)
    groups = backend("redshift", builder.account, builder.region)
    if str(group).startswith("default.") and group not in groups.parameter_groups:
        groups.create_cluster_parameter_group(group, group.removeprefix("default."), "Default", builder.region)
    made.cluster_parameter_group_name = [group]
    _tell_parameters(groups)


def _parameters(builder: Builder, made: Any, properties: Properties) -> None:
    made.mocked = rows(properties)
    _tell_parameters(backend("redshift", builder.account, builder.region))


def _tell_parameters(redshift: Any) -> None:
    """Let each group tell the parameters that were set in it: moto answers its defaults for all, whatever is asked."""

    def describe(parameter_group_name: str) -> list[dict[str, Any]]:
        group = redshift.describe_cluster_parameter_groups(parameter_group_name)[0]
        return [
            {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": "true"}
            for name, value in getattr(group, "mocked", {}).items()
        ]

    redshift.describe_cluster_parameters = describe


def _copied(engine: str) -> Callable[[Builder, Any, Properties], None]:
    """A snapshot of another service's cluster, which moto has as its own."""

    def relabel(builder: Builder, made: Any, properties: Properties) -> None:
        made.engine = engine

    return relabel


READ: Mapping[str, Callable[[Builder, Any, Properties], None]] = {
    "AWS::RDS::DBInstance": _instance,
    "AWS::RDS::DBCluster": _cluster,
    "AWS::RDS::GlobalCluster": _global,
    "AWS::DocDB::DBCluster": _of_service("docdb", "5.0.0"),
    "AWS::DocDB::DBInstance": _of_service("docdb", "5.0.0"),
    "AWS::Neptune::DBCluster": _of_service("neptune", "1.3.2.1"),
    "AWS::Neptune::DBInstance": _of_service("neptune", "1.3.2.1"),
    "AWS::DocDB::DBClusterSnapshot": _copied("docdb"),
    "AWS::Neptune::DBClusterSnapshot": _copied("neptune"),
    "AWS::Redshift::Cluster": _warehouse,
    "AWS::Redshift::ClusterParameterGroup": _parameters,
}
