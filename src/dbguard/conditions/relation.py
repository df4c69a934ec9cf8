"""Named edges between resources: by `Ref`, by `Fn::GetAtt`, by literal identifier or ARN.

An edge has one definition and two directions: `from`, the resources whose path names me, and `to`, the
resources that my path names. Edges that do not depend on the scenario are indexed once per inventory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dbguard.conditions.operators import both
from dbguard.identifiers import IDENTIFIERS
from dbguard.inventory import Item, Many, Resource, Steps, read
from dbguard.value import ABSENT, OPAQUE, Answer, AnyOther, Reference, Text, Unresolved, Value, join, opaque_equal, same

SEPARATORS = (":", "/")


class Items(NamedTuple):
    """Items that are certainly and possibly there; `outside` where more may be than can be seen."""

    certain: list[Item]
    possible: list[Item]
    outside: bool = False

    def seen_by(self, item: Item) -> Items:
        """The same items under another item's judgement."""
        certain, possible = ([Item(item.world, one.resource, item.judged) for one in some] for some in self[:2])
        return Items(certain, possible, self.outside)


class Relation(NamedTuple):
    """One edge, seen from one end."""

    incoming: bool
    types: tuple[str, ...]
    paths: tuple[Steps, ...]
    form: tuple[str | Steps, ...] | None = None  # text, paths of the item, and "{id}"
    key: Steps | None = None

    def items(self, item: Item) -> Items:
        """The resources at the other end, from the item's point of view."""
        index: Any = item.world.links
        find = self._incoming if self.incoming else self._outgoing
        if item.value is not item.resource.properties:
            return find(item, index)
        cache, before = item.resource.cache, item.world.consulted
        if self in cache:
            return cache[self].seen_by(item)  # type: ignore[no-any-return]  # only items are kept under a relation
        found = find(item, index)
        if item.world.consulted == before:
            cache[self] = found
        return found

    def _incoming(self, item: Item, index: Any) -> Items:
        certain: list[Item] = []
        possible: list[Item] = []
        expected = self.texts(item, item.resource)
        for resource in index.candidates(self, item.resource, expected):
            exists = item.world.exists(resource)
            if exists is False:
                continue
            other = Item(item.world, resource, item.judged)
            answer = both(exists, self._names(other, item.resource, expected))
            if answer is not False:
                (certain if answer else possible).append(other)
        return Items(certain, possible, not item.world.incomplete.isdisjoint(self.types))

    def _names(self, other: Item, target: Resource, expected: list[Value]) -> Answer:
        answer: Answer = False
        for value in references(other, self.paths):
            found = names(value, target, expected)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    def _outgoing(self, item: Item, index: Any) -> Items:
        certain: list[Item] = []
        possible: list[Item] = []
        outside = False
        for value in references(item, self.paths):
            known = False
            for resource in index.targets(self, value):
                expected = self.texts(Item(item.world, resource), resource)
                answer = both(item.world.exists(resource), names(value, resource, expected))
                known = known or answer is True
                if answer is not False:
                    (certain if answer else possible).append(Item(item.world, resource, item.judged))
            outside = outside or not known
        return Items(certain, possible, outside)

    def texts(self, item: Item, target: Resource) -> list[Value]:
        """The texts by which the target may be named: its reference and its identifier, in the relation's form."""
        holder = Item(item.world, target)
        live = target.subject.origin == "account"
        own = [self.identifier(holder)] if live else [Reference(target.id), self.identifier(holder)]
        if self.form is None:
            return own
        return [self._formed(item, name) for name in own if name is not ABSENT]

    def _formed(self, item: Item, name: Value) -> Value:
        pieces: list[Value] = []
        for piece in self.form or ():
            value = name if piece == "{id}" else piece if isinstance(piece, str) else read(item, piece)
            pieces.append("" if value is ABSENT else value)
        return join(pieces)

    def identifier(self, item: Item) -> Value:
        """The identifier that the resource was given, or absent where AWS makes one up; a live one is known by it."""
        if self.key is not None:
            return read(item, self.key)
        if item.resource.subject.origin == "account":
            return item.resource.id
        name = IDENTIFIERS.get(item.resource.type)
        return read(item, (name,)) if name else ABSENT


def references(item: Item, paths: tuple[Steps, ...]) -> Iterator[Value]:
    """The values at some paths, one by one; an unresolved list counts as one unresolved value."""
    for steps in paths:
        value = read(item, steps)
        if isinstance(value, Many):
            yield from (found for _, found in value.found if found is not ABSENT)
            if not value.complete:
                yield Unresolved("the list is known only at deployment")
        elif value is not ABSENT:
            yield value


def names(value: Value, target: Resource, expected: list[Value]) -> Answer:
    """Whether a value names the target, which is known under the expected texts."""
    if isinstance(value, Reference) and not value.names and value.id != target.id:
        return None  # what a custom resource or a nested stack returns may be any name
    if target.subject.arn and isinstance(value, str) and value.startswith("arn:"):
        return value == target.subject.arn
    value = _canonical(value)
    answer: Answer = False
    for text in expected:
        found = _is(value, text)
        if found:
            return True
        if found is None:
            answer = None
    return answer


def _canonical(value: Value) -> Value:
    """References by their resource alone: a resource is named by its id, its ARN and its name alike."""
    if isinstance(value, Reference):
        return Reference(value.id)
    return Text(tuple(map(_canonical, value.parts))) if isinstance(value, Text) else value


def _refers(value: Value) -> bool:
    return isinstance(value, Text) and any(isinstance(part, Reference) for part in value.parts)


def _is(value: Value, expected: Value) -> Answer:
    if isinstance(value, Text) and isinstance(value.parts[0], str) and value.parts[0].startswith("arn:"):
        return _is_last(value, expected)
    if isinstance(value, (Unresolved, AnyOther)) and not same(value, expected):
        return None  # by the hiding law it may be anything, even a reference
    if expected is ABSENT:
        return False  # a name that AWS makes up at deployment cannot be written down before
    if isinstance(value, Reference) or isinstance(expected, Reference):
        return _same_resource(value, expected)
    if isinstance(value, str) and isinstance(expected, str):
        if value.lower() == expected.lower():
            return True
        return None if value.startswith("arn:") and value.lower().endswith(_tails(expected)) else False
    if (_refers(value) or _refers(expected)) and not is_open(value) and not is_open(expected):
        return bool(value == expected)  # what is put together from a reference is no text that can be written down
    if isinstance(value, OPAQUE) or isinstance(expected, OPAQUE):
        return opaque_equal(value, expected, fold=True)
    return False


def is_open(value: Value) -> bool:
    """Whether text has parts that may turn out to be anything."""
    return isinstance(value, Text) and any(isinstance(part, (Unresolved, AnyOther)) for part in value.parts)


def _same_resource(value: Value, expected: Value) -> Answer:
    if isinstance(value, Reference) and isinstance(expected, Reference):
        return value.id == expected.id
    return None if is_open(value) else False


def _is_last(value: Text, expected: Value) -> Answer:
    """Whether partly known text that is an ARN ends with the expected name."""
    last, before = value.parts[-1], value.parts[-2]
    joined = isinstance(before, str) and before.endswith(SEPARATORS)
    if isinstance(last, Reference):
        return joined and isinstance(expected, Reference) and last.id == expected.id
    if isinstance(last, str):
        return isinstance(expected, str) and last.lower().endswith(_tails(expected))
    return True if joined and same(last, expected) else None


def _tails(name: str) -> tuple[str, ...]:
    return tuple(separator + name.lower() for separator in SEPARATORS)
