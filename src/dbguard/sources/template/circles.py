"""Conditions that hang on themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def circular(conditions: Mapping[str, Any]) -> list[str]:
    """The names of the conditions on a circle, or between two, in the order of the text."""
    graph = {name: {one for one in _named(body) if one in conditions} for name, body in conditions.items()}
    turned: dict[str, set[str]] = {name: set() for name in graph}
    for name, others in graph.items():
        for other in others:
            turned[other].add(name)
    left = _with_a_way_on(turned, _with_a_way_on(graph, set(graph)))
    return [name for name in graph if name in left]


def _with_a_way_on(graph: dict[str, set[str]], names: set[str]) -> set[str]:
    """The names that are left when those without an edge to another of them are taken away, again and again."""
    ways = {name: len(graph[name] & names) for name in names}
    before: dict[str, list[str]] = {}
    for name in names:
        for other in graph[name] & names:
            before.setdefault(other, []).append(name)
    ends = [name for name, count in ways.items() if count == 0]
    left = set(names)
    while ends:
        end = ends.pop()
        left.discard(end)
        for name in before.get(end, ()):
            ways[name] -= 1
            if ways[name] == 0:
                ends.append(name)
    return left


def _named(tree: Any) -> Iterator[str]:
    """The conditions that a condition names."""
    stack, seen = [tree], set()
    while stack:
        value = stack.pop()
        if not isinstance(value, (dict, list)) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            if len(value) == 1 and isinstance(value.get("Condition"), str):
                yield value["Condition"]
            stack.extend(value.values())
        else:
            stack.extend(value)
