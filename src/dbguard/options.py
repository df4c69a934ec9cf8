"""What a scan is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from dbguard.policy_library import Entry
from dbguard.value import Value

if TYPE_CHECKING:
    from dbguard.configuration import Configuration
    from dbguard.frameworks import Framework
    from dbguard.parameters.files import ParameterSet
    from dbguard.picture import Picture
    from dbguard.watch import Watch


class Options(NamedTuple):
    """The policies, values and ways of a scan."""

    entries: list[Entry]
    parameters: Mapping[str, Value] = {}
    settings: Mapping[str, Mapping[str, object]] = {}
    show: frozenset[str] = frozenset()  # findings that are told beside those that ask for something
    pass_over: bool = False
    frameworks: tuple[Framework, ...] = ()
    own: ParameterSet | None = None  # the values of a file; `parameters` are laid over them
    tags: tuple[str, ...] = ()  # of live resources, KEY or KEY=VALUE: only those with all of them are judged
    configuration: Configuration | None = None  # what else holds for each template, where something is configured
    watch: Watch | None = None  # is told how it goes
    picture: Picture | None = None  # of the fleet, where a report shows it

    def given(self, file: str) -> Mapping[str, Value]:
        """The parameter values for a template."""
        own = self.own.values if self.own and self.own.on(file) else {}
        if self.configuration is None:
            return {**own, **self.parameters} if own else self.parameters
        under, over = self.configuration.values(file)
        return {**under, **own, **over, **self.parameters}

    def place(self, name: str, file: str) -> str:
        """Where a parameter's value stands, in front of what is wrong with it; nothing for one of the command line."""
        if name in self.parameters:
            return ""
        configured = self.configuration.places(file) if self.configuration else {}
        own = self.own.places if self.own and self.own.on(file) else {}
        found = {**configured, **own}.get(name)
        return f"{found}: " if found else ""
