"""Resources that are seen together, and the world they are seen in.

Every source delivers resources in CloudFormation shape. A plain world (a live account) has one scenario and
values that are data already; the world of a template resolves intrinsic functions scenario by scenario.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from dbguard.model import Location, Path, Subject
from dbguard.value import ABSENT, OPAQUE, Answer, Reference, Text, Unresolved, Value, describe

Steps = tuple[str | int | None, ...]  # a parsed path: keys, indexes, and None for [*]


class Impossible(Exception):  # noqa: N818 - not an error, but an outcome
    """The scenario at hand cannot be deployed, so nothing is said of it."""


class Resource:
    """One resource: its type, its properties as the source has them, and where they stand."""

    __slots__ = ("attributes", "cache", "id", "place", "properties", "subject", "type")

    def __init__(
        self, subject: Subject, properties: Value, attributes: Mapping[str, Any], place: Path = (), name: str = ""
    ) -> None:
        self.subject = subject
        self.id = name or subject.id  # unique in the inventory, where reports may show the same id twice
        self.type = subject.type
        self.properties = properties
        self.attributes = attributes
        self.place = place
        self.cache: dict[object, Any] = {}


class Every(frozenset[str]):
    """All types, of which it holds none."""

    def __bool__(self) -> bool:
        return True

    def isdisjoint(self, other: object) -> bool:
        """Never."""
        return False


class World:
    """The plain world: one scenario, every value as it is. `touched` names open choices that were looked at."""

    incomplete: frozenset[str] = frozenset()  # types of which there may be more than is seen
    joined = False  # whether values lead from one template into another
    unseen = "shows only at deployment"  # what is said of a number that is not settled

    def __init__(self) -> None:
        self.touched: dict[str, None] = {}
        self.undetermined: dict[str, None] = {}
        self.consulted = 0  # how often a choice was asked for; unchanged over what does not depend on the scenario
        self.ruled = False  # whether combinations of choices may be refused, see `possible`
        self.effort = 0  # scenarios judged so far, over all policies and resources
        self.links: Any = None  # the inventory's relation.Index

    def force(self, value: Value) -> Value:
        """The value itself, with intrinsic functions at its top resolved."""
        return ABSENT if value is None else value

    def deep(self, value: Value) -> Value:
        """The value with all that is inside resolved as well."""
        return self.force(value)

    def written(self, raw: Value) -> Value:
        """How raw data is written; only a template can tell."""
        return Unresolved("a live account does not show how a value was written")

    def exists(self, resource: Resource) -> Answer:
        """Whether the resource exists in the scenario at hand."""
        return True

    def assign(self, choices: Mapping[str, Value]) -> None:
        """Enter the scenario that these choices make; choices left out stay open."""

    def domain(self, choice: str) -> list[Value]:
        """The values an open choice can take, its default first."""
        raise KeyError(choice)

    def defaults(self) -> dict[str, Value]:
        """The value of every choice that has a default."""
        return {}

    def signature(self) -> object:
        """What a verdict depends on beside the resource's own properties; equal worlds judge alike."""
        return self.incomplete

    def possible(self) -> bool:
        """Whether the scenario at hand can be deployed at all."""
        return True


class Item:
    """Where a condition looks: `$` is `value`, inside `resource`; `judged` is the item under judgement."""

    __slots__ = ("_judged", "path", "resource", "value", "world")

    def __init__(self, world: World, resource: Resource, judged: Item | None = None) -> None:
        self.world = world
        self.resource = resource
        self.value = resource.properties
        self.path: Path = ("Properties",)
        self._judged = judged

    @property
    def judged(self) -> Item:
        """The item under judgement."""
        return self._judged or self

    def inside(self, path: Path, value: Value) -> Item:
        """The item for an element of a list inside this one."""
        item = Item(self.world, self.resource, self.judged)
        item.path, item.value = self.path + path, value
        return item


class Many:
    """The values that a path with `[*]` finds; not `complete` where a list on the way is unresolved."""

    __slots__ = ("complete", "found")

    def __init__(self) -> None:
        self.found: list[tuple[Path, Value]] = []
        self.complete = True


