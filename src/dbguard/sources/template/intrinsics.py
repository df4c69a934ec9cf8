"""CloudFormation's intrinsic functions, in one scenario of a template's world.

A function returns the value, which may again hold intrinsic functions. Whatever cannot be known
before deployment comes back as an unresolved value with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dbguard.inventory import Impossible
from dbguard.sources.template.computed import arguments, base64, cidr, length, malformed, to_json_string, written
from dbguard.value import (
    ABSENT,
    OPAQUE,
    AnyOther,
    Reference,
    Text,
    Unresolved,
    Value,
    describe,
    hashable,
    join,
    number,
    text,
)

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld

_HOLE = r"\$\{([^}]*)\}"


def ref(world: TemplateWorld, name: Any) -> Value:
    """`Ref`: a parameter's value, a pseudo parameter's, or a reference to a resource."""
    if not isinstance(name, str):
        name = world.force(name)
        if not isinstance(name, str):
            return malformed("Ref", "a name")
    if name == "AWS::NoValue":
        return ABSENT
    if name in world.bindings:
        return world.bound(name)
    if name in world.parameters:
        return world.parameter(name)
    if name not in world.resources and name.split(".")[0] in world.modules:
        name = name.replace(".", "", 1)
    if name in world.resources:
        return _existing(world, name, Reference(name, None, _names(world, name)))
    return Unresolved(f"{name} is neither a parameter nor a resource of this template", ("parameter", name))


def _existing(world: TemplateWorld, name: str, value: Value) -> Value:
    if world.exists_named(name) is False:
        raise Impossible(f"{name} does not exist")
    return value


def get_att(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::GetAtt`: a reference to a resource's attribute."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
        return malformed("Fn::GetAtt", "a resource and an attribute")
    if parts[0] not in world.resources:
        return Unresolved(f"{parts[0]} is no resource of this template", ("attribute", hashable(parts)))
    attribute = world.force(parts[1])
    attribute = attribute if isinstance(attribute, str) else "?"
    if parts[0] in world.modules and "." in attribute:
        inner, attribute = attribute.split(".", 1)
        return get_att(world, [parts[0] + inner, attribute])
    if f"{parts[0]}.{attribute}" in world.bindings:
        return world.bound(f"{parts[0]}.{attribute}")
    names = attribute.endswith(("Arn", "Id", "Identifier", "Name")) and _names(world, parts[0])
    return _existing(world, parts[0], Reference(parts[0], attribute, names))


def _names(world: TemplateWorld, name: str) -> bool:
    """Whether a reference to a resource is its own name; what custom resources and stacks return is anything."""
    body = world.resources[name]
    kind = body.get("Type") if isinstance(body, dict) else None
    return isinstance(kind, str) and kind.startswith("AWS::") and not kind.startswith("AWS::CloudFormation::")


def if_(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::If`: the branch that a condition picks."""
    found = arguments(argument, 3, 3)
    if found is None:
        return malformed("Fn::If", "a condition and two values")
    answer = world.condition(found[0]) if isinstance(found[0], str) else None
    if answer is None:
        return Unresolved(f"it depends on condition {describe(found[0])}", present=None)
    return found[1] if answer else found[2]


