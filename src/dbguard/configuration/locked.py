"""`--locked`: what a scanned tree says of its own scan counts only as far as it makes it stricter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbguard.configuration.file import File
from dbguard.errors import UsageError
from dbguard.layers import Layer, Setting
from dbguard.model import SEVERITIES, Location, Notice
from dbguard.policy_library import Library

Values = dict[tuple[str, ...], Setting]


def tightened(library: Library, layers: Iterable[Layer]) -> list[Layer]:
    """The layers with what makes a scan stricter, and nothing else of them."""
    return [layer._replace(values=dict(_stricter(library, layer))) for layer in layers]


def _stricter(library: Library, layer: Layer) -> Iterator[tuple[tuple[str, ...], Setting]]:
    added: list[str] = []
    for key, setting in layer.values.items():
        if key[0] in ("select", "extend-select"):
            added += [name for pattern in setting.value for name in _known(library, pattern)]
            yield ("extend-select",), Setting(added, setting.place)
        elif key[0] == "severities":
            for name in _known(library, key[1]):
                if not _milder(setting.value, library.entries[name].severity):
                    yield ("severities", name), setting
        elif key[0] in ("all", "strict") and setting.value:
            yield key, setting
        elif key == ("fail-on",) and not _milder("low", setting.value):
            yield key, setting


def _known(library: Library, pattern: str) -> list[str]:
    try:
        return library.fitting(pattern)
    except UsageError:
        return []  # one of the tree's own policies, which do not run


def _milder(one: str, other: str) -> bool:
    return SEVERITIES.index(one) > SEVERITIES.index(other)


def notices(library: Library, file: File) -> Iterator[Notice]:
    """What of a file is not taken."""
    layers = [*file.layers, *(one for more in file.environments.values() for one in more)]
    for layer in [*layers, *(one.layer for one in file.within)]:
        taken = dict(_stricter(library, layer))
        for key, setting in layer.values.items():
            whole = key[0] == "extend-select" or key in taken
            severity = key[0] == "severities" and all(("severities", one) in taken for one in _known(library, key[1]))
            if not whole and not severity:
                yield _notice(file, ".".join(key), setting)
    rules = {f"waiving.{name}": one for name, one in file.waiving.items()}
    for name, setting in {**file.places, **rules}.items():
        if name != "extend":
            yield _notice(file, name, setting)
    for waiver in file.waivers:
        detail = f"{waiver.policy}: a waiver of the scanned tree does not count"
        yield Notice(waiver.location.file, "locked", detail, waiver.location)


def _notice(file: File, key: str, setting: Setting) -> Notice:
    name, _, line = setting.place.rpartition(":")
    why = "takes nothing away" if key.endswith("select") else "does not count"
    detail = f"'{key}' of the scanned tree {why}"
    return Notice(name or file.name, "locked", detail, Location(name, int(line), 1) if line.isdigit() else None)
