"""What a scan must never do: pass in silence, say what is not so, or end in a traceback."""

from __future__ import annotations

import json
from concurrent.futures import CancelledError, Executor, Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from dbguard.cli import main
from dbguard.errors import UsageError
from dbguard.sources.account import clients, scan_file, targets
from dbguard.sources.account.fleet import Fleet
from dbguard.sources.account.pacing import Pacing
from dbguard.sources.account.scan_file import Known, Request
from dbguard.sources.account.targets import Opened, Target
from tests.account.conftest import QUICK, REGION, Canned, Fault, harvest, order
from tests.account.test_live import instance, run

GONE = '{"__type": "ResourceNotFoundException", "message": "gone"}'


def tables(count: int) -> None:
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    for number in range(count):
        dynamodb.create_table(
            TableName=f"t{number}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def test_serverless_dms_tells_whose_key_it_has_and_whether_it_connects(canned: Canned) -> None:
    key = f"arn:aws:kms:{REGION}:123456789012:key/k"
    canned("kms", "DescribeKey", {"KeyMetadata": {"KeyId": "k", "Arn": key, "KeyManager": "AWS"}})
    config = {"ReplicationConfigIdentifier": "c", "ComputeConfig": {"MultiAZ": True, "KmsKeyId": key}}
    canned("dms", "DescribeReplicationConfigs", {"ReplicationConfigs": [config]})
    canned("dms", "DescribeDataProviders", {"DataProviders": [{"DataProviderName": "p", "Virtual": True}]})
    found = {one["type"]: one["properties"] for one in harvest("dms")["resources"]}
    assert found["AWS::DMS::ReplicationConfig"]["ComputeConfig"] == {"MultiAZ": True, "KmsKeyId": "alias/aws/dms"}
    assert found["AWS::DMS::DataProvider"]["Virtual"] is True


def test_global_databases_of_neptune_are_seen(canned: Canned) -> None:
    ours = {"GlobalClusterIdentifier": "g", "Engine": "neptune", "StorageEncrypted": False, "DeletionProtection": False}
    others = {"GlobalClusterIdentifier": "a", "Engine": "aurora-mysql"}
    canned("neptune", "DescribeGlobalClusters", {"GlobalClusters": [dict(ours), others]})
    found = [one for one in harvest("neptune")["resources"] if one["type"] == "AWS::Neptune::GlobalCluster"]
    assert [one["properties"] for one in found] == [ours]


def test_tables_that_are_gone_take_no_other_table_with_them(fault: Fault) -> None:
    tables(8)
    fault("dynamodb", "DescribeTable", 400, GONE, times=4)
    found = harvest("dynamodb")
    assert sum(one["type"] == "AWS::DynamoDB::Table" for one in found["resources"]) == 4
    actions = [one["action"] for one in found["services"]["dynamodb"]["refusals"]]
    assert "dynamodb:DescribeTable" not in actions


def test_nothing_to_describe_is_asked_of_every_resource(fault: Fault) -> None:
    tables(8)
    boto3.client("dynamodb", region_name=REGION).put_resource_policy(
        ResourceArn=f"arn:aws:dynamodb:{REGION}:123456789012:table/t7", Policy='{"Statement": []}'
    )
    policies = [one for one in harvest("dynamodb")["resources"] if "ResourcePolicy" in one["properties"]]
    assert [one["id"] for one in policies] == ["t7"]


@pytest.mark.parametrize(("status", "kind"), [(403, "denied"), (429, "throttled")])
def test_the_status_counts_where_the_body_says_nothing(fault: Fault, status: int, kind: str) -> None:
    fault("rds", "DescribeDBInstances", status, "<html>no</html>")
    (row,) = [one for one in harvest("rds")["services"]["rds"]["refusals"] if "DBInstances" in one["action"]]
    assert row["kind"] == kind


def test_the_regions_are_not_told(canned: Canned, capsys: pytest.CaptureFixture[str]) -> None:
    canned("ec2", "DescribeRegions", {"Regions": []})
    code, report, _ = run(capsys, "--all-regions", "--service", "dax")
    assert (code, report["gaps"][0]["kind"]) == (3, "unexpected")


@pytest.mark.parametrize("accounts", [[], [{"Id": "1", "State": "SUSPENDED"}], [{"State": "ACTIVE"}], ["odd"]])
def test_an_organization_without_accounts(
    canned: Canned, capsys: pytest.CaptureFixture[str], accounts: list[Any]
) -> None:
    canned("organizations", "ListAccounts", {"Accounts": accounts})
    code, report, _ = run(capsys, "--organization", "--service", "dax")
    assert (code, report["gaps"][0]["kind"]) == (3, "unexpected")


def test_a_tag_that_nothing_has_is_no_pass(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    instance("orders", Tags=[{"Key": "team", "Value": "shop"}])
    code, report, _ = run(capsys, "--service", "rds", "--tag", "team=shopp")
    assert code == 3
    assert "has the tag team=shopp" in report["gaps"][0]["detail"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tag", ""], "--tag takes KEY"),
        (["--tag", "=v"], "--tag takes KEY"),
        (["--role-arn", "foo"], "--role-arn takes"),
        (["--endpoint-url", "http://127.0.0.1:99999"], "--endpoint-url takes"),
        (["--external-id", ""], "no effect without --role-arn"),
    ],
)
def test_more_wrong_usage(mocked: None, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    code, _, errors = run(capsys, *arguments)
    assert code == 2
    assert said in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "settings",
    ["[profile foo]\ncredential_process = /bin/false\n", "[profile foo]\ncredential_process = /bin/echo x\n", "[pro"],
)
def test_credentials_of_a_broken_configuration(
    mocked: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: str
) -> None:
    file = tmp_path / "config"
    file.write_text(settings)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "foo")
    clients.reset()
    code, _, errors = run(capsys, "--region", REGION)
    assert code == 2
    assert errors.count("\n") == 1


