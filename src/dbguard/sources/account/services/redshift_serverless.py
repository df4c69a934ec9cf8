"""Amazon Redshift Serverless: namespaces, workgroups and snapshots."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

NAMESPACES = Collection(
    "AWS::RedshiftServerless::Namespace",
    Call("redshift-serverless", "ListNamespaces"),
    "namespaces",
    id="namespaceName",
    arn="namespaceArn",
    properties={
        "AdminPasswordSecretKmsKeyId": "adminPasswordSecretKmsKeyId",
        "AdminUsername": "adminUsername",
        "DbName": "dbName",
        "DefaultIamRoleArn": "defaultIamRoleArn",
        "IamRoles": "iamRoles",
        "KmsKeyId": "kmsKeyId && kmsKeyId != 'AWS_OWNED_KMS_KEY' && kmsKeyId || `null`",
        "LogExports": "logExports",
        "ManageAdminPassword": "adminPasswordSecretArn && `true`",
        "NamespaceName": "namespaceName",
    },
    details=(
        managed_key("KmsKeyId", "alias/aws/redshift", "kmsKeyId && kmsKeyId != 'AWS_OWNED_KMS_KEY' && kmsKeyId"),
        Detail(
            Call("redshift-serverless", "ListSnapshotCopyConfigurations", per_item={"namespaceName": "namespaceName"}),
            {
                "SnapshotCopyConfigurations": "snapshotCopyConfigurations[].{DestinationRegion: destinationRegion, "
                "DestinationKmsKeyId: destinationKmsKeyId, SnapshotRetentionPeriod: snapshotRetentionPeriod}"
            },
            items="snapshotCopyConfigurations",
            none=("ResourceNotFoundException",),
        ),
        Detail(
            Call("redshift-serverless", "ListTagsForResource", per_item={"resourceArn": "namespaceArn"}),
            {"Tags": "tags[].{Key: key, Value: value}"},
            none=("ResourceNotFoundException",),
        ),
    ),
)

WORKGROUPS = Collection(
    "AWS::RedshiftServerless::Workgroup",
    Call("redshift-serverless", "ListWorkgroups"),
    "workgroups",
    id="workgroupName",
    arn="workgroupArn",
    properties={
        "BaseCapacity": "baseCapacity",
        "ConfigParameters": "configParameters[].{ParameterKey: parameterKey, ParameterValue: parameterValue}",
        "EnhancedVpcRouting": "enhancedVpcRouting",
        "MaxCapacity": "maxCapacity",
        "NamespaceName": "namespaceName",
        "Port": "port || endpoint.port",
        "PricePerformanceTarget": "pricePerformanceTarget.{Level: level, Status: status}",
        "PubliclyAccessible": "publiclyAccessible",
        "SecurityGroupIds": "securityGroupIds",
        "SubnetIds": "subnetIds",
        "TrackName": "trackName",
        "WorkgroupName": "workgroupName",
    },
    details=(
        Detail(
            Call("redshift-serverless", "ListTagsForResource", per_item={"resourceArn": "workgroupArn"}),
            {"Tags": "tags[].{Key: key, Value: value}"},
            none=("ResourceNotFoundException",),
        ),
    ),
)

# Who may restore a snapshot and its key are no properties in CloudFormation.
SNAPSHOTS = Collection(
    "AWS::RedshiftServerless::Snapshot",
    Call("redshift-serverless", "ListSnapshots"),
    "snapshots",
    id="snapshotName",
    arn="snapshotArn",
    properties={
        "KmsKeyId": "kmsKeyId && kmsKeyId != 'AWS_OWNED_KMS_KEY' && kmsKeyId || `null`",
        "NamespaceName": "namespaceName",
        "RestorableBy": "accountsWithRestoreAccess",
        "SnapshotName": "snapshotName",
        "RetentionPeriod": "snapshotRetentionPeriod",
    },
)

COLLECTIONS = (NAMESPACES, WORKGROUPS, SNAPSHOTS)
