"""What --verbose tells on standard error: what runs on what, which files are read or not and why, and the times."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from time import monotonic, process_time
from typing import Any, TextIO

from dbguard import __version__
from dbguard.discover import Candidate, Found, PassedOver
from dbguard.model import Gap, Report
from dbguard.policy_library import Entry, Library
from dbguard.reporters import count, printable


class Verbose:
    """Tells everything, line by line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = monotonic()
        self._times = [("start", process_time())]
        self._known: dict[str, Found] = {}
        self.say(f"dbguard {__version__}, Python {'.'.join(map(str, sys.version_info[:3]))}")

    def say(self, text: str) -> None:
        """Write one line."""
        self._stream.write(printable(text) + "\n")

    def stage(self, name: str) -> None:
        """Note that a stage is over."""
        now = monotonic()
        self._times.append((name, now - self._begun))
        self._begun = now

    def setup(self, library: Library, entries: Sequence[Entry], files: Sequence[str]) -> None:
        """Say what is configured, and which policies run."""
        self.say(f"configuration: {', '.join(files) or 'none'}")
        self.say(f"{len(entries)} of {len(library.entries)} policies run")
        for service, group in groupby(sorted(entry.id for entry in entries), key=lambda name: name.split("/", 1)[0]):
            self.say(f"  {service}: {', '.join(name.split('/', 1)[1] for name in group)}")
        self.stage("policies")

    def given(self, name: str, values: Mapping[str, object]) -> None:
        """Say which parameters are given; not their values, some of which are passwords."""
        if values:
            self.say(f"parameters of {name}: {', '.join(values)}")

    def reading(self, found: Iterable[Found]) -> Iterator[Found]:
        """Say of each file whether it was read."""
        for one in found:
            self._known[one.target if isinstance(one, Gap) else one.file] = one
            self.say(_told(one))
            yield one
        self.stage("reading")

    def judging(self, found: list[Found]) -> Iterator[Found]:
        """Pass on what is judged; which it was is known at the end."""
        yield from found

    def left_out(self, path: str, why: str) -> None:
        """Say that something is not read."""
        self.say(f"not read: {path}, {why}")

    def tick(self, resources: int) -> None:
        """Pass over single resources."""

    def clear(self) -> None:
        """Note that all is judged."""
        self.stage("judging")

    def close(self, report: Report | None = None) -> None:
        """Say which of the files that were read are no templates, and how long each stage took."""
        self.stage("reports")
        if report:
            self._unused(report)
        self.say(", ".join(f"{name} {seconds:.3f} s" for name, seconds in self._times))

    def _unused(self, report: Report) -> None:
        unreadable = {gap.location.file if gap.location else gap.target for gap in report.gaps}
        for name, one in self._known.items():
            if isinstance(one, Candidate) and name not in report.homes and name not in unreadable:
                self.say(f"passed over: {name}, no template")
        for name in sorted(report.homes - self._known.keys()):
            self.say(f"judged as well: {name}")


class Units:
    """Tells of every account and Region as it is read, in the place of the progress line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, fleet: object, result: Any) -> None:
        """Say what an account or Region brought."""
        if isinstance(result, dict):
            read = f"{count(len(result['resources']), 'resource')}, {count(len(result['services']), 'service')}"
            took = f"{count(result['calls'], 'call')} in {result['seconds']:.1f} s"
            text = f"read: {result['account']}/{result['region']}, {read}, {took}"
        elif result.kind:
            text = f"not reached: {result.account or result.target.name or 'account'}, {result.kind}: {result.detail}"
        else:
            text = f"opened: {result.account}, {count(len(result.regions), 'Region')}"
        self._stream.write(printable(text) + "\n")

    def tick(self, fleet: object) -> None:
        """Nothing is said of waiting."""

    def clear(self) -> None:
        """There is nothing to wipe."""


def _told(one: Found) -> str:
    if isinstance(one, Gap):
        return f"cannot read: {one.target}, {one.detail}"
    if isinstance(one, PassedOver):
        return f"passed over: {one.file}, without a key of templates"
    return f"read: {one.file}, {count(len(one.data), 'byte')}"
