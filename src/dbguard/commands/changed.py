"""`dbguard scan --changed-since`: both versions of the templates are judged, and what changed is told."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from dbguard.commands.reconfigured import edited, is_moved_along
from dbguard.discover import Candidate, Found, find, narrow
from dbguard.errors import UsageError
from dbguard.history.changes import Told, Version, altered, file_of, identity, narrowed
from dbguard.history.earlier import Earlier
from dbguard.model import VERDICTS, Finding, Gap, Report
from dbguard.options import Options
from dbguard.parameters import sets as parameter_sets
from dbguard.parameters.files import ParameterSet, load
from dbguard.policy_library import Library
from dbguard.scan import Scan
from dbguard.sources.git import repository
from dbguard.sources.template import TemplateInventory

if TYPE_CHECKING:
    from dbguard.commands.configured import Setup
    from dbguard.integrations.diagnostics import Linter

Make = Callable[[Library, Options], Scan]


def check(options: argparse.Namespace) -> None:
    """Refuse what would speak of a whole code base where only a part is told."""
    if "-" in options.paths:
        raise UsageError("--changed-since has no effect on standard input, of which there is no earlier version")
    for name in ("write_baseline", "prune_baseline", "framework"):
        if getattr(options, name):
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} speaks of a whole code base: run it without --changed-since")


class Watched(Scan):
    """A scan that notes what the templates hold."""

    def __init__(self, library: Library, options: Options, version: Version) -> None:
        super().__init__(library, options)
        self._version = version

    def _waivers_of(self, inventory: TemplateInventory) -> None:
        super()._waivers_of(inventory)
        self._version.see(inventory, self.options.own.name if self.options.own else "")


class Now(Watched):
    """A scan of the templates as they are, without those that cannot have other verdicts than before."""

    def __init__(self, library: Library, options: Options, version: Version, earlier: Earlier) -> None:
        super().__init__(library, options, version)
        self._earlier = earlier

    def _is_judged(self, inventory: TemplateInventory) -> bool:
        return not self._earlier.is_idle([one for document in inventory.documents for one in document.whole()])

    def _file(self, candidate: Candidate) -> Iterator[Finding]:
        if self._version.paths(candidate.file) not in self._earlier.quiet:
            yield from super()._file(candidate)
            return
        self.read += 1
        text, own = narrow(candidate.data), self.options.own
        for name in self.options.given(candidate.file):
            if re.search(rb"\b%b\b" % re.escape(name.encode("utf-8", "replace")), text):
                self._named.add(name)
                self._own_named.update([name] if own and own.on(candidate.file) else ())


class Before(Watched):
    """A scan of the templates as they were, which need not have the parameters that they have now."""

    def __init__(self, library: Library, options: Options, version: Version) -> None:
        super().__init__(library, options._replace(show=frozenset(), picture=None), version)

    def _given(self, inventory: TemplateInventory) -> None:
        """Refuse nothing."""

    def _check_parameters(self) -> None:
        """Refuse nothing."""


class Changes:
    """One run over two versions."""

    def __init__(
        self, setup: Setup, asked: Options, files: Sequence[Found], linter: Linter | None, options: argparse.Namespace
    ) -> None:
        self.library, self.asked, self.linter = setup.library, asked._replace(show=frozenset(VERDICTS)), linter
        self.paths, self.since, self.show = list(options.paths), options.changed_since, asked.show
        self.sets, self.every = setup.parameter_sets(), options.locked
        source = repository(self.paths, self.since)
        self.new = Version(source.root)
        self.files = files
        values = [
            str(value) for some in (asked.parameters, *(one.values for one in self.sets)) for value in some.values()
        ]
        self.earlier = Earlier(source, self.paths, self.files, self.new.paths, values)
        given = {one.name: self.new.paths(_split(one.name)[0]) for one in self.sets}
        for old, place in list(self.earlier.renamed.items()):
            if not is_moved_along(self.earlier, old, place, setup.configuration):
                self.earlier.separate(old)
        self.given = {name: path for name, path in given.items() if not path.startswith("../")}
        ignored = (path for path in source.files if path.endswith(".gitignore"))  # what they say decides what is read
        if not all(map(self.earlier.is_same, (*self.given.values(), *ignored))):
            self.earlier.unsettle()
        self.edited = edited(self.earlier, map(self.new.paths, setup.files))
        if any(self.edited):
            self.earlier.unsettle()
        self.told: Told | None = None

    def judged(self) -> Report:
        """The report on the templates as they are, with every finding in it."""
        report = self._run(
            self.asked,
            self.sets,
            self.paths,
            self.files,
            lambda library, asked: Now(library, asked, self.new, self.earlier),
        )
        self.earlier.rest(self.new.files)
        homes = frozenset(one for one in report.homes if self.new.paths(one) not in self.earlier.quiet)
        with _folder() as folder:
            old, known = self._known(folder)
        nodes = altered(old, self.new, self.edited.gives)
        stirred = frozenset(file for (file, _), some in self.new.at.items() if not nodes.isdisjoint(some))
        same = frozenset(filter(self.earlier.is_as_it_was, (file_of(one, self.new.paths) for one in report.gaps)))
        self.told = Told(old, self.new, nodes, known, same, self.edited.uncovers, stirred | self.earlier.changed)
        return report._replace(homes=homes)  # so that nothing is missed of what was not looked for

    def narrowed(self, report: Report) -> Report:
        """The report with what did not change left out."""
        idle = len(self.earlier.quiet)
        return narrowed(report, self.told, self.show, self.since, idle) if self.told else report

    def _known(self, folder: str) -> tuple[Version, frozenset[object]]:
        """The earlier version, written into a folder, and what is found in it."""
        self.earlier.write(folder, self.given.values())
        old = Version(folder, self.earlier.renamed)
        asked = self.asked
        if asked.configuration:  # that of today, by where each file stands today
            asked = asked._replace(configuration=asked.configuration.moved(self._today(old)))
        paths = [path for one in self.earlier.paths() if os.path.exists(path := os.path.join(folder, one))]
        sets = [self._set(one, old) for one in self.sets]
        try:
            found = list(find(paths, every=self.every))
            report = self._run(asked, sets, paths, found, lambda library, asked: Before(library, asked, old))
            report = self.linter.added(report) if self.linter else report
        except UsageError:  # what is wrong with the earlier version is mended: all is new then
            return old, frozenset()
        rows: Iterable[Finding | Gap] = (*report.findings, *report.gaps)
        return old, frozenset(identity(one, old.paths) for one in rows)

    def _today(self, old: Version) -> Callable[[str], str]:
        """Where a file of the earlier version stands today."""
        return lambda file: os.path.join(self.new.paths.folder, old.paths(file))

    def _set(self, one: ParameterSet, old: Version) -> ParameterSet:
        """A set of parameters as it was; without history it is as it is."""
        within = one.within
        one = one._replace(within=(lambda file: within(self._today(old)(file))) if within else None)
        if one.name not in self.given:
            return one
        _, environment = _split(one.name)
        try:
            was = load(os.path.join(old.paths.folder, self.given[one.name]) + environment)
            return one._replace(values=was.values, places=was.places, template=was.template)
        except UsageError:
            return one._replace(values={}, places={})

    def _run(
        self, asked: Options, sets: Sequence[ParameterSet], paths: list[str], files: Sequence[Found], make: Make
    ) -> Report:
        if len(sets) > 1:
            return parameter_sets.scan(self.library, asked, sets, paths, files, make=make)
        return make(self.library, asked._replace(own=sets[0] if sets else None)).run(paths, files)


@contextmanager
def _folder() -> Iterator[str]:
    """An empty folder for a while. Raises UsageError."""
    try:
        made = TemporaryDirectory(prefix="dbguard-")
    except OSError as error:
        raise UsageError(f"--changed-since needs a folder for temporary files: {error.strerror}") from error
    with made as folder:
        yield os.path.realpath(folder)


def _split(name: str) -> tuple[str, str]:
    """A parameter file and, behind a #, the environment in it."""
    file, mark, environment = name.rpartition("#")
    return (name, "") if not mark or os.path.exists(name) else (file, mark + environment)
