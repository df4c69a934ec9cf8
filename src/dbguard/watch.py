"""Who is told how a scan of templates goes, while it goes: progress, or everything with --verbose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from dbguard.discover import Found


class Watch(Protocol):
    """What a scan tells, when somebody watches."""

    def reading(self, found: Iterable[Found]) -> Iterator[Found]:
        """Pass on what is found, one by one as it is read."""

    def judging(self, found: list[Found]) -> Iterator[Found]:
        """Pass on what is judged next."""

    def left_out(self, path: str, why: str) -> None:
        """Hear of a file or folder that is not read."""

    def tick(self, resources: int) -> None:
        """Hear how many resources were met so far."""
