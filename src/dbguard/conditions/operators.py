"""The operators of a test: each answers true, false or None for "don't know" on one value.

Numbers are compared as intervals, so a count that is only known to lie between two bounds, or a parameter with
MinValue and MaxValue, is decided as soon as both ends agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import NamedTuple

from dbguard.value import (
    ABSENT,
    OPAQUE,
    Answer,
    AnyOther,
    Reference,
    Text,
    Unresolved,
    Value,
    describe,
    equal,
    number,
    text,
)

LONGEST = 4096  # characters in which a pattern is looked for


class Interval(NamedTuple):
    """A number that lies between two bounds, both included."""

    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:g}"
        return f"{self.low:g} or more" if self.high == inf else f"{self.low:g} to {self.high:g}"


def interval(value: Value) -> Interval | None:
    """The bounds of a number, or None for what is no number."""
    if isinstance(value, Interval):
        return value
    if isinstance(value, AnyOther):
        return Interval(-inf if value.low is None else value.low, inf if value.high is None else value.high)
    found = number(value)
    return None if found is None else Interval(found, found)


def _compare(decide: Callable[[Interval, Interval], Answer]) -> Callable[[Value, Value], Answer]:
    def operator(value: Value, operand: Value) -> Answer:
        left, right = interval(value), interval(operand)
        return None if left is None or right is None else decide(left, right)

    return operator


def _at_least(left: Interval, right: Interval) -> Answer:
    return True if left.low >= right.high else False if left.high < right.low else None


def _above(left: Interval, right: Interval) -> Answer:
    return True if left.low > right.high else False if left.high <= right.low else None


at_least = _compare(_at_least)
above = _compare(_above)
at_most = _compare(lambda left, right: _at_least(right, left))
below = _compare(lambda left, right: _above(right, left))


def both(first: Answer, second: Answer) -> Answer:
    """And, in Kleene's logic."""
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def between(value: Value, operand: Value) -> Answer:
    """Whether a number lies between two bounds, both included."""
    return both(at_least(value, operand[0]), at_most(value, operand[1]))


def multiple_of(value: Value, operand: Value) -> Answer:
    """Whether a number is a whole multiple of another."""
    found, unit = number(value), number(operand)
    if found is None or not unit:
        return None
    return abs(found / unit - round(found / unit)) < 1e-9


def equals(value: Value, operand: Value) -> Answer:
    """Whether a value is the operand."""
    if isinstance(value, Interval):
        wanted = interval(operand)
        return None if wanted is None else both(_at_least(value, wanted), _at_least(wanted, value))
    return equal(value, operand)


def within(value: Value, operand: Value) -> Answer:
    """Whether a value is one of several."""
    if isinstance(operand, OPAQUE):
        return None
    answer: Answer = False
    for wanted in operand:
        found = equal(value, wanted)
        if found:
            return True
        if found is None:
            answer = None
    return answer


@lru_cache(maxsize=512)
def pattern(expression: str) -> re.Pattern[str]:
    """A policy's regular expression, ignoring case."""
    return re.compile(expression, re.IGNORECASE)


def matches(value: Value, operand: Value) -> Answer:
    """Whether a regular expression is found in the text; not known of one that is longer than AWS's own."""
    if isinstance(value, Reference) and value.names:
        return False
    if isinstance(value, Text) and not set("^$\\") & set(operand):
        return True if any(isinstance(part, str) and _found(operand, part) for part in value.parts) else None
    if isinstance(value, (*OPAQUE, dict, list)):
        return None
    return _found(operand, text(value))


def _found(expression: str, whole: str) -> Answer:
    return None if len(whole) > LONGEST else pattern(expression).search(whole) is not None


def _several(value: Value) -> list[Value] | None:
    """A list, or what policy documents allow in its place: one value; None for what is neither."""
    if isinstance(value, list):
        return value
    return None if isinstance(value, (*OPAQUE, dict)) else [value]


def contains(value: Value, operand: Value) -> Answer:
    """Whether a list has an element; a single value counts as a list of one."""
    found = [value] if isinstance(value, (Reference, Text)) else _several(value)
    answers = [equal(one, operand) for one in found or ()]
    return True if True in answers else None if found is None or None in answers else False


def only(value: Value, operand: Value) -> Answer:
    """Whether a list has nothing but these."""
    found = _several(value)
    if found is None:
        return None
    answer: Answer = True
    for element in found:
        answer = both(answer, within(element, operand))
    return answer


def version(value: Value) -> tuple[int, ...] | None:
    """The leading numbers of a version: `8.0.mysql_aurora.3.04.0` is 8, 0."""
    if isinstance(value, (*OPAQUE, dict, list)):
        return None
    found = re.match(r"\d+(?:\.\d+)*", text(value))
    return tuple(int(part) for part in found[0].split(".")) if found and len(found[0]) < 60 else None


def version_at_least(value: Value, operand: Value) -> Answer:
    """Whether a version is the operand or newer; `8` leaves open which 8.x it is."""
    have, want = version(value), version(operand)
    if have is None or want is None:
        return None
    if len(have) < len(want) and have == want[: len(have)]:
        return None if any(want[len(have) :]) else True
    return have >= want


def version_below(value: Value, operand: Value) -> Answer:
    """Whether a version is older than the operand."""
    answer = version_at_least(value, operand)
    return None if answer is None else not answer


def present(value: Value) -> Answer:
    """Whether there is a value at all; an unresolved one counts as there."""
    if value is ABSENT:
        return False
    return value.present if isinstance(value, Unresolved) else True


def listed(operand: Value, joint: str = ", ") -> str:
    """Several values as a message shows them."""
    return joint.join(describe(value) for value in operand) if isinstance(operand, list) else describe(operand)


class Operator(NamedTuple):
    """An operator and the words for it: what must hold, with {} for the operand."""

    test: Callable[[Value, Value], Answer]
    phrase: str
    kind: str  # of the operand: scalar, number, pair, list, regex, boolean


OPERATORS = {
    "equals": Operator(equals, "be {}", "scalar"),
    "in": Operator(within, "be one of {}", "list"),
    "matches": Operator(matches, "match {}", "regex"),
    "at_least": Operator(at_least, "be at least {}", "number"),
    "at_most": Operator(at_most, "be at most {}", "number"),
    "above": Operator(above, "be above {}", "number"),
    "below": Operator(below, "be below {}", "number"),
    "between": Operator(between, "be between {}", "pair"),
    "multiple_of": Operator(multiple_of, "be a multiple of {}", "number"),
    "contains": Operator(contains, "contain {}", "scalar"),
    "only": Operator(only, "hold nothing but {}", "list"),
    "version_at_least": Operator(version_at_least, "be version {} or newer", "scalar"),
    "version_below": Operator(version_below, "be older than version {}", "scalar"),
}
PRESENT = "present"
