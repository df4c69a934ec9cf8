"""What a policy looks at, found ahead of time: verdicts are remembered by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ITEMS = ("every", "some", "count", "distinct")


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
                types.update(dict.fromkeys(relations[name].get("from") or relations[name]["to"]))
                properties.update(dict.fromkeys(path[0] for path in relations[name]["path"] if path))
            properties.update(dict.fromkeys(path[0] for path in _paths(node) if path))
            name = node.get("is")
            if isinstance(name, str) and name not in seen:
                seen.add(name)
                stack.append(terms[name])
            stack.extend(value for value in node.values() if isinstance(value, (dict, list)))
    return [list(properties), list(attributes), list(types)]


def _paths(node: Mapping[str, Any]) -> list[Any]:
    """The paths of one node, as steps; those inside a list's items only add names that are not there."""
    found = [node[word] for word in ("path", "at", *ITEMS) if isinstance(node.get(word), list)]
    return found + list(node.get("ratio", ()))
