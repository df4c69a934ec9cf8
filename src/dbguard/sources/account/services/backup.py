"""AWS Backup: plans with their rules, selections and vaults."""

from dbguard.sources.account.common import managed_key
from dbguard.sources.account.mapping import Call, Collection, Detail

GONE = ("ResourceNotFoundException",)
BY_NAME = {"BackupVaultName": "BackupVaultName"}
LIFECYCLE = (
    "Lifecycle.{DeleteAfterDays: DeleteAfterDays, MoveToColdStorageAfterDays: MoveToColdStorageAfterDays, "
    "OptInToArchiveForSupportedResources: OptInToArchiveForSupportedResources}"
)
PLANS_CALL = Call("backup", "ListBackupPlans")
VAULTS_CALL = Call("backup", "ListBackupVaults")


def tags(arn: str, target: str) -> Detail:
    """The tags of a plan or a vault: no paginator, but all that there can be fit in the largest page.

    Those of AWS's own are left out: a template has none, and they say nothing of an owner.
    """
    call = Call("backup", "ListTags", {"MaxResults": 1000}, {"ResourceArn": arn})
    own = "pairs(items(Tags)[?!starts_with([0], 'aws:')].{Key: [0], Value: [1]}, 'Key', 'Value')"
    return Detail(call, {target: f"{own} || `null`"}, none=GONE)


PLANS = Collection(
    "AWS::Backup::BackupPlan",
    PLANS_CALL,
    "BackupPlansList",
    each=Call("backup", "GetBackupPlan", per_item={"BackupPlanId": "BackupPlanId"}),
    each_none=GONE,
    id="BackupPlanId",
    arn="BackupPlanArn",
    properties={
        "BackupPlan": "BackupPlan.{BackupPlanName: BackupPlanName, "
        "AdvancedBackupSettings: AdvancedBackupSettings[].{ResourceType: ResourceType, BackupOptions: BackupOptions}, "
        "ScanSettings: ScanSettings, "
        "BackupPlanRule: Rules[].{RuleName: RuleName, TargetBackupVault: TargetBackupVaultName, "
        "TargetLogicallyAirGappedBackupVaultArn: TargetLogicallyAirGappedBackupVaultArn, "
        "RecoveryPointTags: RecoveryPointTags, IndexActions: IndexActions, ScanActions: ScanActions, "
        "ScheduleExpression: ScheduleExpression, ScheduleExpressionTimezone: ScheduleExpressionTimezone, "
        "StartWindowMinutes: StartWindowMinutes, CompletionWindowMinutes: CompletionWindowMinutes, "
        f"EnableContinuousBackup: EnableContinuousBackup, Lifecycle: {LIFECYCLE}, "
        "CopyActions: CopyActions[].{DestinationBackupVaultArn: DestinationBackupVaultArn, "
        f"Lifecycle: {LIFECYCLE}}}}}}}",
    },
    details=(tags("BackupPlanArn", "BackupPlanTags"),),
)

SELECTIONS = Collection(
    "AWS::Backup::BackupSelection",
    Call("backup", "ListBackupSelections", per_item={"BackupPlanId": "BackupPlanId"}),
    "BackupSelectionsList",
    of=(PLANS_CALL, "BackupPlansList"),
    each=Call("backup", "GetBackupSelection", per_item={"BackupPlanId": "BackupPlanId", "SelectionId": "SelectionId"}),
    each_none=GONE,
    id="SelectionId",
    properties={
        "BackupPlanId": "BackupPlanId",
        "BackupSelection": "BackupSelection.{SelectionName: SelectionName, IamRoleArn: IamRoleArn, "
        "Resources: Resources, NotResources: NotResources, ListOfTags: ListOfTags, Conditions: Conditions}",
    },
)

VAULTS = Collection(
    "AWS::Backup::BackupVault",
    VAULTS_CALL,
    "BackupVaultList",
    id="BackupVaultName",
    arn="BackupVaultArn",
    keep="(VaultType || 'BACKUP_VAULT') == 'BACKUP_VAULT'",  # the others are types of their own
    same="BackupVaultName EncryptionKeyArn",
    properties={
        # A lock may set no retention at all, and is one all the same.
        "LockConfiguration": "Locked && {MinRetentionDays: MinRetentionDays || `0`, "
        "MaxRetentionDays: MaxRetentionDays} || `null`",
    },
    details=(
        managed_key("EncryptionKeyArn", "alias/aws/backup", "EncryptionKeyArn"),
        Detail(Call("backup", "GetBackupVaultAccessPolicy", per_item=BY_NAME), {"AccessPolicy": "Policy"}, none=GONE),
        Detail(
            Call("backup", "GetBackupVaultNotifications", per_item=BY_NAME),
            {"Notifications": "SNSTopicArn && {SNSTopicArn: SNSTopicArn, BackupVaultEvents: BackupVaultEvents}"},
            none=GONE,
        ),
        tags("BackupVaultArn", "BackupVaultTags"),
    ),
)

# AWS Config's name for recovery points; the other two have none, and are named alike.
RECOVERY_POINTS = Collection(
    "AWS::Backup::RecoveryPoint",
    Call("backup", "ListRecoveryPointsByBackupVault", per_item={"BackupVaultName": "BackupVaultName"}),
    "RecoveryPoints",
    of=(VAULTS_CALL, "BackupVaultList"),
    id="RecoveryPointArn",
    arn="RecoveryPointArn",
    keep="contains(['Aurora', 'DocumentDB', 'DynamoDB', 'Neptune', 'RDS', 'Redshift', 'Redshift Serverless', "
    "'Timestream'], ResourceType || '')",
    same="""
        BackupVaultName CalculatedLifecycle CreationDate EncryptionKeyArn IsEncrypted Lifecycle RecoveryPointArn
        ResourceArn ResourceType Status VaultType
    """,
)
PROTECTED = Collection(
    "AWS::Backup::ProtectedResource",
    Call("backup", "ListProtectedResources"),
    "Results",
    id="ResourceArn",
    same="LastBackupTime LastBackupVaultArn ResourceArn ResourceType",
    details=(
        Detail(
            Call("backup", "DescribeProtectedResource", per_item={"ResourceArn": "ResourceArn"}),
            {
                "LatestRestoreExecutionTimeMinutes": "LatestRestoreExecutionTimeMinutes",
                "LatestRestoreJobCreationDate": "LatestRestoreJobCreationDate",
            },
            none=GONE,
        ),
    ),
)
REPORT_PLANS = Collection(
    "AWS::Backup::ReportPlan",
    Call("backup", "ListReportPlans"),
    "ReportPlans",
    id="ReportPlanName",
    arn="ReportPlanArn",
    same="ReportPlanName ReportPlanDescription",
    details=(tags("ReportPlanArn", "ReportPlanTags"),),
)
# What policies on a Region as a whole are about.
REGION_SETTINGS = Collection(
    "AWS::Backup::RegionSettings",
    Call("backup", "DescribeRegionSettings"),
    "",
    id="Here.Region",
    same="ResourceTypeOptInPreference",
)

COLLECTIONS = (PLANS, SELECTIONS, VAULTS, RECOVERY_POINTS, PROTECTED, REPORT_PLANS, REGION_SETTINGS)
