"""Hand-made reports: one with everything in it, one clean, one of a run that found no template."""

from __future__ import annotations

from dbguard.model import (
    Control,
    Coverage,
    Finding,
    Gap,
    Location,
    Member,
    Notice,
    Related,
    Report,
    Status,
    Subject,
    Trend,
)

INSTANCE = "AWS::RDS::DBInstance"
TABLE = "AWS::DynamoDB::Table"
HOSTILE = 'Evil\x1b[31m\u202e\ud800::error,%:"<b>|`@all'


def _at(file: str, line: int, column: int, path: str) -> Location:
    return Location(file, line, column, path)


DB = _at("templates/app.yaml", 9, 3, "Resources.Db")
ENCRYPTED = Finding(
    policy="rds/storage-encrypted",
    verdict="fail",
    severity="high",
    title="RDS DB instances are encrypted at rest",
    message="StorageEncrypted is false; it must be true",
    fix="Set StorageEncrypted to true. An existing DB instance is replaced: restore it from an encrypted copy of "
    "its snapshot.\n",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 12, 7, "Resources.Db.Properties.StorageEncrypted"),
    fingerprint="5f1c9a",
    source_line="      StorageEncrypted: false  # until the migration",
    judged_at=DB,
    around=(
        (11, "      Engine: mysql  # <b>"),
        (12, "      StorageEncrypted: false  # until the migration"),
        (13, "\tKmsKeyId: !ImportValue shared-key\u202e"),
    ),
)
MULTI_AZ = Finding(
    policy="rds/multi-az",
    verdict="may-fail",
    severity="medium",
    title="RDS DB instances have a standby in a second Availability Zone",
    message="MultiAZ is false; it must be true",
    fix="Set MultiAZ to true.",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 14, 7, "Resources.Db.Properties.MultiAZ"),
    when={"Env": "dev", "Standby": False},
    unless={"Env": "prod"},
    fingerprint="77aa01",
    source_line="      MultiAZ: !If [IsProd, true, !Ref Standby]",
    judged_at=DB,
)
PUBLIC = Finding(
    policy="rds/public-access",
    verdict="fail",
    severity="critical",
    title="RDS DB instances are not reachable from the internet",
    message="PubliclyAccessible is true; it must be false",
    fix="Set PubliclyAccessible to false and reach the DB instance through a bastion host or a VPN.",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 12, 7, "Resources.Db.Properties.PubliclyAccessible"),
    when={"Env": "dev"},
    unless={"Env": "any other value"},
    fingerprint="0c0ffe",
    source_line='      PubliclyAccessible: !FindInMap [Envs, !Ref Env, "public"]',
    judged_at=DB,
)
REPLICAS = Finding(
    policy="rds/read-replica-limit",
    verdict="fail",
    severity="low",
    title="An RDS DB instance has no more read replicas than its engine allows",
    message="6 read replicas name this DB instance as their source, and an Oracle DB instance can have at most 5; "
    "CloudFormation refuses the sixth in the middle of the deployment",
    fix="Remove a read replica.",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 9, 3, "Resources.Db"),
    related=(
        Related("Copy1", INSTANCE, _at("templates/app.yaml", 40, 3, "Resources.Copy1"), "read replica of Db"),
        Related("Copy6", INSTANCE, None, "read replica of Db"),
    ),
    fingerprint="abc123",
    source_line="  Db:",
)
KEY = Finding(
    policy="rds/customer-managed-key",
    verdict="unknown",
    severity="low",
    title="RDS DB instances are encrypted with a key of your own",
    message="KmsKeyId is not known",
    fix="Set KmsKeyId.",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 13, 7, "Resources.Db.Properties.KmsKeyId"),
    reason="the import shared-key is known only at deployment",
    fingerprint="deed01",
    source_line="      KmsKeyId: !ImportValue shared-key",
)
BACKUPS = Finding(
    policy="rds/backup-retention",
    verdict="fail",
    severity="high",
    title="RDS keeps automated backups",
    message="BackupRetentionPeriod is 0; it must be between 1 and 35",
    fix="Set BackupRetentionPeriod between 1 and 35.",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 16, 7, "Resources.Db.Properties.BackupRetentionPeriod"),
    waiver={"reason": "a scratch database | rebuilt each night", "until": "2027-03-01", "where": "comment"},
    fingerprint="beef02",
    source_line="      BackupRetentionPeriod: 0",
)
RECOVERY = Finding(
    policy="dynamodb/point-in-time-recovery",
    verdict="fail",
    severity="medium",
    title="DynamoDB tables have point-in-time recovery on",
    message="PointInTimeRecoveryEnabled is false; it must be true",
    fix="Set PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled to true.",
    resource=Subject("表Größe", TABLE),
    location=_at("templates/größe tab.json", 1, 188, "Resources.表Größe.Properties"),
    fingerprint="1a2b3c",
    source_line='{"Resources": {"表Größe": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "表", '
    '"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "PointInTimeRecoverySpecification": '
    '{"PointInTimeRecoveryEnabled": false}, "BillingMode": "PAY_PER_REQUEST"}}}}',
)
EVIL = Finding(
    policy="dynamodb/deletion-protection",
    verdict="fail",
    severity="info",
    title="DynamoDB tables are protected from deletion",
    message=f"DeletionProtectionEnabled is {HOSTILE}; it must be\ntrue",
    fix="Set DeletionProtectionEnabled to true.",
    resource=Subject(HOSTILE, TABLE),
    location=_at(f"templates/{HOSTILE}.yaml", 3, 2, f"Resources.{HOSTILE}"),
    when={HOSTILE: HOSTILE},
    related=(Related(HOSTILE, TABLE, _at(f"templates/{HOSTILE}.yaml", 9, 1, ""), HOSTILE),),
    fingerprint="666",
    source_line=f"\t表: {HOSTILE}",
)
LIVE = Finding(
    policy="redshift/require-ssl",
    verdict="fail",
    severity="medium",
    title="Redshift clusters accept encrypted connections only",
    message="require_ssl is false in the parameter group main-params; it must be true",
    fix="Set require_ssl to true in the cluster's parameter group.",
    resource=Subject(
        "warehouse",
        "AWS::Redshift::Cluster",
        "account",
        "111122223333",
        "eu-west-1",
        "arn:aws:redshift:eu-west-1:111122223333:cluster:warehouse",
    ),
    location=None,
    related=(Related("main-params", "AWS::Redshift::ClusterParameterGroup", None, "its parameter group"),),
    fingerprint="11fe01",
)
LIVE_UNKNOWN = Finding(
    policy="elasticache/automatic-backup",
    verdict="unknown",
    severity="medium",
    title="ElastiCache keeps automatic backups",
    message="SnapshotRetentionLimit is not known",
    fix="Set SnapshotRetentionLimit to 1 or more.",
    resource=Subject("sessions", "AWS::ElastiCache::ReplicationGroup", "account", "111122223333", "eu-west-1"),
    location=None,
    reason="access denied: elasticache:DescribeReplicationGroups",
    fingerprint="11fe02",
)
PASSED = Finding(
    policy="rds/deletion-protection",
    verdict="pass",
    severity="medium",
    title="RDS DB instances are protected from deletion",
    message="DeletionProtection is true",
    fix="Set DeletionProtection to true.",
    resource=Subject("Db", INSTANCE),
    location=_at("templates/app.yaml", 9, 3, "Resources.Db"),
    fingerprint="900d",
    source_line="  Db:",
)
EXEMPTED = Finding(
    policy="rds/backup-retention",
    verdict="exempt",
    severity="high",
    title="RDS keeps automated backups",
    message="",
    fix="Set BackupRetentionPeriod between 1 and 35.",
    resource=Subject("Member", INSTANCE),
    location=_at("templates/app.yaml", 60, 3, "Resources.Member"),
    reason="members of a DB cluster are backed up by the cluster, see aurora/backup-retention",
    fingerprint="e8e8",
    source_line="  Member:",
)

