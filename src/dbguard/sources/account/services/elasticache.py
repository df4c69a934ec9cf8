"""Amazon ElastiCache: replication groups, Memcached clusters, serverless caches, their groups, users and snapshots."""

from dbguard.sources.account.common import managed_key, parameters
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/elasticache")
LOGS = (
    "LogDeliveryConfigurations[].{DestinationDetails: DestinationDetails.{CloudWatchLogsDetails: "
    "CloudWatchLogsDetails.{LogGroup: LogGroup}, KinesisFirehoseDetails: KinesisFirehoseDetails.{DeliveryStream: "
    "DeliveryStream}}, DestinationType: DestinationType, LogFormat: LogFormat, LogType: LogType}"
)


def tags(missing: str) -> Detail:
    """The tags of a resource; `missing` is the error code which says that it is gone."""
    return Detail(
        Call("elasticache", "ListTagsForResource", per_item={"ResourceName": "ARN"}),
        {"Tags": "TagList"},
        when="ARN",
        none=(missing,),
    )


REPLICATION_GROUPS = Collection(
    "AWS::ElastiCache::ReplicationGroup",
    Call("elasticache", "DescribeReplicationGroups"),
    "ReplicationGroups",
    id="ReplicationGroupId",
    arn="ARN",
    same="""
        AutoMinorVersionUpgrade CacheNodeType ClusterMode Durability Engine IpDiscovery KmsKeyId NetworkType
        ReplicationGroupId SnapshotRetentionLimit SnapshotWindow TransitEncryptionEnabled TransitEncryptionMode
        UserGroupIds
    """,
    properties={
        "AtRestEncryptionEnabled": "AtRestEncryptionEnabled || "
        "contains(['sse-elasticache', 'sse-kms'], StorageEncryptionType || '')",
        "AutomaticFailoverEnabled": "AutomaticFailover && contains(['enabled', 'enabling'], AutomaticFailover)",
        "DataTieringEnabled": "DataTiering && DataTiering == 'enabled'",
        # The primary of a global datastore is judged by itself; only a secondary takes its settings from another.
        "GlobalReplicationGroupId": "GlobalReplicationGroupInfo.GlobalReplicationGroupMemberRole == 'SECONDARY' && "
        "GlobalReplicationGroupInfo.GlobalReplicationGroupId || `null`",
        "LogDeliveryConfigurations": LOGS,
        "MultiAZEnabled": "MultiAZ && MultiAZ == 'enabled'",
        "NodeGroupConfiguration": "NodeGroups[].{NodeGroupId: NodeGroupId, Slots: Slots, "
        "ReplicaCount: NodeGroupMembers && less_one(length(NodeGroupMembers))}",
        "NumCacheClusters": "MemberClusters && length(MemberClusters)",
        "NumNodeGroups": "NodeGroups && length(NodeGroups)",
        "ReplicationGroupDescription": "Description",
    },
    details=(
        KEY,
        # The version and the groups stand at the members alone.
        Detail(
            Call("elasticache", "DescribeCacheClusters", per_item={"CacheClusterId": "MemberClusters[0]"}),
            {
                "CacheParameterGroupName": "CacheClusters[0].CacheParameterGroup.CacheParameterGroupName",
                "CacheSubnetGroupName": "CacheClusters[0].CacheSubnetGroupName",
                "EngineVersion": "CacheClusters[0].EngineVersion",
                "NotificationTopicArn": "CacheClusters[0].NotificationConfiguration.TopicArn",
                "PreferredMaintenanceWindow": "CacheClusters[0].PreferredMaintenanceWindow",
                "SecurityGroupIds": "CacheClusters[0].SecurityGroups[].SecurityGroupId",
            },
            when="MemberClusters[0]",
            items="CacheClusters",
            none=("CacheClusterNotFound",),
        ),
        tags("ReplicationGroupNotFoundFault"),
    ),
)

