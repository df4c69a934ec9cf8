"""`dbguard live` and `dbguard drift` as they are used: what is shown, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from dbguard.cli import main
from dbguard.sources.account import clients, targets
from tests.account.conftest import ACCOUNT, REGION, Fault, harvest, query_error

LOGIN = {"MasterUsername": "master", "MasterUserPassword": "correct-horse"}
INSTANCE = {"Engine": "mysql", "DBInstanceClass": "db.m7g.large", "AllocatedStorage": 20, **LOGIN}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """The exit code, the JSON report and what stands on standard error."""
    try:
        code = main(["live", "--format", "json", *arguments])
    except SystemExit as end:
        code = int(end.code or 0)
    out = capsys.readouterr()
    return code, json.loads(out.out) if out.out else None, out.err


def instance(name: str, region: str = REGION, **more: Any) -> None:
    boto3.client("rds", region_name=region).create_db_instance(DBInstanceIdentifier=name, **INSTANCE, **more)


def test_a_finding_names_account_region_and_arn(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    instance("orders", PubliclyAccessible=True)
    code, report, _ = run(capsys, "--select", "rds/public-access")
    (finding,) = report["findings"]
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"
    assert code == 1
    assert finding["resource"] == {
        "id": "orders",
        "type": "AWS::RDS::DBInstance",
        "origin": "account",
        "account": ACCOUNT,
        "region": REGION,
        "arn": arn,
    }
    assert finding["location"] is None
    assert report["services"] == [
        {"account": ACCOUNT, "region": REGION, "service": "rds", "status": "scanned", "resources": 1, "detail": ""}
    ]


def test_a_group_of_any_name_may_be_in_the_default_vpc(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    ec2, rds = boto3.client("ec2", region_name=REGION), boto3.client("rds", region_name=REGION)
    (old,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    new = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]
    ec2.create_subnet(VpcId=new["VpcId"], CidrBlock="10.1.1.0/24")
    for name, vpc in (("public", old), ("private", new)):
        subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
        ids = [one["SubnetId"] for one in subnets]
        rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=ids)
        instance(f"in-{name}", DBSubnetGroupName=name)
    code, report, _ = run(capsys, "--select", "rds/not-in-default-vpc", "--show", "all")
    assert code == 1
    verdicts = {one["resource"]["id"]: one["verdict"] for one in report["findings"]}
    assert verdicts == {"in-public": "fail", "in-private": "pass"}


def test_a_subnet_follows_the_main_route_table(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    ec2, rds = boto3.client("ec2", region_name=REGION), boto3.client("rds", region_name=REGION)
    for name in ("public", "private"):
        vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24")["Subnet"]["SubnetId"]
        if name == "public":
            gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
            (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
            ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=[subnet])
        instance(f"in-{name}", DBSubnetGroupName=name)
    _, report, _ = run(capsys, "--select", "rds/instance-in-public-subnet", "--show", "all")
    verdicts = {one["resource"]["id"]: one["verdict"] for one in report["findings"]}
    assert verdicts == {"in-public": "fail", "in-private": "pass"}


def test_an_empty_account_is_clean(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    code, report, errors = run(capsys, "--service", "rds", "--service", "dynamodb")
    assert (code, report["findings"], report["gaps"], errors) == (0, [], [], "")


def test_every_enabled_region(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    instance("near", PubliclyAccessible=True)
    instance("far", "sa-east-1", PubliclyAccessible=True)
    code, report, _ = run(capsys, "--all-regions", "--select", "rds/public-access")
    assert code == 1
    assert {one["resource"]["region"] for one in report["findings"]} == {REGION, "sa-east-1"}
    assert len({one["region"] for one in report["services"]}) > 15


def test_an_organization(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    organizations = boto3.client("organizations", region_name="us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="shop", Email="shop@example.com")
    other = made["CreateAccountStatus"]["AccountId"]
    code, report, _ = run(capsys, "--organization", "--service", "rds")
    assert code == 0
    assert {one["account"] for one in report["services"]} == {ACCOUNT, other}


def test_a_refused_service_is_a_gap_and_the_rest_is_judged(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    instance("orders", PubliclyAccessible=True)
    fault("redshift", "*", 403, query_error("AccessDenied", "no identity-based policy allows it"))
    code, report, _ = run(capsys, "--select", "rds/public-access,redshift/public-access")
    assert code == 3
    assert not report["complete"]
    assert [one["resource"]["id"] for one in report["findings"]] == ["orders"]
    (gap,) = report["gaps"]
    assert (gap["target"], gap["kind"]) == (f"{ACCOUNT}/{REGION}/redshift", "denied")
    assert "redshift:DescribeClusters" in gap["detail"]
    assert "no identity-based policy allows it" in gap["detail"]


def test_what_one_refused_call_would_tell_is_unknown(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    boto3.client("dynamodb", region_name=REGION).create_table(TableName="t", AttributeDefinitions=attributes, **key)
    fault("dynamodb", "DescribeContinuousBackups", 400, '{"__type": "x#AccessDeniedException", "message": "no"}')
    code, report, _ = run(capsys, "--select", "dynamodb/point-in-time-recovery,dynamodb/deletion-protection")
    assert code == 3
    verdicts = {one["policy"]: one["verdict"] for one in report["findings"]}
    assert verdicts == {"dynamodb/point-in-time-recovery": "unknown", "dynamodb/deletion-protection": "fail"}
    (unknown,) = [one for one in report["findings"] if one["verdict"] == "unknown"]
    assert "dynamodb:DescribeContinuousBackups: AccessDeniedException" in unknown["reason"]


def test_an_answer_that_does_not_tell_is_unknown_and_a_gap(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    attributes = [{"AttributeName": "id", "AttributeType": "S"}]
    boto3.client("dynamodb", region_name=REGION).create_table(TableName="t", AttributeDefinitions=attributes, **key)
    within = '{"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": {"RecoveryPeriodInDays": 35}}}'
    for body in ("{}", '{"ContinuousBackupsDescription": {}}', within, '{"Sorry": "no"}'):
        fault("dynamodb", "DescribeContinuousBackups", 200, body, times=1)
        code, report, _ = run(capsys, "--select", "dynamodb/point-in-time-recovery")
        assert code == 3
        assert [one["verdict"] for one in report["findings"]] == ["unknown"]
        assert [gap["kind"] for gap in report["gaps"]] == ["unexpected"]


def test_who_may_restore_a_snapshot_is_never_nobody_unless_aws_says_so(
    fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    instance("orders")
    boto3.client("rds", region_name=REGION).create_db_snapshot(DBSnapshotIdentifier="s", DBInstanceIdentifier="orders")
    name = "DescribeDBSnapshotAttributes"
    attributes = "<DBSnapshotAttributesResult><DBSnapshotIdentifier>s</DBSnapshotIdentifier>{}"
    body = f"<{name}Response><{name}Result>{attributes}</DBSnapshotAttributesResult></{name}Result></{name}Response>"
    fault("rds", name, 200, body.format("<DBSnapshotAttributes/>"))
    code, report, _ = run(capsys, "--select", "rds/snapshot-not-public")
    assert (code, [one["verdict"] for one in report["findings"]]) == (3, ["unknown"])
    assert report["gaps"][0]["detail"] == f"rds:{name}: the answer does not tell RestorableBy"


def test_automated_snapshots_are_left_alone(mocked: None) -> None:
    redshift = boto3.client("redshift", region_name=REGION)
    redshift.create_cluster(ClusterIdentifier="w", NodeType="ra3.large", MasterUsername="m", MasterUserPassword="Pass1")
    redshift.create_cluster_snapshot(SnapshotIdentifier="mine", ClusterIdentifier="w")
    told = redshift.describe_cluster_snapshots(SnapshotType="manual")["Snapshots"]
    assert len(told) > 1  # moto answers all of them, whatever is asked for
    found = [one["id"] for one in harvest("redshift")["resources"] if one["type"] == "AWS::Redshift::ClusterSnapshot"]
    assert found == ["mine"]


CLUSTER = """
<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>
<DBClusterIdentifier>c</DBClusterIdentifier><Engine>aurora-mysql</Engine>
</DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>
"""
WAREHOUSE = """
<DescribeClustersResponse><DescribeClustersResult><Clusters><Cluster>
<ClusterIdentifier>w</ClusterIdentifier>
</Cluster></Clusters></DescribeClustersResult></DescribeClustersResponse>
"""


@pytest.mark.parametrize(
    ("service", "operation", "body", "policies"),
    [
        ("rds", "DescribeDBClusters", CLUSTER, "aurora/storage-encrypted,aurora/deletion-protection"),
        ("redshift", "DescribeClusters", WAREHOUSE, "redshift/encryption-at-rest,redshift/public-access"),
    ],
)
def test_a_default_is_not_taken_for_what_aws_always_tells(
    fault: Fault, capsys: pytest.CaptureFixture[str], service: str, operation: str, body: str, policies: str
) -> None:
    fault(service, operation, 200, body)
    _, report, _ = run(capsys, "--select", policies)
    found = {one["policy"]: (one["verdict"], one["reason"]) for one in report["findings"]}
    told = f"{service}:{operation} does not tell it"
    assert found == dict.fromkeys(policies.split(","), ("unknown", told))


def test_a_region_that_an_organization_denies_is_one_line_a_service(
    fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "User is not authorized with an explicit deny in a service control policy"
    fault("rds", "*", 403, query_error("AccessDenied", said))
    code, report, _ = run(capsys, "--service", "rds")
    assert code == 3
    (gap,) = report["gaps"]
    assert said in gap["detail"]
    assert "rds:DescribeDBClusters" in gap["detail"]


def test_only_what_carries_a_tag_is_judged(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    instance("orders", PubliclyAccessible=True, Tags=[{"Key": "team", "Value": "shop"}])
    instance("other", PubliclyAccessible=True)
    where = ["--select", "rds/public-access", "--tag"]
    for tag, found in (("team=shop", ["orders"]), ("team", ["orders"]), ("team=else", []), ("none", [])):
        _, report, _ = run(capsys, *where, tag)
        assert [one["resource"]["id"] for one in report["findings"]] == found


def test_tags_that_are_listed_apart_count_as_well(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    tags = [{"Key": "team", "Value": "shop"}]
    rds, backup = boto3.client("rds", region_name=REGION), boto3.client("backup", region_name=REGION)
    for name, given in (("tagged", tags), ("untagged", [])):
        auth = [{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:x:1:secret:x", "IAMAuth": "DISABLED"}]
        rds.create_db_proxy(
            DBProxyName=name,
            EngineFamily="MYSQL",
            Auth=auth,
            RoleArn="arn:aws:iam::1:role/proxy",
            VpcSubnetIds=subnets(),
            Tags=given,
        )
        backup.create_backup_vault(BackupVaultName=name, BackupVaultTags={one["Key"]: one["Value"] for one in given})
    selected = ["--select", "rds/proxy-requires-tls,backup/vault-customer-managed-key", "--show", "all"]
    _, report, _ = run(capsys, *selected, "--tag", "team=shop")
    assert {(one["policy"], one["resource"]["id"]) for one in report["findings"]} == {
        ("rds/proxy-requires-tls", "tagged"),
        ("backup/vault-customer-managed-key", "tagged"),
    }


def subnets() -> list[str]:
    """Two subnets of the default VPC."""
    found = boto3.client("ec2", region_name=REGION).describe_subnets()["Subnets"]
    return [one["SubnetId"] for one in found[:2]]


def test_a_snapshot_is_judged_again_offline(mocked: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    instance("orders", PubliclyAccessible=True)
    file = tmp_path / "account.scan"
    _, live, _ = run(capsys, "--snapshot", str(file), "--service", "rds", "--select", "rds/")
    clients.reset()
    main(["scan", str(file), "--select", "rds/", "--format", "json"])
    offline = json.loads(capsys.readouterr().out)
    assert offline["findings"] == live["findings"]
    assert offline["gaps"] == live["gaps"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_scan_is_not_resumed_as_another(mocked: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = str(tmp_path / "account.scan")
    run(capsys, "--snapshot", file, "--service", "dynamodb", "--region", "eu-west-1")
    for wrong in (["--region", "us-east-1"], ["--all-regions"], ["--role-arn", "arn:aws:iam::111122223333:role/x"]):
        code, _, errors = run(capsys, "--resume", file, "--service", "dynamodb", *wrong)
        assert code == 2
        assert f"was begun with another {wrong[0]}" in errors
    assert run(capsys, "--resume", file, "--service", "dynamodb", "--region", "eu-west-1")[0] == 0


def test_what_a_scan_did_not_ask_for_is_unknown_offline(
    mocked: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A scan file of a scan for one policy does not make others pass."""
    instance("orders", StorageEncrypted=True)
    from dbguard.policy_library import Library
    from dbguard.sources.account import needs, scan_file, unit
    from dbguard.sources.account.clients import Access
    from dbguard.sources.account.scan_file import Request
    from dbguard.sources.account.targets import Opened, Target

    library = Library()
    plan = needs.plan(needs.needs([library.plan("rds/storage-encrypted")]))
    request = Request((Target(Access()),), (REGION,), plan)
    file = scan_file.ScanFile(str(tmp_path / "narrow.scan"), request)
    file.write(Opened(request.targets[0], ACCOUNT, (REGION,)))
    file.write(unit.collect(unit.Order(ACCOUNT, REGION, Access(), plan)))
    file.close()
    arguments = ["--select", "rds/customer-managed-key,dynamodb/deletion-protection", "--format", "json"]
    assert main(["scan", file.path, *arguments]) == 3
    report = json.loads(capsys.readouterr().out)
    assert [(one["policy"], one["verdict"]) for one in report["findings"]] == [("rds/customer-managed-key", "unknown")]
    assert any("AWS::DynamoDB::Table" in gap["target"] for gap in report["gaps"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--region", "eu-wset-1"], "there is no Region 'eu-wset-1'; did you mean 'eu-west-1'?"),
        (["--profile", "nobody"], "nobody"),
        (["--endpoint-url", "nowhere"], "--endpoint-url takes"),
        (["--service", "rdz"], "there is no service 'rdz'; did you mean 'rds'?"),
        (["--resume", "nothing.scan"], "cannot resume nothing.scan"),
        (["--resume", __file__], "not a scan file"),
        (["--executor", "ray://x"], "--executor takes"),
        (["--timeout", "never"], "takes seconds"),
        (["--region", "eu-west-1", "--all-regions"], "not allowed with"),
        (["--mock", "nothing.yaml"], "cannot read nothing.yaml"),
        (["--mock", "x.yaml", "--organization"], "--organization has no effect beside --mock"),
        (["--mock", "x.yaml", "--resume", "x.scan"], "--resume has no effect beside --mock"),
        (["--external-id", "x"], "--external-id has no effect without --role-arn"),
        (["--role-name", "x"], "--role-name has no effect without --organization"),
        (["--service", "dax", "--select", "rds/"], "no policy is left to run"),
    ],
)
def test_wrong_usage_is_one_line(
    mocked: None, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, report, errors = run(capsys, *arguments)
    assert (code, report) == (2, None)
    assert said in errors
    assert errors.count("\n") == 1


def test_without_credentials(
    mocked: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    code, _, errors = run(capsys)
    assert code == 2
    assert errors.startswith("dbguard: no AWS credentials")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ExpiredToken", "expired"), ("InvalidClientTokenId", "denied"), ("AccessDenied", "denied")],
)
def test_an_account_that_does_not_open_is_a_gap(
    fault: Fault, capsys: pytest.CaptureFixture[str], code: str, kind: str
) -> None:
    fault("sts", "GetCallerIdentity", 403, query_error(code))
    ended, report, _ = run(capsys)
    assert ended == 3
    assert [gap["kind"] for gap in report["gaps"]] == [kind]


def test_a_scan_for_an_unreachable_address_ends(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    code, report, _ = run(capsys, "--endpoint-url", "http://127.0.0.1:9", "--timeout", "1")
    assert code == 3
    assert [gap["kind"] for gap in report["gaps"]] == ["not-reached"]


def test_a_region_that_is_not_enabled(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    fault("rds", "*", 403, query_error("InvalidClientTokenId"))
    code, report, _ = run(capsys, "--region", "af-south-1", "--service", "rds")
    assert code == 3
    assert {one["status"] for one in report["services"]} == {"disabled"}


def test_an_organization_that_does_not_answer(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    fault("organizations", "*", 400, '{"__type": "AccessDeniedException", "Message": "no"}')
    code, report, _ = run(capsys, "--organization")
    assert code == 3
    assert report["gaps"][0]["target"] == "organization"


def test_pages_of_accounts(fault: Fault) -> None:
    """Moto gives every account on one page; AWS gives twenty."""
    page = '{"Accounts": [{"Id": "%s", "State": "%s"}], "NextToken": %s}'
    fault("organizations", "ListAccounts", 200, page % ("111122223333", "ACTIVE", '"more"'), times=1)
    fault("organizations", "ListAccounts", 200, page % ("444455556666", "SUSPENDED", '"rest"'), times=1)
    fault("organizations", "ListAccounts", 200, page % ("777788889999", "ACTIVE", "null"), times=1)
    found = targets.organization(clients.Access(), "audit")
    assert [one.account for one in found] == ["111122223333", "777788889999"]
    assert found[0].access.role_arn == "arn:aws:iam::111122223333:role/audit"
