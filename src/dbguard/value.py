"""What a property can be where it is not plain data: absent, unresolved, a reference, partly known text.

Operators on such values answer true, false or None, "don't know".
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

# A property's value: plain JSON-like data, or one of the classes below.
Value = Any
# The answer of a condition: true, false, or None for "don't know".
Answer = bool | None


class Absent:
    """A property that is not there (also `AWS::NoValue` and null)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()


class Unresolved(NamedTuple):
    """A value that is known only at deployment, with the reason.

    Two unresolved values with the same `key` are the same value. `external` says that it names nothing of
    this inventory. `present` is None where it is not even known whether there is a value.
    """

    reason: str
    key: object = None
    external: bool = False
    present: bool | None = True


class Reference(NamedTuple):
    """`Ref` or `Fn::GetAtt` of a resource in the same inventory.

    One that `names` what is created there (its id, name or ARN) is none of AWS's own names, such as `default` or
    `alias/aws/rds`, which is what policies compare names with; of any other attribute nothing is known.
    """

    id: str
    attribute: str | None = None
    names: bool = False


class AnyOther(NamedTuple):
    """Any value of a parameter but the `excluded` ones (which are judged apart), above `low` and below `high`.

    Without a default nothing else is known of it: for a policy it is unresolved but for its range.
    """

    parameter: str
    excluded: frozenset[str]
    low: float | None = None
    high: float | None = None
    defaulted: bool = False
    stored: bool = False  # in the SSM parameter that the parameter names

    def __str__(self) -> str:
        return "any other value"


class Text(NamedTuple):
    """Text of which some parts are known and some are not."""

    parts: tuple[Any, ...]


OPAQUE = (Unresolved, Reference, AnyOther, Text)


def join(parts: list[Value]) -> Value:
    """One value from pieces of text: plain text where all is known."""
    merged: list[Value] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, OPAQUE):
                merged.append(piece)
            elif merged and isinstance(merged[-1], str):
                merged[-1] += text(piece)
            elif piece != "":
                merged.append(text(piece))
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else Text(tuple(merged))


def text(value: Value) -> str:
    """A scalar as CloudFormation writes it into text."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value if isinstance(value, str) else str(value)


def size(value: str | Text) -> int:
    """How many characters a text has, an unknown part of it counted as one."""
    return (
        len(value) if isinstance(value, str) else sum(len(part) if isinstance(part, str) else 1 for part in value.parts)
    )


def number(value: Value) -> float | None:
    """The number that a scalar stands for (`"7"` is 7), or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and len(value) < 40:
        try:
            found = float(value)
        except ValueError:
            return None
        return found if abs(found) < float("inf") else None
    return None


def boolean(value: Value) -> bool | None:
    """The boolean that a scalar stands for (`"true"` is true, in any case), or None."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def equal(value: Value, other: Value) -> Answer:
    """Whether two values are the same, as policies compare: ignoring case, `"7"` is 7, `"true"` is true."""
    if isinstance(value, OPAQUE) or isinstance(other, OPAQUE):
        return opaque_equal(value, other, fold=True)
    if isinstance(other, bool):
        return boolean(value) is other
    if isinstance(other, (int, float)):
        return number(value) == other
    if isinstance(other, str) and not isinstance(value, (dict, list)):
        return text(value).lower() == other.lower()
    return bool(value == other)


def opaque_equal(value: Value, other: Value, *, fold: bool = False) -> Answer:
    """Equality where at least one side is not plain: decided only where it cannot be otherwise."""
    if isinstance(other, AnyOther) and not isinstance(value, AnyOther):
        value, other = other, value
    if isinstance(value, AnyOther):
        return _any_other_equal(value, other, fold)
    if same(value, other):
        return True
    if isinstance(value, Reference) and value.names and isinstance(other, str):
        return False
    if isinstance(value, Text) and isinstance(other, str):
        return None if fits(value, other) else False
    if isinstance(other, Text) and isinstance(value, str):
        return None if fits(other, value) else False
    return None


def _any_other_equal(value: AnyOther, other: Value, fold: bool) -> Answer:
    if isinstance(other, AnyOther):
        return True if value.parameter == other.parameter else None
    if isinstance(other, (*OPAQUE, dict, list)):
        return None
    if outside(value, other):
        return False
    if fold and not value.defaulted:
        return None
    known = {name.lower() for name in value.excluded} if fold else value.excluded
    return False if (text(other).lower() if fold else text(other)) in known else None


def outside(value: AnyOther, constant: Value) -> bool:
    """Whether a constant lies outside a parameter's MinValue and MaxValue."""
    found = number(constant)
    if found is None:
        return value.low is not None or value.high is not None
    return (value.low is not None and found < value.low) or (value.high is not None and found > value.high)


def same(value: Value, other: Value) -> bool:
    """Whether two values that are not plain are known to be one and the same."""
    return identified(value) and bool(value == other)


def identified(value: Value) -> bool:
    """Whether a value has an identity by which it can be recognised."""
    if isinstance(value, Text):
        return all(identified(part) for part in value.parts)
    return value.key is not None if isinstance(value, Unresolved) else True


def fits(partly: Text, literal: str) -> bool:
    """Whether partly known text could turn out to be `literal` (ignoring case)."""
    rest = literal.lower()
    first, last = partly.parts[0], partly.parts[-1]
    if isinstance(first, str):
        if not rest.startswith(first.lower()):
            return False
        rest = rest[len(first) :]
    if isinstance(last, str):
        if not rest.endswith(last.lower()):
            return False
        rest = rest[: len(rest) - len(last)]
    for part in partly.parts[1:-1]:
        if isinstance(part, str):
            at = rest.find(part.lower())
            if at < 0:
                return False
            rest = rest[at + len(part) :]
    return True


def describe(value: Value) -> str:
    """A value as a message shows it: short, on one line."""
    if isinstance(value, Unresolved):
        return value.reason
    if isinstance(value, Reference):
        return f"{value.id}.{value.attribute}" if value.attribute else value.id
    if isinstance(value, AnyOther):
        return f"any other value of {value.parameter}"
    if isinstance(value, Text):
        return "".join(part if isinstance(part, str) else "${" + describe(part) + "}" for part in value.parts)
    if isinstance(value, list):
        return "[" + ", ".join(describe(item) for item in value[:6]) + (", …]" if len(value) > 6 else "]")
    if isinstance(value, dict):
        return "{" + ", ".join(list(map(str, value))[:6]) + "}"
    shown = f"{value:g}" if isinstance(value, float) else text(value)
    return shown if len(shown) <= 80 else shown[:77] + "…"


def frozen(value: Value) -> object:
    """Data as written, as a key that tells 1, true and "1" apart; False where there is too much of it."""
    budget = [500]
    found = _frozen(value, budget)
    return found if budget[0] > 0 else False


def _frozen(value: Value, budget: list[int]) -> object:
    budget[0] -= 1
    if budget[0] <= 0:
        return None
    if isinstance(value, dict):
        return tuple((name, _frozen(inner, budget)) for name, inner in value.items())
    if isinstance(value, list):
        return (list, *(_frozen(inner, budget) for inner in value))
    return value if value.__class__ is str else (value.__class__, value)


def hashable(value: Value) -> object:
    """A key under which equal values meet."""
    if isinstance(value, dict):
        return tuple((name, hashable(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(hashable(item) for item in value)
    return value
