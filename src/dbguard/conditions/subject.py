"""What a test looks at: a property, an attribute, a tag, or something counted over items.

Items are the elements of a list or the resources at the other end of a relation.
"""

from __future__ import annotations

from typing import Protocol

from dbguard.conditions.operators import Interval
from dbguard.conditions.relation import Items, Relation
from dbguard.inventory import Item, Many, Steps, read
from dbguard.model import Path
from dbguard.value import (
    ABSENT,
    OPAQUE,
    Answer,
    AnyOther,
    Text,
    Unresolved,
    Value,
    describe,
    hashable,
    identified,
)


class Askable(Protocol):
    """A condition, as far as counting needs it."""

    def test(self, item: Item) -> Answer:
        """The answer for this item."""


def dotted(steps: Steps) -> str:
    """A path as people write it: `Replicas[0].Region`."""
    shown = ""
    for step in steps:
        if isinstance(step, str):
            shown += f".{step}" if shown else step
        else:
            shown += "[*]" if step is None else f"[{step}]"
    return shown


def written(steps: Steps) -> Path:
    """A path as far as it names one place."""
    kept = steps[: steps.index(None)] if None in steps else steps
    return tuple(step for step in kept if step is not None)


SECRETS = ("password", "passwords", "authtoken")


def is_secret(path: Path) -> bool:
    """Whether what stands at a place is a password or a token, which no report shows."""
    names = [step.lower() for step in path if isinstance(step, str)]
    return bool(names) and names[-1].endswith(SECRETS) and not names[-1].startswith("manage")


def _open_parameter(value: AnyOther) -> str:
    """Why a parameter decides nothing, and what would settle it."""
    name = value.parameter
    if name.startswith("AWS::"):
        return f"{name} is known only at deployment"
    if value.stored:
        return f"the SSM parameter that {name} names is read only at deployment"
    if not value.defaulted:
        return f"parameter {name} is known only at deployment; --parameter {name}=VALUE would settle it"
    return (
        f"parameter {name} may be given any value; AllowedValues, MinValue and MaxValue or --parameter would settle it"
    )


def unsettled(value: Value) -> str:
    """Why a value that is not plain decides nothing."""
    if isinstance(value, AnyOther):
        return _open_parameter(value)
    if isinstance(value, Unresolved):
        return value.reason
    return f"{describe(value)} is known only at deployment"


class Collection(Protocol):
    """Where the items of `every`, `some`, `count` and `distinct` come from."""

    label: str

    def items(self, item: Item) -> Items:
        """The items, seen from this one."""

    def place(self, item: Item) -> Path:
        """Where a finding about the items as a whole belongs."""


class Elements:
    """The elements of a list property."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.label = dotted(steps)

    def place(self, item: Item) -> Path:
        """The list."""
        return item.path + written(self.steps)

    def items(self, item: Item) -> Items:
        """One item an element."""
        many = read(item, self.steps)
        if not isinstance(many, Many):
            return Items([], [], outside=many is not ABSENT)
        found = [item.inside(path, value) for path, value in many.found]
        return Items(found, [], outside=not many.complete)


class Gathered(Protocol):
    """Where related resources come from: the other end of a relation, or all of a type."""

    def items(self, item: Item) -> Items:
        """The resources, seen from this one."""


class Linked:
    """The resources at the other end of a relation."""

    def __init__(self, name: str, relation: Gathered) -> None:
        self.relation = relation
        self.label = name

    def place(self, item: Item) -> Path:
        """What names the other end; where others name this one, the resource itself."""
        if isinstance(self.relation, Relation) and not self.relation.incoming:
            return item.path + written(self.relation.paths[0])
        return ()

    def items(self, item: Item) -> Items:
        """One item a resource."""
        return self.relation.items(item)


class SubjectNode(Protocol):
    """What a test looks at."""

    label: str

    def value(self, item: Item) -> Value:
        """The value, `Many` for several."""

    def place(self, item: Item) -> Path:
        """Where it stands inside the resource."""


class Property:
    """The property at a path."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.label = dotted(steps) or "the value"

    def value(self, item: Item) -> Value:
        """The property, resolved."""
        return read(item, self.steps)

    def place(self, item: Item) -> Path:
        """The path as far as it names one place."""
        return item.path + written(self.steps)


