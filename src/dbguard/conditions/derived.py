"""What a test looks at that is worked out: ratio, difference, sum, days from or to a date, how it is written."""

from __future__ import annotations

from collections.abc import Callable

from dbguard.conditions.operators import Interval
from dbguard.conditions.subject import Collection, dotted, unsettled, written
from dbguard.inventory import Item, Many, Steps, at_step, read
from dbguard.model import Path
from dbguard.value import ABSENT, OPAQUE, Unresolved, Value, describe, number


class Pair:
    """Two numbers, one divided by the other, or one less the other."""

    def __init__(self, first: Steps, second: Steps, sign: str) -> None:
        self.first, self.second, self.sign = first, second, sign
        self.label = f"{dotted(first)} {sign} {dotted(second)}"

    def value(self, item: Item) -> Value:
        """The quotient or the difference; absent where one of them is."""
        first, second = read(item, self.first), read(item, self.second)
        if first is ABSENT or second is ABSENT:
            return ABSENT
        for value in (first, second):
            if isinstance(value, OPAQUE):
                return Unresolved(unsettled(value))
        one, other = number(first), number(second)
        if one is None or other is None or (self.sign == DIVIDED and not other):
            return Unresolved(f"{describe(first)} {self.sign} {describe(second)} is no number")
        return one / other if self.sign == DIVIDED else one - other

    def place(self, item: Item) -> Path:
        """The first of them."""
        return item.path + tuple(step for step in self.first if step is not None)


DIVIDED, LESS = ":", "-"


class Sum:
    """What the items have at some paths, added up."""

    def __init__(self, collection: Collection, paths: tuple[Steps, ...]) -> None:
        self.collection, self.paths = collection, paths
        self.label = f"the sum of {' and '.join(map(dotted, paths))} of {collection.label}"

    def value(self, item: Item) -> Value:
        """The sum, as an interval; what is absent adds nothing, and nothing adds less than nothing."""
        items = self.collection.items(item)
        low = high = 0.0
        for one, certain in [*((one, True) for one in items.certain), *((one, False) for one in items.possible)]:
            for value in (value for steps in self.paths for value in _values(one, steps)):
                found = number(value)
                low += found if found is not None and certain else 0
                high += float("inf") if found is None else found
        return Interval(low, float("inf") if items.outside else high)

    def place(self, item: Item) -> Path:
        """The list, or the resource."""
        return self.collection.place(item)


def _values(item: Item, steps: Steps) -> list[Value]:
    value = read(item, steps)
    if isinstance(value, Many):
        return [found for _, found in value.found if found is not ABSENT] + [UNRESOLVED] * (not value.complete)
    return [] if value is ABSENT else [value]


UNRESOLVED = Unresolved("the list is known only at deployment")


class Days:
    """Whole days since a date, or until it."""

    def __init__(self, steps: Steps | None, operand: Callable[[Item], Value], since: bool, today: str) -> None:
        self.steps, self.operand, self.since = steps, operand, since
        self.today = today
        self.label = f"days {'since' if since else 'until'} {dotted(steps) if steps else 'that day'}"

    def value(self, item: Item) -> Value:
        """The number of days; absent where there is no date."""
        found = self.operand(item)
        if found is ABSENT:
            return ABSENT
        if isinstance(found, OPAQUE):
            return Unresolved(unsettled(found))
        from datetime import date

        try:
            days = (date.fromisoformat(str(found)[:10]) - date.fromisoformat(self.today)).days
        except ValueError:
            return Unresolved(f"{describe(found)} is no date")
        return -days if self.since else days

    def place(self, item: Item) -> Path:
        """The date, where it is a property."""
        return item.path + written(self.steps) if self.steps else ()


class Written:
    """How the property at a path is written, whatever its value."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.label = f"{dotted(steps) or 'the value'}, as written,"

    def value(self, item: Item) -> Value:
        """One of the ways of `sources.template.writing`, absent where there is no property."""
        if not self.steps:
            return item.world.written(_raw(item))
        holder = read(item, self.steps[:-1]) if self.steps[:-1] else item.world.force(item.value)
        last = self.steps[-1]
        if isinstance(holder, dict) and last in holder:
            return item.world.written(holder[last])
        found = ABSENT if last is None else at_step(holder, last)
        return item.world.written(found) if found is ABSENT else found

    def place(self, item: Item) -> Path:
        """The property."""
        return item.path + written(self.steps)


def _raw(item: Item) -> Value:
    """An element of a list as it is written."""
    value = item.resource.properties
    for name in item.path[1:]:
        value = at_step(item.world.force(value), name)
    return value
