"""Judgements to findings: the words of a report, and the place that each points at."""

from __future__ import annotations

from typing import Any

from dbguard.conditions.condition import NONE, Evidence
from dbguard.engine import TOO_MANY, Choices, Judgement
from dbguard.excerpt import around, masked
from dbguard.inventory import Inventory, Resource
from dbguard.model import EXEMPT, MAY_FAIL, PASS, SEVERITIES, UNKNOWN, Finding, Gap, Location, Path, Related
from dbguard.policy import Policy
from dbguard.sources.places import has
from dbguard.value import AnyOther, Value, text


def finding(
    policy: Policy, resource: Resource, judgement: Judgement, inventory: Inventory, *, whole: bool = False
) -> Finding:
    """The finding of a judgement; `whole` with the lines around its place."""
    evidence = _unique(judgement.evidence)
    first = next((one for one in evidence if one.path or one.wanted), None)
    place = (*first.resource.place, *first.path) if first else resource.place
    place = _existing(place, first.resource if first else resource)
    where = locate(inventory, place)
    line = masked(inventory.source.line_at(place)) if inventory.source else None
    named = _path_name(first)
    itself = locate(inventory, resource.place)
    home = itself.file if itself else inventory.name
    return Finding(
        policy.id,
        judgement.verdict,
        policy.severity,
        policy.title,
        message(policy, resource, judgement, evidence),
        policy.fix,
        resource.subject,
        where,
        tuple(_related(resource, evidence, first, inventory)),
        _shown(judgement.when),
        _shown(judgement.unless),
        _reason(judgement, evidence),
        fingerprint=":".join((policy.id, home, resource.id.rpartition("#")[2], named)),
        source_line=line,
        judged_at=itself,
        around=around(inventory, place, first.resource if first else resource) if whole else (),
    )


