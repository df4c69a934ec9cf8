"""DynamoDB tables with their scaling, and DAX."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dbguard.mock.creation.declaration import After, Arguments, Creation, Properties, these

# A key and a projection for a table or an index of which none is stated.
KEYS = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
PROJECTED = {"Projection": {"ProjectionType": "ALL"}}


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation leaves out that a stream is on; moto wants capacity where billing is by provision."""
    found = {name: value for name, value in properties.items() if name != "ResourcePolicy"}  # put afterwards
    if isinstance(found.get("StreamSpecification"), dict):
        found["StreamSpecification"] = {**found["StreamSpecification"], "StreamEnabled": True}
    if found.get("BillingMode") != "PAY_PER_REQUEST":
        unit = {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}
        found = {**unit, **found}
        if isinstance(found.get("GlobalSecondaryIndexes"), list):
            found["GlobalSecondaryIndexes"] = [{**unit, **one} for one in found["GlobalSecondaryIndexes"]]
    found = {**KEYS, **found}
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if isinstance(found.get(name), list):
            found[name] = [{"KeySchema": found["KeySchema"], **PROJECTED, **one} for one in found[name]]
    return found


def _target(properties: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation names a target by its three parts in one text."""
    parts = str(properties.get("ScalingTargetId", "")).split("|")
    names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
    return {**(dict(zip(names, parts, strict=True)) if len(parts) == 3 else {}), **properties}


def _document(properties: Properties) -> list[Arguments]:
    """A resource policy, as JSON text."""
    document = properties["ResourcePolicy"].get("PolicyDocument", {})
    return [{"Policy": document if isinstance(document, str) else json.dumps(document)}]


def _accelerator(properties: dict[str, Any]) -> dict[str, Any]:
    """DAX's tags are a mapping in CloudFormation and a list in the API; its encryption must be said or left out."""
    found = dict(properties)
    if isinstance(found.get("Tags"), dict):
        found["Tags"] = [{"Key": key, "Value": value} for key, value in found["Tags"].items()]
    if not found.get("SSESpecification"):
        found.pop("SSESpecification", None)
    return found


CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::DynamoDB::Table": (
        Creation(
            "dynamodb",
            "CreateTable",
            "TableName",
            renamed={"SSESpecification.SSEEnabled": "Enabled"},
            prepare=_table,
            lower=False,
            after=(
                After(
                    "PointInTimeRecoverySpecification",
                    "UpdateContinuousBackups",
                    these("PointInTimeRecoverySpecification"),
                ),
                After("TimeToLiveSpecification", "UpdateTimeToLive", these("TimeToLiveSpecification")),
                After("ResourcePolicy", "PutResourcePolicy", _document, named="ResourceArn=TableDescription.TableArn"),
            ),
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        Creation(
            "application-autoscaling",
            "RegisterScalableTarget",
            "",
            defaults={"ServiceNamespace": "dynamodb", "MinCapacity": 1, "MaxCapacity": 1},
            physical="join('|', [ResourceId, ScalableDimension, ServiceNamespace])",
        ),
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        Creation(
            "application-autoscaling",
            "PutScalingPolicy",
            "PolicyName",
            defaults={"PolicyType": "TargetTrackingScaling"},
            physical="PolicyARN",
            prepare=_target,
            lower=False,
        ),
    ),
    "AWS::DAX::Cluster": (
        Creation(
            "dax",
            "CreateCluster",
            "ClusterName",
            renamed={"SSESpecification.SSEEnabled": "Enabled"},
            defaults={
                "IamRoleArn": "arn:aws:iam::123456789012:role/dax",
                "ReplicationFactor": 1,
                "NodeType": "dax.t3.small",
            },
            prepare=_accelerator,
        ),
    ),
}
