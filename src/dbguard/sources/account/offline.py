"""A scan file judged again, without a connection: what is missing in it is said, never taken for absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dbguard.model import Gap
from dbguard.sources.account import scan_file
from dbguard.sources.account.inventory import Harvest
from dbguard.sources.account.needs import missing, needs

UNREAD = "not-reached"
UNASKED = "the scan did not ask for it"


def load(data: bytes, file: str, policies: Iterable[Mapping[str, Any]]) -> tuple[list[Harvest], list[Gap]]:
    """The harvests of a scan file, for policies as compiled, and what of it is missing. Raises UsageError."""
    known = scan_file.read(data, file)
    gaps = [
        Gap(f"{file}: {opened.target.name}", opened.kind, opened.detail)
        for opened in known.opened.values()
        if opened.kind
    ]
    unopened = [target for target in known.request.targets if target not in known.opened]
    gaps += [
        Gap(f"{file}: {target.name}", UNREAD, "the scan ended before it opened the account") for target in unopened
    ]
    units = [unit for unit in scan_file.left(known) if unit not in known.harvests]
    gaps += [Gap(f"{file}: {account}/{region}", UNREAD, "the scan ended before it") for account, region in units]
    absent = missing(needs(policies), known.request.plan, known.request.services)
    gaps += [_unasked(file, name) for name, properties in absent.items() if not properties]
    return [_without(harvest, absent) for harvest in known.harvests.values()], gaps


def _unasked(file: str, name: str) -> Gap:
    return Gap(f"{file}: {name}", UNREAD, "the scan did not ask for resources of this type; scan again with --snapshot")


def _without(harvest: Harvest, absent: Mapping[str, set[str]]) -> Harvest:
    """A harvest with every property unresolved that was not asked for, and every type incomplete."""
    if not absent:
        return harvest
    services = {name: {**one} for name, one in harvest["services"].items()}
    for one in services.values():
        one["incomplete"] = [*one["incomplete"], *(name for name, properties in absent.items() if not properties)]
    resources = [
        {**one, "unresolved": {**dict.fromkeys(absent.get(one["type"], ()), UNASKED), **one["unresolved"]}}
        for one in harvest["resources"]
    ]
    return {**harvest, "services": services, "resources": resources}
