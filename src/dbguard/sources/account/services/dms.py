"""AWS Database Migration Service: replication instances, endpoints, tasks, subnet groups and event subscriptions."""

from dbguard.sources.account.common import event_subscriptions, managed_key, subnets
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/dms")
PARTITION = (
    "starts_with(Here.Region, 'cn-') && 'aws-cn' || starts_with(Here.Region, 'us-gov-') && 'aws-us-gov' || 'aws'"
)


def tags(arn: str) -> Detail:
    """The tags of a resource; `arn` is an expression for its ARN."""
    return Detail(
        Call("dms", "ListTagsForResource", per_item={"ResourceArn": arn}),
        {"Tags": "TagList[].{Key: Key, Value: Value}"},
        none=("ResourceNotFoundFault",),
    )


def own_arn(kind: str, name: str) -> str:
    """An expression for the ARN of a resource whose answer has none."""
    return f"join('', ['arn:', {PARTITION}, ':dms:', Here.Region, ':', Here.Account, ':{kind}:', {name}])"


def settings(source: str, names: str) -> str:
    """An expression for the settings of an engine; `Name:name` is one that the answer spells otherwise."""
    pairs = (one.partition(":") for one in names.split())
    return f"{source}.{{{', '.join(f'{name}: {spelt or name}' for name, _, spelt in pairs)}}}"


