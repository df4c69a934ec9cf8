"""The sections of a template, as far as they have the right shape; what is wrong with it, with its place."""

from __future__ import annotations

from typing import Any

from dbguard.errors import DocumentError
from dbguard.model import Gap, Path
from dbguard.sources.document import Document

SECTIONS = ("Parameters", "Mappings", "Conditions", "Rules", "Resources")


class Gaps:
    """The gaps of one template, or of several that are seen together."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Gap] = []

    def add(self, kind: str, detail: str, path: Path = ()) -> None:
        """Note one thing that cannot be judged."""
        place = self.document.location(path)
        self.found.append(Gap(place.file, kind, detail, place))


def sections_of(document: Document, gaps: Gaps) -> dict[str, dict[str, Any]]:
    """A template's sections; what is malformed is a gap. Raises DocumentError for what is no template at all."""
    root = document.root
    if not isinstance(root, dict):
        raise DocumentError("malformed", "a template is a mapping with Resources")
    sections = {name: _section(root, name, gaps) for name in SECTIONS}
    if "Resources" not in root:
        gaps.add("no-resources", "the template has no Resources, nothing was judged")
    elif not sections["Resources"] and isinstance(root["Resources"], dict) and not document.partial:
        gaps.add("no-resources", "the template's Resources are empty, nothing was judged", ("Resources",))
    return sections


def _section(root: dict[str, Any], name: str, gaps: Gaps) -> dict[str, Any]:
    section = root.get(name)
    if isinstance(section, dict):
        return section
    if name in root:
        gaps.add("malformed", f"{name} is {kind(section)}, not a mapping", (name,))
    return {}


def kind(value: Any) -> str:
    """What a value is, in a message."""
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return "empty" if value is None else next(name for one, name in names.items() if isinstance(value, one))
