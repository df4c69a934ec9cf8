"""A CloudFormation template as an inventory: its sections checked for shape, its resources in its own world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbguard.errors import DocumentError
from dbguard.inventory import Inventory, Resource
from dbguard.links import Index
from dbguard.model import Gap, Location, Path, Subject
from dbguard.sources.document import Document
from dbguard.sources.template.parameters import PSEUDO, Parameter, parse
from dbguard.sources.template.world import TemplateWorld
from dbguard.value import Unresolved, Value

SECTIONS = ("Parameters", "Mappings", "Conditions", "Rules", "Resources")


class TemplateInventory(Inventory):
    """The resources of one template."""

    world: TemplateWorld


class Gaps:
    """What is wrong with a template, gathered with its place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Gap] = []

    def add(self, kind: str, detail: str, path: Path = ()) -> None:
        """Note one thing that cannot be judged."""
        line, column = self.document.position(path)
        place = Location(self.document.file, line, column, dotted(path))
        self.found.append(Gap(self.document.file, kind, detail, place))


def dotted(path: Path) -> str:
    """A place in a template as the report writes it: `Resources.Db.Properties.Tags[0]`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown


def expanded(document: Document, given: Mapping[str, Value]) -> tuple[Document, list[Gap]]:
    """The document as CloudFormation's own transforms rewrite it; itself where it names none."""
    if not isinstance(document.root, dict) or "Transform" not in document.root:
        return document, []
    from dbguard.sources.template.expansion import expand

    return expand(document, given)


def load(document: Document, given: Mapping[str, Value] | None = None) -> tuple[TemplateInventory, list[Gap]]:
    """The inventory of a template, and what of it cannot be judged.

    Raises DocumentError for what is no template at all.
    """
    root = document.root
    if not isinstance(root, dict):
        raise DocumentError("malformed", "a template is a mapping with Resources")
    gaps = Gaps(document)
    sections = {name: _section(root, name, gaps) for name in SECTIONS}
    if "Resources" not in root:
        gaps.add("no-resources", "the template has no Resources, nothing was judged")
    elif not sections["Resources"] and isinstance(root["Resources"], dict):
        gaps.add("no-resources", "the template's Resources are empty, nothing was judged", ("Resources",))
    given = given or {}
    parameters = {name: Parameter(name, _pseudo_type(name), given=given.get(name)) for name in PSEUDO}
    parameters.update((name, parse(name, body, given)) for name, body in sections["Parameters"].items())
    world = TemplateWorld(sections, parameters)
    resources = [one for name in sections["Resources"] if (one := _resource(name, sections["Resources"][name], gaps))]
    inventory = TemplateInventory(document.file, resources, world, document)
    world.links = Index(world, inventory.by_type, inventory.by_id)
    return inventory, gaps.found


def _pseudo_type(name: str) -> str:
    return "CommaDelimitedList" if name == "AWS::NotificationARNs" else "String"


def _section(root: Mapping[str, Any], name: str, gaps: Gaps) -> dict[str, Any]:
    section = root.get(name)
    if isinstance(section, dict):
        return section
    if name in root:
        gaps.add("malformed", f"{name} is {_kind(section)}, not a mapping", (name,))
    return {}


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return "empty" if value is None else next(name for kind, name in names.items() if isinstance(value, kind))


def _resource(name: str, body: Any, gaps: Gaps) -> Resource | None:
    place: Path = ("Resources", name)
    if name.startswith("Fn::"):
        if not name.startswith("Fn::ForEach"):
            gaps.add("transform", f"{name} is not expanded, its resources were not judged", place)
        return None
    if not isinstance(body, dict):
        gaps.add("malformed", f"resource {name} is {_kind(body)}, not a mapping", place)
        return None
    type_name = body.get("Type")
    if not isinstance(type_name, str):
        gaps.add("malformed", f"resource {name} has no Type", place)
        return None
    properties: Value = body.get("Properties")
    if properties is None:
        properties = {}
    elif not isinstance(properties, dict):
        gaps.add("malformed", f"Properties of {name} is {_kind(properties)}, not a mapping", (*place, "Properties"))
        properties = Unresolved(f"Properties of {name} is not a mapping", present=None)
    return Resource(Subject(name, type_name), properties, body, place)
