"""Amazon Redshift: provisioned clusters, their groups, event subscriptions and manual snapshots."""

from dbguard.sources.account.common import event_subscriptions, managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/redshift")

CLUSTERS = Collection(
    "AWS::Redshift::Cluster",
    Call("redshift", "DescribeClusters"),
    "Clusters",
    id="ClusterIdentifier",
    arn="join('', ['arn:aws:redshift:', Here.Region, ':', Here.Account, ':cluster:', ClusterIdentifier])",
    same="""
        AllowVersionUpgrade AutomatedSnapshotRetentionPeriod AvailabilityZone ClusterIdentifier ClusterSubnetGroupName
        ClusterVersion DBName Encrypted EnhancedVpcRouting KmsKeyId MaintenanceTrackName ManualSnapshotRetentionPeriod
        MasterPasswordSecretKmsKeyId MasterUsername NodeType NumberOfNodes PreferredMaintenanceWindow PubliclyAccessible
        Tags
    """,
    properties={
        "AvailabilityZoneRelocation": "AvailabilityZoneRelocationStatus && AvailabilityZoneRelocationStatus == 'enabled'",
        "ClusterParameterGroupName": "ClusterParameterGroups[0].ParameterGroupName",
        "ClusterSecurityGroups": "ClusterSecurityGroups[].ClusterSecurityGroupName",
        "ClusterType": "NumberOfNodes && (NumberOfNodes > `1` && 'multi-node' || 'single-node')",
        "DestinationRegion": "ClusterSnapshotCopyStatus.DestinationRegion",
        "ElasticIp": "ElasticIpStatus.ElasticIp",
        "HsmClientCertificateIdentifier": "HsmStatus.HsmClientCertificateIdentifier",
        "HsmConfigurationIdentifier": "HsmStatus.HsmConfigurationIdentifier",
        "IamRoles": "IamRoles[].IamRoleArn",
        "ManageMasterPassword": "MasterPasswordSecretArn && `true`",
        # Text in the answer, Enabled or Disabled.
        "MultiAZ": "MultiAZ && contains(['Enabled', 'enabled', 'True', 'true'], MultiAZ)",
        "Port": "Endpoint.Port",
        "SnapshotCopyGrantName": "ClusterSnapshotCopyStatus.SnapshotCopyGrantName",
        "SnapshotCopyRetentionPeriod": "ClusterSnapshotCopyStatus.RetentionPeriod",
        "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
    },
    details=(
        KEY,
        Detail(
            Call("redshift", "DescribeLoggingStatus", per_item={"ClusterIdentifier": "ClusterIdentifier"}),
            {
                "LoggingProperties": "LoggingEnabled && {BucketName: BucketName, S3KeyPrefix: S3KeyPrefix, "
                "LogDestinationType: LogDestinationType || 's3', LogExports: LogExports} || `null`"
            },
            none=("ClusterNotFound",),
        ),
    ),
)

PARAMETER_GROUPS = Collection(
    "AWS::Redshift::ClusterParameterGroup",
    Call("redshift", "DescribeClusterParameterGroups"),
    "ParameterGroups",
    id="ParameterGroupName",
    same="Description ParameterGroupFamily ParameterGroupName Tags",
    details=(
        Detail(
            Call(
                "redshift",
                "DescribeClusterParameters",
                {"Source": "user"},
                {"ParameterGroupName": "ParameterGroupName"},
            ),
            {"Parameters": "Parameters[].{ParameterName: ParameterName, ParameterValue: ParameterValue}"},
            items="Parameters",
            none=("ClusterParameterGroupNotFound",),
        ),
    ),
)

SUBNET_GROUPS = Collection(
    "AWS::Redshift::ClusterSubnetGroup",
    Call("redshift", "DescribeClusterSubnetGroups"),
    "ClusterSubnetGroups",
    id="ClusterSubnetGroupName",
    same="ClusterSubnetGroupName Description Tags",
    properties={"SubnetIds": "Subnets[].SubnetIdentifier"},
)

EVENT_SUBSCRIPTIONS = event_subscriptions("AWS::Redshift::EventSubscription", "redshift")

# Snapshots have no CloudFormation type; this is AWS Config's name.
SNAPSHOTS = Collection(
    "AWS::Redshift::ClusterSnapshot",
    Call("redshift", "DescribeClusterSnapshots", {"SnapshotType": "manual"}),
    "Snapshots",
    id="SnapshotIdentifier",
    arn="SnapshotArn",
    same="ClusterIdentifier Encrypted KmsKeyId ManualSnapshotRetentionPeriod SnapshotIdentifier SnapshotType Tags",
    properties={"RestorableBy": "AccountsWithRestoreAccess[].AccountId"},
    details=(KEY,),
)

COLLECTIONS = (CLUSTERS, PARAMETER_GROUPS, SUBNET_GROUPS, EVENT_SUBSCRIPTIONS, SNAPSHOTS)
