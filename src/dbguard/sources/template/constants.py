"""The constants that a template compares its parameters with: they are the values worth going through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dbguard.sources.places import mappings
from dbguard.sources.template.parameters import Parameter
from dbguard.value import text

if TYPE_CHECKING:
    from dbguard.sources.template.naming import Binding

Found = dict[str, dict[str, None]]
NameOf = Callable[[Any], str | None]  # the parameter that a value is


def collect(
    sections: Mapping[str, dict[str, Any]], parameters: Mapping[str, Parameter], bindings: Mapping[str, Binding]
) -> Found:
    """The constants of each parameter, from conditions, rules and the keys of mappings it looks up."""
    found: Found = {}

    def name_of(value: Any) -> str | None:
        name = _parameter(value)
        for _ in range(len(bindings)):
            if name is None or name not in bindings:
                break
            name = _parameter(bindings[name].value)
        return name

    pairs: list[tuple[str, str]] = []
    for section in ("Conditions", "Rules", "Resources"):
        for name, argument in (next(iter(one.items())) for one in mappings(sections[section]) if len(one) == 1):
            if name == "Fn::FindInMap":
                _map_keys(argument, sections["Mappings"], found, name_of)
            elif name in ("Fn::Equals", "Fn::Contains", "Fn::EachMemberIn", "Fn::EachMemberEquals"):
                _compared(argument, found, pairs, name_of)
    for one, other in pairs:
        _share(found, parameters, one, other)
    return found


def _parameter(value: Any) -> str | None:
    """The parameter that a value is, as `Ref` or as text of nothing but `${it}`."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name, argument = next(iter(value.items()))
    if name == "Ref" and isinstance(argument, str):
        return argument
    if name == "Fn::Sub" and isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        hole = _parameter({"Fn::Sub": argument[0]})
        return _parameter(argument[1][hole]) if hole in argument[1] else hole
    if (
        name == "Fn::Sub"
        and isinstance(argument, str)
        and argument.startswith("${")
        and argument.find("}") == len(argument) - 1
    ):
        return argument[2:-1].strip()
    if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2:
        parts = argument[1]
        return _parameter(parts[0] if isinstance(parts, list) and len(parts) == 1 else parts)
    return None


def _compared(argument: Any, found: Found, pairs: list[tuple[str, str]], name_of: NameOf) -> None:
    if not isinstance(argument, list) or len(argument) != 2:
        return
    for side, other in (argument, argument[::-1]):
        values = side if isinstance(side, list) else [side]
        name = name_of(other)
        for value in values:
            second = name_of(value)
            if name and second:
                pairs.append((name, second))
            elif name and isinstance(value, (str, int, float)):
                found.setdefault(name, {})[text(value)] = None
            elif second and isinstance(other, (str, int, float)):
                found.setdefault(second, {})[text(other)] = None


def _map_keys(argument: Any, mappings: dict[str, Any], found: Found, name_of: NameOf) -> None:
    if not isinstance(argument, list) or len(argument) < 3 or not isinstance(argument[0], str):
        return
    mapping = mappings.get(argument[0])
    if not isinstance(mapping, dict):
        return
    first, second = name_of(argument[1]), name_of(argument[2])
    if first:
        found.setdefault(first, {}).update(dict.fromkeys(map(text, mapping)))
    if second:
        for level in mapping.values():
            found.setdefault(second, {}).update(dict.fromkeys(map(text, level if isinstance(level, dict) else ())))


def _share(found: Found, parameters: Mapping[str, Parameter], one: str, other: str) -> None:
    """Two parameters that are compared with each other go through each other's values."""
    for name, source in ((one, other), (other, one)):
        parameter = parameters.get(source)
        if parameter is None:
            continue
        values = [*found.get(source, ()), *map(text, parameter.allowed)]
        if isinstance(parameter.chosen, (str, int, float)):
            values.append(text(parameter.chosen))
        found.setdefault(name, {}).update(dict.fromkeys(values))
