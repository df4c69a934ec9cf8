"""Amazon ElastiCache: replication groups, Memcached clusters, serverless caches, their groups, users and snapshots."""

from dbguard.sources.account.common import managed_key, parameters, subnets
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/elasticache")
LOGS = (
    "LogDeliveryConfigurations[].{DestinationDetails: DestinationDetails.{CloudWatchLogsDetails: "
    "CloudWatchLogsDetails.{LogGroup: LogGroup}, KinesisFirehoseDetails: KinesisFirehoseDetails.{DeliveryStream: "
    "DeliveryStream}}, DestinationType: DestinationType, LogFormat: LogFormat, LogType: LogType}"
)
SHARDED = "(ClusterEnabled || length(NodeGroups || `[]`) > `1`)"
# Shards may differ in size, or not be told of while they are made: then there is no one number.
REPLICAS = (
    f"{SHARDED} && NodeGroups && !(NodeGroups[?!NodeGroupMembers]) && min(NodeGroups[].length(NodeGroupMembers)) == "
    "max(NodeGroups[].length(NodeGroupMembers)) && less_one(max(NodeGroups[].length(NodeGroupMembers))) || `null`"
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
    always="AtRestEncryptionEnabled AutomaticFailoverEnabled TransitEncryptionEnabled",
    same="""
        AuthTokenEnabled AutoMinorVersionUpgrade CacheNodeType ClusterMode Durability Engine IpDiscovery KmsKeyId
        NetworkType ReplicationGroupId SnapshotRetentionLimit SnapshotWindow SnapshottingClusterId
        TransitEncryptionEnabled TransitEncryptionMode UserGroupIds
    """,
    properties={
        # The flag may be false where the storage is encrypted all the same.
        "AtRestEncryptionEnabled": "StorageEncryptionType && contains(['sse-elasticache', 'sse-kms'], "
        "StorageEncryptionType) || AtRestEncryptionEnabled",
        "AutomaticFailoverEnabled": "AutomaticFailover && contains(['enabled', 'enabling'], AutomaticFailover)",
        "DataTieringEnabled": "DataTiering && DataTiering == 'enabled'",
        # The primary of a global datastore is judged by itself; only a secondary takes its settings from another.
        "GlobalReplicationGroupId": "GlobalReplicationGroupInfo.GlobalReplicationGroupMemberRole == 'SECONDARY' && "
        "GlobalReplicationGroupInfo.GlobalReplicationGroupId || `null`",
        "LogDeliveryConfigurations": LOGS,
        "MultiAZEnabled": "MultiAZ && MultiAZ == 'enabled'",
        "NodeGroupConfiguration": f"{SHARDED} && NodeGroups[].{{NodeGroupId: NodeGroupId, Slots: Slots, "
        "ReplicaCount: NodeGroupMembers && less_one(length(NodeGroupMembers))} || `null`",
        # As in a template: the size of a group with one shard. With a single node there is no failover anyway.
        "NumCacheClusters": f"!{SHARDED} && length(MemberClusters || `[]`) > `1` && length(MemberClusters) || `null`",
        "NumNodeGroups": "NodeGroups && length(NodeGroups)",
        "Port": "ConfigurationEndpoint.Port || NodeGroups[0].PrimaryEndpoint.Port",
        # Not used with more than one shard.
        "PreferredCacheClusterAZs": "!NodeGroups[1] && NodeGroups[0].NodeGroupMembers[].PreferredAvailabilityZone || "
        "`null`",
        "ReplicasPerNodeGroup": REPLICAS,
        "ReplicationGroupDescription": "Description",
    },
    details=(
        KEY,
        # The version and the groups stand at the members alone.
        Detail(
            Call("elasticache", "DescribeCacheClusters", per_item={"CacheClusterId": "MemberClusters[0]"}),
            {
                "CacheParameterGroupName": "CacheClusters[0].CacheParameterGroup.CacheParameterGroupName",
                "CacheSecurityGroupNames": "CacheClusters[0].CacheSecurityGroups[].CacheSecurityGroupName",
                "CacheSubnetGroupName": "CacheClusters[0].CacheSubnetGroupName",
                "EngineVersion": "CacheClusters[0].EngineVersion",
                "NotificationTopicArn": "CacheClusters[0].NotificationConfiguration.TopicArn",
                "PreferredMaintenanceWindow": "CacheClusters[0].PreferredMaintenanceWindow",
                "SecurityGroupIds": "CacheClusters[0].SecurityGroups[].SecurityGroupId",
            },
            when="MemberClusters[0]",
            items="CacheClusters",
            open=("CacheClusterNotFound",),
        ),
        tags("ReplicationGroupNotFoundFault"),
    ),
)

