"""The configuration: which policies run how on which template, from files, an environment and the command line.

The nearest file to a template holds for it. Layers are laid over each other: what a file extends, the file, the
environment, the paths that name the template in the order in which they stand, the command line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from typing import Any, NamedTuple

from dbguard.configuration import locked, tuning, waiving
from dbguard.configuration.file import File, load
from dbguard.errors import ConfigError, UsageError
from dbguard.layers import Layer, Setting, problems, selected, value
from dbguard.model import Notice, Waiver
from dbguard.nearest import HERE, Nearest
from dbguard.parameters.files import checked
from dbguard.patterns import ACCOUNT, fits
from dbguard.policy import Policy
from dbguard.policy_library import Entry, Library, suggestion
from dbguard.profile import Profile

NO_FILE = File("", "", (), {}, (), (), {}, (), ())


class Asked(NamedTuple):
    """What the command line says of the configuration."""

    layer: Layer
    folders: tuple[str, ...] = ()  # of policies
    file: str | None = None  # the only one to read
    environment: str | None = None
    locked: bool = False
    none: bool = False  # read no file
    among: Callable[[Library], Collection[str] | None] = lambda _: None  # the only policies that may run


class Effective(NamedTuple):
    """What holds for a template."""

    layers: tuple[Layer, ...]
    profile: Profile
    fail_on: str
    strict: bool
    under: Mapping[str, Setting]  # the values of parameters that those of a file are laid over
    files: tuple[str, ...]  # of parameters
    over: Mapping[str, Setting]  # and those that are laid over these
    waiving: Mapping[str, Setting]


class Configuration:
    """The configuration of a run over some templates."""

    def __init__(self, asked: Asked, homes: Iterable[str]) -> None:
        """Read every file that is the nearest to one of the homes. Raises ConfigError, PolicyError, UsageError."""
        self.asked = asked
        self._nearest = Nearest()
        self._files: dict[str | None, File] = {}
        self._known: dict[tuple[str, tuple[int, ...]], Effective] = {}
        self._of: dict[str, Effective] = {}
        self.today: Callable[[str], str] = str  # where a file stands that is looked at elsewhere
        self._built: dict[object, Policy] = {}
        self._homes = list(dict.fromkeys([*homes] or [HERE]))
        wanted = dict.fromkeys(map(self._name, self._homes))
        mistakes: list[str] = []
        for name in wanted:
            try:
                self._files[name] = load(name) if name else NO_FILE
            except ConfigError as error:
                mistakes += error.problems
        if mistakes:
            raise ConfigError(mistakes)
        trusted = [] if self._is_locked else self.files
        folders = [*asked.folders, *(folder for one in trusted for folder in one.policies)]
        self.library = Library(dict.fromkeys(folders))
        mistakes = [problem for one in self.files for problem in _unfit(one)]
        mistakes += [problem for one in trusted for problem in self._mistakes(one)]
        if mistakes:
            raise ConfigError(list(dict.fromkeys(mistakes)))
        self._check_environment()

    @property
    def files(self) -> list[File]:
        """The configuration files in use."""
        return [one for one in self._files.values() if one.name]

    def _name(self, home: str) -> str | None:
        """The file for a template."""
        if self.asked.none or self.asked.file:
            return self.asked.file
        return self._nearest.to(HERE if ACCOUNT.fullmatch(home) else home)

    @property
    def _is_locked(self) -> bool:
        """Whether the files come from the scanned tree, which is not to weaken its scan."""
        return self.asked.locked and not self.asked.file

    def _mistakes(self, file: File) -> Iterable[str]:
        layers = [*file.layers, *(one for more in file.environments.values() for one in more)]
        for layer in [*layers, *(one.layer for one in file.within)]:
            yield from problems(self.library, layer)
            yield from tuning.problems(self.library, layer)
        yield from waiving.problems(self.library.entries, file.waiving)

    def _check_environment(self) -> None:
        name = self.asked.environment
        if name is None or any(name in one.environments for one in self.files):
            return
        known = {env: None for one in self.files for env in one.environments}
        where = ", ".join(one.name for one in self.files)
        if not where:
            raise UsageError(f"--env {name}: there is no configuration file that could have environments")
        hint = suggestion(name, known) or (f"; there are {', '.join(known)}" if known else "")
        raise UsageError(f"--env: {where} has no environment '{name}'{hint}")

    @property
    def entries(self) -> list[Entry]:
        """Every policy that runs on some template, in order."""
        names = {entry.id: entry for home in self._homes for entry in self.of(home).profile.entries}
        return [names[name] for name in self.library.entries if name in names]

    def of(self, home: str) -> Effective:
        """What holds for a template, or for an account and Region as `123456789012/eu-west-1`."""
        home = self.today(home)
        if home not in self._of:
            file = self._file(home)
            rules = tuple(at for at, one in enumerate(file.within) if fits(one.patterns, one.folders, home))
            key = (file.name, rules)
            if key not in self._known:
                self._known[key] = self._effective(file, [file.within[at].layer for at in rules])
            self._of[home] = self._known[key]
        return self._of[home]

    def values(self, home: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The values of parameters below those of a file, and those above them."""
        found = self.of(home)
        return _plain(found.under), _plain(found.over)

    def places(self, home: str) -> dict[str, str]:
        """Where the values of parameters stand."""
        found = self.of(home)
        return {name: setting.place for name, setting in {**found.under, **found.over}.items()}

    def moved(self, today: Callable[[str], str]) -> Configuration:
        """The same for files that are looked at elsewhere."""
        found = copy(self)
        found.today = today
        found._files = dict(self._files)  # noqa: SLF001 - what holds there alone does not hold here
        return found

    def _file(self, home: str) -> File:
        name = self._name(home)
        if name not in self._files:  # of a template outside of those that were asked for
            self._files[name] = load(name) if name else NO_FILE
        return self._files[name]

    def _effective(self, file: File, within: list[Layer]) -> Effective:
        environment = file.environments.get(self.asked.environment or "", ())
        layers = [*file.layers, *environment, *within]
        if self._is_locked:
            layers = locked.tightened(self.library, layers)
        layers.append(self.asked.layer)
        fail_on, strict = value(layers, "fail-on"), value(layers, "strict")
        among = self.asked.among(self.library)
        entries = selected(self.library, layers, self._foreign(file), among)
        profile = Profile(self.library, entries, tuning.settings(layers), self._built)
        under, files, over = _parameters(layers)
        return Effective(
            tuple(layers),
            profile,
            fail_on.value if fail_on else "low",
            bool(strict and strict.value),
            under,
            files,
            over,
            self._waiving(file),
        )

    def _foreign(self, file: File) -> set[str]:
        """The policies of folders that only other configuration files name."""
        own = {*self.asked.folders, *file.policies}
        folders = {folder for one in self.files for folder in one.policies} - own
        return {name for name in self.library.entries if self.library.folder(name) in folders} if folders else set()

    def _waiving(self, file: File) -> Mapping[str, Setting]:
        """What may be waived in the templates that a file is for."""
        if not self.asked.locked:
            return file.waiving
        nothing = {"allow": Setting([], "--locked")}
        return {**nothing, **file.waiving} if self.asked.file else nothing

    def refusal(self, waiver: Waiver) -> str | None:
        """Why a waiver does not count; None where it does."""
        if waiver.where == "config":
            rules = next((one.waiving for one in self.files if waiver in one.waivers), {})
        else:
            rules = self.of(waiver.location.file).waiving
        return waiving.refusal(waiver, rules, self.library.entries, self.library.topology.today)

    def holds(self, waiver: Waiver, home: str) -> bool:
        """Whether a waiver is one of the file that is for a template."""
        return waiver in self._file(home).waivers

    @property
    def waivers(self) -> list[Waiver]:
        """The waivers of the files in use."""
        return [] if self._is_locked else [waiver for one in self.files for waiver in one.waivers]

    @property
    def baselines(self) -> list[str]:
        """The baselines of the files in use."""
        return [] if self._is_locked else list(dict.fromkeys(name for one in self.files for name in one.baselines))

    @property
    def notices(self) -> list[Notice]:
        """What of the scanned tree's configuration is not taken."""
        return [notice for one in self.files for notice in locked.notices(self.library, one)] if self._is_locked else []


def _unfit(file: File) -> Iterable[str]:
    """Patterns of paths that are none."""
    own = [(one.patterns, f"{one.place}: {one.layer.name}") for one in file.within]
    own += [((one.file,), f"{one.location.file}:{one.location.line}: a waiver's path") for one in file.waivers]
    for patterns, told in own:
        try:
            fits(patterns, (), "000000000000/any")
        except ValueError as error:
            yield f"{told}: no valid pattern: {error}"


def _plain(settings: Mapping[str, Setting]) -> dict[str, Any]:
    return checked([(name, setting.value, setting.place) for name, setting in settings.items()])[0]


def _parameters(layers: Iterable[Layer]) -> tuple[Mapping[str, Setting], tuple[str, ...], Mapping[str, Setting]]:
    """The values below those of parameter files, these files, and the values above them."""
    under: dict[str, Setting] = {}
    files: tuple[str, ...] = ()
    over: dict[str, Setting] = {}
    for layer in layers:
        named = layer.values.get(("parameter-files",))
        if named:
            under, over = {**under, **over}, {}
            files = tuple(os.path.join(layer.folder, one) for one in named.value)
        over.update({key[1]: one for key, one in layer.values.items() if key[0] == "parameters"})
    return under, files, over
