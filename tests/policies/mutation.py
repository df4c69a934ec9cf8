"""Mutants of a policy's plan: each changes one thing that some example of the policy must notice."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from dbguard.conditions.operators import OPERATORS

Place = tuple[str | int, ...]
SECTIONS = ("where", "except", "expect")


def mutants(plan: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every change with its name and the mutants that make it; one of them must be noticed."""
    for name, mutant in _single(plan):
        yield name, [mutant]
    for section in SECTIONS:
        if section in plan:
            for place, value in _nodes((section,), plan[section]):
                if "default" in value:
                    # Many a default gives the verdict that its absence gives; some other must not.
                    named = [one for name in OPERATORS if name in value for one in _flat(value[name])]
                    others = [{**value, "default": other} for other in (*_operands(value["default"]), *named)]
                    others.append({key: inner for key, inner in value.items() if key != "default"})
                    yield f"{'.'.join(map(str, place))}: default", [_changed(plan, place, other) for other in others]


def _flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _single(plan: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if "where" in plan:
        yield "without where", {key: value for key, value in plan.items() if key != "where"}
    for index in range(len(plan.get("except", ()))):
        yield (
            f"without exemption {index}",
            _changed(plan, ("except",), [one for at, one in enumerate(plan["except"]) if at != index]),
        )
    for name, value in plan.get("settings", {}).items():
        for other in _operands(value):
            yield f"setting {name} is {other}", _changed(plan, ("settings", name), other)
    for section in SECTIONS:
        if section in plan:
            for place, value in _nodes((section,), plan[section]):
                for name, other in _conditions(value):
                    yield f"{'.'.join(map(str, place))}: {name}", _changed(plan, place, other)


def _changed(plan: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(plan)
    inner: Any = found
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return found


def _nodes(place: Place, value: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every mapping in a tree of conditions."""
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from _nodes((*place, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nodes((*place, index), inner)


def _conditions(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A condition, or an operand, with one thing changed."""
    yield from _logic(node)
    if "present" in node:
        yield "present turned", {**node, "present": not node["present"]}
    if "source" in node:
        yield "source turned", {"not": {"source": node["source"]}}
    if "that" in node and "count" in node:
        yield "count of all", {key: value for key, value in node.items() if key != "that"}
    checks = [name for name in (*OPERATORS, "present") if name in node]
    for name in checks:
        if name != "present":
            for other in (node[name] * 3,) if name == "multiple_of" else _operands(node[name]):
                yield f"{name} {other}", {**node, name: other}
        if len(checks) > 1:
            yield f"without {name}", {key: value for key, value in node.items() if key != name}


def _logic(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """All, any, not and if, with a part left out."""
    because = {"because": node["because"]} if "because" in node else {}
    for word in ("all", "any"):
        parts = node.get(word, ())
        if len(parts) > 1:
            for index in range(len(parts)):
                rest = [one for at, one in enumerate(parts) if at != index]
                yield f"{word} without part {index}", {**node, word: rest}
    if isinstance(node.get("not"), dict):
        yield "without not", {**node["not"], **because}
    for word in ("then", "else"):
        if word in node:
            yield f"{word} alone", node[word]


def _operands(value: Any) -> Iterator[Any]:
    """Other operands than this one; settings are changed where they stand."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        if not value.startswith("$"):
            yield "(?!)mutant" if "^" in value or "$" in value else "mutant"
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if isinstance(one, str) and not one.startswith("$"):
                yield [other for at, other in enumerate(value) if at != index]
            else:
                yield from ([*value[:index], other, *value[index + 1 :]] for other in _operands(one))
