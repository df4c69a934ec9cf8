"""Configuration files: `dbguard.toml`, or `[tool.dbguard]` in `pyproject.toml`, with all that they extend."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from dbguard.configuration import toml_lines
from dbguard.configuration.keys import LAYER, problems, texts
from dbguard.errors import ConfigError
from dbguard.layers import Layer, Setting
from dbguard.model import Location, Path, Waiver
from dbguard.waiver import configured

MOST = 1_000_000  # bytes of one file
MOST_TOLD = 50  # mistakes of one file
DEEPEST = 20  # files that extend each other


class Within(NamedTuple):
    """A layer that holds for some templates only: their patterns, and the folders that these may start from."""

    patterns: tuple[str, ...]
    folders: tuple[str, ...]
    layer: Layer
    place: str


class File(NamedTuple):
    """What a configuration file says, after all that it extends."""

    name: str
    folder: str
    layers: tuple[Layer, ...]
    environments: Mapping[str, tuple[Layer, ...]]
    within: tuple[Within, ...]
    waivers: tuple[Waiver, ...]
    waiving: Mapping[str, Setting]
    policies: tuple[str, ...]
    baselines: tuple[str, ...]
    places: Mapping[str, Setting] = {}  # of policies, baselines and extended files, for those who ask


def load(name: str) -> File:
    """A configuration file. Raises ConfigError with every mistake of it and of what it extends."""
    found = list(_chain(name, (), os.path.dirname(name), set()))
    return _merged(name, found)


def _chain(name: str, above: tuple[str, ...], user: str, seen: set[str]) -> Iterator[File]:
    """The files that one extends, each once, then the file itself; `user` is the folder of the file that was found."""
    if os.path.realpath(name) in above or len(above) > DEEPEST:
        raise ConfigError([f"{name}: it extends itself, by way of {os.path.relpath(above[-1])}"])
    if os.path.realpath(name) in seen:
        return
    seen.add(os.path.realpath(name))
    root, lines, prefix = read(name)
    place = _places(name, lines, prefix)
    found = [f"{place(path)}: {detail}" for path, detail in islice(problems(root), MOST_TOLD)]
    if found:
        raise ConfigError(found)
    folder = os.path.dirname(name)
    for base in texts(root.get("extend", [])):
        path = _path(folder, base)
        if not os.path.isfile(path):
            raise ConfigError([f"{place(('extend',))}: there is no file {base} to extend"])
        yield from _chain(path, (*above, os.path.realpath(name)), user, seen)
    yield _file(name, root, place, tuple(dict.fromkeys((folder, user))))


def read(name: str) -> tuple[Mapping[str, Any], Mapping[Path, int], Path]:
    """The keys of a file, their lines, and in front of which keys they stand there. Raises ConfigError."""
    try:
        with open(name, "rb") as file:
            text = file.read(MOST + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}"]) from None
    if len(text) > MOST:
        raise ConfigError([f"{name}: a configuration has no more than {MOST} bytes"])
    try:
        root = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError([f"{name}{_invalid(str(error))}"]) from None
    prefix: Path = ("tool", "dbguard") if os.path.basename(name) == "pyproject.toml" else ()
    for step in prefix:
        root = root.get(str(step), {})
        if not isinstance(root, dict):
            raise ConfigError([f"{name}: tool.dbguard is a table"])
    return root, toml_lines.lines(text), prefix


def _invalid(message: str) -> str:
    """What tomllib says, with the place in front as everywhere."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message)
    place = f":{found[2]}:{found[3]}" if found and found[2] else ""
    return f"{place}: no valid TOML: {found[1] if found else message}"


def _places(name: str, lines: Mapping[Path, int], prefix: Path) -> Any:
    return lambda path: f"{name}:{toml_lines.line(lines, (*prefix, *path))}"


def _path(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, os.path.expanduser(name)))


def _file(name: str, root: Mapping[str, Any], place: Any, folders: tuple[str, ...]) -> File:
    folder = folders[0]
    listed = {key: tuple(_path(folder, one) for one in texts(root.get(key, []))) for key in ("policies", "baseline")}
    environments = root.get("environments", {})
    waiving = root.get("waiving", {})
    return File(
        name,
        folder,
        (_layer(name, root, (), place, folder),),
        {
            one: (_layer(f"environment {one} in {name}", body, ("environments", one), place, folder),)
            for one, body in environments.items()
        },
        tuple(_within(name, row, ("per-path", at), place, folders) for at, row in enumerate(root.get("per-path", []))),
        tuple(_waivers(name, root.get("waivers", []), place, folders)),
        {key: Setting(value, place(("waiving", key))) for key, value in waiving.items()},
        listed["policies"],
        listed["baseline"],
        {key: Setting(root[key], place((key,))) for key in ("extend", "policies", "baseline") if key in root},
    )


def _layer(name: str, body: Mapping[str, Any], path: Path, place: Any, folder: str) -> Layer:
    values: dict[tuple[str, ...], Setting] = {}
    for key, value in body.items():
        if key in LAYER:
            for inner, one in _leaves(key, value):
                values[inner] = Setting(one, place((*path, *inner)))
    return Layer(name, values, folder)


def _leaves(key: str, value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if key in ("parameters", "severities"):
        yield from (((key, name), one) for name, one in value.items())
    elif key == "settings":
        yield from (((key, policy, name), one) for policy, inner in value.items() for name, one in inner.items())
    else:
        yield (key,), texts(value) if LAYER[key].kind == "texts" else value


def _within(name: str, row: Mapping[str, Any], path: Path, place: Any, folders: tuple[str, ...]) -> Within:
    patterns = tuple(texts(row["path"]))
    told = f"path {', '.join(patterns)} in {name}"
    return Within(patterns, folders, _layer(told, row, path, place, folders[0]), place((*path, "path")))


def _waivers(name: str, rows: list[Mapping[str, Any]], place: Any, folders: tuple[str, ...]) -> Iterator[Waiver]:
    for at, row in enumerate(rows):
        _, _, line = place(("waivers", at)).rpartition(":")
        plain = {**row, "policy": ",".join(texts(row["policy"]))}
        if "until" in row:
            plain["until"] = str(row["until"])  # TOML has days of its own
        yield from configured(plain, Location(name, int(line), 1), folders)


def _merged(name: str, files: list[File]) -> File:
    """A file laid over those that it extends."""
    *_, last = files
    environments: dict[str, tuple[Layer, ...]] = {}
    for one in files:
        for env, layers in one.environments.items():
            environments[env] = (*environments.get(env, ()), *layers)
    return File(
        name,
        last.folder,
        tuple(layer for one in files for layer in one.layers),
        environments,
        tuple(within for one in files for within in one.within),
        tuple(waiver for one in files for waiver in one.waivers),
        {key: value for one in files for key, value in one.waiving.items()},
        tuple(dict.fromkeys(folder for one in files for folder in one.policies)),
        tuple(dict.fromkeys(file for one in files for file in one.baselines)),
        {key: value for one in files for key, value in one.places.items()},
    )
