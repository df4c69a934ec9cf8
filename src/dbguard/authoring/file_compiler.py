"""What every part of a policy file is checked with: its place, its keys, its paths."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from dbguard.authoring import paths, schema
from dbguard.inventory import Steps
from dbguard.sources.document import Document

Place = tuple[str | int, ...]


class Scope(NamedTuple):
    """Where a path starts: the resource types it may be read from, and the list it is inside of."""

    types: tuple[str, ...]
    prefix: Steps = ()
    outer: tuple[str, ...] = ()


class Shared(NamedTuple):
    """Names that policies may use: relations and terms as written, data files."""

    relations: Mapping[str, Any]
    terms: Mapping[str, Any]
    data: Mapping[str, Any]


class FileCompiler:
    """Compiles what stands in one file; mistakes gather in `problems` as `file:line: what is wrong`."""

    def __init__(self, document: Document, shared: Shared) -> None:
        self.document = document
        self.shared = shared
        self.problems: list[str] = [
            f"{gap.target}:{gap.location.line if gap.location else 1}: {gap.detail}" for gap in document.gaps
        ]
        self.settings: Mapping[str, Any] = {}
        self.relations: dict[str, Any] = dict(shared.relations)
        self.place: Place | None = None  # where every mistake is reported, if not where it is
        self._terms: set[tuple[str, Scope]] = set()

    def problem(self, place: Place, detail: str) -> None:
        """Note a mistake at a place of the file."""
        line = self.document.position(place if self.place is None else self.place)[0]
        self.problems.append(f"{self.document.file}:{line}: {detail}")

    def keys(self, place: Place, node: Mapping[str, Any], allowed: tuple[str, ...], what: str) -> None:
        """Refuse keys that do not belong, with a hint at the one that was probably meant."""
        for key in node:
            if key not in allowed:
                close = get_close_matches(str(key), allowed, 1)
                hint = f"; did you mean '{close[0]}'?" if close else ""
                self.problem((*place, key), f"unknown key '{key}' in a {what}{hint}")

    def mapping(self, place: Place, node: Any) -> dict[str, Any]:
        """A mapping, or an empty one and a mistake."""
        if isinstance(node, dict):
            return node
        self.problem(place, f"'{place[-1]}' is a mapping")
        return {}

    def types(self, place: Place, node: Any) -> tuple[str, ...]:
        """The resource types that are named, those that there are."""
        names = node if isinstance(node, list) else [node]
        if not names or not all(isinstance(name, str) for name in names):
            self.problem(place, f"'{place[-1]}' is a resource type or a list of them")
            return ()
        for name in names:
            if name not in schema.types():
                close = get_close_matches(name, schema.types(), 1)
                self.problem(
                    place, f"there is no resource type {name}" + (f"; did you mean {close[0]}?" if close else "")
                )
        return tuple(name for name in names if name in schema.types())

    def path(self, place: Place, text: Any, scope: Scope | None) -> list[Any]:
        """The steps of a path, which at least one type of the scope must have."""
        try:
            steps = tuple(text) if isinstance(text, list) else paths.parse(str(text))  # a list: compiled before
        except paths.PathError as error:
            self.problem(place, str(error))
            return []
        if scope and scope.types:
            found = [schema.missing(name, (*scope.prefix, *steps)) for name in scope.types]
            if all(found) and found[0]:
                step, names = found[0]
                close = get_close_matches(step, names, 1)
                hint = f"; did you mean '{close[0]}'?" if close else ""
                self.problem(place, f"{' and '.join(scope.types)} has no '{step}' at {text}{hint}")
        return list(steps)

    def setting(self, place: Place, value: Any) -> Any:
        """A literal; one that begins with $ must be a setting."""
        if isinstance(value, str) and value.startswith("$") and value[1:] not in self.settings:
            self.problem(place, f"there is no setting '{value[1:]}'")
        return value
