"""How far a long scan is: one line on a terminal, after the first second, and nothing anywhere else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Any, Self, TextIO

from dbguard.discover import Found
from dbguard.model import Gap, Report
from dbguard.policy_library import Entry, Library
from dbguard.reporters import printable

FIRST, EVERY = 1.0, 0.2  # seconds until the first line, and between two


class Line:
    """One line on a terminal, written anew from time to time and wiped in the end; nothing anywhere else."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        dumb = os.environ.get("TERM") == "dumb" or bool(os.environ.get("CI"))
        self._on = stream.isatty() and not dumb and not quiet
        self._next = monotonic() + FIRST
        self._is_there = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

    def due(self) -> bool:
        """Whether it is time for a new line."""
        if not self._on or (now := monotonic()) < self._next:
            return False
        self._next = now + EVERY
        return True

    def write(self, text: str) -> None:
        """Write the line, as far as it fits: what is longer could not be wiped."""
        self._is_there = True
        self._stream.write(f"\r\x1b[K{text[: _columns(self._stream) - 1]}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._is_there:
            self._is_there = False
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class Templates(Line):
    """How far a scan of templates is."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._where = ""

    def reading(self, found: Iterable[Found]) -> Iterator[Found]:
        """Count the files that are read."""
        for number, one in enumerate(found, 1):
            if self.due():
                self.write(f"{number} files read")
            yield one

    def judging(self, found: list[Found]) -> Iterator[Found]:
        """Note which file is judged."""
        for number, one in enumerate(found, 1):
            self._where = f"{number}/{len(found)} files · {printable(one.target if isinstance(one, Gap) else one.file)}"
            yield one

    def left_out(self, path: str, why: str) -> None:
        """Pass over what is not read."""

    def setup(self, library: Library, entries: Sequence[Entry], files: Sequence[str]) -> None:
        """Pass over what runs."""

    def given(self, name: str, values: Mapping[str, object]) -> None:
        """Pass over the parameters."""

    def close(self, report: Report) -> None:
        """There is nothing more to show."""

    def tick(self, resources: int) -> None:
        """Show where the scan is."""
        if self.due():
            self.write(f"{self._where} · {resources} resources")


class Progress(Line):
    """The line that shows accounts, units and resources so far, and what takes longest."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        super().__init__(stream, quiet=quiet)
        self._accounts = self._units = self._resources = 0

    def show(self, fleet: Any, result: Any) -> None:
        """Count a result, and show where the fleet is."""
        if isinstance(result, dict):
            self._units += 1
            self._resources += len(result["resources"])
        else:
            self._accounts += 1
        self.tick(fleet)

    def tick(self, fleet: Any) -> None:
        """Show where the fleet is, if it was not shown just now."""
        if self.due():
            self.write(self.line(fleet, monotonic()))

    def line(self, fleet: Any, now: float) -> str:
        """The line itself."""
        accounts = f"{self._accounts}/{len(fleet.request.targets)} accounts"
        line = f"{accounts} · {self._units}/{fleet.units} Regions · {self._resources} resources"
        slow = min(((since, task) for task, since in fleet.since.items()), key=lambda one: one[0], default=None)
        if slow and now - slow[0] >= 1:
            line += f" · longest: {slow[1].name} {now - slow[0]:.0f} s"
        return line
