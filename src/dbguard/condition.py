"""Conditions of a policy, ready to be asked: each answers true, false or None for "don't know".

`test` decides; `explain` is asked afterwards, of a condition that was false or unknown, and yields the evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from dbguard.inventory import Item, Many, Resource
from dbguard.model import Path
from dbguard.operators import OPERATORS, both, listed, present
from dbguard.relation import Items
from dbguard.subject import Collection, SubjectNode, dotted, unsettled
from dbguard.value import ABSENT, OPAQUE, Answer, Unresolved, Value, describe


class Evidence(NamedTuple):
    """Why a condition was not true: the place, what was found there and what must be."""

    resource: Resource
    path: Path
    name: str
    found: str
    wanted: str
    reason: str | None = None


class Condition(Protocol):
    """Anything that can be asked of an item."""

    def test(self, item: Item) -> Answer:
        """The answer for this item."""

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """Why the answer is not `wanted`."""


class AllOf:
    """Every part is true."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Condition]) -> None:
        self.parts = parts

    def test(self, item: Item) -> Answer:
        """False as soon as one part is false, whatever is unknown."""
        answer: Answer = True
        for part in self.parts:
            found = part.test(item)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """The parts that gave the answer."""
        answer = self.test(item)
        for part in self.parts:
            if part.test(item) is answer:
                yield from part.explain(item, wanted)


class AnyOf:
    """At least one part is true."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Condition]) -> None:
        self.parts = parts

    def test(self, item: Item) -> Answer:
        """True as soon as one part is true, whatever is unknown."""
        answer: Answer = False
        for part in self.parts:
            found = part.test(item)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """The parts that gave the answer."""
        answer = self.test(item)
        for part in self.parts:
            if part.test(item) is answer:
                yield from part.explain(item, wanted)


class Not:
    """The part is false."""

    __slots__ = ("part",)

    def __init__(self, part: Condition) -> None:
        self.part = part

    def test(self, item: Item) -> Answer:
        """The opposite; unknown stays unknown."""
        answer = self.part.test(item)
        return None if answer is None else not answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """Why the part was not as it should be."""
        yield from self.part.explain(item, not wanted)


class If:
    """`then` where the question is true, `otherwise` where it is false."""

    __slots__ = ("otherwise", "question", "then")

    def __init__(self, question: Condition, then: Condition, otherwise: Condition) -> None:
        self.question, self.then, self.otherwise = question, then, otherwise

    def test(self, item: Item) -> Answer:
        """Decided without the question where both branches agree."""
        asked = self.question.test(item)
        if asked is not None:
            return (self.then if asked else self.otherwise).test(item)
        answer = self.then.test(item)
        return answer if answer is not None and self.otherwise.test(item) is answer else None

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """The branch taken; or the question, where that is what is not known."""
        asked = self.question.test(item)
        if asked is not None:
            yield from (self.then if asked else self.otherwise).explain(item, wanted)
            return
        for branch in (self.then, self.otherwise):
            if branch.test(item) is not wanted:
                yield from branch.explain(item, wanted)
        yield from self.question.explain(item)


class Constant:
    """An answer that is always the same: true, or unknown for a stated reason."""

    __slots__ = ("answer", "reason")

    def __init__(self, answer: Answer, reason: str = "") -> None:
        self.answer, self.reason = answer, reason

    def test(self, item: Item) -> Answer:
        """The answer."""
        return self.answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """The reason."""
        yield Evidence(item.resource, (), "", "", "", self.reason)


class Term:
    """A named condition of the topology, remembered for each resource."""

    __slots__ = ("condition", "name")

    def __init__(self, name: str, condition: Condition) -> None:
        self.name, self.condition = name, condition

    def test(self, item: Item) -> Answer:
        """The answer, kept where it does not depend on the scenario."""
        if item.value is not item.resource.properties:
            return self.condition.test(item)
        cache = item.resource.cache
        if self in cache:
            return cache[self]  # type: ignore[no-any-return]  # only answers are kept under a term
        before = item.world.consulted
        answer = self.condition.test(item)
        if item.world.consulted == before:
            cache[self] = answer
        return answer

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """Why the named condition is not as wanted."""
        yield from self.condition.explain(item, wanted)


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
        """The items that gave the answer, or what is not known of them."""
        items, answer = self.collection.items(item), self.test(item)
        yielded = False
        for one in items.certain + items.possible:
            if self.part.test(one) is answer:
                yielded = True
                yield from self.part.explain(one, wanted)
        if not yielded:
            yield Evidence(item.resource, items.place(item), self.collection.label, *self._summary(items))

    def _summary(self, items: Items) -> tuple[str, str, str | None]:
        if items.outside or items.possible:
            return "", "", f"not all {self.collection.label} can be seen from here"
        return "none", "be there", None


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
        return f"{describe(value)} cannot be compared"

    def wanted(self, item: Item, wanted: bool = True) -> str:
        """What must hold, in words."""
        verb = "must" if wanted else "must not"
        words = [check.phrase.format(listed(check.operand(item), check.joint)) for check in self.checks]
        if self.presence is not None:
            words.insert(0, "be set" if self.presence else "be left out")
        return f"{verb} " + " and ".join(words)


Operand = Callable[[Item], Value]


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
