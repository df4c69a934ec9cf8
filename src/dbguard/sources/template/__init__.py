"""CloudFormation templates as an inventory: their sections checked for shape, their resources in their own world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dbguard.conditions.links import Index
from dbguard.inventory import Every, Inventory, Resource
from dbguard.model import Gap, Path, Subject
from dbguard.sources.document import Document, read
from dbguard.sources.template.parameters import parse, pseudo
from dbguard.sources.template.sections import Gaps, kind, sections_of
from dbguard.sources.template.world import TemplateWorld
from dbguard.value import Unresolved, Value

WRAPPED = ("TemplateBody", "Changes")  # keys of other answers of CloudFormation, which hold templates
# A template's file, and the values given to its parameters, to its text; raises DocumentError.
Fetch = Callable[[str, Mapping[str, Value]], Document]


class TemplateInventory(Inventory):
    """The resources of one template with its nested stacks, or of several that are joined by exports."""

    world: TemplateWorld
    source: Document
    documents: list[Document]


def opened(data: bytes, file: str, given: Mapping[str, Value]) -> Document:
    """The template in a file, expanded with what is given to it. Raises DocumentError."""
    document = read(data, file)
    if isinstance(document.root, dict) and not document.root.keys().isdisjoint(WRAPPED):
        from dbguard.sources.template.wrapped import unwrap

        document = unwrap(document)
    if b"AWS::Include" in data:
        from dbguard.sources.template.include import include

        document = include(document)
    return expanded(document, given)


def expanded(document: Document, given: Mapping[str, Value]) -> Document:
    """The document as CloudFormation's own transforms rewrite it; itself where it names none."""
    if not isinstance(document.root, dict) or "Transform" not in document.root:
        return document
    from dbguard.sources.template.expansion import expand

    return expand(document, given)


def load(
    document: Document,
    given: Mapping[str, Value] | None = None,
    fetch: Fetch | None = None,
    beside: Sequence[tuple[Document, Mapping[str, Value]]] = (),
) -> tuple[TemplateInventory, list[Gap]]:
    """The inventory of a template, and what of it cannot be judged.

    Nested stacks are followed where `fetch` reads files; `beside` are templates,
    each with its own given values, whose exports are seen as well.
    Raises DocumentError for what is no template at all.
    """
    gaps = Gaps(document)
    sections = sections_of(document, gaps)
    if beside or (fetch is not None and any(map(nests, sections["Resources"].values()))):
        from dbguard.sources.template.assembly import assemble

        world, gaps, documents = assemble(((document, given or {}), *beside), fetch)
    else:
        parameters = pseudo(given or {}, "")
        parameters.update((name, parse(name, body, given or {})) for name, body in sections["Parameters"].items())
        world, documents = TemplateWorld(sections, parameters), [document]
    resources = [one for name, body in world.resources.items() if (one := _resource(name, body, gaps))]
    inventory = TemplateInventory(document.file, resources, world, gaps.document)
    inventory.documents = documents
    if any(one.partial for one in documents):
        world.incomplete = Every()
    world.links = Index(world, inventory.by_type, inventory.by_id)
    return inventory, gaps.found


def nests(body: Any) -> bool:
    """Whether a resource stands for another template: a nested stack, or a module."""
    kind = body.get("Type") if isinstance(body, dict) else None
    return isinstance(kind, str) and (kind == "AWS::CloudFormation::Stack" or kind.endswith("::MODULE"))


def _resource(name: str, body: Any, gaps: Gaps) -> Resource | None:
    place: Path = ("Resources", name)
    last = str(gaps.document.home(place)[1][-1])
    own = last if name.endswith(last) else name
    if own.startswith("Fn::"):
        if not own.startswith("Fn::ForEach"):
            document, inner = gaps.document.home(place)
            detail = f"{own} is not expanded, its resources were not judged"
            gaps.add("transform", document.unexpanded.get(document.position(inner), detail), place)
        return None
    if not isinstance(body, dict):
        gaps.add("malformed", f"resource {own} is {kind(body)}, not a mapping", place)
        return None
    type_name = body.get("Type")
    if not isinstance(type_name, str):
        gaps.add("malformed", f"resource {own} has no Type", place)
        return None
    properties: Value = body.get("Properties")
    if properties is None:
        properties = {}
    elif not isinstance(properties, dict):
        gaps.add("malformed", f"Properties of {own} is {kind(properties)}, not a mapping", (*place, "Properties"))
        properties = Unresolved(f"Properties of {own} is not a mapping", present=None)
    module = name[: len(name) - len(own)].replace("#", "/").rpartition("/")[2]
    return Resource(Subject(module + own, type_name), properties, body, place, name)
