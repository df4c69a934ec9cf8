"""Amazon DocumentDB: clusters, instances, parameter groups, global clusters and manual snapshots.

It shares the RDS API, which does not tell whose a subnet group or an event subscription is: `rds` lists them all.
"""

from dbguard.sources.account.common import managed_key, parameters, restorable_by, tags
from dbguard.sources.account.mapping import Call, Collection

KEY = managed_key("KmsKeyId", "alias/aws/rds")
ENGINE = {"Filters": [{"Name": "engine", "Values": ["docdb"]}]}
OURS = "starts_with(Engine || '', 'docdb')"


CLUSTERS = Collection(
    "AWS::DocDB::DBCluster",
    Call("docdb", "DescribeDBClusters", ENGINE),
    "DBClusters",
    id="DBClusterIdentifier",
    arn="DBClusterArn",
    keep=OURS,
    always="BackupRetentionPeriod DeletionProtection StorageEncrypted",
    same="""
        AvailabilityZones BackupRetentionPeriod CopyTagsToSnapshot DBClusterIdentifier DeletionProtection EngineVersion
        KmsKeyId MasterUsername NetworkType Port PreferredBackupWindow PreferredMaintenanceWindow StorageEncrypted
        StorageType
    """,
    properties={
        "DBClusterParameterGroupName": "DBClusterParameterGroup",
        "DBSubnetGroupName": "DBSubnetGroup",
        "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
        "ManageMasterUserPassword": "MasterUserSecret && `true`",
        "MasterUserSecretKmsKeyId": "MasterUserSecret.KmsKeyId",
        "ServerlessV2ScalingConfiguration": "ServerlessV2ScalingConfiguration."
        "{MaxCapacity: MaxCapacity, MinCapacity: MinCapacity}",
        "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
    },
    details=(
        KEY,
        managed_key("MasterUserSecretKmsKeyId", "alias/aws/secretsmanager", "MasterUserSecret.KmsKeyId"),
        tags("docdb", "DBClusterArn", "DBClusterNotFoundFault"),
    ),
)

INSTANCES = Collection(
    "AWS::DocDB::DBInstance",
    Call("docdb", "DescribeDBInstances", ENGINE),
    "DBInstances",
    id="DBInstanceIdentifier",
    arn="DBInstanceArn",
    keep=OURS,
    same="""
        AutoMinorVersionUpgrade AvailabilityZone CACertificateIdentifier DBClusterIdentifier DBInstanceClass
        DBInstanceIdentifier PreferredMaintenanceWindow
    """,
    properties={"EnablePerformanceInsights": "PerformanceInsightsEnabled"},
    details=(tags("docdb", "DBInstanceArn", "DBInstanceNotFound"),),
)

PARAMETER_GROUPS = Collection(
    "AWS::DocDB::DBClusterParameterGroup",
    Call("docdb", "DescribeDBClusterParameterGroups"),
    "DBClusterParameterGroups",
    id="DBClusterParameterGroupName",
    arn="DBClusterParameterGroupArn",
    keep="starts_with(DBParameterGroupFamily || '', 'docdb')",
    same="Description",
    properties={"Family": "DBParameterGroupFamily", "Name": "DBClusterParameterGroupName"},
    details=(
        parameters("docdb", "DescribeDBClusterParameters", "DBClusterParameterGroupName"),
        tags("docdb", "DBClusterParameterGroupArn"),
    ),
)

GLOBAL_CLUSTERS = Collection(
    "AWS::DocDB::GlobalCluster",
    Call("docdb", "DescribeGlobalClusters"),
    "GlobalClusters",
    id="GlobalClusterIdentifier",
    arn="GlobalClusterArn",
    keep=OURS,
    home="(GlobalClusterMembers[?IsWriter].DBClusterArn)[0] || GlobalClusterMembers[0].DBClusterArn",
    same="DeletionProtection Engine EngineVersion GlobalClusterIdentifier StorageEncrypted",
    properties={"Tags": "TagList"},
)

# Snapshots have no CloudFormation type.
SNAPSHOTS = Collection(
    "AWS::DocDB::DBClusterSnapshot",
    Call("docdb", "DescribeDBClusterSnapshots", {"SnapshotType": "manual"}),
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
        restorable_by("docdb", "DBClusterSnapshot", "DBClusterSnapshotNotFoundFault"),
        KEY,
        tags("docdb", "DBClusterSnapshotArn", "DBSnapshotNotFound"),
    ),
)

COLLECTIONS = (CLUSTERS, INSTANCES, PARAMETER_GROUPS, GLOBAL_CLUSTERS, SNAPSHOTS)
