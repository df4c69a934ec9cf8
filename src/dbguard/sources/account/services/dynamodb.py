"""Amazon DynamoDB: tables, their scaling and their backups. A global table is a table with replicas in each Region."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

BY_NAME = {"TableName": "TableName"}
GONE = ("ResourceNotFoundException",)
# On-demand capacity answers with zeros where a template has nothing.
THROUGHPUT = (
    "ProvisionedThroughput.ReadCapacityUnits > `0` && ProvisionedThroughput."
    "{ReadCapacityUnits: ReadCapacityUnits, WriteCapacityUnits: WriteCapacityUnits} || `null`"
)
WARM = "WarmThroughput.{ReadUnitsPerSecond: ReadUnitsPerSecond, WriteUnitsPerSecond: WriteUnitsPerSecond}"
ON_DEMAND = "{MaxReadRequestUnits: MaxReadRequestUnits, MaxWriteRequestUnits: MaxWriteRequestUnits}"
KEYS = "KeySchema[].{AttributeName: AttributeName, KeyType: KeyType}"
PROJECTION = "Projection.{NonKeyAttributes: NonKeyAttributes, ProjectionType: ProjectionType}"
ON = "contains(['ENABLED', 'ENABLING', 'UPDATING'], Status)"
STREAMING = "contains(['ACTIVE', 'ENABLING', 'UPDATING'], DestinationStatus)"
# As Ref has it: policies name their target by this.
TARGET = "join('|', [ResourceId, ScalableDimension, ServiceNamespace])"
# Whether the list has the own Region is not documented.
REGIONS = "Replicas[].{Region: RegionName}"
# Not properties of the CloudFormation type: what makes a live table a global one, its own Region included.
LIVE_ONLY = {
    "Replicas": f"Replicas && (contains(Replicas[].RegionName, Here.Region) && {REGIONS} "
    f"|| [{{Region: Here.Region}}, {REGIONS}][])"
}

TABLES = Collection(
    "AWS::DynamoDB::Table",
    Call("dynamodb", "ListTables"),
    "TableNames",
    each=Call("dynamodb", "DescribeTable", per_item={"TableName": "Name"}),
    each_item="Table",
    each_none=GONE,
    id="TableName",
    arn="TableArn",
    always="DeletionProtectionEnabled KeySchema",
    same="AttributeDefinitions DeletionProtectionEnabled TableName",
    properties={
        "BillingMode": "BillingModeSummary.BillingMode || 'PROVISIONED'",
        "GlobalSecondaryIndexes": "GlobalSecondaryIndexes[].{IndexName: IndexName, "
        f"KeySchema: {KEYS}, Projection: {PROJECTION}, ProvisionedThroughput: {THROUGHPUT}, "
        f"OnDemandThroughput: OnDemandThroughput.{ON_DEMAND}, WarmThroughput: {WARM}}}",
        "KeySchema": KEYS,
        "LocalSecondaryIndexes": "LocalSecondaryIndexes[].{IndexName: IndexName, "
        f"KeySchema: {KEYS}, Projection: {PROJECTION}}}",
        "OnDemandThroughput": f"OnDemandThroughput.{ON_DEMAND}",
        "ProvisionedThroughput": THROUGHPUT,
        # With its key: the detail is not asked about a key of another account.
        "SSESpecification": f"SSEDescription.{{SSEEnabled: {ON}, SSEType: SSEType, KMSMasterKeyId: KMSMasterKeyArn}}",
        "StreamSpecification": "StreamSpecification.{StreamViewType: StreamViewType}",
        "TableClass": "TableClassSummary.TableClass",
        "VectorIndexes": "VectorIndexes[].{IndexName: IndexName, Dimensions: Dimensions, "
        f"DistanceFunction: DistanceFunction, Projection: {PROJECTION}, VectorAttribute: VectorAttribute, "
        "SearchSchema: SearchSchema}",
        "WarmThroughput": WARM,
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
            always="ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus",
        ),
        Detail(
            Call("dynamodb", "DescribeTimeToLive", per_item=BY_NAME),
            {
                "TimeToLiveSpecification": "TimeToLiveDescription.{AttributeName: AttributeName, "
                "Enabled: contains(['ENABLED', 'ENABLING'], TimeToLiveStatus)}"
            },
            none=GONE,
            always="TimeToLiveDescription.TimeToLiveStatus",
        ),
        Detail(
            Call("dynamodb", "DescribeContributorInsights", per_item=BY_NAME),
            {
                "ContributorInsightsSpecification": "ContributorInsightsStatus && {Enabled: "
                "contains(['ENABLED', 'ENABLING'], ContributorInsightsStatus), Mode: ContributorInsightsMode}"
            },
            none=GONE,
        ),
        Detail(
            Call("dynamodb", "DescribeKinesisStreamingDestination", per_item=BY_NAME),
            {
                "KinesisStreamSpecification": "(KinesisDataStreamDestinations["
                f"?{STREAMING}])[0]."
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
            Call("dynamodb", "GetResourcePolicy", per_item={"ResourceArn": "LatestStreamArn"}),
            {"StreamSpecification.ResourcePolicy": "{PolicyDocument: Policy}"},
            when="StreamSpecification.StreamEnabled && LatestStreamArn",  # the ARN outlives the stream
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

# Backups have no CloudFormation type; those of AWS Backup are recovery points there, and not listed here.
BACKUPS = Collection(
    "AWS::DynamoDB::Backup",
    Call("dynamodb", "ListBackups", {"BackupType": "ALL"}),
    "BackupSummaries",
    id="BackupArn",
    arn="BackupArn",
    keep="BackupStatus != 'DELETED'",
    same="BackupCreationDateTime BackupName BackupType TableName",
)

TARGETS = Collection(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    Call("application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}),
    "ScalableTargets",
    id=TARGET,
    arn="ScalableTargetARN",
    same="MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ServiceNamespace SuspendedState",
    details=(
        Detail(
            Call(
                "application-autoscaling",
                "DescribeScheduledActions",
                {"ServiceNamespace": "dynamodb"},
                {"ResourceId": "ResourceId", "ScalableDimension": "ScalableDimension"},
            ),
            {
                "ScheduledActions": "ScheduledActions[].{ScheduledActionName: ScheduledActionName, "
                "Schedule: Schedule, Timezone: Timezone, StartTime: StartTime, EndTime: EndTime, "
                "ScalableTargetAction: ScalableTargetAction}"
            },
            items="ScheduledActions",
        ),
    ),
)
SCALING_POLICIES = Collection(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    Call("application-autoscaling", "DescribeScalingPolicies", {"ServiceNamespace": "dynamodb"}),
    "ScalingPolicies",
    id="PolicyARN",
    arn="PolicyARN",
    same="""
        PolicyName PolicyType ResourceId ScalableDimension ServiceNamespace StepScalingPolicyConfiguration
        TargetTrackingScalingPolicyConfiguration
    """,
    properties={"ScalingTargetId": TARGET},
)

LIMITS = Collection(
    "AWS::DynamoDB::Limits",
    Call("dynamodb", "DescribeLimits"),
    "",
    id="Here.Region",
    same="AccountMaxReadCapacityUnits AccountMaxWriteCapacityUnits",
)

COLLECTIONS = (TABLES, BACKUPS, TARGETS, SCALING_POLICIES, LIMITS)
