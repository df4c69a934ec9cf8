"""What is said in one place, a file or the command line, and which policies layers of it select.

Each layer starts anew, adds and takes away, in the order in which they are laid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dbguard.errors import UsageError
from dbguard.model import SEVERITIES
from dbguard.policy_library import Entry, Library


class Setting(NamedTuple):
    """A value, and where it was said: file:line, or an option."""

    value: Any
    place: str


Values = Mapping[tuple[str, ...], Setting]


class Layer(NamedTuple):
    """What is said in one place, by keys such as ("severities", "rds/multi-az"); paths in it start from the folder."""

    name: str
    values: Values
    folder: str = ""


def value(layers: Iterable[Layer], *key: str) -> Setting | None:
    """What the last layer that speaks of a key says of it."""
    found = None
    for layer in layers:
        found = layer.values.get(key, found)
    return found


def selected(
    library: Library, layers: Iterable[Layer], foreign: Iterable[str] = (), among: Collection[str] | None = None
) -> list[Entry]:
    """The policies that are selected, with their severities; none that are foreign, and only some where it is said."""
    names = {name for name, entry in library.entries.items() if entry.tier == "recommended"}.difference(foreign)
    ignored: set[str] = set()
    severities: dict[str, str] = {}
    threshold = ""
    for layer in layers:
        values = layer.values
        if ("all",) in values and values["all",].value:
            names = set(library.entries).difference(foreign, ignored)
        if ("select",) in values:
            names, ignored = set(_fitting(library, values, "select")), set()
        names |= set(added := list(_fitting(library, values, "extend-select")))
        ignored.difference_update(added)
        out = set(_fitting(library, values, "ignore"))
        names, ignored = names - out, ignored | out
        threshold = values["severity",].value if ("severity",) in values else threshold
        severities.update(_severities(library, values))
    worst = SEVERITIES[: SEVERITIES.index(threshold) + 1] if threshold else SEVERITIES
    names = names.difference(foreign) if among is None else names.intersection(among).difference(foreign)
    entries = [_tuned(entry, severities) for name, entry in library.entries.items() if name in names]
    return [entry for entry in entries if entry.severity in worst]


def _fitting(library: Library, values: Values, key: str) -> Iterator[str]:
    setting = values.get((key,))
    for pattern in setting.value if setting else ():
        yield from library.fitting(pattern)


def _severities(library: Library, values: Values) -> Iterator[tuple[str, str]]:
    """The severities of one layer, by prefix first: an id says it more exactly."""
    rows = [(key[1], setting.value) for key, setting in values.items() if key[0] == "severities"]
    for pattern, severity in sorted(rows, key=lambda row: row[0] in library.entries):
        yield from ((name, severity) for name in library.fitting(pattern))


def _tuned(entry: Entry, severities: Mapping[str, str]) -> Entry:
    return entry._replace(severity=severities[entry.id]) if entry.id in severities else entry


def problems(library: Library, layer: Layer) -> Iterator[str]:
    """What a layer says of policies that there are not, or in vain."""
    values = layer.values
    if ("select",) in values and ("all",) in values and values["all",].value:
        yield f"{values['all',].place}: all has no effect beside select, which runs extended policies by name"
    for key, setting in values.items():
        patterns = setting.value if key[0] in ("select", "extend-select", "ignore") else []
        for pattern in [*patterns, *([key[1]] if key[0] == "severities" else [])]:
            try:
                library.fitting(pattern)
            except UsageError as error:
                yield f"{setting.place}: {error}"
