"""Amazon MemoryDB: clusters, access control lists, users, groups and snapshots."""

from dbguard.sources.account.common import managed_key, subnets
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/memorydb")
# The smallest shard decides; shards that are being made are not told of.
REPLICAS = "Shards && !(Shards[?!NumberOfNodes]) && less_one(min(Shards[].NumberOfNodes)) || `null`"


def tags(missing: str) -> Detail:
    """The tags of a resource; `missing` is the error code which says that it is gone."""
    return Detail(
        Call("memorydb", "ListTags", per_item={"ResourceArn": "ARN"}),
        {"Tags": "TagList"},
        when="ARN",
        none=(missing,),
    )


CLUSTERS = Collection(
    "AWS::MemoryDB::Cluster",
    Call("memorydb", "DescribeClusters", {"ShowShardDetails": True}),
    "Clusters",
    id="Name",
    arn="ARN",
    always="NumReplicasPerShard",
    same="""
        ACLName AutoMinorVersionUpgrade DataTiering Description Engine EngineVersion IpDiscovery KmsKeyId
        MaintenanceWindow MultiRegionClusterName NetworkType NodeType ParameterGroupName SnapshotRetentionLimit
        SnapshotWindow SnsTopicArn SubnetGroupName TLSEnabled
    """,
    properties={
        "ClusterName": "Name",
        "NumReplicasPerShard": REPLICAS,
        "NumShards": "NumberOfShards",
        "Port": "ClusterEndpoint.Port",
        "SecurityGroupIds": "SecurityGroups[].SecurityGroupId",
    },
    details=(KEY, tags("ClusterNotFoundFault")),
)

ACLS = Collection(
    "AWS::MemoryDB::ACL",
    Call("memorydb", "DescribeACLs"),
    "ACLs",
    id="Name",
    arn="ARN",
    same="UserNames",
    properties={"ACLName": "Name"},
    details=(tags("ACLNotFoundFault"),),
)

USERS = Collection(
    "AWS::MemoryDB::User",
    Call("memorydb", "DescribeUsers"),
    "Users",
    id="Name",
    arn="ARN",
    same="AccessString",
    # `no-password`, as of the default user, has no word in a template.
    properties={"AuthenticationMode": "Authentication.{Type: Type}", "UserName": "Name"},
    details=(tags("UserNotFoundFault"),),
)

SUBNET_GROUPS = Collection(
    "AWS::MemoryDB::SubnetGroup",
    Call("memorydb", "DescribeSubnetGroups"),
    "SubnetGroups",
    id="Name",
    arn="ARN",
    same="Description",
    properties={"SubnetGroupName": "Name", "SubnetIds": "Subnets[].Identifier"},
    details=(tags("SubnetGroupNotFoundFault"),),
)
SUBNETS = subnets(SUBNET_GROUPS, "Identifier", "AvailabilityZone.Name")

PARAMETER_GROUPS = Collection(
    "AWS::MemoryDB::ParameterGroup",
    Call("memorydb", "DescribeParameterGroups"),
    "ParameterGroups",
    id="Name",
    arn="ARN",
    same="Description Family",
    properties={"ParameterGroupName": "Name"},
    details=(
        Detail(
            Call("memorydb", "DescribeParameters", per_item={"ParameterGroupName": "Name"}),
            {"Parameters": "pairs(Parameters, 'Name', 'Value')"},
            items="Parameters",
            none=("ParameterGroupNotFoundFault",),
        ),
        tags("ParameterGroupNotFoundFault"),
    ),
)

MULTI_REGION = Collection(
    "AWS::MemoryDB::MultiRegionCluster",
    Call("memorydb", "DescribeMultiRegionClusters", {"ShowClusterDetails": True}),
    "MultiRegionClusters",
    id="MultiRegionClusterName",
    arn="ARN",
    # None of its clusters is the primary; the first by name of Region is as good as any, and the same seen from each.
    home="sort(Clusters[].ARN || `[]`)[0]",
    same="Description Engine EngineVersion MultiRegionClusterName MultiRegionParameterGroupName NodeType TLSEnabled",
    properties={"NumShards": "NumberOfShards"},
    details=(tags("MultiRegionClusterNotFoundFault"),),
)

SNAPSHOTS = Collection(
    "AWS::MemoryDB::Snapshot",
    Call("memorydb", "DescribeSnapshots", {"Source": "user"}),
    "Snapshots",
    id="Name",
    arn="ARN",
    same="DataTiering KmsKeyId Source",
    properties={
        "ClusterConfiguration": "ClusterConfiguration.{Description: Description, Engine: Engine, EngineVersion: "
        "EngineVersion, MaintenanceWindow: MaintenanceWindow, Name: Name, NodeType: NodeType, NumShards: NumShards, "
        "ParameterGroupName: ParameterGroupName, Port: Port, SnapshotRetentionLimit: SnapshotRetentionLimit, "
        "SnapshotWindow: SnapshotWindow, SubnetGroupName: SubnetGroupName, TopicArn: TopicArn, VpcId: VpcId}",
        "ClusterName": "ClusterConfiguration.Name",
        "SnapshotName": "Name",
    },
    details=(KEY, tags("SnapshotNotFoundFault")),
)

COLLECTIONS = (CLUSTERS, ACLS, USERS, SUBNET_GROUPS, SUBNETS, PARAMETER_GROUPS, MULTI_REGION, SNAPSHOTS)
