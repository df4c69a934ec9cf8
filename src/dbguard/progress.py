"""How far a long scan is: one line on a terminal, written anew, and nothing anywhere else."""

from __future__ import annotations

import os
from time import monotonic
from types import TracebackType
from typing import Any, Self, TextIO

EVERY = 0.2  # seconds between two lines


class Progress:
    """The line that shows accounts, units and resources so far, and what takes longest."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._on = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._written = 0.0
        self._accounts = self._units = self._resources = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.clear()

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
        now = monotonic()
        if self._on and now - self._written >= EVERY:
            self._written = now
            self._stream.write(f"\r\x1b[K{self.line(fleet, now)}")
            self._stream.flush()

    def line(self, fleet: Any, now: float) -> str:
        """The line itself."""
        accounts = f"{self._accounts}/{len(fleet.request.targets)} accounts"
        line = f"{accounts} · {self._units}/{fleet.units} Regions · {self._resources} resources"
        slow = min(((since, task) for task, since in fleet.since.items()), key=lambda one: one[0], default=None)
        if slow and now - slow[0] >= 1:
            line += f" · longest: {slow[1].name} {now - slow[0]:.0f} s"
        return line

    def clear(self) -> None:
        """Take the line away."""
        if self._on and self._written:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
