"""The unit of work: one account and Region, read whole. Plain data in, plain data out, the same each time.

It runs wherever an executor puts it. Inside, the calls of all its services run side by side in one bounded pool of
threads a process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from time import monotonic
from typing import Any, NamedTuple

from jmespath.exceptions import JMESPathError

from dbguard.sources.account import clients
from dbguard.sources.account.calls import Caller
from dbguard.sources.account.clients import Access
from dbguard.sources.account.mapping import REGISTRY, Call, Collection, Detail, find, put, shaped
from dbguard.sources.account.refusal import (
    EXPIRED,
    NOT_OFFERED,
    NOT_REACHED,
    SCANNED,
    UNEXPECTED,
    WORST_FIRST,
    Refused,
    refused,
)

CALLS_AT_ONCE = 32  # in one process
EVERYTHING = "*"  # in `unresolved`: nothing but the resource's name is known
HERE = "Here"  # in every item: the account and Region, for expressions


class Order(NamedTuple):
    """What a unit is to read: `plan` names collections by type, and details by type and action."""

    account: str
    region: str
    access: Access
    plan: tuple[str, ...]

    @property
    def name(self) -> str:
        """The unit as reports name it."""
        return f"{self.account}/{self.region}"


def collect(order: Order) -> dict[str, Any]:
    """Read one account and Region. What is refused stands under its service, and raises nothing."""
    started = monotonic()
    reader = Reader(order)
    try:
        clients.enter(order.access)
    except Exception as error:  # noqa: BLE001 - credential providers run anything: files, processes, the network
        reader.refuse_all(Refused(EXPIRED, refused(error, "credentials").detail, "credentials"))
    else:
        reader.read()
    return {
        "account": order.account,
        "region": order.region,
        "services": {name: reader.status(name) for name in reader.services},
        "resources": [one for some in reader.resources.values() for one in some],
        "calls": reader.caller.made,
        "seconds": round(monotonic() - started, 3),
    }


def planned(plan: Iterable[str]) -> dict[str, list[Collection]]:
    """The services of a plan, each with its collections."""
    wanted = set(plan)
    found = {
        name: [one for one in service.collections if one.name in wanted] for name, service in REGISTRY.services.items()
    }
    return {name: collections for name, collections in found.items() if collections}


def detail_name(collection: Collection, detail: Detail) -> str:
    """The name of a detail in a plan."""
    return f"{collection.type} {detail.call.action}"


class Found(NamedTuple):
    """A resource on its way: what AWS told of it, and what it has become so far."""

    collection: Collection
    item: dict[str, Any]
    made: dict[str, Any]  # as it leaves the unit


Listed = tuple[list[Any], Refused | None]


class Reader:
    """Reads the services of one order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.caller = Caller(order.access, order.region)
        self.services = planned(order.plan)
        self.resources: dict[str, list[dict[str, Any]]] = {name: [] for name in self.services}
        self._refusals: dict[str, list[Refused]] = {name: [] for name in self.services}
        self._incomplete: dict[str, list[str]] = {name: [] for name in self.services}

    def refuse_all(self, refusal: Refused) -> None:
        """Note that nothing could be asked."""
        for name, collections in self.services.items():
            self._refusals[name].append(refusal)
            self._incomplete[name] += [one.type for one in collections]

    def read(self) -> None:
        """List everything, describe what was only named, then ask for the details."""
        wanted = [(name, one) for name, collections in self.services.items() for one in collections]
        calls = {_key(one.call, one.items): (one.call, one.items) for _, one in wanted if not one.of}
        calls |= {_key(*one.of): one.of for _, one in wanted if one.of}
        answers = dict(zip(calls, _side_by_side(self.caller.listed, calls.values()), strict=True))
        listed = [
            (name, one, item)
            for name, one in wanted
            for answer in self._answers(one, answers)
            for item in self._items(name, one, answer)
        ]
        described = _side_by_side(self._described, listed)
        found = [(name, one) for (name, *_), some in zip(listed, described, strict=True) for one in some]
        self._details(found)
        for name, one in found:
            self.resources[name].append(one.made)

    def _answers(self, one: Collection, answers: Mapping[Any, Listed]) -> list[Listed]:
        """The listings of a collection: one, or one for each item of another."""
        if not one.of:
            return [answers[_key(one.call, one.items)]]
        items, refusal = answers[_key(*one.of)]
        arguments = [(one.call, one.items, _arguments(one.call, item)) for item in items if isinstance(item, dict)]
        return [([], refusal), *_side_by_side(self.caller.listed, arguments)]

    def status(self, name: str) -> dict[str, Any]:
        """What became of a service."""
        refusals: dict[tuple[str, str], dict[str, Any]] = {}
        for one in self._refusals[name]:
            row = {"kind": one.kind, "action": one.action, "detail": one.detail, "times": 0}
            refusals.setdefault((one.kind, one.action), row)["times"] += 1
        worst = next((kind for kind in WORST_FIRST if any(kind == known for known, _ in refusals)), SCANNED)
        return {
            "status": worst,
            "resources": len(self.resources[name]),
            "refusals": [row for row in refusals.values() if row["kind"] != NOT_OFFERED],
            "incomplete": list(dict.fromkeys(self._incomplete[name])),
        }

    def _items(self, name: str, one: Collection, answer: Listed) -> Iterator[dict[str, Any]]:
        """The items of a listing; a refusal of it leaves the type incomplete."""
        items, refusal = answer
        if refusal is not None:
            self._refuse_listing(name, one, refusal)
        for item in items:
            whole = {"Name": item} if isinstance(item, str) else item
            inner = find(one.inner, whole) if one.inner else [whole]
            for each in inner if isinstance(inner, list) else [inner]:
                if isinstance(each, dict):
                    yield each
                elif each is not None:
                    self._refuse_listing(name, one, _odd(one.call, f"an item of {one.items} is no mapping"))

    def _refuse_listing(self, name: str, one: Collection, refusal: Refused) -> None:
        missing = refusal.kind == NOT_REACHED and not self.order.access.endpoint_url
        if missing and not clients.offered(one.call.client, self.order.region):
            refusal = Refused(NOT_OFFERED, f"AWS does not offer it in {self.order.region}", refusal.action)
        else:
            self._incomplete[name].append(one.type)
        self._refusals[name].append(refusal)

    def _described(self, name: str, one: Collection, item: dict[str, Any]) -> list[Found]:
        """The resource of an item, or none where it is gone or another service's."""
        here = {"Account": self.order.account, "Region": self.order.region}
        try:
            if one.each:
                answer = self.caller.answer(one.each, _arguments(one.each, item), expected=one.each_none)
                item = {**item, **(find(one.each_item, answer) if one.each_item else answer)}
            item[HERE] = here
            return [_found(one, item)] if not one.keep or find(one.keep, item) else []
        except Refused as refusal:
            if refusal.code in one.each_none:
                return []
            self._refusals[name].append(refusal)
            return self._nameless(name, one, item, refusal)
        except (JMESPathError, TypeError, ValueError, AttributeError) as error:
            odd = _odd(one.call, f"an item of {one.items} has another shape: {error}")
            self._refusals[name].append(odd)
            return self._nameless(name, one, item, odd)

    def _nameless(self, name: str, one: Collection, item: dict[str, Any], refusal: Refused) -> list[Found]:
        """A resource of which nothing but the name is known, if it is."""
        known = find(one.id, item) if one.id.isidentifier() else None
        identifier = known if isinstance(known, str) else item.get("Name")
        if not isinstance(identifier, str):
            self._incomplete[name].append(one.type)
            return []
        return [Found(one, item, _made(one, identifier, None, {}, {EVERYTHING: refusal.detail}))]

    def _details(self, found: list[tuple[str, Found]]) -> None:
        """Ask for the details of all resources, and fit in what they supply."""
        wanted = set(self.order.plan)
        asked = [
            (name, one, detail)
            for name, one in found
            for detail in one.collection.details
            if detail_name(one.collection, detail) in wanted and EVERYTHING not in one.made["unresolved"]
        ]
        supplied = _side_by_side(self._detail, [(one, detail) for _, one, detail in asked])
        for (name, one, detail), outcome in zip(asked, supplied, strict=True):
            if outcome is None:
                continue
            if isinstance(outcome, Refused):
                self._refusals[name] += [] if outcome.code and outcome.code in detail.open else [outcome]
                one.made["unresolved"].update(dict.fromkeys(detail.properties, outcome.detail))
            for key in detail.properties:
                put(one.made["properties"], key, outcome.get(key) if isinstance(outcome, dict) else None)

    def _detail(self, one: Found, detail: Detail) -> dict[str, Any] | Refused | None:
        """What a detail supplies; None where it is not asked for, and the refusal where there is one."""
        try:
            if detail.when and not find(detail.when, one.item):
                return None
            arguments = _arguments(detail.call, one.item)
            answer = self.caller.answer(detail.call, arguments, detail.items, (*detail.none, *detail.open))
            whole = bool(find(detail.always, answer)) if detail.always else True
            supplied = shaped(detail.properties, {**answer, HERE: one.item[HERE], "Item": one.item})
        except Refused as refusal:
            return {} if refusal.code and refusal.code in detail.none else refusal
        except (JMESPathError, TypeError, ValueError, AttributeError) as error:
            return _odd(detail.call, f"the answer has another shape: {error}")
        if not whole:
            return _odd(detail.call, f"the answer does not tell {', '.join(detail.properties)}")
        return supplied


