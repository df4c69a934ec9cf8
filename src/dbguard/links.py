"""The index behind relations: which resources may stand at the other end, found once per inventory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbguard.inventory import Item, Resource, Steps, World
from dbguard.relation import Relation
from dbguard.value import ABSENT, OPAQUE, Reference, Value

Incoming = tuple[dict[str, list[Resource]], list[Resource], list[Resource]]


class Index:
    """Which resources may stand at the other end of a relation, found once and checked in each scenario."""

    def __init__(self, world: World, by_type: dict[str, list[Resource]], by_id: dict[str, Resource]) -> None:
        self.world, self.by_type, self.by_id = world, by_type, by_id
        self._incoming: dict[Relation, Incoming] = {}
        self._named: dict[Relation, tuple[dict[str, list[Resource]], list[Resource]]] = {}

    def candidates(self, relation: Relation, target: Resource) -> list[Resource]:
        """The resources whose path may name the target."""
        if relation not in self._incoming:
            self._incoming[relation] = self._index_incoming(relation)
        linked, literal, open_ = self._incoming[relation]
        found = linked.get(target.id, [])
        named = target.subject.arn or relation.identifier(Item(self.world, target)) is not ABSENT
        others = literal + open_ if named else open_
        return found + [one for one in others if one not in found] if others else found

    def _index_incoming(self, relation: Relation) -> Incoming:
        """The resources by what they refer to; those with plain text; those whose text is not plain."""
        linked: dict[str, list[Resource]] = {}
        literal: list[Resource] = []
        open_: list[Resource] = []
        for resource in self._of(relation.types):
            raws = [_raw(resource.properties, steps) for steps in relation.paths]
            ids: set[str] = set()
            texts = [_scan(raw, ids, self.by_id) for raw in raws]
            for name in ids:
                linked.setdefault(name, []).append(resource)
            if any(texts):
                (open_ if any(map(_holds_functions, raws)) else literal).append(resource)
        return linked, literal, open_

    def targets(self, relation: Relation, value: Value) -> list[Resource]:
        """The resources that a value may name."""
        if isinstance(value, Reference):
            target = self.by_id.get(value.id)
            return [target] if target is not None and target.type in relation.types else []
        if relation not in self._named:
            self._named[relation] = self._index_named(relation)
        named, floating = self._named[relation]
        if isinstance(value, str):
            last = value.lower().replace("/", ":").rsplit(":", 1)[-1]
            return named.get(value.lower(), named.get(last, [])) + floating
        return self._of(relation.types)

    def _index_named(self, relation: Relation) -> tuple[dict[str, list[Resource]], list[Resource]]:
        named: dict[str, list[Resource]] = {}
        floating: list[Resource] = []
        for resource in self._of(relation.types):
            before = self.world.consulted
            name = relation.identifier(Item(self.world, resource))
            if self.world.consulted != before or isinstance(name, OPAQUE):
                floating.append(resource)
            elif isinstance(name, str):
                named.setdefault(name.lower(), []).append(resource)
        return named, floating

    def _of(self, types: tuple[str, ...]) -> list[Resource]:
        return [resource for name in types for resource in self.by_type.get(name, ())]


def _raw(value: Any, steps: Steps) -> Any:
    """What is written at a path, or at the intrinsic function that stands in its way."""
    for step in steps:
        if step is None:
            return value
        if not isinstance(value, dict) or (isinstance(step, str) and step not in value):
            return value if isinstance(value, dict) and len(value) == 1 else None
        value = value[step] if isinstance(step, str) else value
    return value


def _scan(raw: Any, ids: set[str], by_id: dict[str, Resource]) -> bool:
    """Collect the resources that raw data refers to; whether it may also name one by text."""
    stack, plain = [raw], False
    for _ in range(10_000):
        if not stack:
            return plain
        value = stack.pop()
        if isinstance(value, dict):
            name = value.get("Ref") if len(value) == 1 else None
            if isinstance(name, str) and name in by_id:
                ids.add(name)
            elif name != "AWS::NoValue":
                stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif value is not None:
            plain = True
            ids.update(name for name in _words(str(value)) if name in by_id)
    ids.update(by_id)
    return True


def _holds_functions(raw: Any) -> bool:
    """Whether raw data is anything but plain scalars."""
    if isinstance(raw, list):
        return any(map(_holds_functions, raw))
    return isinstance(raw, dict) or (isinstance(raw, str) and "{{resolve:" in raw)


def _words(value: str) -> Iterator[str]:
    yield value
    yield value.split(".", 1)[0]
    for piece in value.split("${")[1:]:
        yield piece.split("}", 1)[0].split(".", 1)[0].strip()
