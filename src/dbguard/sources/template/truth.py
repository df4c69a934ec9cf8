"""CloudFormation's condition functions, in one scenario of a template's world: true, false, or None for unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dbguard.value import OPAQUE, Answer, Value, opaque_equal, text

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld


def truth(world: TemplateWorld, value: Any) -> Answer:
    """The truth of a condition as written: a function, `{Condition: name}`, or a boolean."""
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        function = CONDITIONS.get(name)
        if function is not None:
            return function(world, argument)
        value = world.force(value)
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def _all(world: TemplateWorld, argument: Any) -> Answer:
    if not isinstance(argument, list):
        return None
    answers = [truth(world, part) for part in argument]
    return False if False in answers else None if None in answers else True


def _any(world: TemplateWorld, argument: Any) -> Answer:
    if not isinstance(argument, list):
        return None
    answers = [truth(world, part) for part in argument]
    return True if True in answers else None if None in answers else False


def _not(world: TemplateWorld, argument: Any) -> Answer:
    parts = argument if isinstance(argument, list) else [argument]
    answer = truth(world, parts[0]) if len(parts) == 1 else None
    return None if answer is None else not answer


def _named(world: TemplateWorld, argument: Any) -> Answer:
    return world.condition(argument) if isinstance(argument, str) else None


def _equals(world: TemplateWorld, argument: Any) -> Answer:
    found = _two(argument)
    return identical(world.deep(found[0]), world.deep(found[1])) if found else None


def identical(value: Value, other: Value) -> Answer:
    """Equality as `Fn::Equals` has it: exact, on text."""
    if isinstance(value, OPAQUE) or isinstance(other, OPAQUE):
        return opaque_equal(value, other)
    if isinstance(value, list) and isinstance(other, list):
        if len(value) != len(other):
            return False
        answers = [identical(one, two) for one, two in zip(value, other, strict=True)]
        return False if False in answers else None if None in answers else True
    if isinstance(value, (dict, list)) or isinstance(other, (dict, list)):
        return bool(value == other)
    return text(value) == text(other)


def _two(argument: Any) -> list[Any] | None:
    return argument if isinstance(argument, list) and len(argument) == 2 else None


def _contains(world: TemplateWorld, argument: Any) -> Answer:
    found = _two(argument)
    values = world.deep(found[0]) if found else None
    return _among(world.deep(found[1]), values) if found and isinstance(values, list) else None


def _among(value: Value, values: list[Value]) -> Answer:
    answers = [identical(value, one) for one in values]
    return True if True in answers else None if None in answers else False


def _each_in(world: TemplateWorld, argument: Any) -> Answer:
    found = _two(argument)
    members, values = (world.deep(part) for part in found) if found else (None, None)
    if not isinstance(members, list) or not isinstance(values, list):
        return None
    answers = [_among(member, values) for member in members]
    return False if False in answers else None if None in answers else True


def _each_equals(world: TemplateWorld, argument: Any) -> Answer:
    found = _two(argument)
    members = world.deep(found[0]) if found else None
    if not found or not isinstance(members, list):
        return None
    wanted = world.deep(found[1])
    answers = [identical(member, wanted) for member in members]
    return False if False in answers else None if None in answers else True


CONDITIONS: dict[str, Callable[[TemplateWorld, Any], Answer]] = {
    "Fn::And": _all,
    "Fn::Or": _any,
    "Fn::Not": _not,
    "Fn::Equals": _equals,
    "Condition": _named,
    "Fn::Contains": _contains,
    "Fn::EachMemberIn": _each_in,
    "Fn::EachMemberEquals": _each_equals,
}
