"""The index behind relations: which resources may stand at the other end, found once per inventory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbguard.conditions.relation import SEPARATORS, Relation, is_open, references
from dbguard.inventory import Impossible, Item, Resource, Steps, World
from dbguard.value import ABSENT, OPAQUE, AnyOther, Reference, Unresolved, Value, text

Named = dict[str, list[Resource]]
Incoming = tuple[Named, Named, list[Resource]]


class Index:
    """Which resources may stand at the other end of a relation, found once and checked in each scenario."""

    def __init__(self, world: World, by_type: dict[str, list[Resource]], by_id: dict[str, Resource]) -> None:
        self.world, self.by_type, self.by_id = world, by_type, by_id
        self._incoming: dict[Relation, Incoming] = {}
        self._named: dict[Relation, tuple[dict[str, list[Resource]], list[Resource]]] = {}

    def candidates(self, relation: Relation, target: Resource, texts: list[Value]) -> list[Resource]:
        """The resources whose path may name the target, which is known under these texts."""
        if relation not in self._incoming:
            self._incoming[relation] = self._index_incoming(relation)
        linked, literal, open_ = self._incoming[relation]
        found = linked.get(target.id, [])
        if not literal and not open_:
            return found
        found = found + _spelling(target, texts, literal) + open_
        return list({id(one): one for one in found}.values())

    def _index_incoming(self, relation: Relation) -> Incoming:
        """The resources by what they refer to; by their plain text; and those whose text is not plain."""
        linked: Named = {}
        literal: Named = {}
        open_: list[Resource] = []
        for resource in self._of(relation.types):
            if self.world.joined and self._settled(relation, resource, linked, literal):
                continue
            raws = [_raw(resource.properties, steps) for steps in relation.paths]
            ids: set[str] = set()
            texts = [_scan(raw, ids, self.by_id) for raw in raws]
            for name in ids:
                linked.setdefault(name, []).append(resource)
            if any(map(_holds_functions, raws)):
                open_ += [resource] if any(texts) else []
            elif any(texts):
                for name in {name for raw in raws for name in _spellings(raw)}:
                    literal.setdefault(name, []).append(resource)
        return linked, literal, open_

    def _settled(self, relation: Relation, resource: Resource, linked: Named, literal: Named) -> bool:
        """Whether what a resource names is the same in every scenario; then it is put where it belongs."""
        before = self.world.consulted
        try:
            values = list(references(Item(self.world, resource), relation.paths))
        except Impossible:  # the resource itself does not exist at the moment
            return False
        plain = all(isinstance(value, str) or (isinstance(value, Reference) and value.names) for value in values)
        if self.world.consulted != before or not plain:
            return False
        for value in values:
            for name in [value.id] if isinstance(value, Reference) else _spellings(value):
                (linked if isinstance(value, Reference) else literal).setdefault(name, []).append(resource)
        return True

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


def _spelling(target: Resource, texts: list[Value], literal: Named) -> list[Resource]:
    """The resources whose plain text may name the target."""
    if any(isinstance(one, (Unresolved, AnyOther)) or is_open(one) for one in texts):
        return [one for some in literal.values() for one in some]
    spelled = {text(one).lower() for one in texts if one is not ABSENT and not isinstance(one, OPAQUE)}
    spelled.update({target.subject.arn.lower()} if target.subject.arn else ())
    return [one for name in spelled for one in literal.get(name, ())]


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


def _spellings(raw: Any) -> Iterator[str]:
    """What plain text may name: itself, and where it is an ARN what stands behind each of its separators."""
    if isinstance(raw, list):
        for one in raw:
            yield from _spellings(one)
    elif raw is not None:
        whole = text(raw).lower()
        yield whole
        if whole.startswith("arn:"):
            yield from (whole[at + 1 :] for at, char in enumerate(whole) if char in SEPARATORS)


def _holds_functions(raw: Any) -> bool:
    """Whether raw data is anything but plain scalars."""
    if isinstance(raw, list):
        return any(map(_holds_functions, raw))
    return isinstance(raw, (dict, *OPAQUE)) or (isinstance(raw, str) and "{{resolve:" in raw)


def _words(value: str) -> Iterator[str]:
    yield value
    yield value.split(".", 1)[0]
    for piece in value.split("${")[1:]:
        yield piece.split("}", 1)[0].split(".", 1)[0].strip()
