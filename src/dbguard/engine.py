"""Judging: one policy on one resource, in every scenario that matters.

A scenario is entered with some choices made and the rest open. What hangs on an open choice is unresolved, so by
the hiding law a verdict that is reached all the same holds in every completion; only where it is not reached does
the judge branch, on a choice that was looked at. This goes through the combinations exactly, and visits few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from typing import NamedTuple

from dbguard.conditions.condition import Condition, Evidence
from dbguard.inventory import Impossible, Inventory, Item, Resource, World
from dbguard.model import EXEMPT, FAIL, MAY_FAIL, NOT_SELECTED, PASS, UNKNOWN
from dbguard.policy import Policy
from dbguard.value import Value

BOUND = 4096  # scenarios tried for one policy and resource before the verdict is "too many scenarios"
SEARCH = 256  # scenarios tried in search of one that passes, for a resource known to fail
EFFORT = 150_000  # scenarios tried in one inventory, over all policies and resources
ABSENT_HERE = "does not exist"
IMPOSSIBLE = "impossible"
TOO_MANY = "too many scenarios"
Choices = dict[str, Value]


class Judgement(NamedTuple):
    """The verdict of a policy on a resource, with the scenario that shows it and the evidence."""

    verdict: str
    when: Choices | None = None
    unless: Choices | None = None
    evidence: tuple[Evidence, ...] = ()
    because: str | None = None
    too_many: bool = False


class Leaf(NamedTuple):
    """A set of scenarios with one outcome: those that make these choices."""

    choices: Choices
    outcome: str


class Judge:
    """One policy on one resource."""

    def __init__(self, policy: Policy, resource: Resource, world: World) -> None:
        self.policy, self.resource, self.world = policy, resource, world
        self.item = Item(world, resource)
        self.tried = 0
        self.refused = ""  # why the last impossible scenario is impossible

    def outcome(self, choices: Choices) -> str:
        """The verdict when these choices are made: definite, or unknown (then `touched` may name open choices)."""
        self.tried += 1
        world = self.world
        world.effort += 1
        world.assign(choices)
        try:
            exists = world.exists(self.resource)
            if exists is False:
                return ABSENT_HERE
            return UNKNOWN if exists is None and world.touched else self._verdict()
        except Impossible as why:
            self.refused = str(why)
            return UNKNOWN if world.touched else IMPOSSIBLE

    def passes_wherever_it_exists(self) -> bool:
        """Whether a resource that exists by default passes whatever is chosen: no scenario has to be gone through."""
        if "Condition" not in self.resource.attributes:
            return False
        self.world.assign({})
        try:
            found = self._verdict()
        except Impossible:
            return False
        defaults = self.world.defaults()
        return found == PASS and self.outcome(defaults) == PASS and self.deployable(defaults)

    def _verdict(self) -> str:
        policy, item = self.policy, self.item
        where = policy.where.test(item) if policy.where else True
        if where is False:
            return NOT_SELECTED
        exempt: bool | None = False
        for exemption in policy.exemptions:
            answer = exemption.condition.test(item)
            if answer:
                exempt = True
                break
            exempt = None if answer is None else exempt
        if (where is None or exempt is None) and self.world.touched:
            return UNKNOWN
        if exempt:
            return EXEMPT
        answer = policy.expect.test(item)
        if answer:
            return PASS
        return FAIL if answer is False and where and exempt is False else UNKNOWN

    def leaves(self, choices: Choices, bound: int, branch: str | None = None) -> Iterator[Leaf]:
        """The outcomes of all scenarios that make these choices; ends early when the bound is reached.

        `branch` is a choice that is known to be open, and to be needed.
        """
        stack = self._branches(choices, branch) if branch else [choices]
        while stack and self.tried < bound and self.world.effort < EFFORT:
            chosen = stack.pop()
            outcome = self.outcome(chosen)
            touched = [name for name in self.world.touched if name not in chosen]
            if outcome == UNKNOWN and touched:
                stack.extend(self._branches(chosen, touched[0]))
                continue
            if outcome == UNKNOWN and self.world.undetermined:
                outcome = self._agreed(chosen, bound)
            if outcome != IMPOSSIBLE and self.deployable(chosen):
                yield Leaf(chosen, outcome)
        if stack:
            yield Leaf({}, TOO_MANY)

    def _branches(self, choices: Choices, name: str) -> list[Choices]:
        """These choices with one more made, in every way; the way to try first comes last."""
        return [{**choices, name: value} for value in reversed(self.world.domain(name))]

    def deployable(self, choices: Choices) -> bool:
        """Whether the template's Rules admit these choices."""
        if not self.world.ruled:
            return True
        self.world.assign(choices)
        return self.world.possible()

    def _agreed(self, choices: Choices, bound: int) -> str:
        """The outcome where conditions that nothing settles are open: known only if it is the same either way."""
        name = next(iter(self.world.undetermined))
        outcomes = set()
        for value in (True, False):
            for leaf in self.leaves({**choices, name: value}, bound):
                if leaf.outcome != ABSENT_HERE:
                    outcomes.add(leaf.outcome)
                if len(outcomes) > 1 or leaf.outcome == UNKNOWN:
                    return UNKNOWN
        return outcomes.pop() if outcomes else ABSENT_HERE

    def smallest(self, choices: Choices, outcome: str) -> Choices:
        """A smallest part of these choices that gives the outcome whatever else is chosen."""
        items = list(choices.items())
        for size in range(min(3, len(items))):
            if len(items) ** size > SEARCH:
                break  # too many to try all; choices are left out one by one below
            for some in combinations(items, size):
                if self.outcome(dict(some)) == outcome:
                    return dict(some)
        kept = dict(choices)
        for name in choices:
            fewer = {key: value for key, value in kept.items() if key != name}
            if self.outcome(fewer) == outcome:
                kept = fewer
        return kept


