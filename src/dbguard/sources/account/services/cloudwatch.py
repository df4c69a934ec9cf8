"""Amazon CloudWatch: the alarms that watch databases."""

from dbguard.sources.account.mapping import Call, Collection

ALARMS = Collection(
    "AWS::CloudWatch::Alarm",
    Call("cloudwatch", "DescribeAlarms", {"AlarmTypes": ["MetricAlarm"]}),
    "MetricAlarms",
    id="AlarmName",
    arn="AlarmArn",
    keep="starts_with(Namespace || 'AWS/', 'AWS/')",  # one without a namespace is an expression over metrics
    same="ActionsEnabled AlarmActions AlarmName Dimensions MetricName Metrics Namespace OKActions",
)

COLLECTIONS = (ALARMS,)
