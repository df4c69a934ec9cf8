"""Amazon RDS and Amazon Aurora: instances, clusters, groups, proxies, event subscriptions and manual snapshots."""

from dbguard.sources.account.common import event_subscriptions, managed_key, parameters, restorable_by, tags
from dbguard.sources.account.mapping import Call, Collection, Detail

# DocumentDB and Neptune answer to the same calls; they have modules of their own.
OURS = "!(starts_with(Engine || '', 'docdb') || starts_with(Engine || '', 'neptune'))"
FAMILY = "!(starts_with(DBParameterGroupFamily || '', 'docdb') || starts_with(DBParameterGroupFamily || '', 'neptune'))"

TOLD = "BackupRetentionPeriod DeletionProtection StorageEncrypted"  # always, of instances and clusters
KEY = managed_key("KmsKeyId", "alias/aws/rds")
STREAM_KEY = managed_key("ActivityStreamKmsKeyId", "alias/aws/rds", "ActivityStreamKmsKeyId")
PERFORMANCE_KEY = managed_key("PerformanceInsightsKMSKeyId", "alias/aws/rds", "PerformanceInsightsKMSKeyId")
CLUSTER_PERFORMANCE_KEY = managed_key("PerformanceInsightsKmsKeyId", "alias/aws/rds", "PerformanceInsightsKMSKeyId")
UPGRADES = Detail(
    Call("rds", "DescribeDBEngineVersions", per_item={"Engine": "Engine", "EngineVersion": "EngineVersion"}),
    {
        "ValidUpgradeTargets": "DBEngineVersions[0].ValidUpgradeTarget[].{EngineVersion: EngineVersion, "
        "IsMajorVersionUpgrade: IsMajorVersionUpgrade}"
    },
    items="DBEngineVersions",
)
# An answer that tells neither leaves it open.
STORAGE_ENCRYPTED = "contains(['sse-rds', 'sse-kms'], StorageEncryptionType || '') || StorageEncrypted"
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
    always=f"AutoMinorVersionUpgrade MultiAZ PubliclyAccessible {TOLD}",
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
        "ActivityStreamKmsKeyId": "ActivityStreamKmsKeyId",
        "ActivityStreamStatus": "ActivityStreamStatus",
        "CertificateDetails": "CertificateDetails.{CAIdentifier: CAIdentifier, ValidTill: ValidTill}",
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
    details=(KEY, STREAM_KEY, PERFORMANCE_KEY, UPGRADES),
)

CLUSTERS = Collection(
    "AWS::RDS::DBCluster",
    Call("rds", "DescribeDBClusters"),
    "DBClusters",
    id="DBClusterIdentifier",
    arn="DBClusterArn",
    keep=OURS,
    always=TOLD,
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
        "ActivityStreamKmsKeyId": "ActivityStreamKmsKeyId",
        "ActivityStreamStatus": "ActivityStreamStatus",
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
    details=(KEY, STREAM_KEY, CLUSTER_PERFORMANCE_KEY),
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

SUBNET_GROUPS = Collection(
    "AWS::RDS::DBSubnetGroup",
    Call("rds", "DescribeDBSubnetGroups"),
    "DBSubnetGroups",
    id="DBSubnetGroupName",
    arn="DBSubnetGroupArn",
    same="DBSubnetGroupDescription DBSubnetGroupName VpcId",
    properties={"SubnetIds": "Subnets[].SubnetIdentifier"},
    details=(tags("rds", "DBSubnetGroupArn"),),
)
SUBNETS = Collection(
    "AWS::EC2::Subnet",
    SUBNET_GROUPS.call,
    "DBSubnetGroups",
    inner="handed(Subnets, 'VpcId', VpcId)",
    id="SubnetIdentifier",
    same="VpcId",
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
    details=(parameters("rds", "DescribeDBParameters", "DBParameterGroupName"), tags("rds", "DBParameterGroupArn")),
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
        parameters("rds", "DescribeDBClusterParameters", "DBClusterParameterGroupName"),
        tags("rds", "DBClusterParameterGroupArn"),
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
    details=(tags("rds", "OptionGroupArn"),),
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
    details=(tags("rds", "DBProxyArn", "DBProxyNotFoundFault"),),
)

OWN_ARN = "EventSubscriptionArn"
SUBSCRIPTIONS = event_subscriptions("AWS::RDS::EventSubscription", "rds", OWN_ARN, tags("rds", OWN_ARN))
EVENT_SUBSCRIPTIONS = SUBSCRIPTIONS._replace(same=f"{SUBSCRIPTIONS.same} Status")

# AWS Config's names for snapshots; who may restore them is no property in CloudFormation.
SNAPSHOTS = Collection(
    "AWS::RDS::DBSnapshot",
    Call("rds", "DescribeDBSnapshots", {"SnapshotType": "manual"}),
    "DBSnapshots",
    id="DBSnapshotIdentifier",
    arn="DBSnapshotArn",
    keep=OURS,
    same="""
        DBInstanceIdentifier DBSnapshotIdentifier Encrypted Engine EngineVersion KmsKeyId SnapshotCreateTime
        SnapshotType SourceDBSnapshotIdentifier StorageType
    """,
    properties={"Tags": "TagList"},
    details=(restorable_by("rds", "DBSnapshot", "DBSnapshotNotFound"), KEY),
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
        SourceDBClusterSnapshotArn StorageEncryptionType StorageType
    """,
    properties={"Encrypted": STORAGE_ENCRYPTED, "Tags": "TagList"},
    details=(restorable_by("rds", "DBClusterSnapshot", "DBClusterSnapshotNotFoundFault"), KEY),
)

SHARD_GROUPS = Collection(
    "AWS::RDS::DBShardGroup",
    Call("rds", "DescribeDBShardGroups"),
    "DBShardGroups",
    id="DBShardGroupIdentifier",
    arn="DBShardGroupArn",
    same="ComputeRedundancy DBClusterIdentifier DBShardGroupIdentifier MaxACU MinACU PubliclyAccessible",
    properties={"Tags": "TagList"},
)
INTEGRATIONS = Collection(
    "AWS::RDS::Integration",
    Call("rds", "DescribeIntegrations"),
    "Integrations",
    id="IntegrationName",
    arn="IntegrationArn",
    same="DataFilter Description IntegrationName KMSKeyId SourceArn Tags TargetArn",
    details=(managed_key("KMSKeyId", "alias/aws/rds", "KMSKeyId"),),
)
# Neither has a type of CloudFormation's: what RDS itself says of databases.
MAINTENANCE = Collection(
    "AWS::RDS::PendingMaintenanceAction",
    Call("rds", "DescribePendingMaintenanceActions"),
    "PendingMaintenanceActions",
    id="tail(ResourceIdentifier)",
    arn="ResourceIdentifier",
    properties={
        "Actions": "PendingMaintenanceActionDetails[].{Action: Action, AutoAppliedAfterDate: AutoAppliedAfterDate, "
        "CurrentApplyDate: CurrentApplyDate, Description: Description, ForcedApplyDate: ForcedApplyDate, "
        "OptInStatus: OptInStatus}"
    },
)
RECOMMENDATIONS = Collection(
    "AWS::RDS::DBRecommendation",
    Call("rds", "DescribeDBRecommendations"),
    "DBRecommendations",
    id="RecommendationId",
    same="Category CreatedTime Detection Recommendation ResourceArn Severity Status TypeId",
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
    SHARD_GROUPS,
    INTEGRATIONS,
    MAINTENANCE,
    RECOMMENDATIONS,
)
