"""Amazon DynamoDB Accelerator (DAX): clusters, parameter groups and subnet groups."""

from dbguard.sources.account.common import subnets
from dbguard.sources.account.mapping import Call, Collection, Detail

CLUSTERS = Collection(
    "AWS::DAX::Cluster",
    Call("dax", "DescribeClusters"),
    "Clusters",
    id="ClusterName",
    arn="ClusterArn",
    same="ClusterEndpointEncryptionType ClusterName Description NetworkType NodeType PreferredMaintenanceWindow",
    properties={
        "AvailabilityZones": "Nodes[].AvailabilityZone",
        "IAMRoleARN": "IamRoleArn",
        "NotificationTopicARN": "NotificationConfiguration.TopicArn",
        "ParameterGroupName": "ParameterGroup.ParameterGroupName",
        "ReplicationFactor": "TotalNodes",
        "SSESpecification": "SSEDescription.{SSEEnabled: contains(['ENABLED', 'ENABLING'], Status)}",
        "SecurityGroupIds": "SecurityGroups[].SecurityGroupIdentifier",
        "SubnetGroupName": "SubnetGroup",
    },
    details=(
        Detail(
            Call("dax", "ListTags", per_item={"ResourceName": "ClusterArn"}),
            {"Tags": "pairs(Tags, 'Key', 'Value')"},
            items="Tags",
            none=("ClusterNotFoundFault",),
        ),
    ),
)

PARAMETER_GROUPS = Collection(
    "AWS::DAX::ParameterGroup",
    Call("dax", "DescribeParameterGroups"),
    "ParameterGroups",
    id="ParameterGroupName",
    same="Description ParameterGroupName",
    details=(
        Detail(
            Call("dax", "DescribeParameters", {"Source": "user"}, {"ParameterGroupName": "ParameterGroupName"}),
            {"ParameterNameValues": "pairs(Parameters, 'ParameterName', 'ParameterValue')"},
            items="Parameters",
            none=("ParameterGroupNotFoundFault",),
        ),
    ),
)

SUBNET_GROUPS = Collection(
    "AWS::DAX::SubnetGroup",
    Call("dax", "DescribeSubnetGroups"),
    "SubnetGroups",
    id="SubnetGroupName",
    same="Description SubnetGroupName",
    properties={"SubnetIds": "Subnets[].SubnetIdentifier"},
)
SUBNETS = subnets(SUBNET_GROUPS, zone="SubnetAvailabilityZone")

COLLECTIONS = (CLUSTERS, PARAMETER_GROUPS, SUBNET_GROUPS, SUBNETS)
