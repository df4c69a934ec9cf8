"""The lines of the keys in a TOML file, which tomllib does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dbguard.model import Path

NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)
    |(?P<many>\"\"\"(?:[^\\]|\\.)*?\"\"\"\"{{0,2}}|\'\'\'.*?\'\'\''{{0,2}})
    |(?P<key>{NAME}(?:[ \t]*\.[ \t]*{NAME})*)
    |(?P<mark>\[\[|\]\]|[\[\]{{}}=,\n])
    |.""",
    re.VERBOSE | re.DOTALL,
)
PART = re.compile(NAME)


def lines(text: str) -> dict[Path, int]:
    """The line, from 1, of every key and table that stands on a line of its own; text is valid TOML."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}  # of the tables in arrays
    table: Path = ()
    for line, words in _statements(text):
        if words[0] in ("[", "[["):
            table = _header(_parts(words[1]), counts, many=words[0] == "[[")
            found.setdefault(table, line)
        else:
            path = table
            for part in _parts(words[0]):
                path = (*path, part)
                found.setdefault(path, line)
    return found


def line(found: Mapping[Path, int], path: Path) -> int:
    """The line of a key, or of the nearest around it."""
    return next((found[path[:end]] for end in range(len(path), 0, -1) if path[:end] in found), 1)


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each header and each assignment: its line, and its first two words."""
    number, depth, words, start = 1, 0, list[str](), 1
    for token in TOKEN.finditer(text):
        kind, word = token.lastgroup, token[0]
        if kind in ("key", "many") or (kind == "mark" and word != "\n"):
            start = start if words else number
            header = not words or words[0] in ("[", "[[")
            if kind == "mark" and not header:
                depth += {"[": 1, "[[": 2, "{": 1, "]": -1, "]]": -2, "}": -1}.get(word, 0)
            words.append(word)
        number += word.count("\n")
        if word == "\n" and depth <= 0 and words:
            yield start, words
            words, depth = [], 0
    if words:
        yield start, words


def _parts(key: str) -> list[str]:
    return [part.strip("\"'") for part in PART.findall(key)]


def _header(parts: list[str], counts: dict[Path, int], *, many: bool) -> Path:
    """The place of a table: below the last one of each array that its name goes through."""
    path: Path = ()
    for at, part in enumerate(parts):
        path = (*path, part)
        if many and at == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