def judge(policy: Policy, resource: Resource, inventory: Inventory) -> Judgement:
    """The verdict of a policy on a resource over all scenarios (design, section 4)."""
    judge_ = Judge(policy, resource, inventory.world)
    outcome = judge_.outcome({})
    world = inventory.world
    settled = outcome != UNKNOWN or not (world.touched or world.undetermined)
    if settled and outcome != ABSENT_HERE and (outcome != FAIL or world.possible()):
        return _settled(judge_, outcome)
    branch = next(iter(world.touched), None) if outcome == UNKNOWN else None
    if branch and judge_.passes_wherever_it_exists():
        return Judgement(PASS)
    return _over_scenarios(judge_, branch)


def _settled(judge_: Judge, outcome: str) -> Judgement:
    if outcome in (PASS, NOT_SELECTED):
        return Judgement(outcome)
    if outcome == EXEMPT:
        return Judgement(EXEMPT, because=_because(judge_))
    if outcome == IMPOSSIBLE:
        return Judgement(UNKNOWN, because=f"no scenario can be deployed: {judge_.refused}")
    return Judgement(outcome, evidence=tuple(_evidence(judge_, outcome)))


def _over_scenarios(judge_: Judge, branch: str | None) -> Judgement:
    defaults = judge_.world.defaults()
    leaves = judge_.leaves({}, judge_.tried + BOUND, branch)
    first = next(leaves, None)
    if first and first.outcome != FAIL and all(defaults.get(name) == value for name, value in first.choices.items()):
        return _searched(judge_, first, chain([first], leaves))  # defaults are tried first
    usual = Leaf(defaults, judge_.outcome(defaults))
    if usual.outcome == UNKNOWN and (judge_.world.touched or judge_.world.undetermined):
        usual = _single(judge_, defaults)
    elif usual.outcome != UNKNOWN and not judge_.deployable(defaults):
        usual = Leaf(defaults, IMPOSSIBLE)
    if usual.outcome == FAIL:
        return _fails(judge_, usual)
    return _searched(judge_, usual, chain([first], leaves) if first else leaves)


