"""Amazon RDS and Amazon Aurora: instances, clusters, groups, proxies, event subscriptions and manual snapshots."""

from dbguard.sources.account.mapping import Call, Collection, Detail, managed_key

# DocumentDB and Neptune answer to the same calls; they have modules of their own.
OURS = "!(starts_with(Engine || '', 'docdb') || starts_with(Engine || '', 'neptune'))"
FAMILY = "!(starts_with(DBParameterGroupFamily || '', 'docdb') || starts_with(DBParameterGroupFamily || '', 'neptune'))"

KEY = managed_key("KmsKeyId", "alias/aws/rds")
STORAGE_ENCRYPTED = "StorageEncrypted || contains(['sse-rds', 'sse-kms'], StorageEncryptionType || '')"
SECRET = {
    "ManageMasterUserPassword": "MasterUserSecret && `true`",
    "MasterUserSecret": "MasterUserSecret.{SecretArn: SecretArn, KmsKeyId: KmsKeyId}",
}
DOMAIN = {"Domain": "DomainMemberships[0].Domain", "DomainIAMRoleName": "DomainMemberships[0].IAMRoleName"}
ROLES = {"AssociatedRoles": "AssociatedRoles[].{RoleArn: RoleArn, FeatureName: FeatureName}"}

INSTANCES = Collection(
    "AWS::RDS::DBInstance",
    Call("rds", "DescribeDBInstances"),
    "DBInstances",
    id="DBInstanceIdentifier",
    arn="DBInstanceArn",
    keep=OURS,
    same="""
        AllocatedStorage AutoMinorVersionUpgrade AvailabilityZone BackupRetentionPeriod BackupTarget
        CACertificateIdentifier CharacterSetName CopyTagsToSnapshot DBClusterIdentifier DBInstanceClass
        DBInstanceIdentifier DBName DBSystemId DatabaseInsightsMode DedicatedLogVolume DeletionProtection Engine
        EngineLifecycleSupport EngineVersion Iops KmsKeyId LicenseModel MasterUsername MaxAllocatedStorage
        MonitoringInterval MonitoringRoleArn MultiAZ NcharCharacterSetName NetworkType PerformanceInsightsKMSKeyId
        PerformanceInsightsRetentionPeriod PreferredBackupWindow PreferredMaintenanceWindow ProcessorFeatures
        PromotionTier PubliclyAccessible ReplicaMode StorageThroughput StorageType TdeCredentialArn Timezone
    """,
    properties={
        "CustomIAMInstanceProfile": "CustomIamInstanceProfile",
        "DBParameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
        "DBSecurityGroups": "DBSecurityGroups[].DBSecurityGroupName",
        "DBSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
        "EnablePerformanceInsights": "PerformanceInsightsEnabled",
        "OptionGroupName": "OptionGroupMemberships[0].OptionGroupName",
        "Port": "Endpoint.Port || DbInstancePort",
        "SourceDBClusterIdentifier": "ReadReplicaSourceDBClusterIdentifier",
        "SourceDBInstanceIdentifier": "ReadReplicaSourceDBInstanceIdentifier",
        "StorageEncrypted": STORAGE_ENCRYPTED,
        "Tags": "TagList",
        "VPCSecurityGroups": "VpcSecurityGroups[].VpcSecurityGroupId",
        **SECRET,
        **DOMAIN,
        **ROLES,
    },
    details=(KEY,),
)

