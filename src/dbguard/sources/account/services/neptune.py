"""Amazon Neptune: clusters, instances, parameter groups, manual snapshots and global databases.

It shares the RDS API, which does not tell whose a subnet group or an event subscription is: `rds` lists them all.
"""

from dbguard.sources.account.common import managed_key, parameters, restorable_by, tags
from dbguard.sources.account.mapping import Call, Collection

KEY = managed_key("KmsKeyId", "alias/aws/rds")
ENGINE = {"Filters": [{"Name": "engine", "Values": ["neptune"]}]}
OURS = "starts_with(Engine || '', 'neptune')"
FAMILY = "starts_with(DBParameterGroupFamily || '', 'neptune')"


CLUSTERS = Collection(
    "AWS::Neptune::DBCluster",
    Call("neptune", "DescribeDBClusters", ENGINE),
    "DBClusters",
    id="DBClusterIdentifier",
    arn="DBClusterArn",
    keep=OURS,
    always="BackupRetentionPeriod DeletionProtection StorageEncrypted",
    same="""
        AvailabilityZones BackupRetentionPeriod CopyTagsToSnapshot DBClusterIdentifier DeletionProtection EngineVersion
        GlobalClusterIdentifier KmsKeyId NetworkType PreferredBackupWindow PreferredMaintenanceWindow StorageEncrypted
    """,
    properties={
        "AssociatedRoles": "AssociatedRoles[].{RoleArn: RoleArn, FeatureName: FeatureName}",
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBPort": "Port",
        "DBSubnetGroupName": "DBSubnetGroup",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "IamAuthEnabled": "IAMDatabaseAuthenticationEnabled",
        "ServerlessScalingConfiguration": "ServerlessV2ScalingConfiguration."
        "{MaxCapacity: MaxCapacity, MinCapacity: MinCapacity}",
        "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
    },
    details=(KEY, tags("neptune", "DBClusterArn", "DBClusterNotFoundFault")),
)

INSTANCES = Collection(
    "AWS::Neptune::DBInstance",
    Call("neptune", "DescribeDBInstances", ENGINE),
    "DBInstances",
    id="DBInstanceIdentifier",
    arn="DBInstanceArn",
    keep=OURS,
    same="""
        AutoMinorVersionUpgrade AvailabilityZone DBClusterIdentifier DBInstanceClass DBInstanceIdentifier
        PreferredMaintenanceWindow PubliclyAccessible
    """,
    properties={
        "DBParameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
        "DBSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
    },
    details=(tags("neptune", "DBInstanceArn", "DBInstanceNotFound"),),
)

CLUSTER_PARAMETER_GROUPS = Collection(
    "AWS::Neptune::DBClusterParameterGroup",
    Call("neptune", "DescribeDBClusterParameterGroups"),
    "DBClusterParameterGroups",
    id="DBClusterParameterGroupName",
    arn="DBClusterParameterGroupArn",
    keep=FAMILY,
    same="Description",
    properties={"Family": "DBParameterGroupFamily", "Name": "DBClusterParameterGroupName"},
    details=(
        parameters("neptune", "DescribeDBClusterParameters", "DBClusterParameterGroupName"),
        tags("neptune", "DBClusterParameterGroupArn"),
    ),
)
PARAMETER_GROUPS = Collection(
    "AWS::Neptune::DBParameterGroup",
    Call("neptune", "DescribeDBParameterGroups"),
    "DBParameterGroups",
    id="DBParameterGroupName",
    arn="DBParameterGroupArn",
    keep=FAMILY,
    same="Description",
    properties={"Family": "DBParameterGroupFamily", "Name": "DBParameterGroupName"},
    details=(
        parameters("neptune", "DescribeDBParameters", "DBParameterGroupName"),
        tags("neptune", "DBParameterGroupArn"),
    ),
)

# Snapshots have no CloudFormation type.
SNAPSHOTS = Collection(
    "AWS::Neptune::DBClusterSnapshot",
    Call("neptune", "DescribeDBClusterSnapshots", {"SnapshotType": "manual"}),
    "DBClusterSnapshots",
    id="DBClusterSnapshotIdentifier",
    arn="DBClusterSnapshotArn",
    keep=OURS,
    same="""
        DBClusterIdentifier DBClusterSnapshotIdentifier Engine EngineVersion KmsKeyId SnapshotCreateTime SnapshotType
        StorageType
    """,
    properties={"Encrypted": "StorageEncrypted"},
    details=(
        restorable_by("neptune", "DBClusterSnapshot", "DBClusterSnapshotNotFoundFault"),
        KEY,
        tags("neptune", "DBClusterSnapshotArn", "DBSnapshotNotFound"),
    ),
)

GLOBAL_CLUSTERS = Collection(
    "AWS::Neptune::GlobalCluster",
    Call("neptune", "DescribeGlobalClusters"),
    "GlobalClusters",
    id="GlobalClusterIdentifier",
    arn="GlobalClusterArn",
    keep=OURS,
    home="(GlobalClusterMembers[?IsWriter].DBClusterArn)[0] || GlobalClusterMembers[0].DBClusterArn",
    same="DeletionProtection Engine EngineVersion GlobalClusterIdentifier StorageEncrypted",
    properties={"Tags": "TagList"},
)

COLLECTIONS = (CLUSTERS, INSTANCES, CLUSTER_PARAMETER_GROUPS, PARAMETER_GROUPS, SNAPSHOTS, GLOBAL_CLUSTERS)
