"""Who is told how a scan of templates goes, while it goes: progress, or everything with --verbose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from dbguard.discover import Found
from dbguard.model import Report
from dbguard.policy_library import Entry, Library


class Watch(Protocol):
    """What a scan tells, when somebody watches."""

    def reading(self, found: Iterable[Found]) -> Iterator[Found]:
        """Pass on what is found, one by one as it is read."""

    def left_out(self, path: str, why: str) -> None:
        """Hear of a file or folder that is not read."""

    def setup(self, library: Library, entries: Sequence[Entry], files: Sequence[str]) -> None:
        """Hear which policies run, and what is configured in which files."""

    def given(self, name: str, values: Mapping[str, object]) -> None:
        """Hear of the parameters that a file or the command line gives."""

    def judging(self, found: list[Found]) -> Iterator[Found]:
        """Pass on what is judged next."""

    def tick(self, resources: int) -> None:
        """Hear how many resources were met so far."""

    def clear(self) -> None:
        """Make room for what is written next."""

    def close(self, report: Report) -> None:
        """Hear that all is done, and what came of it."""
