"""Conditions of a policy, ready to be asked: each answers true, false or None for "don't know".

`test` decides; `explain` is asked afterwards, of a condition that was false or unknown, and yields the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from dbguard.conditions.operators import OPERATORS, Interval, both, listed, present
from dbguard.conditions.subject import Collection, Property, SubjectNode, dotted, is_secret, unsettled
from dbguard.inventory import Item, Many, Resource
from dbguard.model import Path
from dbguard.value import ABSENT, OPAQUE, Answer, Unresolved, Value, describe


class Evidence(NamedTuple):
    """Why a condition was not true: the place, what was found there and what must be."""

    resource: Resource
    path: Path
    name: str
    found: str
    wanted: str
    reason: str | None = None


NONE = "\0none"  # found, where something must be there and is not: no value can be this


class Condition(Protocol):
    """Anything that can be asked of an item."""

    def test(self, item: Item) -> Answer:
        """The answer for this item."""

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """Why the answer is not `wanted`."""


class Quantified:
    """A condition holds for every, or for some, of the items."""

    __slots__ = ("collection", "part", "universal")

    def __init__(self, collection: Collection, part: Condition, universal: bool) -> None:
        self.collection, self.part, self.universal = collection, part, universal

    def test(self, item: Item) -> Answer:
        """Decided by one counter-example (or example); else unknown where not all items are known."""
        items = self.collection.items(item)
        decisive = not self.universal
        answer: Answer = None if items.outside else not decisive
        for one in items.certain:
            found = self.part.test(one)
            if found is decisive:
                return decisive
            if found is None:
                answer = None
        if answer is not None and any(self.part.test(one) is not answer for one in items.possible):
            return None
        return answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """The items that gave the answer; or that there is none as it must be; or what is not known of them."""
        items, answer = self.collection.items(item), self.test(item)
        if answer is False and not self.universal and wanted:
            yield Evidence(
                item.resource,
                self.collection.place(item),
                self.collection.label,
                NONE,
                f"must be there{self._which(item)}",
            )
            return
        deciding = [one for one in items.certain if self.part.test(one) is answer]
        deciding = deciding or [one for one in items.possible if self.part.test(one) is answer]
        for one in deciding:
            yield from self.part.explain(one, wanted)
        if not deciding:
            reason = f"not all {self.collection.label.removeprefix('all ')} can be seen from here"
            yield Evidence(item.resource, self.collection.place(item), self.collection.label, "", "", reason)

    def _which(self, item: Item) -> str:
        if not isinstance(self.part, Test):
            return " as asked"
        words = self.part.wanted(item).removeprefix("must ")
        return f" whose {self.part.subject.label} {'is' + words[2:] if words.startswith('be ') else 'does ' + words}"


class Test:
    """One subject and its operators."""

    __slots__ = ("checks", "default", "presence", "subject")

    def __init__(self, subject: SubjectNode, checks: list[Check], presence: bool | None, default: Operand) -> None:
        self.subject, self.checks, self.presence, self.default = subject, checks, presence, default

    def test(self, item: Item) -> Answer:
        """All operators, on the value or on what AWS takes where there is none."""
        value = self.subject.value(item)
        if isinstance(value, Many):
            return self._test_many(item, value)
        return self._test_one(item, value)

    def _test_one(self, item: Item, value: Value) -> Answer:
        answer: Answer = True
        if self.presence is not None:
            there = present(value)
            answer = None if there is None else there is self.presence
        if not self.checks or answer is False:
            return answer
        if value is ABSENT:
            value = self.default(item)
            if value is ABSENT:
                return False
        if isinstance(value, list):
            value = item.world.deep(value)
        for check in self.checks:
            operand = check.operand(item)
            if operand is ABSENT:
                return None
            answer = both(answer, check.test(value, operand))
        return answer

    def _test_many(self, item: Item, many: Many) -> Answer:
        if not many.found and many.complete:
            return self._test_one(item, ABSENT)
        answer: Answer = True if many.complete else None
        for _, value in many.found:
            answer = both(answer, self._test_one(item, value))
        return answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """What was found, and what must be."""
        value = self.subject.value(item)
        if not isinstance(value, Many):
            yield self._evidence(item, self.subject.place(item), self.subject.label, value, wanted)
            return
        answer = self._test_many(item, value)
        for path, found in value.found:
            if self._test_one(item, found) is answer:
                name = dotted(path) or self.subject.label
                yield self._evidence(item, item.path + path, name, found, wanted)
        if not value.found or not value.complete:
            found = ABSENT if value.complete else Unresolved("the list is known only at deployment")
            yield self._evidence(item, self.subject.place(item), self.subject.label, found, wanted)

    def _evidence(self, item: Item, path: Path, name: str, value: Value, wanted: bool) -> Evidence:
        shown = describe(value)
        if isinstance(self.subject, Property) and is_secret(path):
            shown = "set"  # a report is read by more people than a template
        used = value
        if value is ABSENT:
            shown = "not set"
            used = self.default(item) if self.checks else ABSENT
            if used is not ABSENT and not isinstance(used, Unresolved):
                shown = f"not set, which means {describe(used)}"
        reason = self._reason(item, used) if self._test_one(item, value) is None else None
        return Evidence(item.resource, path, name, shown, self.wanted(item, wanted), reason)

    def _reason(self, item: Item, value: Value) -> str:
        operands = [check.operand(item) for check in self.checks]
        for unknown in (value, *operands):
            if isinstance(unknown, OPAQUE):
                return unsettled(unknown)
        if any(operand is ABSENT for operand in operands):
            return "what it is compared with is not set"
        if isinstance(value, Interval):
            return f"{value}, which it is {item.world.unseen}" if value.low else f"it {item.world.unseen}"
        return f"{describe(value)} cannot be compared"

    def wanted(self, item: Item, wanted: bool = True) -> str:
        """What must hold, in words."""
        verb = "must" if wanted else "must not"
        words = [check.phrase.format(_shown(check.operand(item), check.joint)) for check in self.checks]
        if self.presence is not None:
            words.insert(0, "be set" if self.presence else "be left out")
        return f"{verb} " + " and ".join(words)


Operand = Callable[[Item], Value]


def _shown(operand: Value, joint: str) -> str:
    return "a value that shows only at deployment" if isinstance(operand, Unresolved) else listed(operand, joint)


class Check(NamedTuple):
    """An operator with its operand."""

    test: Callable[[Value, Value], Answer]
    operand: Operand
    phrase: str
    joint: str = ", "


def check(name: str, operand: Operand) -> Check:
    """The operator of that name with an operand."""
    operator = OPERATORS[name]
    return Check(operator.test, operand, operator.phrase, " and " if operator.kind == "pair" else ", ")
