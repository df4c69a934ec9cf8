"""What edits of configuration files do to templates that did not change: other values, fewer waivers, another place."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from dbguard.history.earlier import Earlier
from dbguard.model import Finding
from dbguard.nearest import OWN, Nearest
from dbguard.waiver import names

if TYPE_CHECKING:
    from dbguard.configuration import Configuration

LARGEST = 1_000_000  # bytes of a configuration file
EVERY = "*"
Row = tuple[tuple[str, ...], str, str]  # policies, resource, and the rest


class Edited(NamedTuple):
    """The parameters with other values, or all of them, and the waivers that are there no more."""

    parameters: frozenset[str]
    waivers: frozenset[Row]

    def gives(self, name: str) -> bool:
        """Whether a parameter has another value."""
        return name in self.parameters or EVERY in self.parameters

    def uncovers(self, one: Finding) -> bool:
        """Whether a finding may have been waived before, and is not now."""
        return one.waiver is None and any(_covers(row, one) for row in self.waivers)


def edited(earlier: Earlier, files: Iterable[str]) -> Edited:
    """What the files of the configuration, by their paths from the root, say otherwise than before."""
    parameters: set[object] = set()
    waivers: set[Row] = set()
    today = set(files)
    known = {path for path in earlier.repository.files if path.rpartition("/")[2] == OWN} | today
    for path, data in earlier.toml(today):
        if path in known and (path in known - today or not data) and known - {path}:
            parameters.add((path, (), EVERY, ""))  # another file is the nearest now
        old, new = _tables(data), _tables(_today(os.path.join(earlier.repository.root, path)))
        parameters |= {(path, *one) for one in _parameters(old)} ^ {(path, *one) for one in _parameters(new)}
        waivers |= {*_waivers(old)} - {*_waivers(new)}
    return Edited(frozenset(str(one[2]) for one in parameters if isinstance(one, tuple)), frozenset(waivers))


def _today(file: str) -> bytes:
    try:
        with open(file, "rb") as handle:
            return handle.read(LARGEST)
    except OSError:
        return b""


def _tables(data: bytes) -> dict[str, Any]:
    """The tables of a file; of one that cannot be read nothing held."""
    try:
        return tomllib.loads(data.decode("utf-8-sig")) if len(data) < LARGEST else {}
    except (ValueError, RecursionError):
        return {}


def _parameters(tree: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[object, str, str]]:
    """The values of parameters, for all templates, in environments and in paths, by where they stand."""
    if isinstance(tree, list):
        for at, one in enumerate(tree):
            yield from _parameters(one, (*way, str(one.get("path", at)) if isinstance(one, dict) else str(at)))
    if not isinstance(tree, dict):
        return
    for name, inner in tree.items():
        if name == "parameters" and isinstance(inner, dict):
            yield from ((way, str(one), repr(value)) for one, value in inner.items())
        elif name == "parameter-files":
            yield way, EVERY, repr(inner)
        else:
            yield from _parameters(inner, (*way, name))


def _waivers(tree: Mapping[str, Any]) -> Iterator[Row]:
    tool = tree.get("tool")
    for root in (tree, tool.get("dbguard") if isinstance(tool, dict) else None):
        rows = root.get("waivers") if isinstance(root, dict) else None
        for row in filter(lambda one: isinstance(one, dict), rows if isinstance(rows, list) else ()):
            policies = row.get("policy") or ()
            listed = policies.split(",") if isinstance(policies, str) else map(str, policies)
            rest = repr(sorted((key, str(row[key])) for key in row.keys() & {"path", "until"}))
            yield tuple(one.strip() for one in listed), str(row.get("resource", EVERY)), rest


def _covers(row: Row, one: Finding) -> bool:
    about = any(fnmatchcase(name, row[1]) for name in (one.resource.id, one.resource.arn or ""))
    return about and any(names(pattern, one.policy) for pattern in row[0])


def is_moved_along(earlier: Earlier, old: str, new: str, configuration: Configuration | None) -> bool:
    """Whether the same holds for a template in its new place: the same file, or one that was moved with it."""
    root = earlier.repository.root
    was, now = (os.path.join(root, one) for one in (old, new))
    nearest = Nearest()
    there, here = nearest.to(was), nearest.to(now)
    if there == here and (configuration is None or configuration.of(was) is configuration.of(now)):
        return True
    if here is None:
        return False
    name = os.path.basename(here)
    before = next((path for path in _upwards(old, name) if path in earlier.repository.files), None)
    return before is not None and not os.path.exists(os.path.join(root, before)) and earlier.holds(before, _today(here))


def _upwards(path: str, name: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield f"{path}/{name}" if path else name
