"""A global table as one Region sees it: a table with the settings of that Region's replica, and its scaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbguard.mock.made import Made
from dbguard.value import Reference, join

GLOBAL = "AWS::DynamoDB::GlobalTable"
TABLE = "AWS::DynamoDB::Table"
OF_REPLICA = (
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "KinesisStreamSpecification",
    "PointInTimeRecoverySpecification",
    "ResourcePolicy",
    "TableClass",
    "Tags",
)
SIDES = {"Read": "ReadCapacityUnits", "Write": "WriteCapacityUnits"}
Properties = dict[str, Any]


def seen(one: Made, region: str) -> list[Made]:
    """What is made of a resource; only a global table is not itself."""
    if one.type != GLOBAL:
        return [one]
    replica = _replica(one.properties, region)
    settings = {key: replica[key] for key in OF_REPLICA if key in replica}
    settings |= _encryption(one.properties, replica) | _indexes(one.properties, replica)
    if one.properties.get("BillingMode") == "PROVISIONED":
        settings["ProvisionedThroughput"] = _throughput(one.properties, replica)
    return [Made(one.id, TABLE, {**one.properties, **settings}), *_scaling(one, replica)]


def _replica(properties: Properties, region: str) -> Properties:
    """The replica of the Region; one of another Region tells as much, where the template is made for others."""
    rows = properties.get("Replicas")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    own = [row for row in found if row.get("Region") == region]
    return dict((own or found or [{}])[0])


def _encryption(properties: Properties, replica: Properties) -> Properties:
    """The table says whether it is encrypted, the replica under which key."""
    parts = [part for part in (properties.get("SSESpecification"), replica.get("SSESpecification")) if part]
    if not parts or not all(isinstance(part, dict) for part in parts):
        return {}
    return {"SSESpecification": {key: value for part in parts for key, value in part.items()}}


def _settings(side: str, properties: Properties, replica: Properties) -> Properties:
    """How one side of the capacity is set: reading by replica, writing for all."""
    holder = replica if side == "Read" else properties
    found = holder.get(f"{side}ProvisionedThroughputSettings")
    return found if isinstance(found, dict) else {}


def _throughput(properties: Properties, replica: Properties) -> Properties:
    """The capacity to begin with."""
    found = {}
    for side, unit in SIDES.items():
        settings = _settings(side, properties, replica)
        scaled = settings.get(f"{side}CapacityAutoScalingSettings") or {}
        found[unit] = settings.get(unit) or scaled.get("MinCapacity") or 1
    return found


def _indexes(properties: Properties, replica: Properties) -> Properties:
    """Indexes with a capacity of their own."""
    indexes = properties.get("GlobalSecondaryIndexes")
    if not isinstance(indexes, list) or properties.get("BillingMode") != "PROVISIONED":
        return {}
    rows = replica.get("GlobalSecondaryIndexes") or []
    own = {row.get("IndexName"): row for row in rows if isinstance(row, dict)}
    return {
        "GlobalSecondaryIndexes": [
            {**one, "ProvisionedThroughput": _throughput(one, own.get(one.get("IndexName"), {}))} for one in indexes
        ]
    }


def _scaling(one: Made, replica: Properties) -> Iterator[Made]:
    """The scalable targets and policies that DynamoDB makes for a table and its indexes."""
    if one.properties.get("BillingMode") != "PROVISIONED":
        return
    yield from _targets(one.id, "table", [Reference(one.id)], one.properties, replica)
    rows = replica.get("GlobalSecondaryIndexes") or []
    own = {row.get("IndexName"): row for row in rows if isinstance(row, dict)}
    for index in one.properties.get("GlobalSecondaryIndexes") or []:
        name = index.get("IndexName")
        path = [Reference(one.id), f"/index/{name}"]
        yield from _targets(f"{one.id}.{name}", "index", path, index, own.get(name, {}))


def _targets(id_: str, kind: str, path: list[Any], properties: Properties, replica: Properties) -> Iterator[Made]:
    for side, unit in SIDES.items():
        settings = _settings(side, properties, replica).get(f"{side}CapacityAutoScalingSettings")
        if not isinstance(settings, dict):
            continue
        place = {
            "ResourceId": join(["table/", *path]),
            "ScalableDimension": f"dynamodb:{kind}:{unit}",
            "ServiceNamespace": "dynamodb",
        }
        tracking = settings.get("TargetTrackingScalingPolicyConfiguration") or {}
        metric = {"PredefinedMetricType": f"DynamoDB{side}CapacityUtilization"}
        goal = {"PredefinedMetricSpecification": metric, "TargetValue": 70, **tracking}
        bounds = {key: settings[key] for key in ("MinCapacity", "MaxCapacity") if key in settings}
        yield Made(f"{id_}.{side}Target", "AWS::ApplicationAutoScaling::ScalableTarget", {**place, **bounds})
        yield Made(
            f"{id_}.{side}Policy",
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            {
                **place,
                "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": goal,
            },
        )
