"""Amazon Timestream: databases and tables of LiveAnalytics, DB instances and clusters for InfluxDB."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

GONE = ("ResourceNotFoundException",)
DATABASES_CALL = Call("timestream-write", "ListDatabases")


def tags(arn: str) -> Detail:
    """The tags of a database or a table."""
    return Detail(Call("timestream-write", "ListTagsForResource", per_item={"ResourceARN": arn}), {"Tags": "Tags"})


DATABASES = Collection(
    "AWS::Timestream::Database",
    DATABASES_CALL,
    "Databases",
    id="DatabaseName",
    arn="Arn",
    same="DatabaseName KmsKeyId",
    details=(managed_key("KmsKeyId", "alias/aws/timestream"), tags("Arn")),
)
TABLES = Collection(
    "AWS::Timestream::Table",
    Call("timestream-write", "ListTables", per_item={"DatabaseName": "DatabaseName"}),
    "Tables",
    of=(DATABASES_CALL, "Databases"),
    id="join('|', [DatabaseName, TableName])",
    arn="Arn",
    same="DatabaseName TableName",
    properties={
        "RetentionProperties": "RetentionProperties.{MemoryStoreRetentionPeriodInHours: "
        "to_string(MemoryStoreRetentionPeriodInHours), MagneticStoreRetentionPeriodInDays: "
        "to_string(MagneticStoreRetentionPeriodInDays)}",
        "MagneticStoreWriteProperties": "MagneticStoreWriteProperties.{EnableMagneticStoreWrites: "
        "EnableMagneticStoreWrites, MagneticStoreRejectedDataLocation: MagneticStoreRejectedDataLocation}",
    },
    details=(tags("Arn"),),
)


def influx_tags(arn: str) -> Detail:
    """The tags of a DB instance or a DB cluster, which come as a mapping."""
    call = Call("timestream-influxdb", "ListTagsForResource", per_item={"resourceArn": arn})
    return Detail(call, {"Tags": "items(tags)[*].{Key: [0], Value: [1]}"}, none=GONE)


INFLUX = {
    "AllocatedStorage": "allocatedStorage",
    "DbInstanceType": "dbInstanceType",
    "DbStorageType": "dbStorageType",
    "DeploymentType": "deploymentType",
    "LogDeliveryConfiguration": "logDeliveryConfiguration.{S3Configuration: "
    "s3Configuration.{BucketName: bucketName, Enabled: enabled}}",
    "Name": "name",
    "NetworkType": "networkType",
    "Port": "port",
    "PubliclyAccessible": "publiclyAccessible",
    "VpcSecurityGroupIds": "vpcSecurityGroupIds",
    "VpcSubnetIds": "vpcSubnetIds",
}
INSTANCES = Collection(
    "AWS::Timestream::InfluxDBInstance",
    Call("timestream-influxdb", "ListDbInstances"),
    "items",
    each=Call("timestream-influxdb", "GetDbInstance", per_item={"identifier": "id"}),
    each_none=GONE,
    id="name",
    arn="arn",
    keep="!dbClusterId",
    properties=INFLUX,
    details=(influx_tags("arn"),),
)
CLUSTERS = Collection(
    "AWS::Timestream::InfluxDBCluster",
    Call("timestream-influxdb", "ListDbClusters"),
    "items",
    each=Call("timestream-influxdb", "GetDbCluster", per_item={"dbClusterId": "id"}),
    each_none=GONE,
    id="name",
    arn="arn",
    properties={**INFLUX, "FailoverMode": "failoverMode"},
    details=(influx_tags("arn"),),
)

COLLECTIONS = (DATABASES, TABLES, INSTANCES, CLUSTERS)
