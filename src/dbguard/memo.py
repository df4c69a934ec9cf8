"""Verdicts remembered over resources that are alike.

A policy whose relations lead nowhere depends on the properties that it reads and on what the world makes of them: its
parameters, mappings, conditions, rules and the names of its resources. For the next resource with the same properties
as written, in a world of the same signature, the verdict is known, in this template or in another of the run.
"""

from __future__ import annotations

from typing import Any

from dbguard.engine import Judgement, judge
from dbguard.inventory import Inventory, Resource
from dbguard.model import Subject
from dbguard.policy import Policy
from dbguard.value import frozen

WRITTEN = "written"  # in a resource's cache
MOST = 10_000  # verdicts kept for one policy
NOBODY = Resource(Subject("", ""), None, {})  # in the evidence of what is kept, so that no template is kept with it


class Memo:
    """Judges, and remembers."""

    def __init__(self) -> None:
        self._known: dict[str, dict[tuple[Any, ...], Judgement]] = {}
        self._worlds: dict[object, int] = {}  # signatures to numbers
        self._at: Inventory | None = None
        self._world = 0

    def judge(self, policy: Policy, resource: Resource, inventory: Inventory) -> Judgement:
        """The verdict of a policy on a resource."""
        key = self._key(policy, resource, inventory)
        if key is None:
            return judge(policy, resource, inventory)
        known = self._known.setdefault(policy.id, {})
        if key in known:
            return _about(resource, known[key])
        found = judge(policy, resource, inventory)
        if len(known) < MOST:
            known[key] = _about(NOBODY, found)
        return found

    def _key(self, policy: Policy, resource: Resource, inventory: Inventory) -> tuple[Any, ...] | None:
        """What the verdict depends on; None where that is other resources, or too much to keep."""
        reads = policy.reads
        if reads is None or not inventory.by_type.keys().isdisjoint(reads.types):
            return None
        if WRITTEN not in resource.cache:
            resource.cache[WRITTEN] = self._head(resource, inventory), _written(resource.properties)
        head, written = resource.cache[WRITTEN]
        if written is None:
            return None
        attributes = resource.attributes
        return (head, *map(written.get, reads.properties), *(frozen(attributes.get(name)) for name in reads.attributes))

    def _head(self, resource: Resource, inventory: Inventory) -> tuple[Any, ...]:
        if self._at is not inventory:
            self._at = inventory
            self._world = self._worlds.setdefault(inventory.world.signature(), len(self._worlds))
        return self._world, resource.type, resource.subject.origin, frozen(resource.attributes.get("Condition"))


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
