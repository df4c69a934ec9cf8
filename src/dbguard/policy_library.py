"""The policies at hand: an index that is cheap to load, and plans that are read service by service.

A folder of policy files is compiled once: ahead of time into the wheel, else into the user's cache, where it
holds as long as no file of the folder changes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple
from zlib import crc32

from dbguard import __version__
from dbguard.errors import PolicyError, UsageError
from dbguard.policy import FACTS, FRAMEWORKS, INDEX, REFERENCES, Policy, Topology, build, part_name

HERE = os.path.dirname(os.path.abspath(__file__))
PACKED = os.path.join(HERE, "policies")
CHECKOUT = os.path.join(os.path.dirname(os.path.dirname(HERE)), "policies")


class Entry(NamedTuple):
    """What is known of a policy without its conditions."""

    id: str
    title: str
    severity: str
    category: str
    tier: str
    types: tuple[str, ...]
    file: str

    @property
    def service(self) -> str:
        """The folder that the policy stands in."""
        return self.id.split("/", 1)[0]


class Folder:
    """One compiled folder of policies."""

    def __init__(self, path: str, store: Mapping[str, Any] | str, index: dict[str, Any] | None = None) -> None:
        self.path = path
        self._store = store
        self.index = index or self.part(INDEX)

    def part(self, name: str) -> dict[str, Any]:
        """A part of the compiled folder: its index, or the plans of a service."""
        if not isinstance(self._store, str):
            return dict(self._store[name])
        with open(os.path.join(self._store, name), encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
        return found

    def entries(self) -> Iterator[Entry]:
        """The folder's policies, by id."""
        for row in self.index["entries"]:
            yield Entry._make([*row[:5], tuple(row[5]), *row[6:]])


class Facts(dict[str, Any]):
    """The data files of all folders by name, read when the first is asked for."""

    def __init__(self, folders: list[Folder]) -> None:
        super().__init__()
        self._folders = folders

    def __missing__(self, name: str) -> Any:
        for folder in self._folders:
            self.update(folder.part(FACTS))
        return self.get(name)


class Library:
    """The policies of one or more folders; a later folder may use the relations and terms of an earlier one."""

    def __init__(self, folders: Iterable[str] = (), *, builtin: bool = True) -> None:
        self._folders: list[Folder] = []
        self.entries: dict[str, Entry] = {}
        self._home: dict[str, Folder] = {}
        self._plans: dict[tuple[int, str, str], dict[str, Any]] = {}
        shared: dict[str, dict[str, Any]] = {"relations": {}, "terms": {}, "data": {}}
        paths = [builtin_folder()] if builtin else []
        for path in [*paths, *folders]:
            folder = open_folder(path, shared)
            for part, names in shared.items():
                names.update(folder.index[part])
            self._add(folder)
        today = time.strftime("%Y-%m-%d")
        self.topology = Topology(shared["relations"], shared["terms"], Facts(self._folders), today)

    def _add(self, folder: Folder) -> None:
        self._folders.append(folder)
        for entry in folder.entries():
            if entry.id in self.entries:
                raise PolicyError([f"{entry.file}:1: the id {entry.id} is taken by {self.entries[entry.id].file}"])
            self.entries[entry.id] = entry
            self._home[entry.id] = folder

    @cached_property
    def references(self) -> dict[str, dict[str, list[str]]]:
        """The references of each policy, by kind."""
        return {name: found for folder in self._folders for name, found in folder.part(REFERENCES).items()}

    @cached_property
    def frameworks(self) -> dict[str, dict[str, Any]]:
        """The frameworks of all folders by name, as their files have them."""
        return {name: root for folder in self._folders for name, root in folder.part(FRAMEWORKS).items()}

    def policy(self, name: str, settings: Mapping[str, Any] | None = None) -> Policy:
        """The policy of that id, built."""
        return build(self.plan(name), self.topology, settings)

    def plan(self, name: str) -> dict[str, Any]:
        """The compiled plan of a policy."""
        folder, entry = self._home[name], self.entries[name]
        key = (id(folder), entry.service, entry.tier)
        if key not in self._plans:
            self._plans[key] = folder.part(part_name(entry.service, entry.tier))
        found: dict[str, Any] = self._plans[key][name]
        return found

    def folder(self, name: str) -> str:
        """The folder of policies that a policy stands in."""
        return self._home[name].path

    def file(self, name: str) -> str:
        """The path of a policy's file."""
        return os.path.join(self._home[name].path, *f"{name}.yaml".split("/"))

    def chosen(self, select: Iterable[str], ignore: Iterable[str], *, every: bool) -> list[Entry]:
        """The policies to run, by id or prefix; a name that fits none is a mistake."""
        wanted = [self.fitting(name) for name in select]
        unwanted = {name for one in ignore for name in self.fitting(one)}
        if wanted:
            names = {name for group in wanted for name in group}
        else:
            names = {name for name, entry in self.entries.items() if every or entry.tier == "recommended"}
        return [entry for name, entry in self.entries.items() if name in names and name not in unwanted]

    def fitting(self, pattern: str) -> list[str]:
        """The policies that an id or prefix names. Raises UsageError where there is none."""
        pattern = pattern.removesuffix("*")
        found = [name for name in self.entries if name == pattern]
        found = found or [name for name in self.entries if name.startswith(pattern.rstrip("/") + "/")]
        found = found or [name for name in self.entries if pattern and name.startswith(pattern)]
        if not found:
            raise UsageError(f"there is no policy '{pattern}'{suggestion(pattern, self.entries)}")
        return found


