"""The property paths that resource types have, from cfn-lint's copies of the CloudFormation provider schemas.

Only the schema files are read; cfn-lint itself is not imported. What live accounts have beside it (snapshots, who may
restore them) is known from the declarations of `sources.account`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from dbguard.inventory import Steps

# Properties that the schema calls text, and that hold JSON.
JSON_TEXT = {
    ("AWS::DMS::ReplicationTask", "ReplicationTaskSettings"),
    ("AWS::DMS::ReplicationConfig", "ReplicationSettings"),
}
REGION = "us-east-1"  # has the most resource types; the others are asked for the rest


def folder() -> str:
    """The folder of cfn-lint's schemas."""
    spec = find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("cfn-lint is not installed, and its provider schemas are needed to check policies")
    return os.path.join(spec.submodule_search_locations[0], "data", "schemas")


def _read(*parts: str) -> dict[str, Any]:
    with open(os.path.join(folder(), *parts), encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


@lru_cache
def _files() -> dict[str, str]:
    """The schema file of each resource type."""
    found: dict[str, str] = {}
    names = sorted(os.listdir(os.path.join(folder(), "providers")), key=lambda name: name != f"{REGION}.json")
    for name in names:
        if name.endswith(".json"):
            found = {**_read("providers", name), **found}
    return found


@lru_cache
def types() -> frozenset[str]:
    """Every resource type that has a schema, or is read from live accounts."""
    return frozenset(_files()) | frozenset(_live())


@lru_cache
def _live() -> dict[str, frozenset[str]]:
    """The properties that each type has on a live account."""
    from dbguard.sources.account.mapping import REGISTRY

    found: dict[str, set[str]] = {}
    for service in REGISTRY.services.values():
        for one in service.collections:
            names = {*one.expressions, *(name for detail in one.details for name in detail.properties)}
            found.setdefault(one.type, set()).update(name.split(".")[0] for name in names)
    return {name: frozenset(properties) for name, properties in found.items()}


@lru_cache
def schema(type_name: str) -> dict[str, Any]:
    """The provider schema of a resource type."""
    return _read("resources", f"{_files()[type_name]}.json")


def missing(type_name: str, steps: Steps) -> tuple[str, list[str]] | None:
    """The first step of a path that the type does not have, with the names that stand there instead."""
    if (type_name, steps[0]) in JSON_TEXT and len(steps) > 1:
        return None
    live = _live().get(type_name, frozenset())
    if type_name not in _files():
        return None if steps[0] in live else (str(steps[0]), sorted(live))
    found = _missing(type_name, steps)
    return None if found and steps[0] in live and found[0] == steps[0] else found


def _missing(type_name: str, steps: Steps) -> tuple[str, list[str]] | None:
    root = schema(type_name)
    nodes = [root]
    for step in steps:
        names = [name for node in nodes for name in node.get("properties", {})]
        nodes = [found for node in nodes for found in _down(root, node, step)]
        if not nodes:
            return ("[*]" if step is None else str(step)), names
    return None


def _down(root: dict[str, Any], node: dict[str, Any], step: str | int | None) -> list[dict[str, Any]]:
    if not isinstance(step, str):
        items = node.get("items")
        found = list(_variants(root, items)) if isinstance(items, dict) else []
        return found or ([{}] if _free(node) else [])
    if step in node.get("properties", {}):
        return list(_variants(root, node["properties"][step]))
    patterns = list(node.get("patternProperties", {}).values())
    if isinstance(node.get("additionalProperties"), dict):
        patterns.append(node["additionalProperties"])
    if patterns:
        return [found for one in patterns for found in _variants(root, one)]
    return [{}] if _free(node) else []


def _free(node: dict[str, Any]) -> bool:
    """Whether a schema says nothing of what is inside: free-form JSON."""
    kinds = node.get("type", "object")
    free = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    return free and not any(key in node for key in ("properties", "items", "patternProperties"))


def _variants(root: dict[str, Any], node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """A schema with its references followed and its alternatives side by side."""
    if not isinstance(node, dict) or depth > 20:
        return
    if "$ref" in node:
        target: Any = root
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        yield from _variants(root, target, depth + 1)
        return
    yield node
    for word in ("oneOf", "anyOf", "allOf"):
        for one in node.get(word, ()):
            if isinstance(one, dict) and ("properties" in one or "$ref" in one or "items" in one):
                yield from _variants(root, one, depth + 1)
