"""Parameter values from a SAM configuration file, TOML or YAML, for one of its environments.

What `sam deploy` takes: `parameters` of the command `deploy`, each key before that of `global`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from dbguard.errors import UsageError
from dbguard.parameters.files import contents, parsed, place, plain

COMMANDS = ("deploy", "global")
KEYS = ("template_parameters", "parameter_overrides")  # the later wins
_NAME = r"""["']?([A-Za-z0-9]+)["']?"""
_VALUE = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^\s\\])*"""
_PAIR = re.compile(rf"\s*(?:ParameterKey={_NAME},ParameterValue=|{_NAME}=)({_VALUE})(?=\s|$)", re.DOTALL)
Row = tuple[str, Any, str]
Places = Callable[[tuple[str, ...], str], str]  # from the path of a key, and a parameter in its value


def load(file: str, environment: str) -> list[Row]:
    """Names, values and places of an environment's parameters; `default` where none is named. Raises UsageError."""
    root, at = _read(file)
    name = environment or "default"
    tables = {key: value for key, value in root.items() if isinstance(value, dict)}
    if name not in tables:
        known = (
            f"there are {', '.join(tables)}: name one as in {file}#{next(iter(tables))}" if tables else "nor another"
        )
        raise UsageError(f"{file}: there is no environment {name}; {known}")
    rows: dict[str, Row] = {}
    for key in KEYS:
        for command in COMMANDS:
            value = _parameters(tables[name], command).get(key)
            if value is not None:
                rows.update((row[0], row) for row in _given(value, (name, command, "parameters", key), at))
                break
    return list(rows.values())


def _parameters(table: dict[str, Any], command: str) -> dict[str, Any]:
    found = table.get(command)
    inner = found.get("parameters") if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _read(file: str) -> tuple[dict[str, Any], Places]:
    data = contents(file)
    if not file.lower().endswith(".toml"):
        document = parsed(data, file)
        root = document.root if isinstance(document.root, dict) else {}
        return root, lambda path, name: place(document, (*path, name))
    import tomllib

    try:
        text = data.decode("utf-8-sig")
        return tomllib.loads(text), lambda path, name: f"{file}:{_line(text, path, name)}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        where, detail = (":" + ":".join(found.groups()), str(error)[: found.start()]) if found else ("", str(error))
        raise UsageError(f"{file}{where}: broken TOML: {detail}") from error


def _line(text: str, path: tuple[str, ...], name: str) -> str:
    """Line and column of a parameter in TOML, which is read without places; else of its table."""
    inside, best = False, "1:1"
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([\w.\"' -]+)\]\s*(?:#.*)?$", line)
        if header:
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            inside = tuple(table[:2]) == path[:2]
            best = f"{number}:1" if inside else best
        elif inside and (found := re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line)):
            return f"{number}:{found.start() + 1}"
    return best


def _given(value: Any, path: tuple[str, ...], at: Places) -> Iterator[Row]:
    """The parameters of a map, of a text of pairs, or of a list of either."""
    if isinstance(value, dict):
        yield from ((name, one, at(path, name)) for name, one in value.items())
    elif isinstance(value, list):
        for one in value:
            yield from _item(one, path, at) if isinstance(one, str) else _given(one, path, at)
    elif isinstance(value, str):
        yield from _item(value, path, at) if value.startswith("file://") else _pairs(value, path, at)
    else:
        raise UsageError(f"{at(path, path[-1])}: {path[-1]} is a text, a list or a map")


def _item(one: str, path: tuple[str, ...], at: Places) -> Iterator[Row]:
    """A reference to a file, or pairs; a single value in a list needs no quotes around its blanks."""
    if one.startswith("file://"):
        here = at(path, path[-1]).rsplit(":", 2)[0]
        found = plain(os.path.join(os.path.dirname(here), one.removeprefix("file://")))
        yield from ((name, value, found.places[name]) for name, value in found.values.items())
    elif one.count("=") == 1 and re.match(r"\w+=[^\"']*$", one):
        name, _, value = one.partition("=")
        yield name, value, at(path, name)
    else:
        yield from _pairs(one, path, at)


def _pairs(text: str, path: tuple[str, ...], at: Places) -> Iterator[Row]:
    """The pairs of `Name=value Other="with blanks"`, also as ParameterKey=Name,ParameterValue=value."""
    start = 0
    while text[start:].strip():
        found = _PAIR.match(text, start)
        if found is None:
            rest = text[start:].split(maxsplit=1)[0]
            raise UsageError(f"{at(path, path[-1])}: {path[-1]}: {rest!r} is no Name=value")
        name, start = found[1] or found[2], found.end()
        yield name, _unquoted(found[3]), at(path, name)


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return re.sub(r"\\([ \"'])", r"\1", value)
