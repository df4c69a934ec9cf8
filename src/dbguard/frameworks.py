"""Frameworks: which of their controls the policies evaluate, in whole or in part, and which nothing does.

A control names its policies by their references, or by patterns over policy ids where the framework's own texts name no
check. What a run has seen of each control is put together by `controls`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from dbguard.errors import UsageError
from dbguard.model import VERDICTS, Control
from dbguard.policy_library import Entry, Library, suggestion

EVALUATED, NO_RESOURCE, NOT_EVALUATED = "evaluated", "no-resource", "not-evaluated"
FULL, PARTIAL = "full", "partial"


class Framework(NamedTuple):
    """One framework: its controls about databases, each with the policies that evaluate it."""

    name: str
    title: str
    rows: Mapping[str, Mapping[str, Any]]  # as the framework's file has them
    policies: Mapping[str, tuple[str, ...]]


def load(library: Library, names: Iterable[str]) -> tuple[Framework, ...]:
    """The frameworks of these names. Raises UsageError for one that there is not."""
    found = []
    for name in dict.fromkeys(names):
        if name not in library.frameworks:
            there = suggestion(name, library.frameworks) or f"; there are {', '.join(library.frameworks)}"
            raise UsageError(f"there is no framework '{name}'{there}")
        root = library.frameworks[name]
        rows = {control: row or {} for control, row in root["controls"].items()}
        policies = dict.fromkeys(rows, ())
        policies |= {control: tuple(_evaluating(library, root, control, row)) for control, row in rows.items()}
        found.append(Framework(name, root["title"], rows, policies))
    return tuple(found)


def _evaluating(library: Library, root: Mapping[str, Any], control: str, row: Mapping[str, Any]) -> Iterator[str]:
    """The policies that evaluate a control."""
    for name, references in library.references.items():
        referred = root.get("references") and control in map(_id, references.get(root["references"], ()))
        if referred or any(fnmatchcase(name, pattern) for pattern in row.get("policies", ())):
            yield name


def _id(reference: str) -> str:
    """A reference without the remark behind it."""
    return reference.split(" ", 1)[0].rstrip(",")


def entries(library: Library, frameworks: Iterable[Framework]) -> list[Entry]:
    """Every policy that evaluates a control of the frameworks."""
    names = {name for one in frameworks for some in one.policies.values() for name in some}
    return [entry for name, entry in library.entries.items() if name in names]


@lru_cache(1)
def of_policies(library: Library) -> dict[str, list[tuple[str, str, str]]]:
    """For each policy the controls that it evaluates: framework, control, and what is left out of it."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for framework in load(library, library.frameworks):
        for control, names in framework.policies.items():
            for name in names:
                found.setdefault(name, []).append((framework.name, control, framework.rows[control].get("partial", "")))
    return found


def controls(frameworks: Iterable[Framework], outcomes: Mapping[str, set[str]]) -> Iterator[Control]:
    """What became of each control, by the verdicts of each policy that ran."""
    for framework in frameworks:
        for name, row in framework.rows.items():
            ran = [one for one in framework.policies[name] if one in outcomes]
            verdicts = {verdict for one in ran for verdict in outcomes[one]}
            worst = next((verdict for verdict in VERDICTS if verdict in verdicts), None)
            strength = PARTIAL if row.get("partial") else FULL
            if not framework.policies[name]:
                yield Control(framework.name, name, NOT_EVALUATED, None, (), None, row.get("left", ""))
            elif not ran:
                reason = row.get("partial", "")
                yield Control(framework.name, name, NO_RESOURCE, strength, framework.policies[name], None, reason)
            else:
                yield Control(framework.name, name, EVALUATED, strength, tuple(ran), worst, row.get("partial", ""))
