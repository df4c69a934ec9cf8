"""Policies prove themselves: every example of a policy file is judged and compared with its verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dbguard.conditions.links import Index
from dbguard.engine import judge
from dbguard.inventory import Inventory, Resource, World
from dbguard.model import NOT_SELECTED, Subject
from dbguard.policy import Policy, build
from dbguard.policy_library import Library
from dbguard.sources.document import Document, read
from dbguard.sources.template import load
from dbguard.value import Unresolved

SECTIONS = ("parameters", "mappings", "conditions", "rules", "resources")


class Miss(NamedTuple):
    """An example whose verdict is not the one that its policy file states."""

    file: str
    line: int
    policy: str
    example: str
    resource: str
    stated: str
    found: str

    def __str__(self) -> str:
        what = f"{self.policy}: example '{self.example}': {self.resource}"
        return f"{self.file}:{self.line}: {what} is {self.found}, stated {self.stated}"


def prove(library: Library, names: Iterable[str]) -> Iterator[Miss]:
    """The misses of some policies."""
    for name in names:
        yield from misses(library, name, file_document(library, name))


def file_document(library: Library, name: str) -> Document:
    """The policy file, as written."""
    path = library.file(name)
    with open(path, "rb") as file:
        return read(file.read(), library.entries[name].file)


def misses(library: Library, name: str, document: Document, plan: Mapping[str, Any] | None = None) -> Iterator[Miss]:
    """The misses of one policy, or of a changed plan of it."""
    for index, example in enumerate(document.root["examples"]):
        topology = library.topology._replace(today=str(example.get("today", library.topology.today)))
        policy = build(library.plan(name) if plan is None else plan, topology, example.get("settings"))
        inventory = _inventory(document, example)
        for resource, stated in example["verdicts"].items():
            found = _verdict(policy, inventory.by_id[resource], inventory)
            if found != {"n/a": NOT_SELECTED}.get(stated, stated):
                line = document.position(("examples", index, "verdicts", resource))[0]
                yield Miss(document.file, line, name, example["name"], resource, stated, found)


def _verdict(policy: Policy, resource: Resource, inventory: Inventory) -> str:
    if resource.type not in policy.types:
        return NOT_SELECTED
    if policy.only and policy.only != resource.subject.origin:
        return NOT_SELECTED
    return judge(policy, resource, inventory).verdict


def _inventory(document: Document, example: Mapping[str, Any]) -> Inventory:
    """The example's resources as an inventory, of a template or of an account."""
    if example.get("source") == "account":
        return _account(document, example)
    root = {section.title(): example[section] for section in SECTIONS if section in example}
    inventory, _ = load(Document(document.file, root), example.get("given"))
    return inventory


def _account(document: Document, example: Mapping[str, Any]) -> Inventory:
    """Resources as if read from an account, of which some types or properties (`Unread: reason`) could not be read."""
    resources = [
        Resource(Subject(name, body["Type"], "account", arn=body.get("Arn")), _unread(body.get("Properties", {})), body)
        for name, body in example["resources"].items()
    ]
    world = World()
    world.incomplete = frozenset(example.get("incomplete", ()))
    inventory = Inventory(document.file, resources, world)
    world.links = Index(world, inventory.by_type, inventory.by_id)
    return inventory


def _unread(value: Any) -> Any:
    if isinstance(value, dict):
        if list(value) == ["Unread"]:
            return Unresolved(value["Unread"], present=None)
        return {name: _unread(inner) for name, inner in value.items()}
    return [_unread(inner) for inner in value] if isinstance(value, list) else value
