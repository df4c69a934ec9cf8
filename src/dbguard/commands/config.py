"""`dbguard config show` and `dbguard config schema`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from dbguard.cli import CLEAN
from dbguard.commands.configured import asked
from dbguard.configuration import Configuration, Effective
from dbguard.errors import UsageError
from dbguard.layers import Setting
from dbguard.nearest import HERE
from dbguard.policy_library import Library
from dbguard.reporters import printable

SCHEMA = "dbguard.config/1"
DEFAULTS: dict[tuple[str, ...], Any] = {("fail-on",): "low", ("strict",): False}
STEPS = ("select", "extend-select", "ignore", "all")  # of which every layer has its say
Row = tuple[tuple[str, ...], Setting]


def run(options: argparse.Namespace) -> int:
    """Show what holds for a template and where each value comes from, or the JSON Schema of configuration files."""
    if options.action == "schema":
        from dbguard.configuration.schema import schema

        print(json.dumps(schema(Library(options.folders)), indent=2))
        return CLEAN
    home = _home(options.path)
    configuration = Configuration(asked(options), [home])
    show = _json if options.format == "json" else _text
    print("\n".join(show(configuration, home, options)))
    return CLEAN


def _home(path: str) -> str:
    if path == HERE or os.path.isfile(path):
        return path
    if not os.path.isdir(path):
        raise UsageError(f"there is no {path}")
    return os.path.join(path, HERE)


def rows(configuration: Configuration, home: str) -> Iterator[Row]:
    """Every value that holds for a template, with where it comes from; all steps of the selection in order."""
    found = configuration.of(home)
    for file in configuration.files:
        yield from (((name,), setting) for name, setting in file.places.items())
    for layer in found.layers:
        yield from ((key, setting) for key, setting in layer.values.items() if key[0] in STEPS)
    yield from _last(found).items()
    yield from ((("waiving", name), setting) for name, setting in found.waiving.items())
    for number, waiver in enumerate(configuration.waivers):
        place = f"{waiver.location.file}:{waiver.location.line}"
        yield ("waivers", str(number), "policy"), Setting(waiver.policy, place)


def _last(found: Effective) -> dict[tuple[str, ...], Setting]:
    """The values of which the last layer's counts, by default ours."""
    values = {key: Setting(value, "default") for key, value in DEFAULTS.items()}
    for layer in found.layers:
        values.update({key: setting for key, setting in layer.values.items() if key[0] not in STEPS})
    return values


def _text(configuration: Configuration, home: str, options: argparse.Namespace) -> Iterator[str]:
    files = ", ".join(file.name for file in configuration.files) or "no configuration file"
    environment = f", environment {options.env}" if options.env else ""
    yield printable(f"# {options.path}: {files}{environment}")
    lines = [(f"{_key(key)} = {_value(one.value)}", one.place) for key, one in rows(configuration, home)]
    width = min(max(len(line) for line, _ in lines), 72)
    yield from (printable(f"{line:{width}}  # {place}") for line, place in lines)
    for notice in configuration.notices:
        yield printable(f"# not taken: {notice.detail}")
    entries = configuration.of(home).profile.entries
    yield f"# {len(entries)} of {len(configuration.library.entries)} policies run"


def _key(key: tuple[str, ...]) -> str:
    return ".".join(part if part.replace("-", "").replace("_", "").isalnum() else json.dumps(part) for part in key)


def _value(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool, int, float)) else str(value)


def _json(configuration: Configuration, home: str, options: argparse.Namespace) -> Iterator[str]:
    found = [
        {"key": list(key), "value": setting.value, "from": setting.place} for key, setting in rows(configuration, home)
    ]
    report = {
        "schema": SCHEMA,
        "path": options.path,
        "files": [file.name for file in configuration.files],
        "environment": options.env,
        "values": found,
        "policies": [entry.id for entry in configuration.of(home).profile.entries],
        "notices": [notice.detail for notice in configuration.notices],
    }
    yield json.dumps(report, indent=2, default=str)