CLUSTERS = Collection(
    "AWS::RDS::DBCluster",
    Call("rds", "DescribeDBClusters"),
    "DBClusters",
    id="DBClusterIdentifier",
    arn="DBClusterArn",
    keep=OURS,
    same="""
        AllocatedStorage AutoMinorVersionUpgrade AvailabilityZones BacktrackWindow BackupRetentionPeriod
        ClusterScalabilityType CopyTagsToSnapshot DBClusterIdentifier DBClusterInstanceClass DBSystemId
        DatabaseInsightsMode DatabaseName DeletionProtection Engine EngineLifecycleSupport EngineMode EngineVersion
        GlobalClusterIdentifier Iops KmsKeyId MasterUsername MonitoringInterval MonitoringRoleArn NetworkType
        PerformanceInsightsEnabled PerformanceInsightsRetentionPeriod Port PreferredBackupWindow
        PreferredMaintenanceWindow PubliclyAccessible ReplicationSourceIdentifier StorageEncrypted
        StorageEncryptionType StorageThroughput StorageType
    """,
    properties={
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "EnableGlobalWriteForwarding": "GlobalWriteForwardingRequested",
        "EnableHttpEndpoint": "HttpEndpointEnabled",
        "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
        "EnableLocalWriteForwarding": "LocalWriteForwardingStatus && contains(['enabled', 'enabling', 'requested'], "
        "LocalWriteForwardingStatus)",
        "PerformanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
        "ScalingConfiguration": "ScalingConfigurationInfo.{AutoPause: AutoPause, MaxCapacity: MaxCapacity, "
        "MinCapacity: MinCapacity, SecondsBeforeTimeout: SecondsBeforeTimeout, "
        "SecondsUntilAutoPause: SecondsUntilAutoPause, TimeoutAction: TimeoutAction}",
        "ServerlessV2ScalingConfiguration": "ServerlessV2ScalingConfiguration.{MaxCapacity: MaxCapacity, "
        "MinCapacity: MinCapacity, SecondsUntilAutoPause: SecondsUntilAutoPause}",
        "Tags": "TagList",
        "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
        **SECRET,
        **DOMAIN,
        **ROLES,
    },
    details=(KEY,),
)

GLOBAL_CLUSTERS = Collection(
    "AWS::RDS::GlobalCluster",
    Call("rds", "DescribeGlobalClusters"),
    "GlobalClusters",
    id="GlobalClusterIdentifier",
    arn="GlobalClusterArn",
    keep=OURS,
    home="(GlobalClusterMembers[?IsWriter].DBClusterArn)[0] || GlobalClusterMembers[0].DBClusterArn",
    same="DeletionProtection Engine EngineLifecycleSupport EngineVersion GlobalClusterIdentifier",
    properties={"StorageEncrypted": STORAGE_ENCRYPTED, "GlobalEndpoint": "{Address: Endpoint}", "Tags": "TagList"},
)

SUBNET_GROUPS_CALL = Call("rds", "DescribeDBSubnetGroups")
SUBNET_GROUPS = Collection(
    "AWS::RDS::DBSubnetGroup",
    SUBNET_GROUPS_CALL,
    "DBSubnetGroups",
    id="DBSubnetGroupName",
    arn="DBSubnetGroupArn",
    same="DBSubnetGroupDescription DBSubnetGroupName",
    properties={"SubnetIds": "Subnets[].SubnetIdentifier"},
)
# Subnets as their groups tell of them, so that no call to EC2 is needed.
SUBNETS = Collection(
    "AWS::EC2::Subnet",
    SUBNET_GROUPS_CALL,
    "DBSubnetGroups",
    inner="Subnets",
    id="SubnetIdentifier",
    properties={"AvailabilityZone": "SubnetAvailabilityZone.Name", "OutpostArn": "SubnetOutpost.Arn"},
)

PARAMETER_GROUPS = Collection(
    "AWS::RDS::DBParameterGroup",
    Call("rds", "DescribeDBParameterGroups"),
    "DBParameterGroups",
    id="DBParameterGroupName",
    arn="DBParameterGroupArn",
    keep=FAMILY,
    same="DBParameterGroupName Description",
    properties={"Family": "DBParameterGroupFamily"},
    details=(
        Detail(
            Call(
                "rds",
                "DescribeDBParameters",
                {"Source": "user"},
                {"DBParameterGroupName": "DBParameterGroupName"},
            ),
            {"Parameters": "pairs(Parameters, 'ParameterName', 'ParameterValue')"},
            items="Parameters",
        ),
    ),
)
CLUSTER_PARAMETER_GROUPS = Collection(
    "AWS::RDS::DBClusterParameterGroup",
    Call("rds", "DescribeDBClusterParameterGroups"),
    "DBClusterParameterGroups",
    id="DBClusterParameterGroupName",
    arn="DBClusterParameterGroupArn",
    keep=FAMILY,
    same="DBClusterParameterGroupName Description",
    properties={"Family": "DBParameterGroupFamily"},
    details=(
        Detail(
            Call(
                "rds",
                "DescribeDBClusterParameters",
                {"Source": "user"},
                {"DBClusterParameterGroupName": "DBClusterParameterGroupName"},
            ),
            {"Parameters": "pairs(Parameters, 'ParameterName', 'ParameterValue')"},
            items="Parameters",
        ),
    ),
)

