"""The JSON Schema of a configuration, for editors: made of the keys and of the policies there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dbguard.configuration.keys import FILE, LAYER, PER_PATH, PLACES, WAIVER, WAIVING, Key
from dbguard.model import SEVERITIES
from dbguard.policy_library import Library

Schema = dict[str, Any]
OWN = "^[a-z0-9-]+/"  # an id or prefix of other policies than ours
NAMED = ("select", "extend-select", "ignore", "policy", "allow", "deny")  # lists of policies


def schema(library: Library) -> Schema:
    """The schema of `dbguard.toml`, and of `[tool.dbguard]` in `pyproject.toml`."""
    prefixes = sorted({f"{entry.service}/" for entry in library.entries.values()})
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "dbguard configuration",
        **_table(FILE, library),
        "definitions": {
            "severity": {"enum": list(SEVERITIES)},
            "policy": {"anyOf": [{"enum": [*library.entries, *prefixes, "*"]}, {"type": "string", "pattern": OWN}]},
            "settings": _settings(library),
        },
    }


def _table(known: Mapping[str, Key], library: Library, required: tuple[str, ...] = ()) -> Schema:
    properties = {name: {"description": key.about, **_kind(name, key.kind, library)} for name, key in known.items()}
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "additionalProperties": False, "properties": properties, **needed}


def _kind(name: str, kind: str, library: Library) -> Schema:
    text: Schema = {"type": "string", "minLength": 1}
    one = {"$ref": "#/definitions/policy"} if name in NAMED else text
    severity = {"$ref": "#/definitions/severity"}
    value = {"type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number", "boolean"]}}
    plain: dict[str, Schema] = {
        "text": text,
        "texts": {"anyOf": [one, {"type": "array", "items": one}]},
        "truth": {"type": "boolean"},
        "number": {"type": "integer", "minimum": 1},
        "day": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "severity": severity,
        "severities": {"type": "object", "additionalProperties": severity},
        "values": {"type": "object", "additionalProperties": value},
        "settings": {"$ref": "#/definitions/settings"},
        "places": {"anyOf": [{"enum": list(PLACES)}, {"type": "array", "items": {"enum": list(PLACES)}}]},
    }
    return plain[kind] if kind in plain else TABLES[kind](library)


TABLES: dict[str, Callable[[Library], Schema]] = {
    "environments": lambda library: {"type": "object", "additionalProperties": _table(LAYER, library)},
    "paths": lambda library: {"type": "array", "items": _table(PER_PATH, library, ("path",))},
    "waivers": lambda library: {"type": "array", "items": _table(WAIVER, library, ("policy", "reason"))},
    "waiving": lambda library: _table(WAIVING, library),
}


def _settings(library: Library) -> Schema:
    """What each policy can be tuned with; those of other folders are not known here."""
    properties: Schema = {}
    for name, entry in library.entries.items():
        own = library.plan(name).get("settings", {})
        if own:
            inner = {key: {**_like(default), "default": default} for key, default in own.items()}
            properties[name] = {
                "description": f"{entry.title}.",
                "type": "object",
                "additionalProperties": False,
                "properties": inner,
            }
    return {"type": "object", "properties": properties, "additionalProperties": {"type": "object"}}


def _like(default: Any) -> Schema:
    """A schema of values of the same kind."""
    if isinstance(default, list):
        return {"type": "array", "items": {"type": "string"}}
    if isinstance(default, bool):
        return {"type": "boolean"}
    return {"type": "number" if isinstance(default, (int, float)) else "string"}
