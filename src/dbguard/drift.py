"""Template and account side by side: where they differ in what policies look at, and what that does to the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dbguard.engine import Judgement, judge
from dbguard.finding import finding, locate
from dbguard.inventory import Inventory, Resource
from dbguard.model import FAIL, MAY_FAIL, NOT_SELECTED, UNKNOWN, Location, Subject
from dbguard.policy import Policy
from dbguard.value import ABSENT, OPAQUE, Reference, Value, describe, equal

# A global table is seen in each Region as a table with replicas.
SEEN_AS = {"AWS::DynamoDB::GlobalTable": "AWS::DynamoDB::Table"}
BAD = (FAIL, MAY_FAIL)
DRIFTED = "drifted"  # compliant in the template, not in the account
AHEAD = "ahead"  # compliant in the account, not in the template: the next deployment would undo it
UNDECIDED = "undecided"  # at least one side cannot be told


class Change(NamedTuple):
    """A policy that judges the template and the account differently."""

    kind: str
    policy: str
    severity: str
    resource: Subject
    physical: str
    template: str
    account: str
    message: str
    location: Location | None


class Difference(NamedTuple):
    """A property with one value in the template and another in the account."""

    resource: Subject
    physical: str
    property: str
    template: str
    account: str
    policies: tuple[str, ...]
    location: Location | None


class Uncompared(NamedTuple):
    """A resource of the template that could not be compared, with the reason."""

    resource: Subject
    reason: str
    location: Location | None


class Pair(NamedTuple):
    """A resource of the template and the one of the account that the stack made of it."""

    declared: Resource
    live: Resource


class Drift(NamedTuple):
    """What a comparison found."""

    changes: tuple[Change, ...]
    differences: tuple[Difference, ...]
    uncompared: tuple[Uncompared, ...]
    compared: int


class Sides(NamedTuple):
    """The two inventories, and the stack's names: logical to physical."""

    template: Inventory
    account: Inventory
    names: Mapping[str, str]


def compare(sides: Sides, policies: Sequence[Policy]) -> Drift:
    """Compare every resource of the template that a policy is about."""
    types = {name for policy in policies for name in policy.types}
    changes: list[Change] = []
    differences: list[Difference] = []
    uncompared: list[Uncompared] = []
    pairs: list[Pair] = []
    sides.template.world.assign(sides.template.world.defaults())
    for declared in sides.template.resources:
        if declared.type in types and sides.template.world.exists(declared) is not False:
            found = counterpart(declared, sides)
            if isinstance(found, Resource):
                pairs.append(Pair(declared, found))
            else:
                uncompared.append(Uncompared(declared.subject, found, locate(sides.template, declared.place)))
    uncompared.extend(_left_over(sides, types))
    for pair in pairs:
        about = [one for one in policies if pair.declared.type in one.types and not one.only]
        changes.extend(_judged(pair, about, sides))
        if isinstance(pair.live.properties, dict):
            differences.extend(_differences(pair, about, sides))
    return Drift(tuple(changes), tuple(differences), tuple(uncompared), len(pairs))


def _left_over(sides: Sides, types: set[str]) -> Iterator[Uncompared]:
    """Databases of the stack that the template no longer has."""
    declared = {resource.id for resource in sides.template.resources}
    physical = {name.lower(): logical for logical, name in sides.names.items() if logical not in declared}
    for live in sides.account.resources:
        logical = physical.get(live.id.lower()) or physical.get((live.subject.arn or "").lower())
        if logical and live.type in types:
            yield Uncompared(live.subject, f"the stack has it as {logical}, the template no longer has it", None)


def counterpart(declared: Resource, sides: Sides) -> Resource | str:
    """The live resource of a declared one, or why there is none."""
    physical = sides.names.get(declared.id)
    if physical is None:
        return "the stack has no such resource: it was not deployed yet, or has been removed"
    wanted = SEEN_AS.get(declared.type, declared.type)
    for live in sides.account.by_type.get(wanted, ()):
        if physical.lower() in (live.id.lower(), (live.subject.arn or "").lower()):
            return live
    if wanted in sides.account.world.incomplete:
        return f"{physical} could not be read in the account"
    return f"{physical} is not in the account: it was deleted outside the stack, or renamed"


