"""Amazon Redshift: provisioned clusters, their groups, event subscriptions and manual snapshots."""

from dbguard.sources.account.common import event_subscriptions, managed_key, subnets
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/redshift")
SECRET_KEY = managed_key("MasterPasswordSecretKmsKeyId", "alias/aws/secretsmanager", "MasterPasswordSecretKmsKeyId")
# The answer has no ARN.
PARTITION = (
    "starts_with(Here.Region, 'cn-') && 'aws-cn' || starts_with(Here.Region, 'us-gov-') && 'aws-us-gov' || 'aws'"
)
CLUSTER_ARN = (
    f"join('', ['arn:', {PARTITION}, ':redshift:', Here.Region, ':', Here.Account, ':cluster:', ClusterIdentifier])"
)

CLUSTERS = Collection(
    "AWS::Redshift::Cluster",
    Call("redshift", "DescribeClusters"),
    "Clusters",
    id="ClusterIdentifier",
    arn=CLUSTER_ARN,
    always="ClusterParameterGroupName Encrypted PubliclyAccessible",
    same="""
        AllowVersionUpgrade AutomatedSnapshotRetentionPeriod AvailabilityZone ClusterIdentifier ClusterSubnetGroupName
        ClusterVersion DBName Encrypted EnhancedVpcRouting KmsKeyId MaintenanceTrackName ManualSnapshotRetentionPeriod
        MasterPasswordSecretKmsKeyId MasterUsername NodeType NumberOfNodes PreferredMaintenanceWindow PubliclyAccessible
        Tags
    """,
    properties={
        "AvailabilityZoneRelocation": "AvailabilityZoneRelocationStatus && contains(['enabled', 'pending_enabling'], "
        "AvailabilityZoneRelocationStatus)",
        "ClusterParameterGroupName": "ClusterParameterGroups[0].ParameterGroupName",
        "ClusterSecurityGroups": "ClusterSecurityGroups[].ClusterSecurityGroupName",
        "ClusterType": "NumberOfNodes && (NumberOfNodes > `1` && 'multi-node' || 'single-node')",
        "DestinationRegion": "ClusterSnapshotCopyStatus.DestinationRegion",
        "ElasticIp": "ElasticIpStatus.ElasticIp",
        "HsmClientCertificateIdentifier": "HsmStatus.HsmClientCertificateIdentifier",
        "HsmConfigurationIdentifier": "HsmStatus.HsmConfigurationIdentifier",
        "IamRoles": "IamRoles[].IamRoleArn",
        "ManageMasterPassword": "MasterPasswordSecretArn && `true`",
        # Text in the answer, though documented as a boolean.
        "MultiAZ": "MultiAZ && contains(['Enabled', 'enabled', 'True', 'true'], MultiAZ)",
        "Port": "Endpoint.Port",
        "SnapshotCopyGrantName": "ClusterSnapshotCopyStatus.SnapshotCopyGrantName",
        "SnapshotCopyRetentionPeriod": "ClusterSnapshotCopyStatus.RetentionPeriod",
        "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
    },
    details=(
        KEY,
        SECRET_KEY,
        Detail(
            Call("redshift", "DescribeLoggingStatus", per_item={"ClusterIdentifier": "ClusterIdentifier"}),
            {
                "LoggingProperties": "LoggingEnabled && {BucketName: BucketName, S3KeyPrefix: S3KeyPrefix, "
                "LogDestinationType: LogDestinationType, LogExports: LogExports} || `null`"
            },
            none=("ClusterNotFound",),
            always="type(LoggingEnabled) == 'boolean'",
        ),
        Detail(
            Call("redshift", "GetResourcePolicy", per_item={"ResourceArn": "ClusterNamespaceArn"}),
            {"NamespaceResourcePolicy": "ResourcePolicy.Policy"},
            when="ClusterNamespaceArn",
            none=("ResourceNotFoundFault", "UnsupportedOperation"),
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
SUBNETS = subnets(SUBNET_GROUPS, zone="SubnetAvailabilityZone.Name")

SUBSCRIPTIONS = event_subscriptions("AWS::Redshift::EventSubscription", "redshift")
EVENT_SUBSCRIPTIONS = SUBSCRIPTIONS._replace(same=f"{SUBSCRIPTIONS.same} Severity Tags")

# AWS Config's name: the type AWS::Redshift::Snapshot does not say who may restore one.
SNAPSHOTS = Collection(
    "AWS::Redshift::ClusterSnapshot",
    Call("redshift", "DescribeClusterSnapshots", {"SnapshotType": "manual"}),
    "Snapshots",
    id="SnapshotIdentifier",
    arn="SnapshotArn",
    keep="SnapshotType != 'automated'",
    same="""
        ClusterIdentifier ClusterVersion DBName Encrypted EncryptedWithHSM EnhancedVpcRouting KmsKeyId
        ManualSnapshotRetentionPeriod NodeType NumberOfNodes SnapshotCreateTime SnapshotIdentifier SnapshotType Tags
    """,
    # AWS Support has an alias only.
    properties={"RestorableBy": "AccountsWithRestoreAccess[].[AccountId || AccountAlias][]"},
    details=(KEY,),
)

SCHEDULED_ACTIONS = Collection(
    "AWS::Redshift::ScheduledAction",
    Call("redshift", "DescribeScheduledActions"),
    "ScheduledActions",
    id="ScheduledActionName",
    same="EndTime IamRole Schedule ScheduledActionDescription ScheduledActionName StartTime",
    properties={
        "Enable": "State && State == 'ACTIVE'",
        "TargetAction": "TargetAction.{PauseCluster: PauseCluster.{ClusterIdentifier: ClusterIdentifier}, "
        "ResumeCluster: ResumeCluster.{ClusterIdentifier: ClusterIdentifier}, ResizeCluster: ResizeCluster.{"
        "ClusterIdentifier: ClusterIdentifier, ClusterType: ClusterType, NodeType: NodeType, "
        "NumberOfNodes: NumberOfNodes, Classic: Classic}}",
    },
)
COPY_GRANTS = Collection(
    "AWS::Redshift::SnapshotCopyGrant",
    Call("redshift", "DescribeSnapshotCopyGrants"),
    "SnapshotCopyGrants",
    id="SnapshotCopyGrantName",
    same="KmsKeyId SnapshotCopyGrantName Tags",
    details=(KEY,),
)

COLLECTIONS = (
    CLUSTERS,
    PARAMETER_GROUPS,
    SUBNET_GROUPS,
    SUBNETS,
    EVENT_SUBSCRIPTIONS,
    SNAPSHOTS,
    SCHEDULED_ACTIONS,
    COPY_GRANTS,
)