def find_in_map(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::FindInMap`: an entry of a mapping, or its DefaultValue."""
    found = arguments(argument, 3, 4)
    if found is None:
        return malformed("Fn::FindInMap", "a map and two keys")
    before = world.consulted
    keys = [world.force(key) for key in found[:3]]
    varies = world.consulted != before
    level: Any = world.mappings
    for key in keys:
        if isinstance(key, AnyOther) and isinstance(level, dict) and set(level) <= key.excluded:
            return _missing(found, key, certain=True)
        if isinstance(key, (*OPAQUE, dict, list)) or key is ABSENT:
            return Unresolved(f"the mapping's key is {describe(key)}", ("map", hashable(list(map(describe, keys)))))
        if not isinstance(level, dict) or text(key) not in level:
            return _missing(found, key, certain=varies and isinstance(level, dict))
        level = level[text(key)]
    return level


def _missing(found: list[Any], key: Value, *, certain: bool) -> Value:
    if len(found) == 4 and isinstance(found[3], dict) and "DefaultValue" in found[3]:
        return found[3]["DefaultValue"]
    if certain:
        raise Impossible(f"the mapping has no entry for {describe(key)}")
    where = "" if key == found[0] else f" in mapping {describe(found[0])}"
    return Unresolved(f"there is no {describe(key)}{where}", present=None)


def sub(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Sub`: text with values put in."""
    template, names = argument, {}
    if isinstance(argument, list) and len(argument) == 2:
        template, names = argument
    if not isinstance(template, str) or not isinstance(names, dict):
        return malformed("Fn::Sub", "text, or text and a map")
    pieces: list[Value] = []
    for at, piece in enumerate(re.split(_HOLE, template)):
        if at % 2 == 0:
            pieces.append(piece)
        elif piece.startswith("!"):
            pieces.append("${" + piece[1:] + "}")
        else:
            name = piece.strip()
            value = world.force(names[name]) if name in names else _hole(world, name)
            pieces.append(_as_text(value))
    return join(pieces)


def _hole(world: TemplateWorld, name: str) -> Value:
    return get_att(world, name) if "." in name else ref(world, name)


def _as_text(value: Value) -> Value:
    if value is ABSENT:
        return ""
    if isinstance(value, (dict, list)):
        return Unresolved(f"{describe(value)} is no text")
    return value


def join_(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Join`: a list's elements put together."""
    found = arguments(argument, 2, 2)
    delimiter = world.force(found[0]) if found else None
    if found is None or not isinstance(delimiter, str):
        return malformed("Fn::Join", "a delimiter and a list")
    elements = world.deep(found[1])
    if not isinstance(elements, list):
        return elements if isinstance(elements, OPAQUE) else malformed("Fn::Join", "a delimiter and a list")
    pieces: list[Value] = []
    for at, element in enumerate(elements):
        pieces += [delimiter, _as_text(element)] if at else [_as_text(element)]
    return join(pieces)


def select(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Select`: one element of a list."""
    found = arguments(argument, 2, 2)
    if found is None:
        return malformed("Fn::Select", "an index and a list")
    index, elements = number(world.force(found[0])), world.force(found[1])
    if isinstance(elements, Unresolved) and index is not None:
        return _element(elements, int(index))
    if index is None or not isinstance(elements, list):
        return Unresolved("Fn::Select is known only at deployment", ("select", hashable(written(found))))
    present = [element for element in map(world.force, elements) if element is not ABSENT]
    if not 0 <= index < len(present):
        return Unresolved(f"Fn::Select picks element {index:g} of a list of {len(present)}", present=None)
    return present[int(index)]


def _element(elements: Unresolved, index: int) -> Unresolved:
    key = elements.key
    if isinstance(key, tuple) and key[0] == "zones":
        return Unresolved(f"Availability Zone {index} of the region", ("zone", key[1], index))
    return Unresolved(elements.reason, None if key is None else ("element", key, index))


def split(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Split`: text cut into a list."""
    found = arguments(argument, 2, 2)
    delimiter = world.force(found[0]) if found else None
    if found is None or not isinstance(delimiter, str) or not delimiter:
        return malformed("Fn::Split", "a delimiter and text")
    value = world.force(found[1])
    if isinstance(value, Text):
        return _split_text(value, delimiter)
    if isinstance(value, (*OPAQUE, dict, list)) or value is ABSENT:
        return Unresolved("Fn::Split is known only at deployment", ("split", delimiter, written(found[1])))
    return text(value).split(delimiter)


def _split_text(value: Text, delimiter: str) -> Value:
    """Partly known text can be cut only where no unknown part may hold the delimiter: a reference's name."""
    if not all(isinstance(part, (str, Reference)) for part in value.parts):
        return Unresolved("Fn::Split is known only at deployment", ("split", delimiter, value))
    pieces: list[list[Value]] = [[]]
    for part in value.parts:
        cuts = part.split(delimiter) if isinstance(part, str) else [part]
        pieces[-1].append(cuts[0])
        pieces.extend([cut] for cut in cuts[1:])
    return [join(piece) for piece in pieces]


def get_azs(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::GetAZs`: a region's zones, of which only the order is known."""
    region = world.force(argument)
    if region is ABSENT or region == "":
        region = world.force({"Ref": "AWS::Region"})
    key = region.key if isinstance(region, Unresolved) else hashable(region)
    return Unresolved("the region's Availability Zones are known only at deployment", ("zones", key))


def import_value(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::ImportValue`: another stack's output."""
    name = world.force(argument)
    found = world.exported(name)
    if found is not None:
        return found
    key = ("import", name) if not isinstance(name, (dict, list)) else None
    return Unresolved(f"{describe(name)} is imported from another stack", key, external=True)


def transform(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Transform`: what a macro makes of this."""
    return Unresolved("a macro makes this value at deployment", present=None)


FUNCTIONS: dict[str, Callable[[TemplateWorld, Any], Value]] = {
    "Ref": ref,
    "Fn::GetAtt": get_att,
    "Fn::If": if_,
    "Fn::FindInMap": find_in_map,
    "Fn::Sub": sub,
    "Fn::Join": join_,
    "Fn::Select": select,
    "Fn::Split": split,
    "Fn::Base64": base64,
    "Fn::Length": length,
    "Fn::ToJsonString": to_json_string,
    "Fn::Cidr": cidr,
    "Fn::GetAZs": get_azs,
    "Fn::ImportValue": import_value,
    "Fn::Transform": transform,
}
