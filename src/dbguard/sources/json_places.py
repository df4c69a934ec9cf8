"""Where the keys and items of a JSON text stand: a second, quick pass that is made only when a place is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from dbguard.sources.places import Items, Map, pack

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n', re.DOTALL)


def tokens(text: str) -> Iterator[tuple[str, int]]:
    """The tokens of JSON text with their packed places."""
    line, start = 1, 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token == "\n":
            line, start = line + 1, found.end()
        else:
            yield token, pack(line, found.start() - start + 1)


class Builder:
    """Builds the tree of places: mappings and lists as in the text, scalars left out."""

    def __init__(self) -> None:
        self.root: Any = None
        self.stack: list[Any] = []
        self.key: str | None = None
        self.repeated: list[tuple[str, int, int]] = []

    def add(self, value: Any, mark: int) -> None:
        """Put a value into the innermost mapping or list."""
        if not self.stack:
            self.root = value
        elif isinstance(self.stack[-1], Items):
            self.stack[-1].append(value)
            self.stack[-1].marks.append(mark)
        elif self.key is not None:
            self.stack[-1][self.key] = value
            self.key = None

    def open(self, container: Any, mark: int) -> None:
        """Begin a mapping or a list."""
        container.marks = {} if isinstance(container, Map) else []
        self.add(container, mark)
        self.stack.append(container)

    def text(self, token: str, mark: int) -> None:
        """A text: the next key, or a value."""
        inner = self.stack[-1] if self.stack else None
        if isinstance(inner, Map) and self.key is None:
            self.key = json.loads(token, strict=False)
            if self.key in inner.marks:
                self.repeated.append((self.key, mark, inner.marks[self.key]))
            inner.marks[self.key] = mark
        else:
            self.add(None, mark)


def build(text: str) -> Builder:
    """Go through JSON text that has been found to be well formed."""
    builder = Builder()
    for token, mark in tokens(text):
        if token == "{":
            builder.open(Map(), mark)
        elif token == "[":
            builder.open(Items(), mark)
        elif token in "}]":
            builder.stack.pop()
        elif token[0] == '"':
            builder.text(token, mark)
        elif token not in ",:":
            builder.add(None, mark)
    return builder


def locate(text: str) -> Any:
    """The tree of places of a JSON text."""
    return build(text).root


def duplicates(text: str) -> list[tuple[str, int, int]]:
    """Keys that stand twice in a mapping, with the places of the later and the earlier one."""
    return build(text).repeated
