"""Which accounts and Regions there are to read: identities, roles, organizations, enabled Regions."""

from __future__ import annotations

from typing import Any, NamedTuple

from dbguard.sources.account import clients
from dbguard.sources.account.calls import Caller
from dbguard.sources.account.clients import Access
from dbguard.sources.account.mapping import Call
from dbguard.sources.account.refusal import DENIED, DISABLED, EXPIRED, PASSING, UNEXPECTED, Refused, refused

IDENTITY = Call("sts", "GetCallerIdentity")
REGIONS = Call("ec2", "DescribeRegions")
ACCOUNTS = Call("organizations", "ListAccounts")
ROLE = Call("sts", "AssumeRole")
DEFAULT_ROLE = "OrganizationAccountAccessRole"  # the role that AWS Organizations creates in a new account


class Target(NamedTuple):
    """An account to read, and how to get there."""

    access: Access
    account: str = ""  # where it is known beforehand

    @property
    def name(self) -> str:
        """The target as reports name it before its account is known."""
        return self.account or self.access.role_arn or (f"profile {self.access.profile}" if self.access.profile else "")


class Opened(NamedTuple):
    """An account that was reached, or why it was not."""

    target: Target
    account: str
    regions: tuple[str, ...]
    kind: str = ""
    detail: str = ""

    @property
    def is_final(self) -> bool:
        """Whether opening it again would bring nothing more."""
        return self.kind != EXPIRED

    @property
    def is_settled(self) -> bool:
        """Whether a resumed scan takes it as it is."""
        return self.kind not in PASSING


def organization(access: Access, role: str) -> list[Target]:
    """Every active account of the organization; its own account by its own credentials. Raises Refused."""
    own = identity(access)
    accounts, refusal = _ask(access, ACCOUNTS, "Accounts")
    if refusal:
        raise refusal
    partition = own["Arn"].split(":")[1]
    found = []
    for one in accounts:
        if not isinstance(one, dict) or not isinstance(one.get("Id"), str):
            raise Refused(UNEXPECTED, f"{ACCOUNTS.action}: an account without an id", ACCOUNTS.action)
        if one.get("State", one.get("Status")) == "ACTIVE":  # Status has been retired in favour of State
            away = f"arn:{partition}:iam::{one['Id']}:role/{role}"
            found.append(Target(access if one["Id"] == own["Account"] else access._replace(role_arn=away), one["Id"]))
    if not found:
        raise Refused(UNEXPECTED, f"{ACCOUNTS.action}: the organization has no active account", ACCOUNTS.action)
    return found


def identity(access: Access) -> dict[str, Any]:
    """Who the credentials belong to: Account and Arn. Raises Refused."""
    try:
        clients.enter(access)
        answer: dict[str, Any] = Caller(access, access.home).answer(IDENTITY, {})
    except Exception as error:
        refusal = refused(error, (ROLE if access.role_arn else IDENTITY).action)
        # Without a Region to be a stranger in, credentials that AWS does not know are no credentials.
        kind = DENIED if refusal.kind == DISABLED else refusal.kind
        raise Refused(kind, refusal.detail, refusal.action, refusal.code) from error
    if not isinstance(answer.get("Account"), str) or not isinstance(answer.get("Arn"), str):
        raise Refused(UNEXPECTED, f"{IDENTITY.action}: the answer names no account", IDENTITY.action)
    return answer


def open_account(target: Target, regions: tuple[str, ...]) -> Opened:
    """Reach an account and find its Regions; none given means every Region that is enabled for it."""
    account = target.account
    try:
        account = identity(target.access)["Account"]
        return Opened(target, account, regions or enabled(target.access))
    except Refused as refusal:
        return Opened(target, account, (), refusal.kind, refusal.detail)


def enabled(access: Access) -> tuple[str, ...]:
    """The Regions that are enabled for the account. Raises Refused."""
    found, refusal = _ask(access, REGIONS, "Regions")
    if refusal:
        raise refusal
    named = [one for one in found if isinstance(one, dict) and one.get("OptInStatus") != "not-opted-in"]
    names = [one.get("RegionName") for one in named]
    if not names or not all(isinstance(name, str) for name in names):
        raise Refused(UNEXPECTED, f"{REGIONS.action}: the answer does not name the Regions", REGIONS.action)
    return tuple(sorted(map(str, names)))


def _ask(access: Access, call: Call, items: str) -> tuple[list[Any], Refused | None]:
    clients.enter(access)
    return Caller(access, access.home).listed(call, items)
