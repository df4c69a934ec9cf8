"""A mocked AWS account, made by moto from a template, for trying `dbguard live` without AWS.

The template's `Metadata` may say more of the account: `dbguard: {mock: {region: eu-west-1, denied: [dms]}}`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from dbguard.errors import DocumentError, UsageError
from dbguard.mock.made import Made, referring
from dbguard.sources import document
from dbguard.sources.account.mapping import Call
from dbguard.sources.template import expanded, load
from dbguard.value import Value

__all__ = ["MISSING", "REGION", "Made", "Mocked", "account", "build", "prepare", "resources"]

REGION = "eu-west-1"
# What moto cannot answer (a test asks for all of it): in the mocked account there is none of it.
MISSING = {
    "backup:DescribeRegionSettings",
    "backup:GetBackupVaultAccessPolicy",
    "backup:GetBackupVaultNotifications",
    "backup:ListBackupSelections",
    "backup:ListProtectedResources",
    "backup:ListRecoveryPointsByBackupVault",
    "dax:DescribeParameterGroups",
    "dax:DescribeSubnetGroups",
    "dms:DescribeCertificates",
    "dms:DescribeDataProviders",
    "dms:DescribeEventSubscriptions",
    "dms:DescribeInstanceProfiles",
    "dms:DescribeReplicationConfigs",
    "dynamodb:DescribeContributorInsights",
    "dynamodb:DescribeKinesisStreamingDestination",
    "elasticache:DescribeCacheParameterGroups",
    "elasticache:DescribeGlobalReplicationGroups",
    "elasticache:DescribeServerlessCaches",
    "elasticache:DescribeUserGroups",
    "keyspaces:ListKeyspaces",
    "memorydb:DescribeACLs",
    "memorydb:DescribeMultiRegionClusters",
    "memorydb:DescribeParameterGroups",
    "rds:DescribeDBEngineVersions",
    "rds:DescribeDBRecommendations",
    "rds:DescribeIntegrations",
    "rds:DescribeOptionGroups",
    "rds:DescribePendingMaintenanceActions",
    "redshift-serverless:ListNamespaces",
    "redshift-serverless:ListSnapshots",
    "redshift-serverless:ListWorkgroups",
    "redshift:DescribeEventSubscriptions",
    "redshift:DescribeScheduledActions",
}


class Mocked(NamedTuple):
    """A mocked account: its Region, and what of the template could not be made."""

    region: str
    unmade: dict[str, str]
    names: dict[str, str]


@contextmanager
def account(file: str, parameters: dict[str, Value] | None = None) -> Iterator[Mocked]:
    """An account with the resources of a template in their default scenario. Raises UsageError."""
    try:
        from moto import mock_aws
    except ModuleNotFoundError as error:
        raise UsageError("--mock needs an extra: pip install 'dbguard[mock]'") from error
    from dbguard.sources.account import clients

    root, made = resources(file, parameters)
    settings = _settings(root, file)
    region = settings.get("region", REGION)
    from dbguard.mock import patches
    from dbguard.mock.builder import Builder

    clients.reset()
    with _without_settings(), mock_aws():
        builder = Builder(region)
        unmade = builder.build(made)
        patches.apply(builder)
        prepare(settings.get("denied", ()))
        yield Mocked(region, unmade, builder.names)
    clients.reset()


def build(resources: Sequence[Made], account: str, region: str) -> list[str]:
    """Make resources in an account of moto, which the caller has entered; a line for each that could not be made.

    The name of a resource among the properties of another is a reference to it.
    """
    from dbguard.mock import patches
    from dbguard.mock.builder import Builder
    from dbguard.mock.creation import CREATIONS
    from dbguard.mock.tables import GLOBAL

    builder = Builder(region, account)
    made = referring(resources)
    reasons = builder.build(made)
    patches.apply(builder)
    types = {one.id: one.type for one in made}
    unknown = {one.id: "the type is not known here" for one in made if one.type not in {*CREATIONS, GLOBAL}}
    return [f"{name} ({types.get(name, 'scaling')}): {reason}" for name, reason in {**unknown, **reasons}.items()]


def resources(file: str, parameters: dict[str, Value] | None = None) -> tuple[Any, list[Made]]:
    """A template and its resources, resolved. Raises UsageError where it cannot be read."""
    try:
        with open(file, "rb") as opened:
            read = document.read(opened.read(), file)
        read = expanded(read, parameters or {})
        inventory, _ = load(read, parameters or {})
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    except DocumentError as error:
        raise UsageError(f"{file}:{error.line}:{error.column}: {error.detail}") from error
    world = inventory.world
    world.assign(world.defaults())
    found = [
        Made(one.id, one.type, world.deep(one.properties) if isinstance(one.properties, dict) else {})
        for one in inventory.resources
        if world.exists(one) is not False
    ]
    return read.root, found


@contextmanager
def _without_settings() -> Iterator[None]:
    """The user's own AWS settings out of the way: a mocked account needs no profile and no endpoint."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in kept:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    try:
        yield
    finally:
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            del os.environ[name]
        os.environ.update(kept)


def _settings(root: Any, file: str) -> dict[str, Any]:
    metadata = root.get("Metadata") or {}
    found = (metadata.get("dbguard") or {}).get("mock") or {}
    unknown = set(found) - {"region", "denied"}
    if unknown:
        raise UsageError(f"{file}: Metadata.dbguard.mock takes region and denied, not {', '.join(sorted(unknown))}")
    return dict(found)


def prepare(denied: Iterable[str]) -> None:
    """Make the account refuse some services, and answer empty lists where moto has no answer."""
    from dbguard.sources.account import clients
    from dbguard.sources.account.mapping import REGISTRY
    from dbguard.sources.account.needs import calls, plan

    events = clients.session().events
    for name in denied:
        if name not in REGISTRY.services:
            raise UsageError(f"Metadata.dbguard.mock.denied: there is no service '{name}'")
        for call in calls(plan(None, [name])):
            if call.client != "kms":  # which others ask as well
                events.register_first(f"before-send.{_event(call.client)}.{call.operation}", _refuse)
    for service in REGISTRY.services.values():
        for one in service.collections:
            for call, items in [(one.call, one.items), *((detail.call, detail.items) for detail in one.details)]:
                if call.action in MISSING:
                    events.register_first(f"before-call.{_event(call.client)}.{call.operation}", _none(call, items))


def _event(client: str) -> str:
    """The name of a service in botocore's events."""
    from dbguard.sources.account import clients

    model = clients.session().client(client, region_name=REGION).meta.service_model
    return str(model.service_id.hyphenize())


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _refuse(request: Any, **_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>"
    if "json" in str(request.headers.get("Content-Type", "")):
        body = '{"__type": "AccessDeniedException", "message": "not authorized"}'
    return AWSResponse(request.url, 403, {}, _Body(body.encode()))


def _none(call: Call, items: str) -> Any:
    """An answer that holds nothing."""
    from dbguard.sources.account import clients

    model = clients.session().client(call.client, region_name=REGION).meta.service_model
    empty: dict[str, Any] = {
        name: [] if name == items else None for name in model.operation_model(call.operation).output_shape.members
    }

    def answer(**_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        return AWSResponse("", 200, {}, _Body(b"")), dict(empty)

    return answer