def suggestion(name: str, names: Iterable[str]) -> str:
    """A hint at the name that was probably meant."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(names), 1, 0.5)
    return f"; did you mean '{close[0]}'?" if close else ""


def builtin_folder() -> str:
    """The folder of dbguard's own policies: inside the package, or at the top of a checkout."""
    return PACKED if os.path.isdir(PACKED) else CHECKOUT


def open_folder(path: str, shared: Mapping[str, dict[str, Any]]) -> Folder:
    """A folder of policies, compiled if no compiled form of it is at hand.

    Raises PolicyError with every mistake of every file, UsageError where there is no such folder.
    """
    compiled = os.path.join(HERE, "_compiled")
    if path == PACKED and os.path.isdir(compiled):
        return Folder(path, compiled)
    if not os.path.isdir(path):
        raise UsageError(f"{path} is no folder of policies")
    found = [*listing(path), *listing(os.path.join(HERE, "authoring"), (".py",))]
    store = os.path.join(_cache(), f"{crc32(repr((os.path.abspath(path), sorted(shared['terms']))).encode()):08x}")
    if index := _fresh(store, found):
        return Folder(path, store, index)
    from dbguard.authoring.folder import compile_folder

    parts = compile_folder(path, [name for name, *_ in listing(path)], shared)
    parts[INDEX]["listing"], parts[INDEX]["version"] = found, __version__
    _save(store, parts)
    return Folder(path, parts)


def listing(path: str, suffixes: tuple[str, ...] = (".yaml", ".yml")) -> list[list[Any]]:
    """Every policy file of a folder, with what tells that it changed."""
    found: list[list[Any]] = []
    folders = [("", path)]
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.endswith(suffixes) and not name.startswith("."):
                    status = entry.stat()
                    found.append([prefix + name, status.st_size, status.st_mtime_ns])
                elif entry.is_dir():
                    folders.append((f"{prefix}{name}/", entry.path))
    found.sort()
    return found


def _cache() -> str:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(root, "dbguard", __version__)


def _fresh(store: str, found: list[list[Any]]) -> dict[str, Any] | None:
    """The index of what was compiled, where it is of these files."""
    try:
        with open(os.path.join(store, INDEX), encoding="utf-8") as file:
            index: dict[str, Any] = json.load(file)
    except (OSError, ValueError):
        return None
    return index if index.get("listing") == found and index.get("version") == __version__ else None


def _save(store: str, parts: Mapping[str, Any]) -> None:
    """Keep the compiled folder for the next run; without a cache folder it is compiled each time."""
    try:
        os.makedirs(store, exist_ok=True)
        for name in sorted(parts, key=lambda name: name == INDEX):  # the index last: it says that the rest is whole
            temporary = os.path.join(store, f".{name}.{os.getpid()}")
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(parts[name], file)
            os.replace(temporary, os.path.join(store, name))
    except OSError:
        return
