"""RDS and Aurora: instances, clusters, their groups, proxies, event subscriptions and manual snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbguard.mock.creation.declaration import After, Arguments, Creation, Properties, rows, these
from dbguard.mock.standins import SOURCE

MASTER = {"MasterUsername": "master", "MasterUserPassword": "correct-horse-battery"}
NETWORK = {"VPCSecurityGroups": "VpcSecurityGroupIds"}
INSTANCE = {"DBInstanceClass": "db.t4g.medium"}
# Engines that AWS has and moto does not know, or breaks at: the instance is made as MySQL, and a patch relabels it.
STRANGE = ("custom-", "db2-", "oracle-ee-cdb", "oracle-se2-cdb", "sqlserver-dev-ee")
# The version of what states none, by how the engine begins: moto's are long past, or missing; AWS has had these.
VERSIONS = {
    "aurora-mysql": "8.0.mysql_aurora.3.08.0",
    "aurora-postgresql": "16.4",
    "custom-oracle": "19.my_cev1",
    "custom-sqlserver": "15.00.4312.2.v1",
    "db2": "11.5.9.0.sb00000000.r1",
    "mariadb": "10.11.8",
    "mysql": "8.0.39",
    "oracle": "19.0.0.0.ru-2024-07.rur-2024-07.r1",
    "postgres": "16.4",
    "sqlserver": "16.00.4165.4.v1",
}


def _secret(properties: dict[str, Any]) -> dict[str, Any]:
    """The API names the secret's key beside the flag; an engine is named in lower case."""
    key = (properties.get("MasterUserSecret") or {}).get("KmsKeyId")
    found = {**properties, "MasterUserSecretKmsKeyId": key} if key else dict(properties)
    return {**found, "Engine": str(found["Engine"]).lower()} if "Engine" in found else found


def _instance(properties: dict[str, Any]) -> dict[str, Any]:
    """Without a subnet group AWS takes the default VPC, and gives a public address."""
    found = _secret(properties)
    engine = str(found.get("Engine", "mysql"))
    defaults = {"PubliclyAccessible": "DBSubnetGroupName" not in found, "EngineVersion": _version(engine)}
    return {**defaults, **_watched(found), "Engine": "mysql" if engine.startswith(STRANGE) else engine}


def _version(engine: str) -> str | None:
    return next((VERSIONS[one] for one in VERSIONS if engine.startswith(one)), None)


def _watched(properties: dict[str, Any]) -> dict[str, Any]:
    """Moto wants interval and role of the monitoring both or neither."""
    both = {"MonitoringInterval", "MonitoringRoleArn"}
    return properties if both <= set(properties) else {k: v for k, v in properties.items() if k not in both}


# What moto refuses or breaks at: a patch sets it afterwards.
def withheld(properties: dict[str, Any]) -> dict[str, Any]:
    """A cluster's properties without those that moto refuses."""
    found = {name: value for name, value in _secret(properties).items() if name != "ReplicationSourceIdentifier"}
    if found.get("Engine") == "aurora":
        found["Engine"] = "aurora-mysql"  # version 1, which is no more
    if found.get("StorageType") in {"aurora", "aurora-iopt1", "iopt1", "gp3", "io2"}:
        del found["StorageType"]
    if not str(found.get("Engine", "aurora")).startswith("aurora"):
        found.pop("EnableIAMDatabaseAuthentication", None)
    return found


def _global(properties: dict[str, Any]) -> dict[str, Any]:
    """Moto looks for the source in one Region alone: it joins afterwards, with its engine."""
    given = {name: value for name, value in properties.items() if name != "SourceDBClusterIdentifier"}
    return {"Engine": "aurora-mysql", **given}


def settings(properties: Properties) -> list[Arguments]:
    """The settings of a parameter group, twenty a call as the API takes them."""
    found = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        for name, value in rows(properties).items()
    ]
    return [{"Parameters": found[start : start + 20]} for start in range(0, len(found), 20)]


def _shared(properties: Properties) -> list[Arguments]:
    """Who may restore a snapshot."""
    return [{"AttributeName": "restore", "ValuesToAdd": properties["RestorableBy"]}]


def _roles(properties: Properties) -> list[Arguments]:
    return [dict(one) for one in properties["AssociatedRoles"]]


def _elsewhere(properties: Properties) -> bool:
    """Whether the source is named by ARN, and may thus be in another Region or account."""
    return str(properties.get("SourceDBInstanceIdentifier", "")).startswith("arn:")


def _always(_: Properties) -> bool:
    """A snapshot need not have been made by this template."""
    return True