def test_a_profile_there_is_not(
    mocked: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    clients.reset()
    code, _, errors = run(capsys, "--region", REGION)
    assert (code, errors.count("\n")) == (2, 1)
    assert "nobody" in errors


def test_a_mocked_account_needs_no_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "account.yaml"
    file.write_text("Resources: {Orders: {Type: AWS::DynamoDB::Table}}\n")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    code, _, errors = run(capsys, "--mock", str(file), "--select", "dynamodb/deletion-protection")
    assert (code, errors) == (1, "")


def test_a_file_that_is_none_of_ours_is_left_alone(mocked: None, tmp_path: Path) -> None:
    for text in ('{"precious": 1}', "precious: 1\nmore: 2"):
        file = tmp_path / "precious"
        file.write_text(text)
        assert main(["live", "--resume", str(file)]) == 2
        assert file.read_text() == text


def test_a_scan_is_not_resumed_in_another_account(
    mocked: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "scan"
    assert run(capsys, "--service", "dax", "--snapshot", str(file))[0] in (0, 3)
    rows = file.read_text().splitlines()
    file.write_text("\n".join(row for row in rows if not row.startswith('{"unit"')) + "\n")
    other = {"Account": "444455556666", "Arn": "arn:aws:iam::444455556666:user/me"}
    monkeypatch.setattr(targets, "identity", lambda access: other)
    code, _, errors = run(capsys, "--resume", str(file))
    assert code == 2
    assert "was begun in account 123456789012, these credentials are of 444455556666" in errors


def test_what_is_told_to_go_on_with_goes_on(
    fault: Fault, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ended = "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>x</Message></Error></ErrorResponse>"
    fault("rds", "*", 403, ended, times=1)
    more = ["--select", "rds/public-access", "--severity", "high", "--service", "rds", "--strict"]
    assert run(capsys, *more, "--executor", "threads:1")[0] == 3
    fault("rds", "*", 403, ended, times=1)
    code, _, errors = run(capsys, *more, "--executor", "threads:1")
    command = errors.rsplit("go on with: dbguard ", 1)[1].split()
    code = main(command)
    assert (code, json.loads(capsys.readouterr().out)["gaps"]) == (0, [])


class Deserted(Executor):
    """An executor whose workers are all gone."""

    def submit(self, fn: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        return Future()

    def gone(self) -> str:
        return "the cluster has no worker"


class Cancelling(Executor):
    """An executor that drops what it was given, as a Dask client does when its scheduler dies."""

    def submit(self, fn: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


@pytest.mark.parametrize(("executor", "said"), [(Deserted, "no worker"), (Cancelling, CancelledError.__name__)])
def test_executors_that_lose_everything(mocked: None, executor: Any, said: str) -> None:
    request = Request((Target(QUICK),), (REGION,), order("dax").plan)
    kept: list[Any] = []
    (opened,) = Fleet(request, Known(request, {}, {}), kept.append).read(executor)
    assert isinstance(opened, Opened)
    assert opened.kind == "not-reached"
    assert said in opened.detail
    assert kept == [opened]


def test_an_executor_that_cannot_be_had(mocked: None) -> None:
    request = Request((Target(QUICK),), (REGION,), order("dax").plan)
    fleet = Fleet(request, Known(request, {}, {}), lambda result: None)
    fleet.close()  # nothing was begun, and nothing breaks


def test_each_account_has_a_pace_of_its_own() -> None:
    at_work = ["one"]
    pacing = Pacing(lambda: at_work[0])
    throttled = {"Error": {"Code": "Throttling"}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    http, operation = SimpleNamespace(status_code=400, headers={}), SimpleNamespace(error_shapes=[])
    named = {"attempts": 1, "operation": operation, "caught_exception": None, "request_dict": {"context": {}}}
    pacing._received(response=(http, throttled), **named)
    assert pacing._limiter()._enabled
    at_work[0] = "other"
    assert not pacing._limiter()._enabled


def test_gaps_come_in_order(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    fault("rds", "*", 403, "<html/>")
    fault("dynamodb", "*", 403, "<html/>")
    _, report, _ = run(capsys, "--service", "rds", "--service", "dynamodb", "--region", REGION, "--region", "us-east-1")
    names = [gap["target"] for gap in report["gaps"]]
    assert names == sorted(names)
    assert len(names) == 4


def test_a_scan_file_that_ends_in_its_first_line_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "scan"
    file.write_bytes(b'{"schema": "dbguard.scan/1", "request": {"tar')
    with pytest.raises(UsageError, match="the scan ended before its first line was whole; begin it anew"):
        scan_file.resume(str(file))


def test_a_scan_file_is_read_before_it_is_shortened(tmp_path: Path) -> None:
    file = tmp_path / "scan"
    request = Request((Target(QUICK),), (REGION,), ("AWS::DAX::Cluster",))
    scan_file.ScanFile(str(file), request).close()
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"unit": {"acc')
    assert scan_file.resume(str(file)).request == request
    assert file.read_bytes() == whole
