"""Which AWS Backup selections cover a resource: by its ARN, with wildcards, and by its tags."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from dbguard.conditions.gathered import may_be_more, of_types
from dbguard.conditions.operators import both
from dbguard.conditions.relation import Items, Relation
from dbguard.identifiers import ARNS
from dbguard.inventory import Item, Many, Steps, read
from dbguard.value import ABSENT, OPAQUE, Answer, AnyOther, Reference, Text, Unresolved, Value

OWN = ("AWS::Partition", "AWS::Region", "AWS::AccountId")
RESOURCE_TAG = "aws:ResourceTag/"


class Covering(NamedTuple):
    """The backup selections that cover a resource, by its ARN and by its tags.

    Source: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html and, for how its parts go
    together, https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html.
    """

    types: tuple[str, ...]

    def items(self, item: Item) -> Items:
        """The selections that cover it; where a template has any of its own, these are taken for all there are."""
        certain: list[Item] = []
        possible: list[Item] = []
        candidates = of_types(item, self.types)
        for resource in candidates:
            one = Item(item.world, resource, item.judged)
            answer = both(item.world.exists(resource), covers(one, item))
            if answer is not False:
                (certain if answer else possible).append(one)
        outside = not item.world.incomplete.isdisjoint(self.types) if candidates else may_be_more(item, self.types)
        return Items(certain, possible, outside)


def covers(selection: Item, item: Item) -> Answer:
    """Whether a backup selection covers a resource."""
    body: Steps = ("BackupSelection",)
    excluded = _named(_values(selection, (*body, "NotResources", None)), item)
    if excluded:
        return False
    resources = _values(selection, (*body, "Resources", None))
    listed = list(_listed_tags(selection, item))
    named: Answer = None if resources is None else _named(resources, item) if resources else not listed
    tagged = any_of(listed)
    met = all_of(_conditions(selection, item))
    if resources and listed and named is not tagged:
        named = None  # AWS's guides do not agree on how a list of tags goes with a list of ARNs
    answer = both(named if resources or not listed else tagged, met)
    return answer if excluded is False or answer is False else None


def _values(selection: Item, steps: Steps) -> list[Value] | None:
    """The list at a path; None where not all of it is known."""
    found = read(selection, steps)
    if not isinstance(found, Many):
        return []
    return [value for _, value in found.found] if found.complete else None


def any_of(answers: list[Answer]) -> Answer:
    """Or, in Kleene's logic."""
    return True if True in answers else None if None in answers else False


def all_of(answers: Iterator[Answer]) -> Answer:
    """And, in Kleene's logic."""
    result: Answer = True
    for answer in answers:
        result = both(result, answer)
    return result


# By ARN


def _named(patterns: list[Value] | None, item: Item) -> Answer:
    if patterns is None:
        return None
    return any_of([_matches(pattern, item) for pattern in patterns])


def _matches(pattern: Value, item: Item) -> Answer:
    """Whether an ARN, perhaps with wildcards, is that of the resource."""
    if isinstance(pattern, Reference):
        return _is(pattern, item)
    if isinstance(pattern, Text):
        named = [_is(part, item) for part in pattern.parts if isinstance(part, Reference)]
        if True in named:
            return True
        if False in named and not any(isinstance(part, str) and "*" in part for part in pattern.parts):
            return False  # it is made of another resource's name
        answer = _fits("".join(part if isinstance(part, str) else "*" for part in pattern.parts), item)
        certain = all(isinstance(part, str) or _is_own(part) for part in pattern.parts)
        return answer if certain or answer is False else None
    return None if isinstance(pattern, OPAQUE) else _fits(str(pattern), item)


def _is(reference: Reference, item: Item) -> Answer:
    """Whether a reference names the resource; what a custom resource or a nested stack returns may name any."""
    return True if reference.id == item.resource.id else False if reference.names else None


def _is_own(part: Value) -> bool:
    """Whether a piece of an ARN is the stack's own partition, Region or account, and so the resource's."""
    key = part.key if isinstance(part, Unresolved) else None
    name = part.parameter if isinstance(part, AnyOther) else key[1] if isinstance(key, tuple) else None
    return name in OWN


def _fits(pattern: str, item: Item) -> Answer:
    subject = item.resource.subject
    if pattern == "*":
        return True
    if subject.arn:
        return fnmatchcase(subject.arn, pattern)
    service, kind = ARNS.get(item.resource.type, ("", ""))
    parts = pattern.split(":", 5)
    if not service:
        return None
    if len(parts) < 6 or not fnmatchcase(service, parts[2]):
        return False
    name = Relation(True, (), ()).identifier(item)
    if isinstance(name, str):
        rest: Answer = fnmatchcase(kind + name, parts[5])
    else:
        begun = fnmatchcase(kind, parts[5][: len(kind)]) or parts[5] == "*"
        rest = (True if parts[5] in ("*", kind + "*") else None) if begun else False
    anywhere = all(part == "*" or part.startswith("aws") for part in (parts[1], parts[3], parts[4]))
    return both(rest, True if anywhere else None)


# By tags


def _tag(item: Item, key: Value) -> Value:
    """The value of a tag; a template does not show the tags that its stack hands down."""
    tags = read(item, ("Tags",))
    if isinstance(tags, dict):
        return item.world.force(tags.get(key, ABSENT)) if isinstance(key, str) else None
    if isinstance(tags, list):
        for at in range(len(tags)):
            if read(item, ("Tags", at, "Key")) == key:
                return read(item, ("Tags", at, "Value"))
    known = item.resource.subject.origin == "account" and not isinstance(tags, OPAQUE)
    return ABSENT if known else None


def _condition(selection: Item, item: Item, place: Steps, key: str, value: str, *, like: bool) -> Answer:
    name, wanted = read(selection, (*place, key)), read(selection, (*place, value))
    found = _tag(item, name.removeprefix(RESOURCE_TAG)) if isinstance(name, str) else None
    if found is ABSENT:
        return False
    if not isinstance(found, str) or not isinstance(wanted, str):
        return None
    return fnmatchcase(found, wanted) if like else found == wanted


def _listed_tags(selection: Item, item: Item) -> Iterator[Answer]:
    place: Steps = ("BackupSelection", "ListOfTags")
    tags = read(selection, place)
    if isinstance(tags, list):
        for at in range(len(tags)):
            yield _condition(selection, item, (*place, at), "ConditionKey", "ConditionValue", like=False)
    elif tags is not ABSENT:
        yield None


def _conditions(selection: Item, item: Item) -> Iterator[Answer]:
    for word in ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"):
        place: Steps = ("BackupSelection", "Conditions", word)
        rows = read(selection, place)
        if rows is not ABSENT and not isinstance(rows, list):
            yield None
        for at in range(len(rows) if isinstance(rows, list) else 0):
            answer = _condition(
                selection, item, (*place, at), "ConditionKey", "ConditionValue", like=word.endswith("Like")
            )
            yield answer if "Not" not in word or answer is None else not answer
