"""A mocked account for each test, and faults in AWS's answers that go through botocore's own parser and retries."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from dbguard.sources.account import clients, needs, unit
from dbguard.sources.account.clients import Access
from dbguard.sources.account.unit import Order

ACCOUNT = "123456789012"
REGION = "eu-west-1"
QUICK = Access(attempts=1, timeout=2.0)


class Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty mocked account with credentials in the environment."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    clients.reset()
    with mock_aws():
        yield
    clients.reset()


Fault = Callable[..., None]
Canned = Callable[[str, str, dict[str, Any]], None]


@pytest.fixture
def fault(mocked: None) -> Fault:
    """`fault("rds", "DescribeDBInstances", 403, body)`: what AWS answers instead; `*` for every operation."""

    queues: dict[str, list[list[Any]]] = {}

    def add(service: str, operation: str, status: int, body: str, times: int = 10**6) -> None:
        name = f"before-send.{service}" + ("" if operation == "*" else f".{operation}")
        if name not in queues:
            queues[name] = []
            clients.session().events.register_first(name, answering(queues[name]))
        queues[name].append([times, status, body])

    def answering(queue: list[list[Any]]) -> Callable[..., AWSResponse | None]:
        def answer(request: Any, **_: Any) -> AWSResponse | None:
            row = next((row for row in queue if row[0]), None)
            if row is None:
                return None
            row[0] -= 1
            return AWSResponse(request.url, row[1], {}, Raw(row[2].encode()))

        return answer

    return add


@pytest.fixture
def canned(mocked: None) -> Canned:
    """`canned("cloudformation", "DescribeStacks", {...})`: a parsed answer; nothing is sent."""

    def add(service: str, operation: str, answer: dict[str, Any]) -> None:
        def give(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
            return AWSResponse("", 200, {}, Raw(b"")), answer

        clients.session().events.register_first(f"before-call.{service}.{operation}", give)

    return add


def query_error(code: str, message: str = "because") -> str:
    """An error as the query protocol (RDS, Redshift, ElastiCache) spells it."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"


def order(*services: str, access: Access = QUICK) -> Order:
    """An order for everything of some services."""
    return Order(ACCOUNT, REGION, access, needs.plan(None, services))


def harvest(*services: str, access: Access = QUICK) -> dict[str, Any]:
    """What a unit brings of some services."""
    return unit.collect(order(*services, access=access))
