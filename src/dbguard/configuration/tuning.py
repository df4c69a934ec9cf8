"""The settings of policies in a configuration, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dbguard.backtracking import choices
from dbguard.conditions.operators import OPERATORS
from dbguard.layers import Layer
from dbguard.policy_library import Library, suggestion

REGEX = frozenset(name for name, one in OPERATORS.items() if one.kind == "regex")


def settings(layers: Iterable[Layer]) -> dict[str, dict[str, Any]]:
    """The settings of each policy."""
    found: dict[str, dict[str, Any]] = {}
    for layer in layers:
        for key, setting in layer.values.items():
            if key[0] == "settings":
                found.setdefault(key[1], {})[key[2]] = setting.value
    return found


def problems(library: Library, layer: Layer) -> Iterator[str]:
    """Settings that a policy has not, or that are of another kind than what it has by default."""
    for key, setting in layer.values.items():
        if key[0] == "settings":
            _, policy, name = key
            problem = _problem(library, policy, name, setting.value)
            if problem:
                yield f"{setting.place}: {problem}"


def _problem(library: Library, policy: str, name: str, value: Any) -> str:
    if policy not in library.entries:
        return f"there is no policy '{policy}'{suggestion(policy, library.entries)}"
    plan = library.plan(policy)
    unfit = _unfit(policy, name, value, plan.get("settings", {}))
    if unfit or not isinstance(value, str) or f"${name}" not in _patterns(plan):
        return unfit
    try:
        slow = choices(value) + (not value.startswith("^")) > 2
    except (re.error, OverflowError) as error:
        return f"{name} of {policy} is no valid pattern: {error}"
    return f"{name} of {policy} may take for ever: the pattern can match one text in too many ways" if slow else ""


def _unfit(policy: str, name: str, value: Any, own: dict[str, Any]) -> str:
    if name not in own:
        there = suggestion(name, own) or f"; it has {', '.join(own)}" if own else "; it has none"
        return f"{policy} has no setting '{name}'{there}"
    default = own[name]
    if isinstance(default, list):
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return "" if fits else f"{name} of {policy} is a list of texts"
    if isinstance(default, bool) or isinstance(value, bool):
        return "" if type(default) is type(value) else f"{name} of {policy} is {_kind(default)}"
    number = isinstance(default, (int, float))
    fits = isinstance(value, (int, float) if number else str)
    return "" if fits else f"{name} of {policy} is {_kind(default)}"


def _kind(default: Any) -> str:
    if isinstance(default, bool):
        return "true or false"
    return "a number" if isinstance(default, (int, float)) else "a text"


def _patterns(node: Any) -> set[Any]:
    """What stands in a plan where a regular expression is expected."""
    if isinstance(node, list):
        return {one for inner in node for one in _patterns(inner)}
    if not isinstance(node, dict):
        return set()
    here = {value for name, value in node.items() if isinstance(value, str) and name in REGEX}
    return here.union(*map(_patterns, node.values()))