OPTION_GROUPS = Collection(
    "AWS::RDS::OptionGroup",
    Call("rds", "DescribeOptionGroups"),
    "OptionGroupsList",
    id="OptionGroupName",
    arn="OptionGroupArn",
    same="EngineName MajorEngineVersion OptionGroupDescription OptionGroupName",
    properties={
        "OptionConfigurations": "Options[].{OptionName: OptionName, OptionVersion: OptionVersion, Port: Port, "
        "OptionSettings: OptionSettings[].{Name: Name, Value: Value}, "
        "VpcSecurityGroupMemberships: VpcSecurityGroupMemberships[].VpcSecurityGroupId}",
    },
)

PROXIES = Collection(
    "AWS::RDS::DBProxy",
    Call("rds", "DescribeDBProxies"),
    "DBProxies",
    id="DBProxyName",
    arn="DBProxyArn",
    same="""
        DBProxyName DebugLogging DefaultAuthScheme EndpointNetworkType EngineFamily IdleClientTimeout RequireTLS RoleArn
        TargetConnectionNetworkType VpcSecurityGroupIds VpcSubnetIds
    """,
    properties={
        "Auth": "Auth[].{AuthScheme: AuthScheme, ClientPasswordAuthType: ClientPasswordAuthType, "
        "Description: Description, IAMAuth: IAMAuth, SecretArn: SecretArn}",
    },
)

EVENT_SUBSCRIPTIONS = Collection(
    "AWS::RDS::EventSubscription",
    Call("rds", "DescribeEventSubscriptions"),
    "EventSubscriptionsList",
    id="CustSubscriptionId",
    arn="EventSubscriptionArn",
    same="Enabled SnsTopicArn SourceType",
    properties={
        "EventCategories": "EventCategoriesList",
        "SourceIds": "SourceIdsList",
        "SubscriptionName": "CustSubscriptionId",
    },
)

# Snapshots have no CloudFormation type; AWS Config's names are used for them.
SNAPSHOTS = Collection(
    "AWS::RDS::DBSnapshot",
    Call("rds", "DescribeDBSnapshots", {"SnapshotType": "manual"}),
    "DBSnapshots",
    id="DBSnapshotIdentifier",
    arn="DBSnapshotArn",
    keep=OURS,
    same="DBInstanceIdentifier DBSnapshotIdentifier Encrypted Engine EngineVersion KmsKeyId SnapshotType StorageType",
    properties={"Tags": "TagList", "SnapshotCreateTime": "SnapshotCreateTime"},
    details=(
        Detail(
            Call("rds", "DescribeDBSnapshotAttributes", per_item={"DBSnapshotIdentifier": "DBSnapshotIdentifier"}),
            {
                "RestorableBy": "DBSnapshotAttributesResult.DBSnapshotAttributes[?AttributeName == 'restore']"
                ".AttributeValues[]"
            },
            none=("DBSnapshotNotFound",),
        ),
        KEY,
    ),
)
CLUSTER_SNAPSHOTS = Collection(
    "AWS::RDS::DBClusterSnapshot",
    Call("rds", "DescribeDBClusterSnapshots", {"SnapshotType": "manual"}),
    "DBClusterSnapshots",
    id="DBClusterSnapshotIdentifier",
    arn="DBClusterSnapshotArn",
    keep=OURS,
    same="""
        DBClusterIdentifier DBClusterSnapshotIdentifier Engine EngineVersion KmsKeyId SnapshotCreateTime SnapshotType
        StorageEncryptionType StorageType
    """,
    properties={"Encrypted": STORAGE_ENCRYPTED, "Tags": "TagList"},
    details=(
        Detail(
            Call(
                "rds",
                "DescribeDBClusterSnapshotAttributes",
                per_item={"DBClusterSnapshotIdentifier": "DBClusterSnapshotIdentifier"},
            ),
            {
                "RestorableBy": "DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes"
                "[?AttributeName == 'restore'].AttributeValues[]"
            },
            none=("DBClusterSnapshotNotFoundFault",),
        ),
        KEY,
    ),
)

COLLECTIONS = (
    INSTANCES,
    CLUSTERS,
    GLOBAL_CLUSTERS,
    SUBNET_GROUPS,
    SUBNETS,
    PARAMETER_GROUPS,
    CLUSTER_PARAMETER_GROUPS,
    OPTION_GROUPS,
    PROXIES,
    EVENT_SUBSCRIPTIONS,
    SNAPSHOTS,
    CLUSTER_SNAPSHOTS,
)
