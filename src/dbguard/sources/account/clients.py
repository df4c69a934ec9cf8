"""Clients of AWS, one a service and Region in this process, whatever the account.

Making a client costs some 20 ms of processor time, so they are shared by all accounts: each call is signed with the
credentials of the account at work, which a context variable holds. Keys never leave the process that obtained them;
what travels is the way to them (a profile's name, a role's ARN).
"""

from __future__ import annotations

import os
import threading
from contextvars import ContextVar
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, NoCredentialsError, ProfileNotFound

from dbguard import __version__
from dbguard.errors import UsageError
from dbguard.sources.account.pacing import Pacing
from dbguard.sources.account.refusal import STATUS


class Access(NamedTuple):
    """The way to an account: plain data, without keys."""

    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    home: str = "us-east-1"  # the Region that answers what belongs to no Region
    timeout: float = 10.0  # seconds for one answer
    attempts: int = 5  # for one call, the first one included


_AT_WORK: ContextVar[Any] = ContextVar("credentials")
_LOCK = threading.RLock()
_SESSIONS: dict[str | None, boto3.Session] = {}
_CLIENTS: dict[tuple[Any, ...], Any] = {}
_CREDENTIALS: dict[Access, Any] = {}


def reset() -> None:
    """Forget every client and credential, as a new process would."""
    with _LOCK:
        for known in (_SESSIONS, _CLIENTS, _CREDENTIALS):
            known.clear()


class _AtWork(Credentials):  # type: ignore[misc]  # botocore has no types
    """Credentials that are those of the account at work, at each call anew."""

    def __init__(self) -> None:
        super().__init__("none", "none", method="dbguard")

    def get_frozen_credentials(self) -> Any:
        return _AT_WORK.get().get_frozen_credentials()


class _Provider(CredentialProvider):  # type: ignore[misc]  # botocore has no types
    METHOD = "dbguard"

    def load(self) -> Credentials:
        return _AtWork()


def enter(access: Access) -> None:
    """Make an account's credentials those of the calls that follow in this context."""
    _AT_WORK.set(credentials(access))


def client(access: Access, service: str, region: str) -> Any:
    """The client of a service in a Region."""
    key = (access.profile, access.endpoint_url, access.timeout, access.attempts, service, region)
    with _LOCK:
        if key not in _CLIENTS:
            made = session(access.profile).client(
                service, region_name=region, endpoint_url=access.endpoint_url, config=_config(access)
            )
            Pacing(lambda: id(_AT_WORK.get())).register(made.meta.events)
            made.meta.events.register("before-parse", _note_status)
            _CLIENTS[key] = made
        return _CLIENTS[key]


def _note_status(response_dict: dict[str, Any], **_: Any) -> None:
    """Keep the HTTP status, which a parser's error does not tell."""
    STATUS.set(response_dict.get("status_code"))


def _config(access: Access) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": access.attempts},
        connect_timeout=min(5.0, access.timeout),
        read_timeout=access.timeout,
        max_pool_connections=32,
        account_id_endpoint_mode="disabled",  # the endpoint must not depend on the account that came first
        user_agent_extra=f"dbguard/{__version__}",
    )


def session(profile: str | None = None) -> boto3.Session:
    """The session that makes the clients of a profile, with the credentials of the account at work."""
    if profile not in _SESSIONS:
        core = botocore.session.Session(profile=profile)
        core.register_component("credential_provider", CredentialResolver([_Provider()]))
        _SESSIONS[profile] = boto3.Session(botocore_session=core)
    return _SESSIONS[profile]


def credentials(access: Access) -> Any:
    """The credentials of an account, refreshed by botocore as they expire. Raises NoCredentialsError."""
    with _LOCK:
        if access not in _CREDENTIALS:
            _CREDENTIALS[access] = _role(access) if access.role_arn else _own(access)
        return _CREDENTIALS[access]


def _own(access: Access) -> Any:
    found = botocore.session.Session(profile=access.profile).get_credentials()
    if found is None:
        raise NoCredentialsError
    return found


def _role(access: Access) -> Any:
    source = credentials(access._replace(role_arn=None, external_id=None))
    extra = {"RoleSessionName": "dbguard"}
    if access.external_id:
        extra["ExternalId"] = access.external_id

    def creator(service: str, **keys: Any) -> Any:
        core = botocore.session.Session(profile=access.profile)
        return core.create_client(
            service, region_name=access.home, endpoint_url=access.endpoint_url, config=_config(access), **keys
        )

    fetcher = AssumeRoleCredentialFetcher(creator, source, access.role_arn, extra_args=extra)
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def check(access: Access) -> None:
    """Make sure that there are credentials. Raises UsageError where there are none, or the profile is wrong."""
    if access.endpoint_url and not _is_address(access.endpoint_url):
        raise UsageError(f"--endpoint-url takes http://HOST:PORT or https://…, not '{access.endpoint_url}'")
    try:
        credentials(access)
    except ProfileNotFound as error:
        raise UsageError(f"{error}; there are: {', '.join(_profiles()) or 'none'}") from error
    except NoCredentialsError as error:
        raise UsageError("no AWS credentials: give --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID") from error
    except (BotoCoreError, ValueError, OSError) as error:  # of a file, or of what a credential process prints
        raise UsageError(f"AWS credentials cannot be used: {' '.join(str(error).split())}") from error


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        return (
            address.scheme in ("http", "https")
            and bool(address.hostname)
            and not address.username
            and address.port != 0
        )
    except ValueError:
        return False


def _profiles() -> list[str]:
    try:
        return sorted(botocore.session.Session(profile="default").full_config.get("profiles", {}))
    except BotoCoreError:
        return []


def default_region(profile: str | None) -> str | None:
    """The Region that the environment or the profile names. Raises UsageError for a profile that is not there.

    AWS_REGION, which botocore does not look at, wins as it does for the command line and the other SDKs of AWS:
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
    """
    try:
        found: str | None = boto3.Session(botocore_session=botocore.session.Session(profile=profile)).region_name
    except ProfileNotFound as error:
        raise UsageError(f"{error}; there are: {', '.join(_profiles()) or 'none'}") from error
    except BotoCoreError as error:
        raise UsageError(f"the AWS configuration cannot be used: {error}") from error
    return os.environ.get("AWS_REGION") or found or None


def offered(service: str, region: str) -> bool:
    """Whether AWS offers a service in a Region, as far as the installed botocore knows."""
    own = session()
    partition = own.get_partition_for_region(region)
    return region in own.get_available_regions(service, partition_name=partition)


def regions() -> set[str]:
    """Every Region that the installed botocore knows, of all partitions. Raises UsageError."""
    try:
        own = session()
        partitions = own.get_available_partitions()
        return {region for one in partitions for region in own.get_available_regions("rds", partition_name=one)}
    except ProfileNotFound as error:
        raise UsageError(f"{error}; there are: {', '.join(_profiles()) or 'none'}") from error
    except BotoCoreError as error:
        raise UsageError(f"the AWS configuration cannot be used: {error}") from error