def _judged(pair: Pair, policies: Sequence[Policy], sides: Sides) -> Iterator[Change]:
    """The policies whose verdicts differ."""
    for policy in policies:
        declared = judge(policy, pair.declared, sides.template)
        live = judge(policy, pair.live, sides.account)
        kind = _kind(declared.verdict, live.verdict)
        if kind:
            yield _change(kind, policy, pair, (declared, live), sides)


def _kind(declared: str, live: str) -> str | None:
    if NOT_SELECTED in (declared, live) and FAIL not in (declared, live):
        return None
    if live in BAD:
        return None if declared == FAIL else UNDECIDED if declared == UNKNOWN else DRIFTED
    if declared in BAD:
        return UNDECIDED if live == UNKNOWN or declared == MAY_FAIL else AHEAD
    return UNDECIDED if UNKNOWN in (declared, live) else None


def _change(kind: str, policy: Policy, pair: Pair, judged: tuple[Judgement, Judgement], sides: Sides) -> Change:
    declared, live = judged
    template = finding(policy, pair.declared, declared, sides.template)
    account = finding(policy, pair.live, live, sides.account)
    telling = account if kind == DRIFTED or (kind == UNDECIDED and live.verdict in (*BAD, UNKNOWN)) else template
    return Change(
        kind,
        policy.id,
        policy.severity,
        pair.declared.subject,
        pair.live.id,
        declared.verdict,
        live.verdict,
        telling.message,
        template.location or locate(sides.template, pair.declared.place),
    )


def _differences(pair: Pair, policies: Sequence[Policy], sides: Sides) -> Iterator[Difference]:
    """The properties that policies look at and that the template sets, where the account has another value."""
    looked_at: dict[str, list[str]] = {}
    for policy in policies:
        for name in policy.reads.properties if policy.reads else ():
            looked_at.setdefault(name, []).append(policy.id)
    properties = resolved(pair.declared, sides)
    for name, by in looked_at.items():
        declared, live = properties.get(name, ABSENT), pair.live.properties.get(name, ABSENT)
        if declared is ABSENT or is_open(declared) or is_open(live) or alike(declared, live):
            continue
        place = locate(sides.template, (*pair.declared.place, "Properties", name))
        subject = pair.declared.subject
        yield Difference(subject, pair.live.id, name, describe(declared), _said(live), tuple(by), place)


def resolved(declared: Resource, sides: Sides) -> dict[str, Value]:
    """The properties of a declared resource, resolved with the values that the stack was given."""
    world = sides.template.world
    world.assign(world.defaults())
    properties = world.deep(declared.properties)
    return {name: _named(value, sides) for name, value in properties.items()} if isinstance(properties, dict) else {}


def _named(value: Value, sides: Sides) -> Value:
    """A value with each reference as the name that the stack gave."""
    if isinstance(value, list):
        return [_named(one, sides) for one in value]
    return sides.names.get(value.id, value) if isinstance(value, Reference) and value.attribute is None else value


def is_open(value: Value) -> bool:
    """Whether a value is not wholly known."""
    if isinstance(value, dict):
        return any(map(is_open, value.values()))
    if isinstance(value, list):
        return any(map(is_open, value))
    return isinstance(value, OPAQUE)


def _said(value: Value) -> str:
    return "not set" if value is ABSENT else describe(value)


def alike(declared: Value, live: Value) -> bool:
    """Whether the account has what the template asks for; AWS may add to a mapping, and order lists anew."""
    if isinstance(declared, dict):
        return isinstance(live, dict) and all(alike(one, live.get(name, ABSENT)) for name, one in declared.items())
    if isinstance(declared, list):
        return isinstance(live, list) and all(any(alike(one, other) for other in live) for one in declared)
    if live is ABSENT:
        return declared in (False, "false", 0, "0", "")
    return equal(declared, live) is True or equal(live, declared) is True
