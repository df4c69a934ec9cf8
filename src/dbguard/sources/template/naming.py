"""Names of several templates in one world: each template's own names behind a prefix that tells whose they are.

A nested stack's `Db` becomes `Network/Db` everywhere in its template: what it is, and wherever it is referred to.
What stands around it gives its parameters their values, and takes its outputs, as bindings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from dbguard.sources.template.parameters import OWN

HOLE = re.compile(r"\$\{([^!}][^}]*)\}")


class Binding(NamedTuple):
    """A value, as written, under a name that belongs to another template."""

    value: Any
    key: str | None = None  # where it stands in a mapping that this value is
    default: Any = None  # what stands for no value
    listed: bool = False  # a text that is cut at its commas
    condition: str | None = None
    hidden: bool = False  # whether the parameter shows its value to nobody


class Renamer:
    """Puts a prefix before every name in a template's text; shared parts stay shared."""

    def __init__(self, prefix: str, own: tuple[str, ...] = OWN) -> None:
        self.prefix = prefix
        self._own = own  # the pseudo parameters that are not those of everybody
        self._done: dict[int, Any] = {}

    def name(self, name: str) -> str:
        """The name in the common world."""
        return name if name.startswith("AWS::") and name not in self._own else self.prefix + name

    def tree(self, value: Any) -> Any:
        """Data as written, with all its names in the common world."""
        if not self.prefix or not isinstance(value, (dict, list)):
            return value
        if id(value) not in self._done:
            self._done[id(value)] = self._renamed(value)
        return self._done[id(value)]

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.tree(one) for one in value]
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in RENAMED:
                return {name: RENAMED[name](self, argument)}
        return {name: self.tree(one) for name, one in value.items()}

    def resource(self, body: dict[str, Any], within: str | None) -> dict[str, Any]:
        """A resource's body; `within` is the condition under which its stack exists."""
        own = body.get("Condition")
        found = {name: self.tree(one) for name, one in body.items() if name != "Condition"}
        name = joined(self.condition(own), within) if isinstance(own, str) else within
        return found if name is None and own is None else {**found, "Condition": own if name is None else name}

    def condition(self, name: str) -> str:
        """A condition's name in the common world."""
        return self.prefix + name


def joined(own: str, within: str | None) -> str:
    """The name of the condition that is true where both are."""
    return own if within is None else f"{within} and {own}"


def _ref(renamer: Renamer, name: Any) -> Any:
    return renamer.name(name) if isinstance(name, str) else _put_before(renamer, name)


def _put_before(renamer: Renamer, name: Any) -> Any:
    """A name that is itself made by a function."""
    return {"Fn::Join": ["", [renamer.prefix, renamer.tree(name)]]} if isinstance(name, dict) else renamer.tree(name)


def _get_att(renamer: Renamer, argument: Any) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], str):
        return renamer.tree(argument)
    return [renamer.prefix + parts[0], *map(renamer.tree, parts[1:])]


def _condition(renamer: Renamer, name: Any) -> Any:
    return renamer.condition(name) if isinstance(name, str) else renamer.tree(name)


def _if(renamer: Renamer, argument: Any) -> Any:
    if not isinstance(argument, list) or not argument:
        return renamer.tree(argument)
    return [_condition(renamer, argument[0]), *map(renamer.tree, argument[1:])]


def _find_in_map(renamer: Renamer, argument: Any) -> Any:
    if not isinstance(argument, list) or not argument:
        return renamer.tree(argument)
    name = argument[0]
    first = f"{renamer.prefix}{name}" if isinstance(name, (str, int)) else _put_before(renamer, name)
    return [first, *map(renamer.tree, argument[1:])]


def _sub(renamer: Renamer, argument: Any) -> Any:
    """Every hole is told its value in the map of names, so that the text stays as it is."""
    text, names = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(names, dict):
        return argument
    told = {name: renamer.tree(one) for name, one in names.items()}
    for hole in HOLE.findall(text):
        name = hole.strip()
        if name not in told:
            told[name] = {"Fn::GetAtt": _get_att(renamer, name)} if "." in name else {"Ref": renamer.name(name)}
    return [text, told]


def _as_it_is(_: Renamer, argument: Any) -> Any:
    return argument


RENAMED: dict[str, Callable[[Renamer, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Sub": _sub,
    "Fn::FindInMap": _find_in_map,
    "Condition": _condition,
    "Fn::Transform": _as_it_is,
}