CACHE_CLUSTERS = Collection(
    "AWS::ElastiCache::CacheCluster",
    Call("elasticache", "DescribeCacheClusters", {"ShowCacheNodeInfo": True}),
    "CacheClusters",
    keep="!ReplicationGroupId",
    id="CacheClusterId",
    arn="ARN",
    same="""
        AutoMinorVersionUpgrade CacheNodeType CacheSubnetGroupName Engine EngineVersion IpDiscovery NetworkType
        NumCacheNodes PreferredAvailabilityZone PreferredMaintenanceWindow SnapshotRetentionLimit SnapshotWindow
        TransitEncryptionEnabled
    """,
    properties={
        "CacheParameterGroupName": "CacheParameterGroup.CacheParameterGroupName",
        "ClusterName": "CacheClusterId",
        "LogDeliveryConfigurations": LOGS,
        "NotificationTopicArn": "NotificationConfiguration.TopicArn",
        "Port": "ConfigurationEndpoint.Port || CacheNodes[0].Endpoint.Port",
        "PreferredAvailabilityZones": "CacheNodes[].CustomerAvailabilityZone",
        "VpcSecurityGroupIds": "SecurityGroups[].SecurityGroupId",
    },
    details=(tags("CacheClusterNotFound"),),
)

SERVERLESS = Collection(
    "AWS::ElastiCache::ServerlessCache",
    Call("elasticache", "DescribeServerlessCaches"),
    "ServerlessCaches",
    id="ServerlessCacheName",
    arn="ARN",
    same="""
        CacheUsageLimits ConnectionType DailySnapshotTime Description Engine KmsKeyId MajorEngineVersion NetworkType
        SecurityGroupIds ServerlessCacheName SnapshotRetentionLimit SubnetIds UserGroupId
    """,
    details=(KEY, tags("ServerlessCacheNotFoundFault")),
)

SUBNET_GROUPS = Collection(
    "AWS::ElastiCache::SubnetGroup",
    Call("elasticache", "DescribeCacheSubnetGroups"),
    "CacheSubnetGroups",
    id="CacheSubnetGroupName",
    arn="ARN",
    same="CacheSubnetGroupName",
    properties={"Description": "CacheSubnetGroupDescription", "SubnetIds": "Subnets[].SubnetIdentifier"},
)

PARAMETER_GROUPS = Collection(
    "AWS::ElastiCache::ParameterGroup",
    Call("elasticache", "DescribeCacheParameterGroups"),
    "CacheParameterGroups",
    id="CacheParameterGroupName",
    arn="ARN",
    same="CacheParameterGroupFamily CacheParameterGroupName Description",
    details=(parameters("elasticache", "DescribeCacheParameters", "CacheParameterGroupName", "Properties"),),
)

USERS = Collection(
    "AWS::ElastiCache::User",
    Call("elasticache", "DescribeUsers"),
    "Users",
    id="UserId",
    arn="ARN",
    same="AccessString Engine UserId UserName",
    properties={
        "AuthenticationMode": "Authentication.{Type: Type}",
        "NoPasswordRequired": "Authentication.Type && contains(['no-password', 'no-password-required'], "
        "Authentication.Type)",
    },
)
USER_GROUPS = Collection(
    "AWS::ElastiCache::UserGroup",
    Call("elasticache", "DescribeUserGroups"),
    "UserGroups",
    id="UserGroupId",
    arn="ARN",
    same="Engine UserGroupId UserIds",
)

GLOBAL_GROUPS = Collection(
    "AWS::ElastiCache::GlobalReplicationGroup",
    Call("elasticache", "DescribeGlobalReplicationGroups", {"ShowMemberInfo": True}),
    "GlobalReplicationGroups",
    id="GlobalReplicationGroupId",
    arn="ARN",
    same="CacheNodeType Engine EngineVersion GlobalReplicationGroupDescription GlobalReplicationGroupId",
    properties={
        "Members": "Members[].{ReplicationGroupId: ReplicationGroupId, ReplicationGroupRegion: "
        "ReplicationGroupRegion, Role: Role}",
    },
)

# Snapshots have no CloudFormation type.
SNAPSHOTS = Collection(
    "AWS::ElastiCache::Snapshot",
    Call("elasticache", "DescribeSnapshots", {"SnapshotSource": "user"}),
    "Snapshots",
    id="SnapshotName",
    arn="ARN",
    same="CacheClusterId Engine EngineVersion KmsKeyId ReplicationGroupId SnapshotName SnapshotSource",
    details=(KEY,),
)

COLLECTIONS = (
    REPLICATION_GROUPS,
    CACHE_CLUSTERS,
    SERVERLESS,
    SUBNET_GROUPS,
    PARAMETER_GROUPS,
    USERS,
    USER_GROUPS,
    GLOBAL_GROUPS,
    SNAPSHOTS,
)