class Attribute:
    """An attribute beside `Properties`."""

    def __init__(self, name: str) -> None:
        self.label = name

    def value(self, item: Item) -> Value:
        """The attribute, resolved; unknown where the source has no attributes."""
        resource = item.resource
        if self.label == "Type":
            return resource.type
        if resource.subject.origin != "template":
            return Unresolved(f"a live resource has no {self.label}")
        value = item.world.force(resource.attributes.get(self.label, ABSENT))
        return ABSENT if value == "" else value

    def place(self, item: Item) -> Path:
        """The attribute."""
        return (self.label,)


class Tag:
    """The value of the resource's tag with a key."""

    def __init__(self, key: str) -> None:
        self.label = f"tag {key}"
        self.key = key

    def value(self, item: Item) -> Value:
        """The tag's value; unknown where a tag's key is."""
        tags = read(item, ("Tags",))
        if isinstance(tags, dict):
            return item.world.force(tags.get(self.key, ABSENT))
        if not isinstance(tags, list):
            return tags
        answer: Value = ABSENT
        for index in range(len(tags)):
            key = read(item, ("Tags", index, "Key"))
            if key == self.key:
                return read(item, ("Tags", index, "Value"))
            if isinstance(key, OPAQUE):
                answer = Unresolved("a tag's key is known only at deployment", present=None)
        return answer

    def place(self, item: Item) -> Path:
        """The tags."""
        return ("Properties", "Tags")


class Count:
    """How many items there are, or how many satisfy a condition."""

    def __init__(self, collection: Collection, part: Askable | None) -> None:
        self.collection, self.part = collection, part
        self.label = f"the number of {collection.label}"

    def value(self, item: Item) -> Value:
        """The number, as an interval."""
        items = self.collection.items(item)
        low = high = 0
        for one, certain in [*((one, True) for one in items.certain), *((one, False) for one in items.possible)]:
            answer = self.part.test(one) if self.part else True
            low += answer is True and certain
            high += answer is not False
        return Interval(low, float("inf") if items.outside else high)

    def place(self, item: Item) -> Path:
        """The list, or the resource."""
        return self.collection.place(item)


class Distinct:
    """How many different values the items have at a path."""

    def __init__(self, collection: Collection, steps: Steps) -> None:
        self.collection, self.steps = collection, steps
        self.label = f"the number of different {dotted(steps) or 'values'} of {collection.label}"

    def value(self, item: Item) -> Value:
        """The number, as an interval: unresolved values may be equal to any other."""
        items = self.collection.items(item)
        sure = [value for one in items.certain for value in self._values(one)]
        maybe = [value for one in items.possible for value in self._values(one)]
        known = {hashable(value) for value in sure if not isinstance(value, OPAQUE) or zone(value)}
        groups: dict[object, set[object]] = {}
        for value in known:
            groups.setdefault(zone(value), set()).add(value)
        low = max([min(1, len(sure)), *(len(group) for group in groups.values())])
        every = {hashable(value) for value in sure + maybe if not isinstance(value, OPAQUE) or identified(value)}
        nameless = sum(isinstance(value, OPAQUE) and not identified(value) for value in sure + maybe)
        return Interval(low, float("inf") if items.outside else len(every) + nameless)

    def _values(self, item: Item) -> list[Value]:
        value = read(item, self.steps)
        if isinstance(value, Many):
            return [found for _, found in value.found if found is not ABSENT]
        return [] if value is ABSENT else [value]

    def place(self, item: Item) -> Path:
        """The list, or the resource."""
        return self.collection.place(item)


def zone(value: object) -> object:
    """What values that differ for sure have in common: a region's zones by index, or all but one piece of a text."""
    if isinstance(value, Text):
        known = [part for part in value.parts if isinstance(part, str)]
        shape = tuple(None if isinstance(part, str) else part for part in value.parts)
        return shape if len(known) == 1 and identified(value) else None
    key = value.key if isinstance(value, Unresolved) else None
    return key[1] if isinstance(key, tuple) and key[0] == "zone" else None
