"""What a creation declares, and how properties become the arguments of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dbguard.value import boolean, number, text

Properties = Mapping[str, Any]
Arguments = dict[str, Any]


class After(NamedTuple):
    """A further call that sets one property."""

    property: str
    operation: str
    arguments: Callable[[Properties], list[Arguments]]  # of each call: there may be several
    named: str | None = None  # the argument for the resource's name: the creation's own, another one, or none ("")


class Creation(NamedTuple):
    """The call that creates resources of a type."""

    client: str
    operation: str
    name: str  # the argument that names the resource
    property: str = ""  # the property that does, where it is spelled otherwise
    renamed: Mapping[str, str] = {}
    defaults: Mapping[str, Any] = {}  # what the API asks for and a template may leave out
    after: tuple[After, ...] = ()
    physical: str = ""  # where the answer has the name that AWS made up
    when: str = ""  # only for resources with one of these properties, separated by blanks
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = dict  # what the API wants said in another way
    outside: Callable[[Properties], bool] = lambda _: False  # whether what it is made of may be out of sight
    lower: bool = True  # AWS keeps the name in lower case


def these(*names: str) -> Callable[[Properties], list[Arguments]]:
    """The properties of these names as they are, for one call."""
    return lambda properties: [{name: properties[name] for name in names if name in properties}]


def rows(properties: Properties, name: str = "Parameters") -> dict[str, str]:
    """The settings of a parameter group, which CloudFormation writes as a mapping or as a list."""
    value = properties.get(name) or {}
    if isinstance(value, dict):
        return {key: text(one) for key, one in value.items()}
    return {one["ParameterName"]: text(one["ParameterValue"]) for one in value}


def fit(value: Any, shape: Any, renamed: Mapping[str, str], path: str = "") -> Any:
    """A value as the API's shape wants it: names as it spells them, `"7"` as 7, `"true"` as true."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        named = {name: members.get(renamed.get(path + name, name).lower()) for name in value}
        return {
            member: fit(value[name], shape.members[member], renamed, f"{path}{name}.")
            for name, member in named.items()
            if member is not None
        }
    if shape.type_name == "list":
        return [fit(one, shape.member, renamed, path) for one in (value if isinstance(value, list) else [value])]
    if shape.type_name == "map" and isinstance(value, dict):
        return {str(name): fit(one, shape.value, renamed) for name, one in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    if kind == "boolean":
        return boolean(value)
    if kind in {"integer", "long"}:
        found = number(value)
        return value if found is None else int(found)
    if kind in {"float", "double"}:
        return number(value)
    return text(value) if isinstance(value, (str, int, float, bool)) else value
