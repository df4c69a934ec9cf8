"""What was read of one account and Region, as an inventory that policies can judge."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from dbguard.conditions.links import Index
from dbguard.inventory import Inventory, Resource, World
from dbguard.model import Gap, Status, Subject
from dbguard.sources.account.mapping import put
from dbguard.sources.account.refusal import EXPIRED, PASSING
from dbguard.sources.account.unit import EVERYTHING
from dbguard.value import Unresolved, Value

# The properties that hold tags: a list with keys and values, or a mapping.
TAGS = ("Tags", "BackupPlanTags", "BackupVaultTags", "ReportPlanTags")
Harvest = dict[str, Any]  # what `unit.collect` brings


class AccountWorld(World):
    """A live account: everything as it is, but for what could not be read."""

    unseen = "cannot be told, for not all of it could be read"

    def __init__(self, incomplete: Iterable[str]) -> None:
        super().__init__()
        self.incomplete = frozenset(incomplete)


def load(harvest: Harvest, judged: Container[tuple[str, str]] | None = None) -> Inventory:
    """The inventory of a harvest; `judged` limits by type and id what is judged, all of it can be related to."""
    incomplete = [name for service in harvest["services"].values() for name in service["incomplete"]]
    world = AccountWorld(incomplete)
    every = {(one["type"], one["id"]): _resource(one, harvest) for one in harvest["resources"]}
    inventory = Inventory(f"{harvest['account']}/{harvest['region']}", list(every.values()), world)
    world.links = Index(world, inventory.by_type, {})
    away = {(one["type"], one["id"]) for one in harvest["resources"] if one.get("judged") is False}
    inventory.resources = [
        resource for key, resource in every.items() if key not in away and (judged is None or key in judged)
    ]
    return inventory


def _resource(row: dict[str, Any], harvest: Harvest) -> Resource:
    account, region = row.get("account", harvest["account"]), row.get("region", harvest["region"])
    subject = Subject(row["id"], row["type"], "account", account, region, row["arn"])
    properties = _properties(row["properties"], row["unresolved"])
    return Resource(subject, properties, {"Type": row["type"], "Properties": properties})


def _properties(known: dict[str, Any], unresolved: dict[str, str]) -> Value:
    if EVERYTHING in unresolved:
        return Unresolved(unresolved[EVERYTHING], present=None)
    properties = dict(known)
    for name, reason in unresolved.items():
        put(properties, name, Unresolved(reason, present=None))
    return properties


def statuses(harvest: Harvest) -> Iterator[Status]:
    """What became of each service."""
    for name, service in harvest["services"].items():
        telling = _telling_first([row for row in service["refusals"] if row["kind"] == service["status"]])
        detail = telling[0]["detail"] if telling else ""
        yield Status(harvest["account"], harvest["region"], name, service["status"], service["resources"], detail)


def gaps(harvest: Harvest) -> Iterator[Gap]:
    """What AWS refused, one gap for each service and kind of refusal, in AWS's own words with the first call."""
    for name, service in harvest["services"].items():
        kinds: dict[str, list[dict[str, Any]]] = {}
        for row in service["refusals"]:
            kinds.setdefault(row["kind"], []).append(row)
        for kind, rows in kinds.items():
            yield Gap(f"{harvest['account']}/{harvest['region']}/{name}", kind, _told(rows))


def _told(rows: list[dict[str, Any]]) -> str:
    """One refusal in full, how often it came, and the other calls that were refused."""
    first, *more = _telling_first(rows)
    times = f" ({first['times']} times)" if first["times"] > 1 else ""
    also = f"; also {', '.join(sorted(row['action'] for row in more))}" if more else ""
    return f"{first['detail']}{times}{also}"


def _telling_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Refusals, those that AWS gave before the calls that were not made any more because of them."""
    return sorted(rows, key=lambda row: not row["detail"].startswith(f"{row['action']}:"))


def is_final(harvest: Harvest) -> bool:
    """Whether reading it again would bring nothing more: ended credentials or a lost worker are no outcome."""
    return not harvest.get("lost") and all(service["status"] != EXPIRED for service in harvest["services"].values())


def is_settled(harvest: Harvest) -> bool:
    """Whether a resumed scan takes it as it is; what passes (no line, throttling) is asked again then."""
    return is_final(harvest) and all(one["status"] not in PASSING for one in harvest["services"].values())


def tagged(harvest: Harvest, tags: Iterable[str]) -> set[tuple[str, str]] | None:
    """The resources that have every tag, KEY or KEY=VALUE; those whose tags could not be read count as well."""
    wanted = [one.partition("=") for one in tags]
    if not wanted:
        return None
    return {(one["type"], one["id"]) for one in harvest["resources"] if _has(one, wanted)}


def _has(row: dict[str, Any], wanted: Iterable[tuple[str, str, str]]) -> bool:
    if EVERYTHING in row["unresolved"] or not row["unresolved"].keys().isdisjoint(TAGS):
        return True
    tags: Any = next((row["properties"][name] for name in TAGS if name in row["properties"]), {})
    known = tags if isinstance(tags, dict) else {one.get("Key"): one.get("Value", "") for one in tags}
    return all(known.get(key) == value if equals else key in known for key, equals, value in wanted)