CACHE_CLUSTERS = Collection(
    "AWS::ElastiCache::CacheCluster",
    Call("elasticache", "DescribeCacheClusters", {"ShowCacheNodeInfo": True}),
    "CacheClusters",
    keep="!ReplicationGroupId",
    always="PreferredAvailabilityZones",
    id="CacheClusterId",
    arn="ARN",
    same="""
        AutoMinorVersionUpgrade CacheNodeType CacheSubnetGroupName Engine EngineVersion IpDiscovery NetworkType
        NumCacheNodes PreferredAvailabilityZone PreferredMaintenanceWindow SnapshotRetentionLimit SnapshotWindow
        TransitEncryptionEnabled
    """,
    properties={
        # The mode itself is not told, only where the nodes are; of one node that says nothing.
        "AZMode": "PreferredAvailabilityZone == 'Multiple' && 'cross-az' || PreferredAvailabilityZone && "
        "(NumCacheNodes || `1`) > `1` && 'single-az' || `null`",
        "CacheParameterGroupName": "CacheParameterGroup.CacheParameterGroupName",
        "CacheSecurityGroupNames": "CacheSecurityGroups[].CacheSecurityGroupName",
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
    details=(tags("CacheSubnetGroupNotFoundFault"),),
)
SUBNETS = subnets(SUBNET_GROUPS, zone="SubnetAvailabilityZone.Name")

PARAMETER_GROUPS = Collection(
    "AWS::ElastiCache::ParameterGroup",
    Call("elasticache", "DescribeCacheParameterGroups"),
    "CacheParameterGroups",
    id="CacheParameterGroupName",
    arn="ARN",
    same="CacheParameterGroupFamily CacheParameterGroupName Description",
    details=(
        parameters("elasticache", "DescribeCacheParameters", "CacheParameterGroupName", "Properties"),
        tags("CacheParameterGroupNotFound"),
    ),
)

USERS = Collection(
    "AWS::ElastiCache::User",
    Call("elasticache", "DescribeUsers"),
    "Users",
    id="UserId",
    arn="ARN",
    same="AccessString Engine UserId UserName",
    properties={
        # A template and the answer spell it differently.
        "AuthenticationMode": "Authentication.{Type: Type == 'no-password' && 'no-password-required' || Type}",
        "NoPasswordRequired": "Authentication.Type && contains(['no-password', 'no-password-required'], "
        "Authentication.Type)",
    },
    details=(tags("UserNotFound"),),
)
USER_GROUPS = Collection(
    "AWS::ElastiCache::UserGroup",
    Call("elasticache", "DescribeUserGroups"),
    "UserGroups",
    id="UserGroupId",
    arn="ARN",
    same="Engine UserGroupId UserIds",
    details=(tags("UserGroupNotFound"),),
)

GLOBAL_GROUPS = Collection(
    "AWS::ElastiCache::GlobalReplicationGroup",
    Call("elasticache", "DescribeGlobalReplicationGroups", {"ShowMemberInfo": True}),
    "GlobalReplicationGroups",
    id="GlobalReplicationGroupId",
    arn="ARN",
    # The members' ARNs are not told, but their Regions.
    home="Members[0].ReplicationGroupRegion && join('', [':', (Members[?Role == 'PRIMARY']."
    "ReplicationGroupRegion)[0] || Members[0].ReplicationGroupRegion, ':'])",
    same="CacheNodeType Engine EngineVersion GlobalReplicationGroupDescription GlobalReplicationGroupId",
    properties={
        "AutomaticFailoverEnabled": "Members[?AutomaticFailover] && "
        "!(Members[?AutomaticFailover && !contains(['enabled', 'enabling'], AutomaticFailover)])",
        "GlobalNodeGroupCount": "GlobalNodeGroups && length(GlobalNodeGroups)",
        "Members": "Members[].{ReplicationGroupId: ReplicationGroupId, ReplicationGroupRegion: "
        "ReplicationGroupRegion, Role: Role}",
    },
    details=(tags("GlobalReplicationGroupNotFoundFault"),),
)

SNAPSHOTS = Collection(
    "AWS::ElastiCache::Snapshot",
    Call("elasticache", "DescribeSnapshots", {"SnapshotSource": "user"}),
    "Snapshots",
    id="SnapshotName",
    arn="ARN",
    same="""
        AutoMinorVersionUpgrade AutomaticFailover CacheClusterId CacheNodeType CacheParameterGroupName
        CacheSubnetGroupName DataTiering Engine EngineVersion KmsKeyId NumCacheNodes NumNodeGroups Port
        PreferredAvailabilityZone PreferredMaintenanceWindow ReplicationGroupDescription ReplicationGroupId SnapshotName
        SnapshotRetentionLimit SnapshotSource SnapshotWindow TopicArn VpcId
    """,
    properties={"SnapshotCreateTime": "sort(NodeSnapshots[?SnapshotCreateTime].to_string(SnapshotCreateTime))[-1]"},
    details=(KEY, tags("SnapshotNotFoundFault")),
)

COLLECTIONS = (
    REPLICATION_GROUPS,
    CACHE_CLUSTERS,
    SERVERLESS,
    SUBNET_GROUPS,
    SUBNETS,
    PARAMETER_GROUPS,
    USERS,
    USER_GROUPS,
    GLOBAL_GROUPS,
    SNAPSHOTS,
)