# What the answer and CloudFormation have in common, but for passwords.
SETTINGS = {
    "DocDbSettings": (
        "DocDbSettings",
        """
            DocsToInvestigate ExtractDocId NestingLevel SecretsManagerAccessRoleArn
            SecretsManagerSecretId
        """,
    ),
    "DynamoDbSettings": (
        "DynamoDbSettings",
        "ServiceAccessRoleArn",
    ),
    "ElasticsearchSettings": (
        "ElasticsearchSettings",
        "EndpointUri ErrorRetryDuration FullLoadErrorPercentage ServiceAccessRoleArn",
    ),
    "GcpMySQLSettings": (
        "GcpMySQLSettings",
        """
            AfterConnectScript CleanSourceMetadataOnMismatch DatabaseName EventsPollInterval MaxFileSize
            ParallelLoadThreads Port SecretsManagerAccessRoleArn SecretsManagerSecretId ServerName
            ServerTimezone Username
        """,
    ),
    "IbmDb2Settings": (
        "IBMDb2Settings",
        """
            CurrentLsn KeepCsvFiles LoadTimeout MaxFileSize MaxKBytesPerRead SecretsManagerAccessRoleArn
            SecretsManagerSecretId SetDataCaptureChanges WriteBufferSize
        """,
    ),
    "KafkaSettings": (
        "KafkaSettings",
        """
            Broker IncludeControlDetails IncludeNullAndEmpty IncludePartitionValue
            IncludeTableAlterOperations IncludeTransactionDetails MessageFormat MessageMaxBytes
            NoHexPrefix PartitionIncludeSchemaTable SaslUserName:SaslUsername SecurityProtocol SslCaCertificateArn
            SslClientCertificateArn SslClientKeyArn Topic
        """,
    ),
    "KinesisSettings": (
        "KinesisSettings",
        """
            IncludeControlDetails IncludeNullAndEmpty IncludePartitionValue IncludeTableAlterOperations
            IncludeTransactionDetails MessageFormat NoHexPrefix PartitionIncludeSchemaTable
            ServiceAccessRoleArn StreamArn
        """,
    ),
    "MicrosoftSqlServerSettings": (
        "MicrosoftSQLServerSettings",
        """
            BcpPacketSize ControlTablesFileGroup DatabaseName ForceLobLookup Port
            QuerySingleAlwaysOnNode ReadBackupOnly SafeguardPolicy SecretsManagerAccessRoleArn
            SecretsManagerSecretId ServerName TlogAccessMode TrimSpaceInChar UseBcpFullLoad
            UseThirdPartyBackupDevice Username
        """,
    ),
    "MongoDbSettings": (
        "MongoDbSettings",
        """
            AuthMechanism AuthSource AuthType DatabaseName DocsToInvestigate ExtractDocId NestingLevel
            Port SecretsManagerAccessRoleArn SecretsManagerSecretId ServerName Username
        """,
    ),
    "MySqlSettings": (
        "MySQLSettings",
        """
            AfterConnectScript CleanSourceMetadataOnMismatch EventsPollInterval MaxFileSize
            ParallelLoadThreads SecretsManagerAccessRoleArn SecretsManagerSecretId ServerTimezone
            TargetDbType
        """,
    ),
    "NeptuneSettings": (
        "NeptuneSettings",
        """
            ErrorRetryDuration IamAuthEnabled MaxFileSize MaxRetryCount S3BucketFolder S3BucketName
            ServiceAccessRoleArn
        """,
    ),
    "OracleSettings": (
        "OracleSettings",
        """
            AccessAlternateDirectly AddSupplementalLogging AdditionalArchivedLogDestId
            AllowSelectNestedTables ArchivedLogDestId ArchivedLogsOnly AsmServer AsmUser
            CharLengthSemantics DirectPathNoLog DirectPathParallelLoad EnableHomogenousTablespace
            ExtraArchivedLogDestIds FailTasksOnLobTruncation NumberDatatypeScale OraclePathPrefix
            ParallelAsmReadThreads ReadAheadBlocks ReadTableSpaceName ReplacePathPrefix RetryInterval
            SecretsManagerAccessRoleArn SecretsManagerOracleAsmAccessRoleArn
            SecretsManagerOracleAsmSecretId SecretsManagerSecretId SecurityDbEncryptionName
            SpatialDataOptionToGeoJsonFunctionName StandbyDelayTime UseAlternateFolderForOnline UseBFile
            UseDirectPathFullLoad UseLogminerReader UsePathPrefix
        """,
    ),
    "PostgreSqlSettings": (
        "PostgreSQLSettings",
        """
            AfterConnectScript BabelfishDatabaseName CaptureDdls DatabaseMode DdlArtifactsSchema
            ExecuteTimeout FailTasksOnLobTruncation HeartbeatEnable HeartbeatFrequency HeartbeatSchema
            MapBooleanAsBoolean MaxFileSize PluginName SecretsManagerAccessRoleArn
            SecretsManagerSecretId SlotName
        """,
    ),
    "RedisSettings": (
        "RedisSettings",
        "AuthType AuthUserName Port ServerName SslCaCertificateArn SslSecurityProtocol",
    ),
    "RedshiftSettings": (
        "RedshiftSettings",
        """
            AcceptAnyDate AfterConnectScript BucketFolder BucketName CaseSensitiveNames CompUpdate
            ConnectionTimeout DateFormat EmptyAsNull EncryptionMode ExplicitIds
            FileTransferUploadStreams LoadTimeout MapBooleanAsBoolean MaxFileSize RemoveQuotes
            ReplaceChars ReplaceInvalidChars SecretsManagerAccessRoleArn SecretsManagerSecretId
            ServerSideEncryptionKmsKeyId ServiceAccessRoleArn TimeFormat TrimBlanks TruncateColumns
            WriteBufferSize
        """,
    ),
    "S3Settings": (
        "S3Settings",
        """
            AddColumnName AddTrailingPaddingCharacter BucketFolder BucketName CannedAclForObjects
            CdcInsertsAndUpdates CdcInsertsOnly CdcMaxBatchInterval CdcMinFileSize CdcPath
            CompressionType CsvDelimiter CsvNoSupValue CsvNullValue CsvRowDelimiter DataFormat
            DataPageSize DatePartitionDelimiter DatePartitionEnabled DatePartitionSequence
            DatePartitionTimezone DictPageSizeLimit EnableStatistics EncodingType EncryptionMode
            ExpectedBucketOwner ExternalTableDefinition GlueCatalogGeneration IgnoreHeaderRows
            IncludeOpForFullLoad MaxFileSize ParquetTimestampInMillisecond ParquetVersion
            PreserveTransactions Rfc4180 RowGroupLength ServerSideEncryptionKmsKeyId
            ServiceAccessRoleArn TimestampColumnName UseCsvNoSupValue
            UseTaskStartTimeForFullLoadTimestamp
        """,
    ),
    "SybaseSettings": (
        "SybaseSettings",
        "SecretsManagerAccessRoleArn SecretsManagerSecretId",
    ),
}

INSTANCES = Collection(
    "AWS::DMS::ReplicationInstance",
    Call("dms", "DescribeReplicationInstances"),
    "ReplicationInstances",
    id="ReplicationInstanceIdentifier",
    arn="ReplicationInstanceArn",
    always="MultiAZ PubliclyAccessible",
    same="""
        AllocatedStorage AutoMinorVersionUpgrade AvailabilityZone DnsNameServers EngineVersion KmsKeyId MultiAZ
        NetworkType PreferredMaintenanceWindow PubliclyAccessible ReplicationInstanceClass
        ReplicationInstanceIdentifier
    """,
    properties={
        "ReplicationSubnetGroupIdentifier": "ReplicationSubnetGroup.ReplicationSubnetGroupIdentifier",
        "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
    },
    details=(KEY, tags("ReplicationInstanceArn")),
)

