"""Amazon MemoryDB: clusters, access control lists, users, groups and snapshots."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/memorydb")

CLUSTERS = Collection(
    "AWS::MemoryDB::Cluster",
    Call("memorydb", "DescribeClusters", {"ShowShardDetails": True}),
    "Clusters",
    id="Name",
    arn="ARN",
    same="""
        ACLName AutoMinorVersionUpgrade DataTiering Description Engine EngineVersion IpDiscovery KmsKeyId
        MaintenanceWindow MultiRegionClusterName NetworkType NodeType ParameterGroupName SnapshotRetentionLimit
        SnapshotWindow SnsTopicArn SubnetGroupName TLSEnabled
    """,
    properties={
        "ClusterName": "Name",
        "NumReplicasPerShard": "Shards[0].NumberOfNodes && less_one(Shards[0].NumberOfNodes)",
        "NumShards": "NumberOfShards",
        "Port": "ClusterEndpoint.Port",
        "SecurityGroupIds": "SecurityGroups[].SecurityGroupId",
    },
    details=(
        KEY,
        Detail(
            Call("memorydb", "ListTags", per_item={"ResourceArn": "ARN"}),
            {"Tags": "TagList"},
            none=("ClusterNotFoundFault",),
        ),
    ),
)

ACLS = Collection(
    "AWS::MemoryDB::ACL",
    Call("memorydb", "DescribeACLs"),
    "ACLs",
    id="Name",
    arn="ARN",
    same="UserNames",
    properties={"ACLName": "Name"},
)

USERS = Collection(
    "AWS::MemoryDB::User",
    Call("memorydb", "DescribeUsers"),
    "Users",
    id="Name",
    arn="ARN",
    same="AccessString",
    properties={"AuthenticationMode": "Authentication.{Type: Type}", "UserName": "Name"},
)

SUBNET_GROUPS = Collection(
    "AWS::MemoryDB::SubnetGroup",
    Call("memorydb", "DescribeSubnetGroups"),
    "SubnetGroups",
    id="Name",
    arn="ARN",
    same="Description",
    properties={"SubnetGroupName": "Name", "SubnetIds": "Subnets[].Identifier"},
)

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
    ),
)

MULTI_REGION = Collection(
    "AWS::MemoryDB::MultiRegionCluster",
    Call("memorydb", "DescribeMultiRegionClusters"),
    "MultiRegionClusters",
    id="MultiRegionClusterName",
    arn="ARN",
    same="Description Engine EngineVersion MultiRegionClusterName MultiRegionParameterGroupName NodeType TLSEnabled",
    properties={"NumShards": "NumberOfShards"},
)

# Snapshots have no CloudFormation type.
SNAPSHOTS = Collection(
    "AWS::MemoryDB::Snapshot",
    Call("memorydb", "DescribeSnapshots", {"Source": "user"}),
    "Snapshots",
    id="Name",
    arn="ARN",
    same="KmsKeyId",
    properties={"ClusterName": "ClusterConfiguration.Name", "SnapshotName": "Name"},
    details=(KEY,),
)

COLLECTIONS = (CLUSTERS, ACLS, USERS, SUBNET_GROUPS, PARAMETER_GROUPS, MULTI_REGION, SNAPSHOTS)
