"""Conditions put together: all, any, not, if, and named terms, in Kleene's three-valued logic."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.conditions.condition import Condition, Evidence
from dbguard.inventory import Item
from dbguard.value import Answer


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
        answers = [part.test(item) for part in self.parts]
        answer = False if False in answers else None if None in answers else True
        for part, found in zip(self.parts, answers, strict=True):
            if found is answer:
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
        """The parts that gave the answer; where none is true, the first that did: it is the way to go."""
        answers = [part.test(item) for part in self.parts]
        answer = True if True in answers else None if None in answers else False
        if not answer and wanted:
            yield from self.parts[answers.index(answer)].explain(item, wanted)
            return
        for part, found in zip(self.parts, answers, strict=True):
            if found is answer:
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


class From:
    """Whether the resource comes from a template or from an account."""

    __slots__ = ("origin",)

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def test(self, item: Item) -> Answer:
        """Known of every resource."""
        return item.resource.subject.origin == self.origin

    def explain(self, item: Item, wanted: bool = True) -> Iterator[Evidence]:
        """Where it comes from."""
        yield Evidence(item.resource, (), "its source", item.resource.subject.origin, f"must be {self.origin}")


class Term:
    """A named condition of the topology, remembered for each resource."""

    __slots__ = ("condition", "name")

    def __init__(self, name: str, condition: Condition) -> None:
        self.name, self.condition = name, condition

    def test(self, item: Item) -> Answer:
        """The answer, kept where it depends neither on the scenario nor on another resource that is judged."""
        if item.value is not item.resource.properties or item.judged.resource is not item.resource:
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
