"""ElastiCache and MemoryDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbguard.mock.creation.declaration import Creation

REDIS = "on ~* +@all"  # every key, every command


def _user(properties: dict[str, Any]) -> dict[str, Any]:
    """A user needs a way in."""
    ways = {"AuthenticationMode", "NoPasswordRequired", "Passwords"}
    found = dict(properties)
    mode = found.get("AuthenticationMode")
    if isinstance(mode, dict) and mode.get("Type") == "no-password-required":
        found["NoPasswordRequired"] = True
    return found if ways & set(found) else {**found, "NoPasswordRequired": True}


def _shards(properties: dict[str, Any]) -> dict[str, Any]:
    """Shards that are listed are counted and numbered, as AWS does."""
    listed = properties.get("NodeGroupConfiguration")
    if not isinstance(listed, list) or len(listed) < 2:
        return properties
    shards = [{"NodeGroupId": f"{number:04}", **one} for number, one in enumerate(listed, 1)]
    counted = {"NumNodeGroups": len(shards), "ClusterMode": "enabled", "NodeGroupConfiguration": shards}
    return {**properties, **counted}


CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::ElastiCache::SubnetGroup": (
        Creation(
            "elasticache",
            "CreateCacheSubnetGroup",
            "CacheSubnetGroupName",
            renamed={"Description": "CacheSubnetGroupDescription"},
        ),
    ),
    "AWS::ElastiCache::User": (
        Creation(
            "elasticache",
            "CreateUser",
            "UserId",
            defaults={"Engine": "redis", "AccessString": REDIS},
            prepare=_user,
        ),
    ),
    "AWS::ElastiCache::ReplicationGroup": (
        Creation(
            "elasticache",
            "CreateReplicationGroup",
            "ReplicationGroupId",
            defaults={"AutomaticFailoverEnabled": False},
            prepare=_shards,
        ),
    ),
    "AWS::ElastiCache::CacheCluster": (
        Creation(
            "elasticache",
            "CreateCacheCluster",
            "CacheClusterId",
            "ClusterName",
            renamed={"VpcSecurityGroupIds": "SecurityGroupIds"},
            defaults={"CacheNodeType": "cache.t4g.micro", "Engine": "redis"},
        ),
    ),
    "AWS::MemoryDB::SubnetGroup": (Creation("memorydb", "CreateSubnetGroup", "SubnetGroupName"),),
    "AWS::MemoryDB::User": (
        Creation(
            "memorydb",
            "CreateUser",
            "UserName",
            defaults={"AuthenticationMode": {"Type": "iam"}, "AccessString": REDIS},
        ),
    ),
    "AWS::MemoryDB::Cluster": (
        Creation(
            "memorydb",
            "CreateCluster",
            "ClusterName",
            defaults={"TLSEnabled": True, "ACLName": "open-access", "NodeType": "db.t4g.small"},
        ),
    ),
}
