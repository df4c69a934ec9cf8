"""Conditions that hang on themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbguard.sources.places import mappings


def circular(conditions: Mapping[str, Any]) -> list[str]:
    """The names of the conditions on a circle, or between two, in the order of the text."""
    graph = {name: _named(body) & conditions.keys() for name, body in conditions.items()}
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


def _named(tree: Any) -> set[str]:
    """The conditions that a condition names."""
    named = (one["Condition"] for one in mappings(tree) if len(one) == 1 and "Condition" in one)
    return {name for name in named if isinstance(name, str)}