BUCKET_KEY = "ServerSideEncryptionKmsKeyId"
ENDPOINTS = Collection(
    "AWS::DMS::Endpoint",
    Call("dms", "DescribeEndpoints"),
    "Endpoints",
    id="EndpointIdentifier",
    arn="EndpointArn",
    same="""
        CertificateArn DatabaseName EndpointIdentifier EngineName ExtraConnectionAttributes KmsKeyId Port ServerName
        SslMode Username
    """,
    properties={
        "EndpointType": "EndpointType && (EndpointType == 'SOURCE' && 'source' || EndpointType == 'TARGET' && 'target' "
        "|| EndpointType)",
        **{name: settings(*spelt) for name, spelt in SETTINGS.items()},
    },
    details=(
        KEY,
        managed_key(f"RedshiftSettings.{BUCKET_KEY}", "alias/aws/s3", f"RedshiftSettings.{BUCKET_KEY}"),
        managed_key(f"S3Settings.{BUCKET_KEY}", "alias/aws/s3", f"S3Settings.{BUCKET_KEY}"),
        tags("EndpointArn"),
    ),
)

TASKS = Collection(
    "AWS::DMS::ReplicationTask",
    Call("dms", "DescribeReplicationTasks"),
    "ReplicationTasks",
    id="ReplicationTaskIdentifier",
    arn="ReplicationTaskArn",
    same="""
        CdcStartPosition CdcStopPosition MigrationType ReplicationInstanceArn ReplicationTaskIdentifier
        ReplicationTaskSettings SourceEndpointArn TableMappings TargetEndpointArn TaskData
    """,
    details=(tags("ReplicationTaskArn"),),
)

SUBNET_GROUP_ARN = own_arn("subgrp", "ReplicationSubnetGroupIdentifier")
SUBNET_GROUPS = Collection(
    "AWS::DMS::ReplicationSubnetGroup",
    Call("dms", "DescribeReplicationSubnetGroups"),
    "ReplicationSubnetGroups",
    id="ReplicationSubnetGroupIdentifier",
    arn=SUBNET_GROUP_ARN,
    same="ReplicationSubnetGroupDescription ReplicationSubnetGroupIdentifier",
    properties={"SubnetIds": "Subnets[].SubnetIdentifier"},
    details=(tags(SUBNET_GROUP_ARN),),
)
SUBNETS = subnets(SUBNET_GROUPS, zone="SubnetAvailabilityZone.Name")

SUBSCRIPTION_ARN = own_arn("es", "CustSubscriptionId")
EVENT_SUBSCRIPTIONS = event_subscriptions(
    "AWS::DMS::EventSubscription", "dms", SUBSCRIPTION_ARN, tags(SUBSCRIPTION_ARN)
)

CERTIFICATES = Collection(
    "AWS::DMS::Certificate",
    Call("dms", "DescribeCertificates"),
    "Certificates",
    id="CertificateIdentifier",
    arn="CertificateArn",
    same="CertificateIdentifier ValidToDate",
)
INSTANCE_PROFILES = Collection(
    "AWS::DMS::InstanceProfile",
    Call("dms", "DescribeInstanceProfiles"),
    "InstanceProfiles",
    id="InstanceProfileName",
    arn="InstanceProfileArn",
    same="""
        AvailabilityZone Description InstanceProfileName KmsKeyArn NetworkType PubliclyAccessible SubnetGroupIdentifier
        VpcSecurityGroups
    """,
    details=(tags("InstanceProfileArn"),),
)
DATA_PROVIDERS = Collection(
    "AWS::DMS::DataProvider",
    Call("dms", "DescribeDataProviders"),
    "DataProviders",
    id="DataProviderName",
    arn="DataProviderArn",
    same="DataProviderName Description Engine Settings Virtual",
    details=(tags("DataProviderArn"),),
)
REPLICATION_CONFIGS = Collection(
    "AWS::DMS::ReplicationConfig",
    Call("dms", "DescribeReplicationConfigs"),
    "ReplicationConfigs",
    id="ReplicationConfigIdentifier",
    arn="ReplicationConfigArn",
    same="ComputeConfig ReplicationConfigIdentifier ReplicationType SourceEndpointArn TargetEndpointArn",
    properties={"ReplicationSettings": "json(ReplicationSettings)"},
    details=(
        managed_key("ComputeConfig.KmsKeyId", "alias/aws/dms", "ComputeConfig.KmsKeyId"),
        tags("ReplicationConfigArn"),
    ),
)

COLLECTIONS = (
    INSTANCES,
    ENDPOINTS,
    TASKS,
    SUBNET_GROUPS,
    SUBNETS,
    EVENT_SUBSCRIPTIONS,
    CERTIFICATES,
    INSTANCE_PROFILES,
    DATA_PROVIDERS,
    REPLICATION_CONFIGS,
)