def _single(judge_: Judge, defaults: Choices) -> Leaf:
    """The outcome by default where some parameters have none: there is one only if it is the same for all of them."""
    found: Leaf | None = None
    for leaf in judge_.leaves(defaults, judge_.tried + SEARCH):
        if found and found.outcome != leaf.outcome:
            return Leaf(defaults, ABSENT_HERE)
        found = found or leaf
    return found or Leaf(defaults, ABSENT_HERE)


def _fails(judge_: Judge, usual: Leaf) -> Judgement:
    """A failure in the default scenario, and a scenario that passes, if one is soon found."""
    when = judge_.smallest(_used(judge_, usual.choices), FAIL)
    unless = None
    for leaf in judge_.leaves({}, judge_.tried + SEARCH):
        if leaf.outcome == PASS:
            unless = judge_.smallest(leaf.choices, PASS)
            break
    judge_.outcome(when)
    return Judgement(FAIL, when or None, unless or None, tuple(_evidence(judge_, FAIL)))


def _used(judge_: Judge, choices: Choices) -> Choices:
    """The choices that the outcome looks at."""
    used: Choices = {}
    while True:
        judge_.outcome(used)
        name = next((name for name in judge_.world.touched if name in choices and name not in used), None)
        if name is None:
            return used
        used[name] = choices[name]


def _searched(judge_: Judge, usual: Leaf, leaves: Iterable[Leaf]) -> Judgement:
    """The verdict where the default scenario does not fail, or there is none."""
    seen: dict[str, Leaf] = {}
    decided = usual.outcome not in (ABSENT_HERE, IMPOSSIBLE, TOO_MANY)
    for leaf in leaves:
        seen.setdefault(leaf.outcome, leaf)
        if FAIL in seen and (decided or PASS in seen):
            break
    seldom = seen.pop(ABSENT_HERE, None)
    if FAIL in seen:
        return _may_fail(judge_, seen, usual)
    if TOO_MANY in seen:
        return Judgement(UNKNOWN, because=TOO_MANY, too_many=True)
    for outcome in (UNKNOWN, EXEMPT, PASS):
        if outcome in seen:
            judge_.outcome(seen[outcome].choices)
            return _settled(judge_, outcome)
    return _settled(judge_, IMPOSSIBLE) if judge_.refused and not seen and not seldom else Judgement(NOT_SELECTED)


def _may_fail(judge_: Judge, seen: dict[str, Leaf], usual: Leaf) -> Judgement:
    """A failure in some scenario: in all in which the resource exists, or in some."""
    everywhere = set(seen) == {FAIL} and usual.outcome in (ABSENT_HERE, IMPOSSIBLE)
    when = judge_.smallest(seen[FAIL].choices, FAIL)
    unless: Choices | None = None
    if usual.outcome == PASS:
        unless = judge_.smallest(_used(judge_, usual.choices), PASS)
    elif PASS in seen:
        unless = judge_.smallest(seen[PASS].choices, PASS)
    judge_.outcome(when)
    return Judgement(FAIL if everywhere else MAY_FAIL, when or None, unless or None, tuple(_evidence(judge_, FAIL)))


def _because(judge_: Judge) -> str | None:
    for exemption in judge_.policy.exemptions:
        if exemption.condition.test(judge_.item):
            return exemption.because
    return None


def _evidence(judge_: Judge, outcome: str) -> Iterator[Evidence]:
    """Why the policy's expectation is not met; for unknown, whatever is not known."""
    policy, item = judge_.policy, judge_.item
    try:
        if outcome == FAIL:
            yield from policy.expect.explain(item)
            return
        parts: list[Condition] = [*([policy.where] if policy.where else []), policy.expect]
        for condition in [*parts, *(exemption.condition for exemption in policy.exemptions)]:
            if condition.test(item) is None:
                yield from condition.explain(item)
    except Impossible:
        return
