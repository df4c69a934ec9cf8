"""Never a silent pass: whatever AWS answers, a service is scanned or says why not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError

from dbguard.sources.account import clients, inventory, unit
from dbguard.sources.account.clients import Access
from dbguard.sources.account.fleet import Fleet
from dbguard.sources.account.scan_file import Known, Request
from dbguard.sources.account.targets import Target
from dbguard.sources.account.unit import EVERYTHING, Order
from tests.account.conftest import ACCOUNT, QUICK, REGION, Fault, harvest, query_error

ONE_CALL = ("AWS::RDS::DBInstance",)
INSTANCES = Order(ACCOUNT, REGION, QUICK, ONE_CALL)


def rds() -> dict[str, Any]:
    """What becomes of the DB instances of an account."""
    found: dict[str, Any] = unit.collect(INSTANCES)["services"]["rds"]
    return found


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, query_error("AccessDenied"), "denied"),
        (403, query_error("SomethingNew"), "denied"),
        (400, query_error("AccessDeniedException"), "denied"),
        (401, query_error("UnauthorizedOperation"), "denied"),
        (400, query_error("Throttling"), "throttled"),
        (429, query_error("Whatever"), "throttled"),
        (503, query_error("RequestLimitExceeded"), "throttled"),
        (403, query_error("InvalidClientTokenId"), "disabled"),
        (403, query_error("OptInRequired"), "disabled"),
        (401, query_error("AuthFailure"), "disabled"),
        (403, query_error("ExpiredToken"), "expired"),
        (500, query_error("InternalFailure"), "unexpected"),
        (500, "<html><body>Sorry</body></html>", "unexpected"),
        (404, "not found", "unexpected"),
        (200, "<html>", "unexpected"),
        (200, "", "unexpected"),
        (200, '{"DBInstances": []}', "unexpected"),
        (200, "<DescribeDBInstancesResponse><Nothing/></DescribeDBInstancesResponse>", "unexpected"),
        (200, "\x00\xff", "unexpected"),
    ],
)
def test_what_an_answer_means(fault: Fault, status: int, body: str, kind: str) -> None:
    fault("rds", "DescribeDBInstances", status, body)
    found = rds()
    assert found["status"] == kind
    assert found["incomplete"] == ["AWS::RDS::DBInstance"]
    (row,) = found["refusals"]
    assert row["action"] == "rds:DescribeDBInstances"
    assert "\n" not in row["detail"]
    assert row["detail"].startswith("rds:DescribeDBInstances: ")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, "<html>", "the answer cannot be read: Unable to parse response"),
        (500, "<!doctype html><p>no", "HTTP 500, and the answer cannot be read: Unable to parse response"),
        (200, "<html>login</html>", "the answer has not the shape of AWS's answers (KeyError: "),
        (403, "no", "HTTP 403, with no message of AWS"),
    ],
)
def test_what_is_no_answer_of_aws_is_said_in_words(fault: Fault, status: int, body: str, said: str) -> None:
    fault("rds", "DescribeDBInstances", status, body)
    (row,) = rds()["refusals"]
    assert row["detail"].startswith(f"rds:DescribeDBInstances: {said}")


def test_a_page_of_html_is_told_without_its_head(fault: Fault) -> None:
    fault("dynamodb", "ListTables", 502, "<!doctype html><title>502</title><h1>Bad Gateway</h1><p>Try later.</p>")
    (row,) = [one for one in harvest("dynamodb")["services"]["dynamodb"]["refusals"] if "ListTables" in one["action"]]
    assert row["detail"] == "dynamodb:ListTables: HTTP 502: Bad Gateway Try later."


def test_a_connection_that_breaks_at_one_call_leaves_the_others_alone(mocked: None) -> None:
    def broken(request: Any, **_: Any) -> None:
        raise ConnectionClosedError(endpoint_url=request.url)

    boto3.client("rds", region_name=REGION).create_db_cluster(
        DBClusterIdentifier="orders", Engine="aurora-mysql", MasterUsername="shop", MasterUserPassword="password"
    )
    clients.session().events.register_first("before-send.rds.DescribeDBInstances", broken)
    plan = ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::RDS::DBClusterParameterGroup")
    found = unit.collect(INSTANCES._replace(plan=plan))
    assert [one["id"] for one in found["resources"]] == ["orders"]
    (row,) = found["services"]["rds"]["refusals"]
    assert (row["kind"], row["action"]) == ("not-reached", "rds:DescribeDBInstances")


def test_the_refusal_that_is_told_is_one_that_aws_gave() -> None:
    after = "not asked any more after rds:B: AuthFailure (HTTP 401): no"
    rows = [
        {"kind": "unexpected", "action": "rds:C", "detail": "rds:C: odd", "times": 1},
        {"kind": "disabled", "action": "rds:A", "detail": after, "times": 2},
        {"kind": "disabled", "action": "rds:B", "detail": "rds:B: AuthFailure (HTTP 401): no", "times": 1},
    ]
    service = {"status": "disabled", "resources": 0, "refusals": rows, "incomplete": []}
    told = {"account": ACCOUNT, "region": REGION, "services": {"rds": service}, "resources": []}
    assert [one.detail for one in inventory.gaps(told)] == [
        "rds:C: odd",
        "rds:B: AuthFailure (HTTP 401): no; also rds:A",
    ]
    assert [one.detail for one in inventory.statuses(told)] == ["rds:B: AuthFailure (HTTP 401): no"]


def test_a_service_that_answers_is_scanned(mocked: None) -> None:
    assert rds() == {"status": "scanned", "resources": 0, "refusals": [], "incomplete": []}


def test_nobody_answers(mocked: None) -> None:
    nobody = QUICK._replace(endpoint_url="http://127.0.0.1:9")
    found = unit.collect(INSTANCES._replace(access=nobody))["services"]["rds"]
    assert found["status"] == "not-reached"


def test_throttling_that_passes_is_no_refusal(fault: Fault) -> None:
    fault("rds", "DescribeDBInstances", 400, query_error("Throttling"), times=1)
    patient = INSTANCES._replace(access=QUICK._replace(attempts=3))
    assert unit.collect(patient)["services"]["rds"]["status"] == "scanned"


def test_a_refused_service_is_not_asked_again(fault: Fault) -> None:
    fault("rds", "*", 403, query_error("OptInRequired"))
    found = harvest("rds")
    assert found["services"]["rds"]["status"] == "disabled"
    assert len(found["services"]["rds"]["incomplete"]) == len({*found["services"]["rds"]["incomplete"]}) > 5


def test_what_is_refused_for_one_property_leaves_that_property_open(fault: Fault) -> None:
    rds_client = boto3.client("rds", region_name=REGION)
    rds_client.create_db_parameter_group(DBParameterGroupName="pg", DBParameterGroupFamily="mysql8.0", Description="d")
    fault("rds", "DescribeDBParameters", 403, query_error("AccessDenied"))
    found = harvest("rds")
    (group,) = [one for one in found["resources"] if one["id"] == "pg"]
    assert group["properties"]["Family"] == "mysql8.0"
    assert group["unresolved"]["Parameters"].startswith("rds:DescribeDBParameters: AccessDenied (HTTP 403)")
    assert found["services"]["rds"]["status"] == "denied"
    assert [gap.kind for gap in inventory.gaps(found) if "DescribeDBParameters" in gap.detail] == ["denied"]


def test_a_page_that_is_refused_keeps_the_pages_before_it(fault: Fault) -> None:
    first = (
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><Marker>more</Marker><DBInstances><DBInstance>"
        "<DBInstanceIdentifier>first</DBInstanceIdentifier></DBInstance></DBInstances>"
        "</DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
    fault("rds", "DescribeDBInstances", 200, first, times=1)
    fault("rds", "DescribeDBInstances", 403, query_error("AccessDenied"))
    found = unit.collect(INSTANCES)
    assert [one["id"] for one in found["resources"]] == ["first"]
    assert found["services"]["rds"]["incomplete"] == ["AWS::RDS::DBInstance"]


def test_an_item_of_another_shape_is_no_resource_and_no_silence(fault: Fault) -> None:
    nameless = (
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><Engine>mysql</Engine>"
        "</DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
    fault("rds", "DescribeDBInstances", 200, nameless)
    found = rds()
    assert found["status"] == "unexpected"
    assert "no identifier" in found["refusals"][0]["detail"]


def test_the_same_page_twice_is_an_end_and_a_refusal(fault: Fault) -> None:
    page = (
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><Marker>again</Marker><DBInstances/>"
        "</DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
    fault("rds", "DescribeDBInstances", 200, page)
    assert rds()["status"] == "unexpected"


def test_credentials_that_cannot_be_had_refuse_everything(mocked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    found = unit.collect(INSTANCES._replace(access=Access(profile="nobody")))
    assert found["services"]["rds"]["status"] == "expired"
    assert not inventory.is_final(found)


def test_of_a_name_alone_every_verdict_is_unknown() -> None:
    row = {"type": "AWS::DynamoDB::Table", "id": "t", "arn": None, "properties": {}, "unresolved": {EVERYTHING: "no"}}
    loaded = inventory.load({"account": ACCOUNT, "region": REGION, "services": {}, "resources": [row]})
    (resource,) = loaded.resources
    assert resource.properties.reason == "no"


def test_ended_credentials_are_no_outcome(fault: Fault) -> None:
    fault("rds", "*", 403, query_error("ExpiredToken"))
    access = Access(attempts=1)
    request = Request((Target(access),), (REGION,), ONE_CALL)
    fleet = Fleet(request, Known(request, {}, {}), lambda result: None)
    results = list(fleet.read(lambda: ThreadPoolExecutor(2)))
    assert not inventory.is_final(results[-1])  # type: ignore[arg-type]
    assert fleet.lost == {"expired"}
