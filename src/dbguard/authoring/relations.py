"""Relations of a policy file to plans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dbguard.authoring.file_compiler import FileCompiler, Place, Scope

ALONE = ("all", "covering")  # relations that no path makes
WAYS = ("from", "to", *ALONE)


def ends(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """The resource types that a compiled relation leads to."""
    return tuple(next(plan[way] for way in WAYS if way in plan))


class RelationCompiler(FileCompiler):
    """Compiles the relations of one file."""

    def relations_of(self, place: Place, node: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        """The plans of several relations."""
        return {name: self.relation((*place, name), one, scope) for name, one in node.items()}

    def relation(self, place: Place, node: Any, scope: Scope | None) -> dict[str, Any]:
        """A relation's plan. `scope` is where it starts, or None where that is not known yet."""
        ways = [way for way in WAYS if isinstance(node, dict) and way in node]
        if len(ways) != 1:
            self.problem(place, "a relation has either 'from' or 'to', and a 'path'; or 'all' or 'covering' alone")
            return {"to": [], "path": []}
        if ways[0] in ALONE:
            return self._alone(place, node, ways[0])
        self.keys(place, node, ("from", "to", "path", "form", "key"), "relation")
        way = ways[0]
        types = self.types((*place, way), node[way])
        holders = Scope(types) if way == "from" else scope
        texts = node.get("path")
        plan: dict[str, Any] = {way: list(types), "path": []}
        for text in texts if isinstance(texts, list) else [texts]:
            plan["path"].append(self.path((*place, "path"), text, holders))
        if "form" in node:
            plan["form"] = self._form((*place, "form"), node["form"])
        if "key" in node:
            plan["key"] = self.path((*place, "key"), node["key"], scope if way == "from" else Scope(types))
        return plan

    def _alone(self, place: Place, node: Mapping[str, Any], way: str) -> dict[str, Any]:
        self.keys(place, node, (way, "elsewhere") if way == "all" else (way,), "relation")
        plan: dict[str, Any] = {way: list(self.types((*place, way), node[way]))}
        if node.get("elsewhere", False) is not False:
            self.problem((*place, "elsewhere"), "'elsewhere' is false, or left out")
        return {**plan, "elsewhere": False} if "elsewhere" in node else plan

    def _form(self, place: Place, node: Any) -> list[Any]:
        if not isinstance(node, str) or "{id}" not in node:
            self.problem(place, "'form' is a text that holds {id}")
            return []
        pieces = [piece for piece in re.split(r"(\{[^}]*\})", node) if piece]
        return [self.path(place, piece[1:-1], None) if piece.startswith("{$") else piece for piece in pieces]
