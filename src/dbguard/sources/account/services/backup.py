"""AWS Backup: plans with their rules, selections and vaults."""

from dbguard.sources.account.mapping import Call, Collection, Detail

LIFECYCLE = "Lifecycle.{DeleteAfterDays: DeleteAfterDays, MoveToColdStorageAfterDays: MoveToColdStorageAfterDays}"
PLANS_CALL = Call("backup", "ListBackupPlans")

PLANS = Collection(
    "AWS::Backup::BackupPlan",
    PLANS_CALL,
    "BackupPlansList",
    each=Call("backup", "GetBackupPlan", per_item={"BackupPlanId": "BackupPlanId"}),
    each_none=("ResourceNotFoundException",),
    id="BackupPlanId",
    arn="BackupPlanArn",
    properties={
        "BackupPlan": "BackupPlan.{BackupPlanName: BackupPlanName, "
        "AdvancedBackupSettings: AdvancedBackupSettings[].{ResourceType: ResourceType, BackupOptions: BackupOptions}, "
        "BackupPlanRule: Rules[].{RuleName: RuleName, TargetBackupVault: TargetBackupVaultName, "
        "ScheduleExpression: ScheduleExpression, ScheduleExpressionTimezone: ScheduleExpressionTimezone, "
        "StartWindowMinutes: StartWindowMinutes, CompletionWindowMinutes: CompletionWindowMinutes, "
        f"EnableContinuousBackup: EnableContinuousBackup, Lifecycle: {LIFECYCLE}, "
        "CopyActions: CopyActions[].{DestinationBackupVaultArn: DestinationBackupVaultArn, "
        f"Lifecycle: {LIFECYCLE}}}}}}}",
    },
)

SELECTIONS = Collection(
    "AWS::Backup::BackupSelection",
    Call("backup", "ListBackupSelections", per_item={"BackupPlanId": "BackupPlanId"}),
    "BackupSelectionsList",
    of=(PLANS_CALL, "BackupPlansList"),
    each=Call("backup", "GetBackupSelection", per_item={"BackupPlanId": "BackupPlanId", "SelectionId": "SelectionId"}),
    each_none=("ResourceNotFoundException",),
    id="SelectionId",
    properties={
        "BackupPlanId": "BackupPlanId",
        "BackupSelection": "BackupSelection.{SelectionName: SelectionName, IamRoleArn: IamRoleArn, "
        "Resources: Resources, NotResources: NotResources, ListOfTags: ListOfTags, Conditions: Conditions}",
    },
)

VAULTS = Collection(
    "AWS::Backup::BackupVault",
    Call("backup", "ListBackupVaults"),
    "BackupVaultList",
    id="BackupVaultName",
    arn="BackupVaultArn",
    same="BackupVaultName EncryptionKeyArn",
    properties={
        "LockConfiguration": "Locked && {MinRetentionDays: MinRetentionDays, MaxRetentionDays: MaxRetentionDays} "
        "|| `null`",
    },
    details=(
        Detail(
            Call("backup", "GetBackupVaultAccessPolicy", per_item={"BackupVaultName": "BackupVaultName"}),
            {"AccessPolicy": "Policy"},
            none=("ResourceNotFoundException",),
        ),
    ),
)

COLLECTIONS = (PLANS, SELECTIONS, VAULTS)
