"""A template's text as plain data in which every place can be found again: YAML or JSON, read defensively."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from dbguard.errors import DocumentError
from dbguard.model import Gap, Location, Path
from dbguard.sources.places import DEEPEST, Items, Map, duplicate_key, has, pack, unpack, with_places

ABOVE, BELOW = 500, 4  # lines around a place that are looked at
LARGEST = 20 * 1024 * 1024  # bytes; CloudFormation itself takes 1 MB
BREAKS = "\r\n|[\n\r\x85\u2028\u2029]"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Document:
    """Plain data with its text; mappings and lists made by hand have no places."""

    def __init__(
        self,
        file: str,
        root: Any,
        text: str = "",
        gaps: tuple[Gap, ...] = (),
        *,
        located: bool = True,
        parts: Mapping[Path, Part] | None = None,
    ) -> None:
        self.file = file
        self.parts = parts or {}  # what comes from other documents
        self.root = root
        self.gaps = gaps
        self.text = text
        self._lines: list[str] | None = None
        self._located: Any = root if located else None
        self.start = (1, 1)  # the place of what has none
        self.written: Document | None = None  # its own text, where that is a value in this one
        self.partial = False  # whether there is more to it than is told
        self.constructs: dict[str, Location] = {}  # the source lines of constructs, by their paths
        self.unexpanded: dict[tuple[int, int], str] = {}  # why loops stay as they are, by their places

    def with_parts(self, parts: Mapping[Path, Part]) -> Document:
        """The same text, with parts that come from other documents."""
        if not parts:
            return self
        found = Document(self.file, self.root, self.text, self.gaps, parts={**self.parts, **parts})
        found.unexpanded, found.constructs, found.partial = self.unexpanded, self.constructs, self.partial
        found.written = self.written
        found._located = self._located
        return found

    def whole(self) -> Iterator[Document]:
        """This document, and all that its parts come from."""
        yield self
        for inner in {id(document): document for document, _ in self.parts.values()}.values():
            yield from inner.whole()

    def home(self, path: Path) -> Part:
        """The document that a place comes from, and the place there."""
        for end in range(len(path), 0, -1) if self.parts else ():
            part = self.parts.get(path[:end])
            if part is not None:
                document, start = part
                return document.home((*start, *path[end:]))
        return self, path

    def location(self, path: Path) -> Location:
        """A place in the file that it comes from."""
        document, inner = self.home(path)
        return Location(document.file, *document.position(inner), dotted(inner))

    def line_at(self, path: Path) -> str:
        """The line of text in which a place stands."""
        document, inner = self.home(path)
        return document.line(document.position(inner)[0])

    def lines_at(self, path: Path, owner: Path) -> tuple[int, list[tuple[int, str]]]:
        """The number of the line in which a place stands, and those of its owner from the first to some below it."""
        document, inner = self.home(path)
        other, start = self.home(owner)
        at = document.position(inner)[0]
        first = max(min(document.position(start)[0], at), at - ABOVE) if other is document else at
        edge = _indent(document.line(first))
        lines = [(first, document.line(first))]
        for number in range(first + 1, min(at + BELOW, len(document.lines)) + 1):
            line = document.line(number)
            if number > at and line.strip() and _indent(line) <= edge:
                break
            lines.append((number, line))
        return at, lines

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        if self._lines is None:
            self._lines = re.split(BREAKS, self.text)
        return self._lines

    def line(self, number: int) -> str:
        """A line of the text, counted from 1; empty beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column (from 1) of a key or list item, or of the nearest place around it that there is."""
        if self._located is None:
            self._located = self._locate()
        found, value = self.start, self._located
        for step in path:
            marks: Any = value.marks if isinstance(value, (Map, Items)) else ()
            if not has(marks, step):
                break
            found, value = unpack(marks[step]), value[step]
        return found

    def placed(self) -> Any:
        """The root as mappings and lists that know their places."""
        if self._located is None:
            self._located = self._locate()
        known = self._located is self.root and isinstance(self.root, Map)
        return self.root if known else with_places(self.root, self._located, pack(*self.start))

    def replace(self, root: Any) -> None:
        """Put another root, which knows its places, in the place of this one."""
        self.root = self._located = root

    def stand(self, place: tuple[int, int]) -> None:
        """Stand at one place as a whole: text that is a value in another text has no lines there."""
        self.start, self._located = place, ()

    def _locate(self) -> Any:
        """JSON is read without places, for speed; they are found when the first is asked for."""
        from dbguard.sources.json_places import locate

        return locate(self.text)


Part = tuple[Document, Path]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def dotted(path: Path) -> str:
    """A place in a template as the report writes it: `Resources.Db.Properties.Tags[0]`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown


