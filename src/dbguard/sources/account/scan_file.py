"""The scan file: what a scan of live accounts has read so far, one line of JSON a result, written as they come.

Its first line is the request. A scan goes on from it after an interruption, and its resources can be judged again
offline. A last line that was cut off in writing does not count.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from dbguard.errors import UsageError
from dbguard.sources.account.clients import Access
from dbguard.sources.account.inventory import Harvest, is_settled
from dbguard.sources.account.targets import Opened, Target

SCHEMA = "dbguard.scan/1"
START = b'{"schema": "dbguard.scan/'


class Request(NamedTuple):
    """What a scan is to read."""

    targets: tuple[Target, ...]
    regions: tuple[str, ...]  # none for all that are enabled
    plan: tuple[str, ...]
    services: tuple[str, ...] = ()  # none for all


class Known(NamedTuple):
    """What a scan file holds: the last word on each account and unit."""

    request: Request
    opened: dict[Target, Opened]
    harvests: dict[tuple[str, str], Harvest]


def default_path() -> str:
    """A new scan file among the user's state files (XDG), else among the temporary ones."""
    root = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    folder = os.path.join(root, "dbguard")
    name = f"live-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.scan"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        folder = tempfile.gettempdir()
    return os.path.join(folder, name)


class ScanFile:
    """A scan file that is being written; the owner alone may read it."""

    def __init__(self, path: str, request: Request | None) -> None:
        """Begin a file with its request, or go on writing one."""
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if request else os.O_APPEND)
        self._file = os.fdopen(os.open(path, flags, 0o600), "ab" if request is None else "wb")
        if request:
            self._write({"schema": SCHEMA, "request": _plain(request)})

    def write(self, result: Opened | Harvest) -> None:
        """Keep a result, so that no crash can lose it."""
        self._write({"opened": _plain(result)} if isinstance(result, Opened) else {"unit": result})

    def _write(self, row: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(row).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise UsageError(f"cannot write {self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Write nothing more."""
        self._file.close()


def resume(path: str) -> Known:
    """What a scan file holds, without a last line that was cut off. Raises UsageError where it is none."""
    try:
        with open(path, "rb+") as file:
            data = file.read()
            whole = data.rfind(b"\n") + 1
            known = read(data[:whole] or data, path)
            file.truncate(whole)
    except OSError as error:
        raise UsageError(f"cannot resume {path}: {error.strerror}") from error
    return known


def read(data: bytes, path: str) -> Known:
    """What a scan file holds. Raises UsageError where it is none."""
    rows = list(_rows(data, path))
    if not rows:
        raise UsageError(f"{path}: the scan ended before its first line was whole; begin it anew")
    try:
        request = _request(rows[0]["request"])
        opened = [_opened(row["opened"]) for row in rows[1:] if "opened" in row]
        harvests = [row["unit"] for row in rows[1:] if "unit" in row]
        known = {(one["account"], one["region"]): one for one in harvests}
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: not a scan file of dbguard ({type(error).__name__}: {error})") from error
    return Known(request, {one.target: one for one in opened}, known)


def _rows(data: bytes, path: str) -> Iterator[dict[str, Any]]:
    if not data.startswith(START):
        raise UsageError(f"{path}: not a scan file of dbguard")
    if not data.startswith(json.dumps({"schema": SCHEMA}).encode()[:-1]):
        raise UsageError(f"{path}: a scan file of another version of dbguard")
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            if line:
                yield json.loads(line)
        except ValueError as error:
            if number < len(lines):
                raise UsageError(f"{path}:{number}: the scan file is damaged here: {error}") from error


def left(known: Known) -> Iterator[tuple[str, str]]:
    """The units that are not in the file, or that a resumed scan asks again."""
    for opened in known.opened.values():
        for region in opened.regions:
            harvest = known.harvests.get((opened.account, region))
            if harvest is None or not is_settled(harvest):
                yield opened.account, region


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(one) for name, one in value._asdict().items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def _target(row: dict[str, Any]) -> Target:
    return Target(Access(**row["access"]), row["account"])


def _request(row: dict[str, Any]) -> Request:
    return Request(
        tuple(map(_target, row["targets"])), tuple(row["regions"]), tuple(row["plan"]), tuple(row["services"])
    )


def _opened(row: dict[str, Any]) -> Opened:
    return Opened(**{**row, "target": _target(row["target"]), "regions": tuple(row["regions"])})
