"""Whether a regular expression may take for ever: how often it can match the same text in several ways."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any

EVERY = frozenset(map(chr, range(256)))
SETS = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
FOREVER = 99  # choices, where their number grows with the text
LOOP = 4  # repetitions that count as many
_parser: Any = import_module("re._parser")  # what `re` itself reads expressions with


@lru_cache(512)
def choices(expression: str) -> int:
    """In how many places a match may go on in two ways, each a factor of the text's length; FOREVER for a loop of them.

    Raises re.error.
    """
    try:
        return min(_walk(_parser.parse(expression), frozenset(), looped=False), FOREVER)
    except RecursionError:
        return FOREVER


def _walk(items: Iterable[Any], behind: frozenset[str], *, looped: bool) -> int:
    """The choices in a sequence that is followed by one of some characters."""
    found, sequence = 0, list(items)
    for at, (kind, value) in enumerate(sequence):
        first, empty = _first(sequence[at + 1 :])
        after = first | behind if empty else first
        if str(kind).endswith("_REPEAT"):
            low, high, inner = value
            start, _ = _first(inner)
            free = high > low and not str(kind).startswith("POSS") and bool(start & after)
            found += (FOREVER if looped else 1) if free else 0
            found += _walk(inner, after | start if high > 1 else after, looped=looped or high >= LOOP)
        elif str(kind) == "BRANCH":
            found += (FOREVER if looped else 1) if _overlap(value[1], after) else 0
            found += sum(_walk(one, after, looped=looped) for one in value[1])
        else:
            found += sum(_walk(one, after, looped=looped) for one in _parts(value))
    return found


def _overlap(branches: Iterable[Any], after: frozenset[str]) -> bool:
    seen: set[str] = set()
    for one in branches:
        first, empty = _first(one)
        here = first | after if empty else first
        if seen & here:
            return True
        seen |= here
    return False


def _parts(value: Any) -> list[Any]:
    """The sequences inside a group, a look-around or a choice."""
    inside = value if isinstance(value, tuple) else (value,)
    return [one for one in inside if isinstance(one, _parser.SubPattern)]


def _first(items: Iterable[Any]) -> tuple[frozenset[str], bool]:
    """The characters that a sequence may begin with, and whether it may be empty."""
    found: frozenset[str] = frozenset()
    for kind, value in items:
        first, empty = _of_one(str(kind), value)
        found |= first
        if not empty:
            return found, False
    return found, True


def _of_one(kind: str, value: Any) -> tuple[frozenset[str], bool]:
    if (kind.startswith("AT") and kind != "ATOMIC_GROUP") or kind.startswith("ASSERT"):
        return frozenset(), True
    if kind.endswith("_REPEAT"):
        first, empty = _first(value[2])
        return first, empty or value[0] == 0
    if kind == "BRANCH":
        each = [_first(one) for one in value[1]]
        return frozenset().union(*(first for first, _ in each)), any(empty for _, empty in each)
    if kind in ("SUBPATTERN", "ATOMIC_GROUP"):
        return _first(_parts(value)[0])
    if kind.startswith("GROUPREF"):
        return EVERY, True
    return _characters(kind, value), False


def _characters(kind: str, value: Any) -> frozenset[str]:
    """What one character may be, in lower case."""
    if kind.endswith("LITERAL"):
        return EVERY - {chr(value).lower()} if kind.startswith("NOT_") else frozenset(chr(value).lower())
    if kind == "RANGE":
        return frozenset(chr(code).lower() for code in range(value[0], min(value[1], 255) + 1)) or EVERY
    if kind == "CATEGORY":
        name = str(value).removeprefix("CATEGORY_")
        inside = frozenset(re.findall(SETS.get(name.removeprefix("NOT_"), r"(?s)."), "".join(EVERY)))
        return EVERY - inside if name.startswith("NOT_") else inside
    if kind == "IN":
        negated = str(value[0][0]) == "NEGATE"
        inside = frozenset().union(*(_characters(str(one), inner) for one, inner in value[negated:]))
        return EVERY - inside if negated else inside
    return EVERY
