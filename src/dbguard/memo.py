"""Verdicts remembered over resources that are alike.

A policy whose relations lead nowhere depends on the properties that it reads and on what the world makes of them: its
parameters, mappings, conditions, rules and the names of its resources. For the next resource with the same properties
as written, in a world of the same signature, the verdict is known, in this template or in another of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dbguard.engine import Judgement, judge
from dbguard.inventory import Inventory, Resource
from dbguard.model import Subject
from dbguard.policy import Policy, Reads
from dbguard.value import frozen

NOTHING = Reads((), (), ())
MOST = 10_000  # verdicts kept for one policy
NOBODY = Resource(Subject("", ""), None, {})  # in the evidence of what is kept, so that no template is kept with it


class Bundle(NamedTuple):
    """The policies of a type that rest on the resource alone, and what all of them together look at."""

    together: tuple[Policy, ...]
    alone: tuple[Policy, ...]  # those whose verdicts rest on other resources of this inventory
    properties: tuple[str, ...]
    attributes: tuple[str, ...]


class Memo:
    """Judges, and remembers: all verdicts of resources that are wholly alike, else policy by policy."""

    def __init__(self) -> None:
        self._known: dict[int, dict[tuple[Any, ...], Judgement]] = {}  # by the policy as it is tuned
        self._whole: dict[tuple[Any, ...], tuple[Judgement, ...]] = {}
        self._bundles: dict[tuple[Any, ...], Bundle] = {}
        self._worlds: dict[object, int] = {}  # signatures to numbers
        self._at: Inventory | None = None
        self._here: dict[int, Bundle] = {}  # of this inventory, by the policies
        self._world = 0

    def judge_all(
        self, policies: tuple[Policy, ...], resource: Resource, inventory: Inventory
    ) -> Iterator[tuple[Policy, Judgement]]:
        """The verdict of each policy on a resource."""
        if self._at is not inventory:
            self._enter(inventory)
        bundle = self._here.get(id(policies)) or self._bundle(policies, inventory)
        head = (self._world, resource.type, resource.subject.origin, frozen(resource.attributes.get("Condition")))
        written = _written(resource.properties)
        if written is None:
            yield from ((policy, judge(policy, resource, inventory)) for policy in policies)
            return
        attributes = (frozen(resource.attributes.get(name)) for name in bundle.attributes)
        key = (id(bundle), head, *map(written.get, bundle.properties), *attributes)
        found = self._whole.get(key)
        if found is None:
            found = tuple(self._judge(policy, resource, inventory, head, written) for policy in bundle.together)
            if len(self._whole) < MOST:
                self._whole[key] = found
        yield from ((policy, _about(resource, one)) for policy, one in zip(bundle.together, found, strict=True))
        yield from ((policy, judge(policy, resource, inventory)) for policy in bundle.alone)

    def _enter(self, inventory: Inventory) -> None:
        """Turn to the resources of another inventory."""
        self._at, self._here = inventory, {}
        self._world = self._worlds.setdefault(inventory.world.signature(), len(self._worlds))

    def _bundle(self, policies: tuple[Policy, ...], inventory: Inventory) -> Bundle:
        """The policies split by whether their relations lead to anything here."""
        here = inventory.by_type.keys()
        together = tuple(one for one in policies if one.reads and here.isdisjoint(one.reads.types))
        key = (id(policies), *(one.id for one in together))
        if key not in self._bundles:
            reads = [one.reads for one in together if one.reads]
            self._bundles[key] = Bundle(
                together,
                tuple(one for one in policies if one not in together),
                tuple(dict.fromkeys(name for one in reads for name in one.properties)),
                tuple(dict.fromkeys(name for one in reads for name in one.attributes)),
            )
        self._here[id(policies)] = self._bundles[key]
        return self._bundles[key]

    def _judge(
        self, policy: Policy, resource: Resource, inventory: Inventory, head: Any, written: dict[str, object]
    ) -> Judgement:
        """The verdict of one policy, to be kept: its evidence names no resource."""
        reads = policy.reads or NOTHING
        attributes = (frozen(resource.attributes.get(name)) for name in reads.attributes)
        key = (head, *map(written.get, reads.properties), *attributes)
        known = self._known.setdefault(id(policy), {})
        if key in known:
            return known[key]
        found = _about(NOBODY, judge(policy, resource, inventory))
        if len(known) < MOST:
            known[key] = found
        return found


def _written(properties: Any) -> dict[str, object] | None:
    """Each property as written, as a key; None where one of them is too much to keep."""
    if not isinstance(properties, dict):
        return None
    found = {name: frozen(value) for name, value in properties.items()}
    return None if False in found.values() else found


def _about(resource: Resource, found: Judgement) -> Judgement:
    """A judgement of a resource that is alike, as one of this resource."""
    if not found.evidence:
        return found
    return found._replace(evidence=tuple(one._replace(resource=resource) for one in found.evidence))
