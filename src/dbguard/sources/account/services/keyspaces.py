"""Amazon Keyspaces (for Apache Cassandra)."""

from dbguard.sources.account.mapping import Call, Collection, Detail

GONE = ("ResourceNotFoundException",)
KEYSPACES_CALL = Call("keyspaces", "ListKeyspaces")
# Keyspaces that every account has.
OWN = "!starts_with(keyspaceName, 'system')"
BY_NAME = {"keyspaceName": "keyspaceName", "tableName": "tableName"}


def tags(arn: str) -> Detail:
    """The tags of a keyspace or a table."""
    call = Call("keyspaces", "ListTagsForResource", per_item={"resourceArn": arn})
    return Detail(call, {"Tags": "tags[].{Key: key, Value: value}"}, items="tags", none=GONE)


KEYSPACES = Collection(
    "AWS::Cassandra::Keyspace",
    KEYSPACES_CALL,
    "keyspaces",
    id="keyspaceName",
    arn="resourceArn",
    keep=OWN,
    properties={"KeyspaceName": "keyspaceName"},
    details=(tags("resourceArn"),),
)

SCALING = "{AutoScalingDisabled: autoScalingDisabled, MinimumUnits: minimumUnits, MaximumUnits: maximumUnits}"
TABLES = Collection(
    "AWS::Cassandra::Table",
    Call("keyspaces", "ListTables", per_item={"keyspaceName": "keyspaceName"}),
    "tables",
    of=(KEYSPACES_CALL, "keyspaces"),
    each=Call("keyspaces", "GetTable", per_item=BY_NAME),
    each_none=GONE,
    id="join('.', [keyspaceName, tableName])",
    arn="resourceArn",
    keep=OWN,
    properties={
        "KeyspaceName": "keyspaceName",
        "TableName": "tableName",
        "BillingMode": "capacitySpecification.{Mode: throughputMode, ProvisionedThroughput: "
        "readCapacityUnits && {ReadCapacityUnits: readCapacityUnits, WriteCapacityUnits: writeCapacityUnits}}",
        "EncryptionSpecification": "encryptionSpecification.{EncryptionType: type, KmsKeyIdentifier: kmsKeyIdentifier}",
        "PointInTimeRecoveryEnabled": "pointInTimeRecovery.status && pointInTimeRecovery.status == 'ENABLED'",
        "DefaultTimeToLive": "defaultTimeToLive",
    },
    details=(
        tags("resourceArn"),
        Detail(
            Call("keyspaces", "GetTableAutoScalingSettings", per_item=BY_NAME),
            {
                "AutoScalingSpecifications": "autoScalingSpecification.{"
                f"ReadCapacityAutoScaling: readCapacityAutoScaling.{SCALING}, "
                f"WriteCapacityAutoScaling: writeCapacityAutoScaling.{SCALING}}}"
            },
            when="capacitySpecification.throughputMode == 'PROVISIONED'",
            none=GONE,
        ),
    ),
)

COLLECTIONS = (KEYSPACES, TABLES)