def _unique(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    found: dict[Any, Evidence] = {}
    for one in evidence:
        found.setdefault((one.resource.id, one.path, one.name, one.found, one.wanted, one.reason), one)
    return list(found.values())


def _path_name(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    return ".".join(str(step) for step in evidence.path if step != "Properties")


def _existing(place: Path, resource: Resource) -> Path:
    """The place if it is written there, else the nearest around it; the resource rather than its Properties."""
    value: Any = resource.attributes
    kept = len(resource.place)
    for step in place[len(resource.place) :]:
        if not has(value, step):
            break
        value = value[step]
        kept += 1
    found = place[:kept]
    return resource.place if found == (*resource.place, "Properties") else found


def locate(inventory: Inventory, place: Path) -> Location | None:
    """A place in the inventory's text."""
    return inventory.source.location(place) if inventory.source else None


def message(policy: Policy, resource: Resource, judgement: Judgement, evidence: list[Evidence]) -> str:
    """What is wrong with the value found, in one line."""
    if judgement.verdict == PASS:
        return policy.title
    if judgement.verdict == EXEMPT:
        return judgement.because or "exempt"
    if judgement.because == TOO_MANY:
        return f"{TOO_MANY} to go through all of them"
    if judgement.verdict == UNKNOWN:
        return _unknown(resource, evidence) or judgement.because or policy.title
    parts = [_sentence(policy, resource, one) for one in evidence if one.wanted]
    return "; ".join(dict.fromkeys(parts)) or policy.title


WRITTEN = ", as written,"  # at the end of the name that such evidence has, see `derived.Written`
# The words for how a property is written.
WAYS = {
    "literal": "plain text",
    "mapping": "plain text in Mappings",
    "pseudo": "a pseudo parameter",
    "parameter": "a parameter without NoEcho, which anybody who describes the stack can read",
    "default": "a parameter with a Default, which anybody can read",
    "stored": "a plain SSM parameter",
    "hidden-parameter": "a parameter with NoEcho",
    "resource": "what a resource returns",
    "secret": "a secret",
    "not set": "nothing",
}


def _sentence(policy: Policy, resource: Resource, evidence: Evidence) -> str:
    """What was found and what must be; a regular expression is told by the policy's title instead."""
    owner = "" if evidence.resource is resource else f"{evidence.resource.subject.id}: "
    name = evidence.name[:1].upper() + evidence.name[1:]
    if evidence.name.endswith(WRITTEN):
        how = WAYS.get(evidence.found, evidence.found)
        return f"{owner}{name.removesuffix(WRITTEN)} is written as {how}"
    if evidence.found == NONE:
        return f"{owner}There are no {evidence.name}{evidence.wanted.removeprefix('must be there')}"
    if evidence.wanted == f"must not be {evidence.found}":
        return f"{owner}{name} is {evidence.found}, which it must not be"
    right = policy.title if " match " in evidence.wanted else f"it {evidence.wanted}"
    return f"{owner}{name} is {evidence.found}; {right}"


def _unknown(resource: Resource, evidence: list[Evidence]) -> str:
    names: dict[str, dict[str, None]] = {}
    for one in evidence:
        owner = "" if one.resource is resource else f"{one.resource.subject.id}: "
        if one.reason:
            names.setdefault(one.reason, {}).update({f"{owner}{one.name}": None} if one.name else {})
    parts = [f"{', '.join(list(found)[:3])}: {reason}" if found else reason for reason, found in names.items()]
    return "; ".join(parts[:3])


def _reason(judgement: Judgement, evidence: list[Evidence]) -> str | None:
    if judgement.verdict == EXEMPT:
        return judgement.because
    if judgement.verdict != UNKNOWN:
        return None
    reasons = [one.reason for one in evidence if one.reason]
    return reasons[0] if reasons else judgement.because


def _shown(choices: Choices | None) -> dict[str, Any] | None:
    return {name: _value(value) for name, value in choices.items()} if choices else None


def _value(value: Value) -> Any:
    if isinstance(value, AnyOther):
        return str(value)
    if isinstance(value, list):
        return ",".join(map(text, value))
    return value if isinstance(value, (str, int, float, bool)) else "any value"


def _related(
    resource: Resource, evidence: list[Evidence], first: Evidence | None, inventory: Inventory
) -> list[Related]:
    """The other resources that the verdict rests on, once each."""
    shown = first.resource if first else resource
    others: dict[str, Related] = {}
    stack = inventory.by_id.get(resource.id.rpartition("/")[0])
    if stack is not None:
        others[stack.id] = _beside(stack, locate(inventory, stack.place), "nested stack")
    if inventory.source and (path := _construct(resource)):
        others[path] = Related(path, "aws:cdk:path", inventory.source.constructs.get(path), "construct")
    if shown is not resource:
        others[resource.id] = _beside(resource, locate(inventory, resource.place), "judged here")
    for one in evidence:
        if one.resource is not shown and one.resource is not resource and one.resource.id not in others:
            place = _existing((*one.resource.place, *one.path), one.resource)
            others[one.resource.id] = _beside(one.resource, locate(inventory, place), one.name)
    return list(others.values())


def _construct(resource: Resource) -> str | None:
    """The path of the CDK's construct that made a resource."""
    metadata = resource.attributes.get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
    return path if isinstance(path, str) else None


def order(one: Finding) -> tuple[str, int, int, int, str, str]:
    """What findings are sorted by: file, place, severity."""
    line, column = (one.location.line, one.location.column) if one.location else (0, 0)
    file = one.location.file if one.location else f"{one.resource.account} {one.resource.region}"
    return file, line, column, SEVERITIES.index(one.severity), one.policy, one.resource.id


def gap_order(gap: Gap) -> tuple[str, int, int, str, str]:
    """What gaps are sorted by: file or target, place, kind."""
    where = gap.location or Location(gap.target, 0, 0)
    return where.file, where.line, where.column, gap.kind, gap.detail


def _beside(resource: Resource, where: Location | None, note: str) -> Related:
    return Related(resource.subject.id, resource.type, where, note)


__all__ = ["MAY_FAIL", "finding", "gap_order", "locate", "message", "order"]
