"""Plain data that knows where it stands in its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dbguard.model import Gap, Location

DEEPEST = 400  # levels of nesting; CloudFormation's own functions nest far less


class Map(dict[str, Any]):
    """A mapping that knows where its keys stand, as `line << 20 | column` from 1."""

    __slots__ = ("marks",)
    marks: dict[str, int]


class Items(list[Any]):
    """A list that knows where its items stand."""

    __slots__ = ("marks",)
    marks: list[int]


def pack(line: int, column: int) -> int:
    """A place in one number."""
    return line << 20 | min(column, 0xFFFFF)


def unpack(mark: int) -> tuple[int, int]:
    """Line and column of a packed place."""
    return mark >> 20, mark & 0xFFFFF


def has(container: Any, step: str | int) -> bool:
    """Whether a mapping has a key, or a list an index."""
    if isinstance(container, dict):
        return step in container
    return isinstance(container, list) and isinstance(step, int) and 0 <= step < len(container)


def marked(content: Iterable[tuple[str, Any]], marks: Mapping[str, int]) -> Map:
    """A mapping of these entries, with the places of those that have one."""
    found = Map(content)
    found.marks = {name: marks[name] for name in found if name in marks}
    return found


def with_places(value: Any, located: Any, mark: int) -> Any:
    """Plain data with the places of a tree of the same form; what that does not have stands where its parent does."""
    if not isinstance(value, (dict, list)):
        return value
    marks: Any = located.marks if isinstance(located, (Map, Items)) else ()
    steps: Any = value if isinstance(value, dict) else range(len(value))
    places = {step: marks[step] if has(located, step) and has(marks, step) else mark for step in steps}
    inner = [with_places(value[at], located[at] if has(located, at) else None, place) for at, place in places.items()]
    if isinstance(value, dict):
        return marked(zip(value, inner, strict=True), places)
    items = Items(inner)
    items.marks = list(places.values())
    return items


def mappings(tree: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a tree; shared parts once."""
    stack, seen = [tree], set()
    while stack:
        value = stack.pop()
        if not isinstance(value, (dict, list)) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield value
            stack.extend(value.values())
        else:
            stack.extend(value)


def duplicate_key(file: str, name: str, mark: int, first: int) -> Gap:
    """The gap for a key that stands twice in a mapping."""
    line, column = unpack(mark)
    shown = name if len(name) <= 80 else name[:77] + "…"
    detail = f"key {shown} stands here and in line {unpack(first)[0]}: CloudFormation takes the last"
    return Gap(file, "duplicate-key", detail, Location(file, line, column))