def read(item: Item, steps: Steps) -> Value:
    """The value at a path, resolved; `Many` for a path with `[*]`."""
    resource = item.resource
    if item.value is not resource.properties:
        return _walk(item.world, item.value, steps)
    known = resource.cache.get(steps)
    if known is not None:
        return known
    before = item.world.consulted
    value = _walk(item.world, item.value, steps)
    if item.world.consulted == before:
        resource.cache[steps] = value
    return value


def _walk(world: World, value: Value, steps: Steps) -> Value:
    for at, step in enumerate(steps):
        value = world.force(value)
        if step is None:
            return _spread(world, value, steps[:at], steps[at + 1 :])
        value = at_step(value, step)
        if value is ABSENT:
            return value
    value = world.force(value)
    return ABSENT if value == "" else value


def at_step(value: Value, name: str | int) -> Value:
    """What stands in a value under a name or an index."""
    if isinstance(value, dict) and isinstance(name, str):
        found = value.get(name)
        if found is not None:
            return found
        made = next((one for one in value if isinstance(one, str) and one.startswith("Fn::")), None)
        return ABSENT if made is None else Unresolved(f"{made} may make it at deployment", present=None)
    if value is ABSENT or value == "":
        return ABSENT
    if isinstance(value, list) and isinstance(name, int):
        return value[name] if name < len(value) else ABSENT
    if isinstance(value, OPAQUE):
        return Unresolved(describe(value), present=None)
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return at_step(_json(value), name)
    wanted = "a list" if isinstance(name, int) else "a mapping"
    return Unresolved(f"{describe(value)} stands where {wanted} belongs", present=None)


@lru_cache(maxsize=64)
def _json(text: str) -> Value:
    """What a property holds that is JSON as text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else Unresolved("text that is no JSON", present=None)


# Where policy documents may have one value instead of a list.
SINGLE = ("Statement", "AWS", "Action")


def _spread(world: World, value: Value, head: Steps, tail: Steps) -> Many:
    many = Many()
    if head and head[-1] in SINGLE and isinstance(value, (dict, str, Reference, Text)) and value != "":
        _gather(world, many, head, value, tail)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            _gather(world, many, (*head, index), world.force(element), tail)
    elif value is not ABSENT and value != "":
        many.complete = False
    return many


def _gather(world: World, many: Many, place: Steps, element: Value, tail: Steps) -> None:
    if element is ABSENT:
        return
    value = _walk(world, element, tail) if tail else element
    if isinstance(value, Many):
        many.complete = many.complete and value.complete
        many.found.extend((_place(place) + inner, found) for inner, found in value.found)
    elif None not in tail:
        many.found.append((_place(place + tail), value))
    elif value is not ABSENT:
        many.complete = False


def _place(steps: Steps) -> Path:
    """Steps that have no [*] left."""
    return tuple(step for step in steps if step is not None)


class Inventory:
    """Resources that are seen together: one template with its nested stacks, or one account and region."""

    def __init__(self, name: str, resources: list[Resource], world: World, source: Source | None = None) -> None:
        self.name = name
        self.resources = resources
        self.world = world
        self.source = source
        self.by_type: dict[str, list[Resource]] = {}
        for resource in resources:
            self.by_type.setdefault(resource.type, []).append(resource)
        self.by_id = {resource.id: resource for resource in resources}

    def home(self, resource: Resource) -> str:
        """The file that a resource stands in, or the account and Region."""
        return self.source.location(resource.place).file if self.source else self.name

    def close(self) -> None:
        """Undo what runs in circles, so that the inventory is freed without the collector."""
        self.world.links = None
        for resource in self.resources:
            resource.cache.clear()


class Source(Protocol):
    """The text that an inventory was read from."""

    constructs: dict[str, Location]

    def location(self, path: Path) -> Location:
        """Where a place stands, or the nearest place around it."""

    def line_at(self, path: Path) -> str:
        """The line of text in which a place stands."""

    def lines_at(self, path: Path, owner: Path) -> tuple[int, list[tuple[int, str]]]:
        """The number of the line in which a place stands, and those of its owner from the first to some below it."""
