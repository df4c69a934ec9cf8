"""Comments in YAML text, with the keys that they stand beside; looked for only where a text may hold such a comment."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave the C parser out
from yaml.events import DocumentEndEvent, ScalarEvent

from dbguard.model import Path
from dbguard.sources.document import BREAKS, Document
from dbguard.sources.places import Items, Map, unpack

MOST = 500_000  # keys and items that are searched in one document


class Comment(NamedTuple):
    """A comment from its mark on, its place (from 1), and the keys or items beside it: of loops one for each copy."""

    text: str
    line: int
    column: int
    beside: tuple[Path, ...]


def comments(document: Document, pattern: re.Pattern[str]) -> Iterator[Comment]:
    """The comments that begin as the pattern says; `beside` is empty for one that stands beside nothing."""
    found = [match.start() for match in pattern.finditer(document.text)]
    found = _outside_of_values(document.text, found) if found and document.start == (1, 1) else []
    if not found:
        return
    starts = [0, *(match.end() for match in re.finditer(BREAKS, document.text))]
    placed, below = [], _below(document)
    for at, following in zip(found, [*found[1:], len(document.text)], strict=True):
        line = bisect_right(starts, at)
        column = at - starts[line - 1] + 1
        text = document.line(line)[column - 1 : column - 1 + following - at]
        placed.append((text, line, column, _beside(document, line, below)))
    keys = _keys(document, {target for *_, target in placed})
    for text, line, column, target in placed:
        yield Comment(text, line, column, tuple(keys.get(target, ())))


def _outside_of_values(text: str, found: list[int]) -> list[int]:
    """Those places that lie in no text, name or number: only there does a hash begin a comment."""
    inside: set[int] = set()
    parser, at = CParser(text), 0
    try:
        while at < len(found):
            event = parser.get_event()
            if event is None or type(event) is DocumentEndEvent:
                break
            if type(event) is not ScalarEvent:
                continue
            marks: Any = event  # libyaml always has them
            start, end = marks.start_mark.index, marks.end_mark.index
            if event.style in ("|", ">"):  # a comment may stand behind the indicator
                broken = re.compile(BREAKS).search(text, start)
                start = broken.end() if broken else end
            while at < len(found) and found[at] < end:
                if found[at] >= start:
                    inside.add(found[at])
                at += 1
    except yaml.YAMLError:  # JSON that is no YAML: it has no comments
        return []
    return [one for one in found if one not in inside]


def _beside(document: Document, line: int, below: list[int]) -> int:
    """The line that a comment is about: its own, or the next under comments alone; 0 where that is none."""
    own = document.line(line)
    if not own.lstrip().startswith("#"):
        return line
    text = document.line(below[line])
    return below[line] if text.strip() and _indent(own) <= _indent(text) else 0


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _below(document: Document) -> list[int]:
    """For each line the next that is no comment, as far as there is one."""
    below = [len(document.lines) + 1] * (len(document.lines) + 2)
    for number in range(len(document.lines) - 1, 0, -1):
        below[number] = below[number + 1] if document.line(number + 1).lstrip().startswith("#") else number + 1
    return below


def _keys(document: Document, lines: set[int]) -> dict[int, list[Path]]:
    """The first key or item of each of these lines; its value is not looked into for a second one."""
    found: dict[int, tuple[int, dict[Path, None]]] = {}
    stack: list[tuple[Path, Any]] = [((), document.placed())]
    for _ in range(MOST):
        if not stack:
            break
        path, value = stack.pop()
        marks: Any = value.marks
        for step in marks if isinstance(value, dict) else range(len(value)):
            inner = (*path, step)
            if inner in document.parts:
                continue
            line, column = unpack(marks[step])
            if line in lines:
                _note(found, line, column, inner)
            if isinstance(value[step], (Map, Items)):
                stack.append((inner, value[step]))
    return {line: list(paths) for line, (_, paths) in found.items()}


def _note(found: dict[int, tuple[int, dict[Path, None]]], line: int, column: int, path: Path) -> None:
    first, paths = found.get(line, (column, {}))
    if column < first:
        first, paths = column, {}
    if column == first and not any(path[:end] in paths for end in range(1, len(path))):
        paths[path] = None
    found[line] = first, paths