def _key(call: Call, items: str) -> tuple[Any, ...]:
    return call.action, items, repr(sorted(call.arguments.items()))


def _odd(call: Call, what: str) -> Refused:
    return Refused(UNEXPECTED, f"{call.action}: {' '.join(what.split())}", call.action)


def _arguments(call: Call, item: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: find(text, item) for name, text in call.per_item.items()}
    return {**call.arguments, **found}


def _found(one: Collection, item: dict[str, Any]) -> Found:
    """The resource that an item describes. Raises ValueError where it has no identifier."""
    identifier = find(one.id, item)
    if not isinstance(identifier, str) or not identifier:
        raise ValueError("it has no identifier")
    arn = find(one.arn, item) if one.arn else None
    properties = shaped(one.expressions, item)
    untold = {name: f"{one.call.action} does not tell it" for name in one.always.split() if name not in properties}
    made = _made(one, identifier, arn, properties, untold)
    home = find(one.home, item) if one.home else None
    if home and f":{item[HERE]['Region']}:" not in home:
        made["judged"] = False
    return Found(one, item, made)


def _made(
    one: Collection, identifier: str, arn: str | None, properties: dict[str, Any], unresolved: dict[str, str]
) -> dict[str, Any]:
    return {"type": one.type, "id": identifier, "arn": arn, "properties": properties, "unresolved": unresolved}


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="dbguard-call")


def _side_by_side(work: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> list[Any]:
    """The outcomes of one function over many arguments, in order, under the account at work."""
    futures = [_pool().submit(copy_context().run, work, *each) for each in arguments]
    return [future.result() for future in futures]
