"""What databases stand on or go through: network, keys, migration and backup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dbguard.mock.creation.declaration import After, Arguments, Creation, Properties
from dbguard.value import boolean


def _policy(properties: dict[str, Any]) -> dict[str, Any]:
    """The key policy is a document in CloudFormation and text in the API."""
    document = properties.get("KeyPolicy")
    return {**properties, "Policy": json.dumps(document)} if isinstance(document, dict) else properties


def _rotation(properties: Properties) -> list[Arguments]:
    """Rotation is on or left off."""
    return [{}] if boolean(properties["EnableKeyRotation"]) else []


def _disabled(properties: Properties) -> list[Arguments]:
    """A key is made enabled."""
    return [{}] if boolean(properties["Enabled"]) is False else []


def _lock(properties: Properties) -> list[Arguments]:
    """A vault's lock."""
    return [dict(properties["LockConfiguration"])]


def _tagged(properties: dict[str, Any]) -> dict[str, Any]:
    """KMS spells the two parts of a tag in its own way."""
    found = _policy(properties)
    tags = found.get("Tags")
    if isinstance(tags, list):
        found = {**found, "Tags": [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in tags]}
    return found


_KEY = "KeyId=KeyMetadata.KeyId"

BEFORE: Mapping[str, tuple[Creation, ...]] = {
    "AWS::EC2::VPC": (Creation("ec2", "CreateVpc", "", defaults={"CidrBlock": "10.0.0.0/16"}, physical="Vpc.VpcId"),),
    "AWS::EC2::Subnet": (Creation("ec2", "CreateSubnet", "", physical="Subnet.SubnetId"),),
    "AWS::EC2::SecurityGroup": (
        Creation(
            "ec2",
            "CreateSecurityGroup",
            "GroupName",
            renamed={"GroupDescription": "Description"},
            physical="GroupId",
            lower=False,
        ),
    ),
    "AWS::KMS::Key": (
        Creation(
            "kms",
            "CreateKey",
            "",
            physical="KeyMetadata.Arn",
            prepare=_tagged,
            after=(
                After("EnableKeyRotation", "EnableKeyRotation", _rotation, named=_KEY),
                After("Enabled", "DisableKey", _disabled, named=_KEY),
            ),
        ),
    ),
    "AWS::KMS::Alias": (Creation("kms", "CreateAlias", "AliasName", lower=False),),
    "AWS::Backup::BackupVault": (
        Creation(
            "backup",
            "CreateBackupVault",
            "BackupVaultName",
            lower=False,
            after=(After("LockConfiguration", "PutBackupVaultLockConfiguration", _lock),),
        ),
    ),
}

CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::DMS::ReplicationInstance": (
        Creation(
            "dms",
            "CreateReplicationInstance",
            "ReplicationInstanceIdentifier",
            # The default that AWS takes.
            defaults={"PubliclyAccessible": True, "ReplicationInstanceClass": "dms.t3.medium"},
        ),
    ),
    "AWS::DMS::Endpoint": (
        Creation(
            "dms",
            "CreateEndpoint",
            "EndpointIdentifier",
            prepare=lambda properties: {
                **properties,
                **{key: str(properties[key]).lower() for key in ("EndpointType",) if key in properties},
            },
        ),
    ),
    "AWS::Backup::BackupPlan": (
        Creation(
            "backup",
            "CreateBackupPlan",
            "",
            renamed={
                "BackupPlan.BackupPlanRule": "Rules",
                "BackupPlan.BackupPlanRule.TargetBackupVault": "TargetBackupVaultName",
            },
            physical="BackupPlanId",
        ),
    ),
}
