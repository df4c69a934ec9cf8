"""What a run is asked to do, by its options and by the configuration files nearest to what it looks at."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING

from dbguard.errors import UsageError
from dbguard.layers import Layer, Setting, selected, value
from dbguard.model import Notice, Waiver
from dbguard.nearest import HERE, Nearest
from dbguard.policy_library import Entry, Library
from dbguard.profile import Profile

if TYPE_CHECKING:
    from dbguard.configuration import Asked, Configuration, Effective
    from dbguard.frameworks import Framework
    from dbguard.parameters.files import ParameterSet


class Setup:
    """The policies at hand, and which of them run where and how strictly."""

    def __init__(self, options: argparse.Namespace, homes: Iterable[str] = (HERE,)) -> None:
        """Read the configuration of templates. Raises ConfigError, PolicyError, UsageError."""
        _check(options)
        self._options = options
        self._homes = list(homes) or [HERE]
        self.configuration = _configuration(options, self._homes)
        self.library = self.configuration.library if self.configuration else Library(options.folders)
        self.frameworks = frameworks(self.library, options)
        self.entries = self.configuration.entries if self.configuration else _entries(self.library, options)
        self.others: frozenset[str] = frozenset()  # rules of other tools that run as well
        self._profile = Profile(self.library, self.entries)
        if not self.entries:
            told = ["--select, --ignore, --severity", *(["the configuration"] if self.files else [])]
            raise UsageError(f"no policy is left to run: {', '.join(told)} and --framework exclude them all")

    @property
    def files(self) -> list[str]:
        """The configuration files in use."""
        return [one.name for one in self.configuration.files] if self.configuration else []

    def profile(self, home: str) -> Profile:
        """The policies that run on a template, or on an account and Region."""
        return self.configuration.of(home).profile if self.configuration else self._profile

    def ran(self, home: str) -> Collection[str]:
        """The ids of these policies."""
        return self.others.union(entry.id for entry in self.profile(home).entries)

    def threshold(self, home: str) -> str | None:
        """The mildest severity that is told of a template."""
        if not self.configuration:
            asked: str | None = self._options.severity
            return asked
        found = value(self.configuration.of(home).layers, "severity")
        return str(found.value) if found else None

    def strictness(self, home: str) -> tuple[str, bool]:
        """The severity from which the run fails, and whether may-fail and unknown count as fail."""
        if self.configuration:
            found = self.configuration.of(home)
            return found.fail_on, found.strict
        return self._options.fail_on or "low", getattr(self._options, "strict", False)

    @property
    def waivers(self) -> list[Waiver]:
        """The waivers of the configuration."""
        return self.configuration.waivers if self.configuration else []

    def refusal(self, waiver: Waiver) -> str | None:
        """Why the configuration does not let a waiver count."""
        return self.configuration.refusal(waiver) if self.configuration else None

    def holds(self, waiver: Waiver, home: str) -> bool:
        """Whether a waiver of the configuration is for a template."""
        return self.configuration.holds(waiver, home) if self.configuration else True

    @property
    def notices(self) -> list[Notice]:
        """What of the configuration is not taken."""
        return self.configuration.notices if self.configuration else []

    @property
    def baselines(self) -> list[str]:
        """The baselines that findings are held against."""
        if self._options.baseline or self._options.write_baseline or not self.configuration:
            return [self._options.baseline] if self._options.baseline else []
        return self.configuration.baselines

    def parameter_sets(self) -> list[ParameterSet]:
        """The sets of parameter values to judge with, each by itself."""
        named = self._options.parameter_file
        if not named and not self.configuration:
            return []
        from dbguard.parameters.files import load

        if named or self.configuration is None:
            return [load(file) for file in dict.fromkeys(named)]
        of = self.configuration.of
        files = dict.fromkeys(file for home in self._homes for file in of(home).files)
        return [load(file)._replace(within=partial(_names, of, file)) for file in files]


def _names(of: Callable[[str], Effective], file: str, home: str) -> bool:
    return file in of(home).files


def _check(options: argparse.Namespace) -> None:
    """Refuse options that would have no effect."""
    if options.all and options.select:
        raise UsageError("--all has no effect beside --select, which runs extended policies by name")
    if options.all and options.framework:
        raise UsageError("--all has no effect beside --framework, which runs every policy of its controls")


def _configuration(options: argparse.Namespace, homes: list[str]) -> Configuration | None:
    """The configuration, where there is any."""
    if not (options.config or options.env or options.locked):
        nearest = Nearest()
        if options.no_config or not any(nearest.to(home) for home in homes):
            return None
    from dbguard.configuration import Configuration

    return Configuration(asked(options), homes)


def asked(options: argparse.Namespace) -> Asked:
    """What the command line asks of the configuration."""
    from dbguard.configuration import Asked

    return Asked(
        layer(options),
        tuple(options.folders),
        options.config,
        options.env,
        options.locked,
        options.no_config,
        lambda library: _evaluating(library, options),
    )


def layer(options: argparse.Namespace) -> Layer:
    """What the command line says, as a layer over all that files say."""
    said = {
        "select": _listed(options.select),
        "ignore": _listed(options.ignore),
        "all": options.all or bool(options.framework and not options.select),
        "severity": options.severity,
        "fail-on": getattr(options, "fail_on", None),
        "strict": getattr(options, "strict", False),
        "parameter-files": getattr(options, "parameter_file", []),
    }
    return Layer("the command line", {(name,): Setting(one, f"--{name}") for name, one in said.items() if one})


def _listed(words: list[str]) -> list[str]:
    return ",".join(words).split(",") if words else []


def _entries(library: Library, options: argparse.Namespace) -> list[Entry]:
    return selected(library, [layer(options)], among=_evaluating(library, options))


def frameworks(library: Library, options: argparse.Namespace) -> tuple[Framework, ...]:
    """The frameworks that the options name."""
    if not options.framework:
        return ()
    from dbguard.frameworks import load

    return load(library, options.framework)


def _evaluating(library: Library, options: argparse.Namespace) -> Collection[str] | None:
    """The policies that evaluate the frameworks' controls; None where no framework is named."""
    if not options.framework:
        return None
    from dbguard.frameworks import entries

    return frozenset(entry.id for entry in entries(library, frameworks(library, options)))


def chosen(library: Library, options: argparse.Namespace) -> list[Entry]:
    """The policies that the options alone select. Raises UsageError where none is left."""
    _check(options)
    entries = _entries(library, options)
    if not entries:
        raise UsageError("no policy is left to run: --select, --ignore, --severity and --framework exclude them all")
    return entries