CLUSTER = "AWS::RDS::DBCluster"
ARN = "arn:aws:rds:{}:111122223333:db:{}"


def _member(name: str, line: int, zone: str, inside: tuple[str, ...], sources: tuple[str, ...], worst: str) -> Member:
    verdict, _, severity = worst.partition(" ")
    resource = Subject(name, CLUSTER if name.endswith("Cluster") else INSTANCE)
    where = _at("templates/app.yaml", line, 3, f"Resources.{name}")
    return Member("templates/app.yaml", name, resource, where, zone, inside, sources, verdict, severity)


def _live(
    name: str, region: str, sources: tuple[str, ...], kind: str = INSTANCE, inside: tuple[str, ...] = ()
) -> Member:
    resource = Subject(name, kind, "account", "111122223333", region, ARN.format(region, name))
    return Member(f"111122223333/{region}", name, resource, None, f"{region}a", inside, sources, "pass", "low")


WORLD = "AWS::RDS::GlobalCluster"
MEMBERS = (
    _live("main", "eu-west-1", ()),
    _live("world", "eu-west-1", (), WORLD),
    _live("west", "eu-west-1", (), CLUSTER, (f"{WORLD}/world",)),
    _live("east", "us-east-1", (), CLUSTER, (f"{WORLD}/world",)),
    _live("far", "sa-east-1", (ARN.format("eu-west-1", "main"), ARN.format("us-east-1", "lost"))),
    _member("Db", 9, "Multi-AZ", (), (), "fail critical"),
    _member("Copy", 40, "eu-west-1b", (), (f"{INSTANCE}/Db",), "unknown low"),
    _member("OneCluster", 50, "", (), (), "may-fail medium"),
    _member("Member", 60, "eu-west-1b", (f"{CLUSTER}/OneCluster",), (), "exempt high"),
    _member("First", 70, "eu-west-1a", (f"{CLUSTER}/OneCluster",), (), "pass high"),
    Member(HOSTILE, HOSTILE, EVIL.resource, EVIL.location, HOSTILE, (HOSTILE,), (HOSTILE,), "fail", "info"),
)

