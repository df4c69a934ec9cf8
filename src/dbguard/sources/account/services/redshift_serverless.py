"""Amazon Redshift Serverless: namespaces, workgroups and snapshots."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

GONE = ("ResourceNotFoundException",)
# Without a key of its own a namespace names one that AWS owns, which no template can and KMS does not describe.
KEY_ID = "kmsKeyId && kmsKeyId != 'AWS_OWNED_KMS_KEY' && kmsKeyId"
KEY = managed_key("KmsKeyId", "alias/aws/redshift", KEY_ID)
TAGS = {"Tags": "tags[].{Key: key, Value: value}"}

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
        "KmsKeyId": f"{KEY_ID} || `null`",
        "LogExports": "logExports",
        "ManageAdminPassword": "adminPasswordSecretArn && `true`",
        "NamespaceName": "namespaceName",
    },
    details=(
        KEY,
        managed_key("AdminPasswordSecretKmsKeyId", "alias/aws/secretsmanager", "adminPasswordSecretKmsKeyId"),
        Detail(
            Call("redshift-serverless", "ListSnapshotCopyConfigurations", per_item={"namespaceName": "namespaceName"}),
            {
                "SnapshotCopyConfigurations": "snapshotCopyConfigurations[].{DestinationRegion: destinationRegion, "
                "DestinationKmsKeyId: destinationKmsKeyId, SnapshotRetentionPeriod: snapshotRetentionPeriod}"
            },
            items="snapshotCopyConfigurations",
            none=GONE,
        ),
        # The policy of a namespace is kept by provisioned Redshift, where CloudFormation reads it too.
        Detail(
            Call("redshift", "GetResourcePolicy", per_item={"ResourceArn": "namespaceArn"}),
            {"NamespaceResourcePolicy": "ResourcePolicy.Policy"},
            when="namespaceArn",
            none=("ResourceNotFoundFault", "UnsupportedOperation"),
        ),
        Detail(
            Call("redshift-serverless", "ListTagsForResource", per_item={"resourceArn": "namespaceArn"}),
            TAGS,
            none=GONE,
        ),
    ),
)

WORKGROUPS = Collection(
    "AWS::RedshiftServerless::Workgroup",
    Call("redshift-serverless", "ListWorkgroups"),
    "workgroups",
    id="workgroupName",
    arn="workgroupArn",
    always="PubliclyAccessible",
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
            TAGS,
            none=GONE,
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
        "KmsKeyId": f"{KEY_ID} || `null`",
        "NamespaceName": "namespaceName",
        # To a namespace, and to a provisioned cluster.
        "RestorableBy": "[accountsWithRestoreAccess, accountsWithProvisionedRestoreAccess][][]",
        "RetentionPeriod": "snapshotRetentionPeriod",
        "SnapshotName": "snapshotName",
    },
    details=(
        KEY,
        Detail(
            Call("redshift-serverless", "ListTagsForResource", per_item={"resourceArn": "snapshotArn"}),
            TAGS,
            none=GONE,
        ),
    ),
)

COLLECTIONS = (NAMESPACES, WORKGROUPS, SNAPSHOTS)
