"""Amazon DynamoDB: tables, their scaling and their backups. A global table is a table with replicas in each Region."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

BY_NAME = {"TableName": "TableName"}
GONE = ("ResourceNotFoundException",)
THROUGHPUT = "{ReadCapacityUnits: ReadCapacityUnits, WriteCapacityUnits: WriteCapacityUnits}"
ON_DEMAND = "{MaxReadRequestUnits: MaxReadRequestUnits, MaxWriteRequestUnits: MaxWriteRequestUnits}"
KEYS = "KeySchema[].{AttributeName: AttributeName, KeyType: KeyType}"
PROJECTION = "Projection.{NonKeyAttributes: NonKeyAttributes, ProjectionType: ProjectionType}"
ON = "contains(['ENABLED', 'ENABLING', 'UPDATING'], Status)"
# Not properties of the CloudFormation type: what makes a live table a global one, its own Region included.
LIVE_ONLY = {"Replicas": "Replicas && [{Region: Here.Region}, Replicas[].{Region: RegionName}][]"}

TABLES = Collection(
    "AWS::DynamoDB::Table",
    Call("dynamodb", "ListTables"),
    "TableNames",
    each=Call("dynamodb", "DescribeTable", per_item={"TableName": "Name"}),
    each_item="Table",
    each_none=GONE,
    id="TableName",
    arn="TableArn",
    same="AttributeDefinitions DeletionProtectionEnabled TableName",
    properties={
        "BillingMode": "BillingModeSummary.BillingMode || 'PROVISIONED'",
        "GlobalSecondaryIndexes": "GlobalSecondaryIndexes[].{IndexName: IndexName, "
        f"KeySchema: {KEYS}, Projection: {PROJECTION}, ProvisionedThroughput: ProvisionedThroughput.{THROUGHPUT}, "
        f"OnDemandThroughput: OnDemandThroughput.{ON_DEMAND}}}",
        "KeySchema": KEYS,
        "LocalSecondaryIndexes": "LocalSecondaryIndexes[].{IndexName: IndexName, "
        f"KeySchema: {KEYS}, Projection: {PROJECTION}}}",
        "OnDemandThroughput": f"OnDemandThroughput.{ON_DEMAND}",
        "ProvisionedThroughput": f"ProvisionedThroughput.{THROUGHPUT}",
        "SSESpecification": f"SSEDescription.{{SSEEnabled: {ON}, SSEType: SSEType}}",
        "StreamSpecification": "StreamSpecification.{StreamViewType: StreamViewType}",
        "TableClass": "TableClassSummary.TableClass",
        "WarmThroughput": "WarmThroughput.{ReadUnitsPerSecond: ReadUnitsPerSecond, "
        "WriteUnitsPerSecond: WriteUnitsPerSecond}",
        **LIVE_ONLY,
    },
    details=(
        managed_key("SSESpecification.KMSMasterKeyId", "alias/aws/dynamodb", "SSEDescription.KMSMasterKeyArn"),
        Detail(
            Call("dynamodb", "DescribeContinuousBackups", per_item=BY_NAME),
            {
                "PointInTimeRecoverySpecification": "ContinuousBackupsDescription.PointInTimeRecoveryDescription."
                "{PointInTimeRecoveryEnabled: PointInTimeRecoveryStatus == 'ENABLED', "
                "RecoveryPeriodInDays: RecoveryPeriodInDays}"
            },
            none=("TableNotFoundException",),
        ),
        Detail(
            Call("dynamodb", "DescribeTimeToLive", per_item=BY_NAME),
            {
                "TimeToLiveSpecification": "TimeToLiveDescription.{AttributeName: AttributeName, "
                "Enabled: contains(['ENABLED', 'ENABLING'], TimeToLiveStatus)}"
            },
            none=GONE,
        ),
        Detail(
            Call("dynamodb", "DescribeContributorInsights", per_item=BY_NAME),
            {
                "ContributorInsightsSpecification": "{Enabled: contains(['ENABLED', 'ENABLING'], "
                "ContributorInsightsStatus), Mode: ContributorInsightsMode}"
            },
            none=GONE,
        ),
        Detail(
            Call("dynamodb", "DescribeKinesisStreamingDestination", per_item=BY_NAME),
            {
                "KinesisStreamSpecification": "(KinesisDataStreamDestinations[?DestinationStatus == 'ACTIVE'])[0]."
                "{StreamArn: StreamArn, ApproximateCreationDateTimePrecision: ApproximateCreationDateTimePrecision}"
            },
            none=GONE,
        ),
        Detail(
            Call("dynamodb", "GetResourcePolicy", per_item={"ResourceArn": "TableArn"}),
            {"ResourcePolicy": "{PolicyDocument: Policy}"},
            none=("PolicyNotFoundException", *GONE),
        ),
        Detail(
            Call("dynamodb", "ListTagsOfResource", per_item={"ResourceArn": "TableArn"}),
            {"Tags": "Tags"},
            items="Tags",
            none=GONE,
        ),
    ),
)

# A backup made by hand has no CloudFormation type.
BACKUPS = Collection(
    "AWS::DynamoDB::Backup",
    Call("dynamodb", "ListBackups", {"BackupType": "ALL"}),
    "BackupSummaries",
    id="BackupArn",
    arn="BackupArn",
    same="BackupName BackupType TableName",
)

TARGETS = Collection(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    Call("application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}),
    "ScalableTargets",
    id="join('|', [ResourceId, ScalableDimension])",
    arn="ScalableTargetARN",
    same="MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ServiceNamespace SuspendedState",
)
SCALING_POLICIES = Collection(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    Call("application-autoscaling", "DescribeScalingPolicies", {"ServiceNamespace": "dynamodb"}),
    "ScalingPolicies",
    id="PolicyARN",
    arn="PolicyARN",
    same="PolicyName PolicyType ResourceId ScalableDimension ServiceNamespace",
    properties={
        "ScalingTargetId": "join('|', [ResourceId, ScalableDimension])",
        "TargetTrackingScalingPolicyConfiguration": "TargetTrackingScalingPolicyConfiguration."
        "{DisableScaleIn: DisableScaleIn, ScaleInCooldown: ScaleInCooldown, ScaleOutCooldown: ScaleOutCooldown, "
        "TargetValue: TargetValue, PredefinedMetricSpecification: PredefinedMetricSpecification."
        "{PredefinedMetricType: PredefinedMetricType, ResourceLabel: ResourceLabel}}",
    },
)

COLLECTIONS = (TABLES, BACKUPS, TARGETS, SCALING_POLICIES)