RICH = Report(
    version="0.1.0",
    findings=(
        LIVE_UNKNOWN,
        LIVE,
        EXEMPTED,
        PASSED,
        BACKUPS,
        KEY,
        REPLICAS,
        MULTI_AZ,
        ENCRYPTED,
        PUBLIC,
        RECOVERY,
        EVIL,
    ),
    gaps=(
        Gap("bad.yaml", "unreadable", "mapping values are not allowed here", Location("bad.yaml", 3, 14)),
        Gap(
            "templates/sam.yaml",
            "unsupported",
            "Fn::Transform is not expanded, so its resources are not judged",
            Location("templates/sam.yaml", 2, 1, "Transform"),
        ),
        Gap("account 111122223333 eu-west-2", "access-denied", "rds:DescribeDBInstances"),
        Gap(f"{HOSTILE}.yaml", "unreadable", f"no {HOSTILE}", Location(f"{HOSTILE}.yaml", 1, 1)),
    ),
    coverage=Coverage(read=3, not_templates=4, unreadable=2, resources=12, policies=96),
    verdicts={"pass": 310, "exempt": 30, "fail": 6, "may-fail": 1, "unknown": 2},
    waived=1,
    members=MEMBERS,
    why=(("rds/storage-encrypted", "Whoever takes a disk or a snapshot reads it."), (EVIL.policy, f"It is {HOSTILE}.")),
    trends=(
        Trend("rds/public-access", "critical", 1, 0, 0),
        Trend("rds/storage-encrypted", "high", 1, 2, 0),
        Trend(HOSTILE, "info", 0, 0, 3),
    ),
    notices=(
        Notice(
            "templates/app.yaml",
            "expired",
            "rds/multi-az on Db: it ended on 2026-03-01: until the move",
            Location("templates/app.yaml", 14, 29),
        ),
        Notice("baseline.json", "unused", "1 entry is found no more; --prune-baseline takes it out"),
        Notice(f"{HOSTILE}.yaml", "malformed", f"until is a day, not '{HOSTILE}'", Location(f"{HOSTILE}.yaml", 2, 1)),
    ),
)
CLEAN = Report("0.1.0", (), (), Coverage(read=3, resources=12, policies=96), {"pass": 340, "exempt": 12})
NOTHING = Report("0.1.0", (), (), Coverage(not_templates=1), {})

ACCOUNT = Report(
    version="0.1.0",
    findings=(LIVE_UNKNOWN, LIVE),
    gaps=(Gap("111122223333/eu-west-1/dms", "denied", "dms:DescribeEndpoints: AccessDenied (HTTP 403): no"),),
    coverage=Coverage(read=2, resources=2, policies=46),
    verdicts={"fail": 1, "may-fail": 0, "unknown": 1, "exempt": 0, "pass": 3},
    statuses=(
        Status("111122223333", "eu-west-1", "dms", "denied", 0, "dms:DescribeEndpoints: AccessDenied (HTTP 403): no"),
        Status("111122223333", "eu-west-1", "elasticache", "scanned", 1),
        Status("111122223333", "eu-west-1", "redshift", "scanned", 2),
        Status("111122223333", "sa-east-1", "redshift", "scanned", 0),
    ),
)

FRAMEWORK = RICH._replace(
    controls=(
        Control("fsbp", "RDS.2", "evaluated", "full", ("rds/public-access",), "fail", ""),
        Control("fsbp", "RDS.3", "evaluated", "partial", ("rds/storage-encrypted",), "fail", "not for clusters"),
        Control("fsbp", "RDS.4", "not-evaluated", None, (), None, "snapshots are not read"),
        Control("fsbp", "RDS.5", "no-resource", "full", ("rds/multi-az",), None, ""),
        Control("cis", HOSTILE, "evaluated", "full", ("rds/storage-encrypted", HOSTILE), "fail", HOSTILE),
    )
)
