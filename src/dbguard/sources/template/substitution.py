"""The bodies of loops as cfn-lint's transform is to see them, and what it makes of them.

It puts a loop's values into keys and `Ref`s, and into any text, which it is shown in pieces, as CloudFormation does.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from dbguard.sources.places import Items, Map, pack, unpack

# What cfn-lint's transform would resolve or leave out is hidden from it behind a mark that no template's text can hold.
HIDING = "\x01"
HIDDEN = frozenset(("Fn::FindInMap", "Fn::GetAtt", "Fn::If", "Fn::Sub", "Fn::ToJsonString"))


class Unexpandable(Exception):  # noqa: N818 - no error, a loop that stays as it is
    """Why a loop is not expanded."""


class Body(Map):
    """A mapping of a loop's body; its copies, of which cfn-lint makes many, share the places."""

    __slots__ = ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Body:
        found = Body()
        found.marks = self.marks
        for name, value in self.items():
            found[name] = deepcopy(value, memo)
        return found


class Listed(Items):
    """A list of a loop's body, likewise."""

    __slots__ = ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Listed:
        found = Listed()
        found.marks = self.marks
        for value in self:
            found.append(deepcopy(value, memo))
        return found


class Plain(list[Any]):
    """A text of a loop's body, in pieces: the identifiers in it as functions that cfn-lint resolves. Empty for null."""

    __slots__ = ()


def node(name: str, mark: int) -> Any:
    """A key that keeps its place when cfn-lint renames it."""
    from cfnlint.decode.mark import Mark
    from cfnlint.decode.node import str_node

    place = Mark(*unpack(mark))
    return str_node(name, place, place)


def transformed(template: Map) -> Any:
    """What cfn-lint makes of loops over plain texts."""
    from types import SimpleNamespace

    try:
        from cfnlint.template.transforms._language_extensions import language_extension

        wrong, made = language_extension(SimpleNamespace(template=template, filename="", regions=["us-east-1"]))
        message = wrong[0].message.removeprefix("Error transforming template: ") if wrong else ""
    except Exception as error:  # noqa: BLE001 - whatever happens in there, the rest of the template is judged
        message = str(error) or type(error).__name__
    if message:
        raise Unexpandable(f"cfn-lint: {' '.join(message.split())[:200]}")
    return made


def tidy(value: Any) -> Any:
    """What cfn-lint made, with its places, and without what was put in for it."""
    if isinstance(value, Plain):
        return "".join(map(str, value)) if value else None
    if isinstance(value, list):
        items = Items(map(tidy, value))
        items.marks = value.marks if isinstance(value, Items) else []
        return items
    if not isinstance(value, dict):
        return value
    found = Map()
    found.marks = {}
    for name, inner, mark in _entries(value):
        found[name] = tidy(inner)
        if mark:
            found.marks[name] = mark
    return found


def _entries(value: Any) -> Iterator[tuple[str, Any, int]]:
    for key, inner in value.items():
        place = getattr(key, "start_mark", None)
        mark = pack(place.line, place.column) if place else value.marks.get(key, 0)
        yield str(key).removeprefix(HIDING), inner, mark
