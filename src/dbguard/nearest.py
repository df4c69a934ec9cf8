"""Which configuration file is the nearest to a template: in its folder, or in one above it."""

from __future__ import annotations

import os
import re

OWN = "dbguard.toml"
SHARED = "pyproject.toml"
# A header of [tool.dbguard] or below it, or a table or key of the name tool that may hold one.
OURS = rb"""(?m)^[ \t]*\[*[ \t]*["']?tool["']?[ \t]*(?:\.[ \t]*["']?dbguard|[\]=])"""
HERE = "."  # the home of what has no file


class Nearest:
    """The nearest file for each folder; above the root of a repository none is looked for."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def to(self, file: str) -> str | None:
        """The configuration file for a template, or for what lies in the working folder where it has no folder."""
        home = os.getcwd() if file == HERE or file.startswith("<") else os.path.dirname(os.path.abspath(file))
        return self._in(home)

    def _in(self, folder: str) -> str | None:
        if folder not in self._known:
            self._known[folder] = self._here(folder) or self._above(folder)
        return self._known[folder]

    def _here(self, folder: str) -> str | None:
        own = os.path.join(folder, OWN)
        if os.path.isfile(own):
            return shown(own)
        shared = os.path.join(folder, SHARED)
        return shown(shared) if os.path.isfile(shared) and _speaks_of_us(shared) else None

    def _above(self, folder: str) -> str | None:
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return None
        return self._in(above)


def _speaks_of_us(file: str) -> bool:
    """Whether a pyproject.toml has a table of ours; read as plain text first, for most have none."""
    try:
        with open(file, "rb") as handle:
            data = handle.read(1_000_001)
    except OSError:
        return False
    if not re.search(OURS, data):
        return False
    import tomllib

    try:
        tool = tomllib.loads(data.decode("utf-8-sig")).get("tool", {})
    except (ValueError, RecursionError):
        return b"dbguard" in data  # to be mended before anything is judged, where it is about us
    return isinstance(tool, dict) and "dbguard" in tool


def shown(path: str) -> str:
    """A path as it is told: from the working folder on, where it lies below it."""
    inside = os.path.relpath(path)
    return path if inside.startswith("..") else inside.replace(os.sep, "/")
