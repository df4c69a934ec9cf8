"""How a property is written in a template, whatever its value: as plain text, by parameter, as a secret.

What anyone can read who may read the template or describe the stack is no secret: CloudFormation hides a parameter's
value only with NoEcho, and resolves a dynamic reference without showing it only for Secrets Manager and SecureString
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/security-best-practices.html#creds).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dbguard.value import ABSENT, Unresolved, Value

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld

# The ways of writing, strongest first: text put together of several is as secret as its most secret piece.
HIDDEN = ("secret", "hidden-parameter", "resource")
SHOWN = ("stored", "default", "parameter", "pseudo", "mapping", "literal")
WAYS = (*HIDDEN, *SHOWN)
HOLE = re.compile(r"\$\{([^!}][^}]*)\}")
MOST = 2_000  # pieces that are looked at; text of more is not told
UNTOLD = Unresolved("how it is written cannot be told")


def way(world: TemplateWorld, raw: Any) -> Value:
    """How raw data is written, one of WAYS; absent where there is nothing, unresolved where it cannot be told."""
    if raw is None or raw is ABSENT or raw == "":
        return ABSENT
    return _strongest(_pieces(world, raw))


FIXED = {
    "Fn::GetAtt": "resource",
    "Fn::FindInMap": "mapping",
    "Fn::GetAZs": "pseudo",
    "Fn::ImportValue": Unresolved("Fn::ImportValue is resolved only at deployment"),
    "Fn::Transform": Unresolved("Fn::Transform is resolved only at deployment"),
}


def _text(raw: str) -> str:
    if "{{resolve:secretsmanager:" in raw or "{{resolve:ssm-secure:" in raw:
        return "secret"
    return "stored" if "{{resolve:" in raw else "literal"


def _named(world: TemplateWorld, name: Any) -> Value:
    if not isinstance(name, str):
        return UNTOLD
    if name == "AWS::NoValue":
        return ABSENT
    if name.startswith("AWS::"):
        return "pseudo"
    if name in world.bindings:
        found = way(world, world.given(world.bindings[name]))
        return "parameter" if found == "hidden-parameter" and not world.bindings[name].hidden else found
    if name not in world.parameters:
        return "resource" if name in world.resources else UNTOLD
    parameter = world.parameters[name]
    if parameter.stored:
        return "stored"
    if not parameter.hidden:
        return "parameter"
    return "hidden-parameter" if parameter.default in (None, "") else "default"


def _branch(world: TemplateWorld, argument: Any) -> Value:
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        return UNTOLD
    answer = world.condition(argument[0])
    return UNTOLD if answer is None else way(world, argument[1 if answer else 2])


def _pieces(world: TemplateWorld, raw: Any) -> Iterator[Value]:
    """The ways of all pieces of a text, list or mapping, as far as there is a sane number of them."""
    stack = [raw]
    for _ in range(MOST):
        if not stack:
            return
        value = stack.pop()
        name, argument = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", None)
        if name == "Ref":
            yield _named(world, argument)
        elif name == "Fn::If":
            yield _branch(world, argument)
        elif name == "Fn::Sub":
            yield from _substituted(world, argument)
        elif name in FIXED:
            yield FIXED[name]
        elif isinstance(value, (dict, list)):
            stack.extend(value.values() if isinstance(value, dict) else value)
        elif value is not None and value != "":
            yield _text(value) if isinstance(value, str) else "literal"
    yield UNTOLD


def _substituted(world: TemplateWorld, argument: Any) -> Iterator[Value]:
    template, names = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(template, str) or not isinstance(names, dict):
        yield UNTOLD
        return
    yield _text(template)
    for found in HOLE.finditer(template):
        name = found[1].strip()
        if name in names:
            yield way(world, names[name])
        else:
            yield "resource" if "." in name else _named(world, name)


def _strongest(ways: Iterable[Value]) -> Value:
    found = [one for one in ways if one is not ABSENT]
    for one in HIDDEN:
        if one in found:
            return one
    unresolved = [one for one in found if isinstance(one, Unresolved)]
    return unresolved[0] if unresolved else next((one for one in SHOWN if one in found), ABSENT)