def read(data: bytes, file: str) -> Document:
    """A document from bytes. Raises DocumentError where they are no YAML or JSON at all."""
    text = _decoded(data)
    stripped = text.lstrip()
    if not stripped:
        raise DocumentError("empty", "the file is empty")
    if stripped[0] in "{[":
        found = _json(text, stripped, file)
        if found is not None:
            return found
    from dbguard.sources.yaml_reader import Reader

    reader = Reader(text, file)
    root = reader.read()
    return Document(file, root, text, tuple(reader.gaps))


def contents(file: str) -> bytes:
    """The bytes of a regular file, of which no more are read than are taken. Raises DocumentError."""
    import stat

    try:
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise DocumentError("unreadable", "not a regular file")
        with open(file, "rb") as handle:
            return handle.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise DocumentError("unreadable", getattr(error, "strerror", None) or str(error)) from None


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise DocumentError("unreadable", f"the file is larger than {LARGEST >> 20} MiB")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line, column = place_at(data[: error.start].decode(encoding, "replace"))
        wrong = f"byte 0x{data[error.start]:02x}" if error.start < len(data) else "the end"
        raise DocumentError(
            "unreadable", f"the file is not {encoding[:6].upper().rstrip('-')}: {wrong}", line, column
        ) from None
    found = _CONTROL.search(text)
    if found:
        line, column = place_at(text[: found.start()])
        raise DocumentError("unreadable", f"control character U+{ord(found[0]):04X} in the text", line, column)
    return text


def place_at(before: str) -> tuple[int, int]:
    """Line and column (from 1) that follow some text."""
    lines = re.split(BREAKS, before)
    return len(lines), len(lines[-1]) + 1


def _json(text: str, stripped: str, file: str) -> Document | None:
    """The document if it is JSON; None where it may be YAML in flow style."""
    import json

    repeated: list[str] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            repeated.extend(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # add gives None
        return found

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_frames() + DEEPEST)  # the scanner recurses in C, where a higher limit would crash
    try:
        root = json.loads(text, object_pairs_hook=mapping, parse_constant=_constant)
    except json.JSONDecodeError as error:
        if file.lower().endswith(".json") or re.match(r'[\[{]\s*"[^"\n]*"\s*:', stripped):
            line, column = place_at(text[: error.pos])
            raise DocumentError("unreadable", f"broken JSON: {error.msg}", line, column) from None
        return None
    except RecursionError:
        raise DocumentError("unreadable", "nested too deep") from None
    except ValueError as error:
        raise DocumentError("unreadable", f"broken JSON: {error}") from None
    finally:
        sys.setrecursionlimit(before)
    return Document(file, root, text, tuple(_repeated(text, file)) if repeated else (), located=False)


def _frames() -> int:
    """How deep the calls are at the moment."""
    frame, count = sys._getframe(), 0  # noqa: SLF001 - the documented way to the current frame
    while frame.f_back is not None:
        frame, count = frame.f_back, count + 1
    return count


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _repeated(text: str, file: str) -> list[Gap]:
    from dbguard.sources.json_places import duplicates

    return [duplicate_key(file, name, mark, first) for name, mark, first in duplicates(text)]
