"""What a configuration may say: every key with what it takes, and what is wrong with one that is written."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from dbguard.model import SEVERITIES, Path
from dbguard.policy_library import suggestion

PLACES = ("comment", "metadata", "config")
Problem = tuple[Path, str]


class Key(NamedTuple):
    """What a key takes, and what it is for: one sentence, for editors and pages."""

    kind: str
    about: str


# What a file says for all templates, an environment for a run, and a path for the templates that it names.
LAYER = {
    "select": Key("texts", "Only these policies: ids, or prefixes such as rds/. What was selected before is dropped."),
    "extend-select": Key("texts", "These policies too, extended ones and ones that were ignored before as well."),
    "ignore": Key("texts", "Not these policies: ids, or prefixes such as rds/."),
    "all": Key("truth", "The extended policies as well as the recommended ones."),
    "severity": Key("severity", "Only policies of this severity or worse."),
    "fail-on": Key("severity", "Exit 1 from this severity on; low by default."),
    "strict": Key("truth", "may-fail and unknown count as fail."),
    "parameters": Key("values", "The values of template parameters; those that a template has not are passed over."),
    "parameter-files": Key("texts", "Files of parameter values, each a set that is judged by itself."),
    "settings": Key("settings", "What policies can be tuned with, by policy."),
    "severities": Key("severities", "The severity of policies, by id or prefix."),
}
FILE = {
    "extend": Key("texts", "Files that this one goes on from; what is said here wins."),
    "policies": Key("texts", "Folders of policies of your own."),
    "baseline": Key("text", "A file of findings that count as waived, as dbguard scan --write-baseline writes it."),
    **LAYER,
    "environments": Key("environments", "What else holds with --env NAME."),
    "per-path": Key("paths", "What else holds for some templates."),
    "waivers": Key("waivers", "Findings that are accepted, with a reason."),
    "waiving": Key("waiving", "Which policies may be waived, where, and for how long at most."),
}
PER_PATH = {
    "path": Key("texts", "Patterns as in .gitignore, from this file's folder on; for accounts ACCOUNT/REGION."),
    **LAYER,
}
WAIVER = {
    "policy": Key("texts", "Ids of policies, or prefixes such as rds/."),
    "reason": Key("text", "Why the findings are accepted."),
    "until": Key("day", "The last day on which the waiver holds, as 2027-03-01."),
    "path": Key("text", "A pattern of templates, or of ACCOUNT/REGION; all by default."),
    "resource": Key("text", "A pattern of logical ids, identifiers or ARNs; all by default."),
}
WAIVING = {
    "allow": Key("texts", "Only these policies may be waived: ids, prefixes such as rds/, or * for all."),
    "deny": Key("texts", "These policies may not be waived."),
    "max-days": Key("number", "A waiver ends within so many days from today; one without an end is refused."),
    "places": Key("places", "Where waivers count: comment, metadata, config."),
}


def problems(root: Mapping[str, Any]) -> Iterator[Problem]:
    """Every mistake of form in a configuration: unknown keys, and values that are none for their key."""
    yield from _table((), root, FILE, "a configuration")


def _table(path: Path, value: Any, known: Mapping[str, Key], what: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield path, f"{_name(path)} is a table"
        return
    for name, inner in value.items():
        if name in known:
            yield from CHECKS[known[name].kind]((*path, name), inner)
        else:
            hint = suggestion(name.replace("_", "-"), known)
            yield (*path, name), f"{what} has no key '{name}'{hint or '; it has ' + ', '.join(known)}"


def _name(path: Path) -> str:
    return ".".join(str(step) for step in path)


def _is(test: Callable[[Any], bool], told: str) -> Callable[[Path, Any], Iterator[Problem]]:
    def check(path: Path, value: Any) -> Iterator[Problem]:
        if not test(value):
            yield path, f"{_name(path)} is {told}, not {_shown(value)}"

    return check


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "this list"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(path: Path, value: Any) -> Iterator[Problem]:
    if not isinstance(value, (str, list)) or not all(isinstance(one, str) and one for one in texts(value)):
        yield path, f"{_name(path)} is a list of texts"


def texts(value: Any) -> list[Any]:
    """A list, which may be written as its only text."""
    return value if isinstance(value, list) else [value]


def _severity(path: Path, value: Any) -> Iterator[Problem]:
    if value not in SEVERITIES:
        hint = suggestion(value, SEVERITIES) if isinstance(value, str) else ""
        yield path, f"{_name(path)} is one of {', '.join(SEVERITIES)}, not {_shown(value)}{hint}"


def _each(check: Callable[[Path, Any], Iterator[Problem]], what: str) -> Callable[[Path, Any], Iterator[Problem]]:
    """A check of a table's values, whatever their names."""

    def checked(path: Path, value: Any) -> Iterator[Problem]:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield from check((*path, name), inner)
        else:
            yield path, f"{_name(path)} is a table of {what}"

    return checked


def _every(known: Mapping[str, Key], what: str, needed: str) -> Callable[[Path, Any], Iterator[Problem]]:
    """A check of a list of tables, each with a key that it needs."""

    def checked(path: Path, value: Any) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield path, f"write {_name(path)} as [[{_name(path)}]], for there may be several"
            return
        for at, row in enumerate(value):
            yield from _table((*path, at), row, known, what)
            if isinstance(row, Mapping) and needed not in row:
                yield (*path, at), f"{what} needs the key {needed}"

    return checked


def _value(path: Path, value: Any) -> Iterator[Problem]:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, (str, int, float)) for part in parts):
        yield path, f"the value of parameter {path[-1]} is not a text, number, boolean or list"


def _places(path: Path, value: Any) -> Iterator[Problem]:
    yield from _texts(path, value)
    for one in texts(value):
        if isinstance(one, str) and one not in PLACES:
            yield path, f"{_name(path)} is a list of {', '.join(PLACES)}, not '{one}'{suggestion(one, PLACES)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_day(value: Any) -> bool:
    plain = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    return plain or isinstance(value, str)


CHECKS: dict[str, Callable[[Path, Any], Iterator[Problem]]] = {
    "text": _is(lambda value: isinstance(value, str) and bool(value), "a text"),
    "texts": _texts,
    "truth": _is(lambda value: isinstance(value, bool), "true or false"),
    "number": _is(_is_number, "a number above 0"),
    "day": _is(_is_day, "a day, such as 2027-03-01"),
    "severity": _severity,
    "severities": _each(_severity, "severities by policy"),
    "values": _each(_value, "values by parameter"),
    "settings": _each(_each(lambda _path, _value: iter(()), "settings"), "settings by policy"),
    "places": _places,
    "environments": _each(lambda path, value: _table(path, value, LAYER, "an environment"), "environments by name"),
    "paths": _every(PER_PATH, "an entry of per-path", "path"),
    "waivers": _every(WAIVER, "a waiver", "policy"),
    "waiving": lambda path, value: _table(path, value, WAIVING, "waiving"),
}
