"""YAML by libyaml's events, straight into plain data with places.

Events, and not PyYAML's composer: the C composer recurses on the C stack and crashes the process on deeply nested
text, and building the tree from events in one pass is also faster than composing nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave the C parser out
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from dbguard.errors import DocumentError
from dbguard.model import Gap, Location
from dbguard.sources.places import DEEPEST, Items, Map, duplicate_key, pack, unpack

NESTED_ALIASES = 3  # aliases within anchored values within …
TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = {"": None, "~": None}
for _value, _names in ((None, ("null",)), (True, ("true", "yes", "on")), (False, ("false", "no", "off"))):
    for _name in _names:
        _WORDS |= {_name: _value, _name.title(): _value, _name.upper(): _value}
_NUMERIC = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")


def scalar(text: str) -> Any:
    """A plain scalar's value, as CloudFormation reads YAML: no dates, no octal numbers."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMERIC and len(text) < 300:
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
    return text


class Reader:
    """One YAML text; what CloudFormation does not take gathers in `gaps`."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.gaps: list[Gap] = []
        self._next: Callable[[], Any] = CParser(text).get_event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._aliases = 0  # how deep the aliases inside the value at hand are nested

    def read(self) -> Any:
        """The first document. Raises DocumentError where the text is no YAML, or holds nothing."""
        try:
            root = self._first()
            self._rest()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise DocumentError("unreadable", f"broken YAML: {_problem(error)}", *where) from None
        except RecursionError:
            raise DocumentError("unreadable", "nested too deep") from None
        except yaml.YAMLError as error:
            raise DocumentError("unreadable", f"broken YAML: {' '.join(str(error).split())}") from None
        return root

    def _first(self) -> Any:
        while True:
            event = self._next()
            if type(event) is StreamEndEvent:
                raise DocumentError("empty", "the file holds nothing but comments or white space")
            if type(event) is DocumentStartEvent:
                break
        root = self._value(self._next(), 0)
        if root is None:
            raise DocumentError("empty", "the file holds nothing but comments or white space")
        return root

    def _rest(self) -> None:
        event = self._next()
        while type(event) is not StreamEndEvent:
            if type(event) is DocumentStartEvent:
                self._gap("unsupported", "a second YAML document begins here, only the first was judged", _mark(event))
                return
            event = self._next()

    def _gap(self, kind: str, detail: str, mark: int) -> None:
        line, column = unpack(mark)
        self.gaps.append(Gap(self.file, kind, detail, Location(self.file, line, column)))

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is ScalarEvent:
            value = self._scalar(event)
        elif kind is AliasEvent:
            return self._alias(event)
        else:
            value = self._container(event, kind, depth)
        if event.anchor is not None and kind is ScalarEvent:
            self._anchors[event.anchor] = value, 0
        return value

    def _scalar(self, event: Any) -> Any:
        tag = event.tag
        if tag is None:
            return scalar(event.value) if event.implicit[0] else event.value
        if tag == "!":
            return event.value
        if tag.startswith(TAG):
            return _tagged(tag[len(TAG) :], event.value)
        return _short_form(tag[1:], event.value, _mark(event))

    def _container(self, event: Any, kind: type[Event], depth: int) -> Any:
        if depth > DEEPEST:
            raise DocumentError("unreadable", f"nested deeper than {DEEPEST} levels", *unpack(_mark(event)))
        outer, self._aliases = self._aliases, 0
        value = self._mapping(depth) if kind is MappingStartEvent else self._sequence(depth)
        if event.tag is not None and not event.tag.startswith(TAG) and event.tag != "!":
            value = _short_form(event.tag[1:], value, _mark(event))
        if event.anchor is not None:
            self._anchors[event.anchor] = value, self._aliases
        self._aliases = max(outer, self._aliases)
        return value

    def _sequence(self, depth: int) -> Items:
        found = Items()
        marks = found.marks = []
        event = self._next()
        while type(event) is not SequenceEndEvent:
            marks.append(_mark(event))
            found.append(self._value(event, depth + 1))
            event = self._next()
        return found

    def _mapping(self, depth: int) -> Map:
        found = Map()
        marks = found.marks = {}
        merged: list[Any] = []
        event = self._next()
        while type(event) is not MappingEndEvent:
            mark = event.start_mark
            place = (mark.line + 1) << 20 | (mark.column + 1)
            name = event.value if type(event) is ScalarEvent else self._odd_key(event, depth, place)
            inner = self._next()
            if type(inner) is ScalarEvent and inner.tag is None and inner.anchor is None:  # nearly all there is
                value = scalar(inner.value) if inner.implicit[0] else inner.value
            else:
                value = self._value(inner, depth + 1)
            if name == "<<" and event.implicit[0]:
                self._gap(
                    "merge-key",
                    "CloudFormation does not take YAML merge keys (<<); it was merged to judge the rest",
                    place,
                )
                merged.append(value)
            else:
                if name in marks:
                    self.gaps.append(duplicate_key(self.file, name, place, marks[name]))
                marks[name] = place
                found[name] = value
            event = self._next()
        for value in merged:
            _merge(found, value)
        return found

    def _odd_key(self, event: Any, depth: int, place: int) -> str:
        value = self._value(event, depth + 1)
        self._gap("malformed", "a key is a text", place)
        return f"<{type(value).__name__}>" if isinstance(value, (dict, list)) else str(value)

    def _alias(self, event: Any) -> Any:
        name = event.anchor
        value, nested = self._anchors.get(name, (None, NESTED_ALIASES))
        known = nested < NESTED_ALIASES
        how = "it was followed to judge the rest" if known else "this one cannot be followed"
        self._gap("alias", f"CloudFormation does not take YAML aliases (*{name}); {how}", _mark(event))
        self._aliases = max(self._aliases, nested + 1) if known else self._aliases
        return value if known else None


def _mark(event: Any) -> int:
    return pack(event.start_mark.line + 1, event.start_mark.column + 1)


def _problem(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return " ".join(", ".join(parts).split())


def _tagged(kind: str, text: str) -> Any:
    """The value of a scalar with a standard tag."""
    if kind in ("int", "float", "bool", "null"):
        return scalar(text)
    return text


def _short_form(name: str, value: Any, mark: int) -> Map:
    """A short form such as `!Sub` in its long form."""
    key = name if name in ("Ref", "Condition") else f"Fn::{name}"
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    found = Map({key: value})
    found.marks = {key: mark}
    return found


def _merge(found: Map, value: Any) -> None:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Map):
            for name, inner in one.items():
                if name not in found:
                    found[name] = inner
                    found.marks[name] = one.marks[name]