def cluster(client: str, engine: str = "", renamed: Mapping[str, str] = {}) -> tuple[Creation, ...]:
    """The ways to a cluster; of another service than RDS it takes an engine that moto knows."""
    defaults = {"Engine": engine, **MASTER} if engine else MASTER
    names = {"PerformanceInsightsEnabled": "EnablePerformanceInsights", **renamed}
    roles = (After("AssociatedRoles", "AddRoleToDBCluster", _roles),)

    def prepare(properties: dict[str, Any]) -> dict[str, Any]:
        found = withheld({**properties, **({"Engine": engine} if engine else {})})
        return found if not engine else {k: v for k, v in found.items() if k != "EnableIAMDatabaseAuthentication"}

    def versioned(properties: dict[str, Any]) -> dict[str, Any]:
        found = prepare(properties)
        return {"EngineVersion": _version(str(found.get("Engine"))), **found}

    way = Creation(client, "CreateDBCluster", "DBClusterIdentifier", "", names, defaults, roles, prepare=versioned)
    restored = way._replace(defaults={}, prepare=prepare)  # of the version of what it is made of
    return (
        restored._replace(operation="RestoreDBClusterFromSnapshot", when="SnapshotIdentifier", outside=_always),
        restored._replace(operation="RestoreDBClusterToPointInTime", when="SourceDBClusterIdentifier"),
        way,
    )


def member(client: str, engine: str, renamed: Mapping[str, str] = {}) -> Creation:
    """An instance of a cluster of another service than RDS."""
    prepare = {"Engine": engine}
    return Creation(
        client,
        "CreateDBInstance",
        "DBInstanceIdentifier",
        renamed=renamed,
        defaults=INSTANCE,
        prepare=lambda properties: {**properties, **prepare},
    )


def group(client: str, kind: str, property_: str = "", description: str = "Description") -> Creation:
    """A parameter group: kind is `DBParameterGroup` or `DBClusterParameterGroup`."""
    return Creation(
        client,
        f"Create{kind}",
        f"{kind}Name",
        property_,
        {"Family": "DBParameterGroupFamily"},
        {description: "mocked"},
        (After("Parameters", f"Modify{kind}", settings),),
    )


def snapshot(client: str, kind: str, source: str) -> Creation:
    """A manual snapshot: kind is `DBSnapshot` or `DBClusterSnapshot`."""
    shared = After("RestorableBy", f"Modify{kind}Attribute", _shared)
    return Creation(client, f"Create{kind}", f"{kind}Identifier", defaults={source: SOURCE}, after=(shared,))


_PLAIN = Creation(
    "rds",
    "CreateDBInstance",
    "DBInstanceIdentifier",
    renamed=NETWORK,
    defaults={"AllocatedStorage": 20, "StorageType": "gp3", **MASTER, **INSTANCE},  # gp3 as AWS, not moto
    after=(After("AssociatedRoles", "AddRoleToDBInstance", _roles),),
    prepare=_instance,
)
_RESTORED = _PLAIN._replace(defaults=INSTANCE, prepare=_secret)
INSTANCES = (
    _RESTORED._replace(
        operation="RestoreDBInstanceToPointInTime",
        name="TargetDBInstanceIdentifier",
        property="DBInstanceIdentifier",
        when="RestoreTime UseLatestRestorableTime",
        after=(),
        outside=_elsewhere,
    ),
    _RESTORED._replace(
        operation="CreateDBInstanceReadReplica",
        defaults={},
        when="SourceDBInstanceIdentifier",
        after=(After("BackupRetentionPeriod", "ModifyDBInstance", these("BackupRetentionPeriod")),),
        outside=_elsewhere,
    ),
    _RESTORED._replace(operation="RestoreDBInstanceFromDBSnapshot", when="DBSnapshotIdentifier", outside=_always),
    Creation(
        "rds",
        "CreateDBInstance",
        "DBInstanceIdentifier",
        renamed=NETWORK,
        defaults=INSTANCE,
        when="DBClusterIdentifier",
        prepare=lambda properties: _watched(_secret(properties)),
    ),
    _PLAIN,
)

CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::RDS::DBSubnetGroup": (
        Creation("rds", "CreateDBSubnetGroup", "DBSubnetGroupName", defaults={"DBSubnetGroupDescription": "mocked"}),
    ),
    "AWS::RDS::DBParameterGroup": (group("rds", "DBParameterGroup"),),
    "AWS::RDS::DBClusterParameterGroup": (group("rds", "DBClusterParameterGroup"),),
    "AWS::RDS::OptionGroup": (
        Creation("rds", "CreateOptionGroup", "OptionGroupName", defaults={"OptionGroupDescription": "mocked"}),
    ),
    "AWS::RDS::GlobalCluster": (Creation("rds", "CreateGlobalCluster", "GlobalClusterIdentifier", prepare=_global),),
    "AWS::RDS::DBCluster": cluster("rds"),
    "AWS::RDS::DBInstance": INSTANCES,
    "AWS::RDS::DBProxy": (
        Creation(
            "rds",
            "CreateDBProxy",
            "DBProxyName",
            defaults={"RoleArn": "arn:aws:iam::123456789012:role/proxy", "Auth": [{"AuthScheme": "SECRETS"}]},
        ),
    ),
    "AWS::RDS::EventSubscription": (
        Creation("rds", "CreateEventSubscription", "SubscriptionName", defaults={"Enabled": True}),
    ),
    "AWS::RDS::DBSnapshot": (snapshot("rds", "DBSnapshot", "DBInstanceIdentifier"),),
    "AWS::RDS::DBClusterSnapshot": (snapshot("rds", "DBClusterSnapshot", "DBClusterIdentifier"),),
}
