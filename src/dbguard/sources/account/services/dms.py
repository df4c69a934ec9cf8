"""AWS Database Migration Service: replication instances, endpoints, tasks, subnet groups and event subscriptions."""

from dbguard.sources.account.common import event_subscriptions, managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

KEY = managed_key("KmsKeyId", "alias/aws/dms")


def tags(arn: str) -> Detail:
    """The tags of a resource; `arn` is the key of its ARN."""
    return Detail(
        Call("dms", "ListTagsForResource", per_item={"ResourceArn": arn}),
        {"Tags": "TagList[].{Key: Key, Value: Value}"},
        none=("ResourceNotFoundFault",),
    )


INSTANCES = Collection(
    "AWS::DMS::ReplicationInstance",
    Call("dms", "DescribeReplicationInstances"),
    "ReplicationInstances",
    id="ReplicationInstanceIdentifier",
    arn="ReplicationInstanceArn",
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

ENDPOINTS = Collection(
    "AWS::DMS::Endpoint",
    Call("dms", "DescribeEndpoints"),
    "Endpoints",
    id="EndpointIdentifier",
    arn="EndpointArn",
    same="""
        CertificateArn DatabaseName DynamoDbSettings EndpointIdentifier EngineName ExtraConnectionAttributes KmsKeyId Port
        ServerName SslMode Username
    """,
    properties={
        "DocDbSettings": "DocDbSettings.{SecretsManagerAccessRoleArn: SecretsManagerAccessRoleArn, "
        "SecretsManagerSecretId: SecretsManagerSecretId}",
        "EndpointType": "EndpointType && (EndpointType == 'SOURCE' && 'source' || EndpointType == 'TARGET' && 'target' "
        "|| EndpointType)",
        "KafkaSettings": "KafkaSettings.{Broker: Broker, SecurityProtocol: SecurityProtocol, "
        "SslCaCertificateArn: SslCaCertificateArn, Topic: Topic}",
        "MongoDbSettings": "MongoDbSettings.{AuthMechanism: AuthMechanism, AuthSource: AuthSource, AuthType: AuthType, "
        "SecretsManagerAccessRoleArn: SecretsManagerAccessRoleArn, SecretsManagerSecretId: SecretsManagerSecretId}",
        "NeptuneSettings": "NeptuneSettings.{IamAuthEnabled: IamAuthEnabled, ServiceAccessRoleArn: "
        "ServiceAccessRoleArn}",
        "RedisSettings": "RedisSettings.{AuthType: AuthType, AuthUserName: AuthUserName, Port: Port, ServerName: "
        "ServerName, SslCaCertificateArn: SslCaCertificateArn, SslSecurityProtocol: SslSecurityProtocol}",
        "S3Settings": "S3Settings.{BucketName: BucketName, BucketFolder: BucketFolder, EncryptionMode: EncryptionMode, "
        "ServerSideEncryptionKmsKeyId: ServerSideEncryptionKmsKeyId, ExpectedBucketOwner: ExpectedBucketOwner}",
    },
    details=(KEY, tags("EndpointArn")),
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

SUBNET_GROUPS = Collection(
    "AWS::DMS::ReplicationSubnetGroup",
    Call("dms", "DescribeReplicationSubnetGroups"),
    "ReplicationSubnetGroups",
    id="ReplicationSubnetGroupIdentifier",
    same="ReplicationSubnetGroupDescription ReplicationSubnetGroupIdentifier",
    properties={"SubnetIds": "Subnets[].SubnetIdentifier"},
)

EVENT_SUBSCRIPTIONS = event_subscriptions("AWS::DMS::EventSubscription", "dms")

COLLECTIONS = (INSTANCES, ENDPOINTS, TASKS, SUBNET_GROUPS, EVENT_SUBSCRIPTIONS)
