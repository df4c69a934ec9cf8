"""The policies that run on some templates, with their settings and severities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dbguard.policy import Policy
from dbguard.policy_library import Entry, Library

Settings = Mapping[str, Mapping[str, object]]


class Profile:
    """Policies by the type that they judge, each built when it is first asked for."""

    def __init__(
        self,
        library: Library,
        entries: Sequence[Entry],
        settings: Settings | None = None,
        built: dict[Any, Policy] | None = None,
    ) -> None:
        self.entries = entries
        self.settings = settings or {}
        self._library = library
        self._built: dict[Any, Policy] = {} if built is None else built  # of several profiles together
        self._about: dict[tuple[str, str], tuple[Policy, ...]] = {}  # by type and origin
        self.by_type: dict[str, list[Entry]] = {}
        for entry in entries:
            for name in entry.types:
                self.by_type.setdefault(name, []).append(entry)

    def about(self, type_name: str, origin: str) -> tuple[Policy, ...]:
        """The policies on a type, as far as they judge what comes from there."""
        key = (type_name, origin)
        if key not in self._about:
            built = (self._policy(entry) for entry in self.by_type[type_name])
            self._about[key] = tuple(one for one in built if one.only in (None, origin))
        return self._about[key]

    def policies(self) -> list[Policy]:
        """All of them."""
        return [self._policy(entry) for entry in self.entries]

    def _policy(self, entry: Entry) -> Policy:
        settings = self.settings.get(entry.id)
        key = (entry.id, entry.severity, repr(settings))
        if key not in self._built:
            policy = self._library.policy(entry.id, settings)
            self._built[key] = policy._replace(severity=entry.severity)
        return self._built[key]
