"""What a subject is compared with: products, choices by condition, facts of the data files, values at paths."""

from __future__ import annotations

from typing import Any

from dbguard.conditions import condition as c
from dbguard.conditions.subject import unsettled
from dbguard.inventory import Item, Many, Steps, read
from dbguard.value import ABSENT, OPAQUE, Unresolved, Value, describe, number, text


def constant(value: Value) -> c.Operand:
    """The same value for every item."""
    return lambda item: value


def product(factors: list[Value]) -> Value:
    """Numbers multiplied; absent where one of them is."""
    result = 1.0
    for factor in factors:
        if factor is ABSENT:
            return ABSENT
        if isinstance(factor, OPAQUE):
            return Unresolved(unsettled(factor))
        found = number(factor)
        if found is None:
            return Unresolved(f"{describe(factor)} is no number")
        result *= found
    return round(result, 9)


def picked(item: Item, question: c.Condition, then: c.Operand, otherwise: c.Operand) -> Value:
    """One of two values, by condition."""
    answer = question.test(item)
    if answer is not None:
        return (then if answer else otherwise)(item)
    first, second = then(item), otherwise(item)
    if first is second or (first is not ABSENT and second is not ABSENT and first == second):
        return first
    reasons = [evidence.reason for evidence in question.explain(item) if evidence.reason]
    return Unresolved(reasons[0] if reasons else "what AWS takes here is known only at deployment", present=None)


def collected(item: Item, paths: list[Steps]) -> Value:
    """The list of all values found at some paths; unresolved where one of them is."""
    values: list[Value] = []
    for steps in paths:
        found = read(item.judged, steps)
        if isinstance(found, Many) and not found.complete:
            return Unresolved("the list is known only at deployment")
        values += [value for _, value in found.found] if isinstance(found, Many) else [found]
    return [value for value in values if value is not ABSENT]


class Table:
    """A data file's values, looked up under one property after the other, ignoring case.

    A key that is not there is tried again without its last dotted part: `8.0.35` is of `8.0`. A value that is found
    before the last key is the value.
    """

    def __init__(self, name: str, values: Any, keys: list[c.Operand], otherwise: c.Operand | None) -> None:
        self.name, self.values, self.keys, self.otherwise = name, _lowered(values, len(keys)), keys, otherwise

    def __call__(self, item: Item) -> Value:
        """The value; absent where a key is."""
        found = self.values
        for find in self.keys:
            if not isinstance(found, dict):
                break
            key = find(item)
            if key is ABSENT:
                return ABSENT
            if isinstance(key, OPAQUE):
                return Unresolved(unsettled(key))
            found = _under(found, text(key).lower())
            if found is ABSENT:
                missing = Unresolved(f"{describe(key)} is not in the data of {self.name}")
                return self.otherwise(item) if self.otherwise else missing
        return found


def _lowered(values: Any, levels: int) -> Any:
    if not levels or not isinstance(values, dict):
        return values
    return {str(key).lower(): _lowered(value, levels - 1) for key, value in values.items()}


def _under(values: Any, key: str) -> Value:
    while isinstance(values, dict):
        if key in values:
            return values[key]
        if "." not in key:
            break
        key = key.rpartition(".")[0]
    return ABSENT
