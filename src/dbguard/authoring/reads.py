"""What a policy looks at, found ahead of time: verdicts are remembered by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbguard.authoring.relations import ends

SINGLE = ("path", "written", "days_since", "days_until")
SEVERAL = ("ratio", "difference", "at", "values", "of")
COVERED = ("Tags", "BackupSelection")  # what decides whether a backup selection covers a resource
ITEMS = ("every", "some", "count", "distinct", "sum")


def reads(tree: Any, terms: Mapping[str, Any], relations: Mapping[str, Any]) -> list[list[str]]:
    """The properties, attributes and related types that conditions look at; too many rather than too few."""
    properties: dict[str, None] = {}
    attributes: dict[str, None] = {}
    types: dict[str, None] = {}
    stack, seen = [tree], set()
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            attributes.update({node["attribute"]: None} if "attribute" in node else {})
            properties.update({"Tags": None} if "tag" in node else {})
            for name in (node[word] for word in ITEMS if isinstance(node.get(word), str)):
                related = relations[name]
                types.update(dict.fromkeys(ends(related)))
                properties.update(dict.fromkeys(path[0] for path in related.get("path", ()) if path))
                properties.update(dict.fromkeys(COVERED if "covering" in related else ()))
            properties.update(dict.fromkeys(path[0] for path in _paths(node) if path))
            name = node.get("is")
            if isinstance(name, str) and name not in seen:
                seen.add(name)
                stack.append(terms[name])
            stack.extend(value for value in node.values() if isinstance(value, (dict, list)))
    return [list(properties), list(attributes), list(types)]


def _paths(node: Mapping[str, Any]) -> list[Any]:
    """The paths of one node, as steps; those inside a list's items only add names that are not there."""
    found = [node[word] for word in (*SINGLE, *ITEMS) if isinstance(node.get(word), list)]
    return found + [path for word in SEVERAL for path in node.get(word, ()) if isinstance(path, list)]
