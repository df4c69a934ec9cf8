"""Which calls policies need: collections by type, details by property, and the IAM actions that allow them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from dbguard.sources.account.mapping import REGISTRY, Call, Collection
from dbguard.sources.account.unit import detail_name

# Property names by resource type; None for all there are.
Needs = Mapping[str, "set[str] | None"]


def needs(
    policies: Iterable[Mapping[str, Any]], *more: str, about: Container[str] | None = None
) -> dict[str, set[str] | None]:
    """What compiled policies look at on live accounts, and `more` properties of each type that they select.

    `about` are the types that are judged, None for all.
    """
    found: dict[str, set[str] | None] = {}
    for plan in policies:
        selected = [name for name in plan["select"] if about is None or name in about]
        if plan.get("only") == "template" or not selected:
            continue
        properties, _, related = plan.get("reads", (None, (), ()))
        for name in (*selected, *related):
            known = found.setdefault(name, set(more))
            if known is not None:
                found[name] = known | set(properties) if properties is not None else None
    return found


def plan(wanted: Needs | None, services: Iterable[str] = ()) -> tuple[str, ...]:
    """The plan that brings what is wanted (None for everything) from the services named (none for all)."""
    only = set(services)
    return tuple(
        name
        for service, described in REGISTRY.services.items()
        if not only or service in only
        for collection in described.collections
        if wanted is None or (collection.type in wanted and (collection.beside or collection.type) in wanted)
        for name in _names(collection, None if wanted is None else wanted[collection.type])
    )


def _names(collection: Collection, properties: set[str] | None) -> Iterator[str]:
    yield collection.name
    for detail in collection.details:
        if properties is None or not properties.isdisjoint(name.split(".")[0] for name in detail.properties):
            yield detail_name(collection, detail)


def actions(planned: Iterable[str]) -> list[str]:
    """The IAM actions that a plan's calls need, sorted."""
    return sorted({action for call in calls(planned) for action in call.permissions})


def calls(planned: Iterable[str]) -> Iterator[Call]:
    """The calls of a plan."""
    names = set(planned)
    for service in REGISTRY.services.values():
        for collection in service.collections:
            if collection.name in names:
                yield from collection.calls()
                for detail in collection.details:
                    if detail_name(collection, detail) in names:
                        yield detail.call


def missing(wanted: Needs, planned: Iterable[str], services: Iterable[str] = ()) -> dict[str, set[str]]:
    """The properties of each type that a plan does not bring; all of a type it leaves out, as an empty set."""
    names, only = set(planned), set(services)
    found: dict[str, set[str]] = {}
    for service, described in REGISTRY.services.items():
        for collection in described.collections if not only or service in only else ():
            if collection.type not in wanted or (collection.beside or collection.type) not in wanted:
                continue
            if collection.name not in names:
                found[collection.type] = set()
                continue
            left = [one for one in _names(collection, wanted[collection.type]) if one not in names]
            details = [one for one in collection.details if detail_name(collection, one) in left]
            if details:
                found[collection.type] = {name for one in details for name in one.properties}
    return found
