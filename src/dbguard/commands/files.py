"""Files that a run writes: there whole, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress

from dbguard.command_line.mistakes import listed
from dbguard.errors import UsageError

ALONE = (errno.EACCES, errno.EPERM, errno.EBUSY)  # a file that may be written, in a folder that takes no other: a mount
LINES = ("compact", "github", "markdown", "text")  # formats that may stand among others
Output = tuple[str, str | None]  # a format and its file; None is standard output


def directed(outputs: Sequence[Output], file: str | None) -> list[Output]:
    """The outputs with the one that has no file yet led to a file. Raises UsageError for what cannot be written."""
    found = list(outputs)
    if file is not None:
        homeless = [number for number, (_, named) in enumerate(found) if named is None]
        if not homeless:
            raise UsageError("--output-file has no effect: every --format names its own file")
        if len(homeless) > 1:
            wanted = [f"--format {found[number][0]}=FILE" for number in homeless]
            raise UsageError(f"--output-file takes one report, there are {len(wanted)}: write {listed(wanted, 'and')}")
        found[homeless[0]] = (found[homeless[0]][0], file)
    _check_shared([name for name, named in found if named is None])
    files = [named for _, named in found if named is not None]
    real = [os.path.realpath(one) for one in files]
    for one in files:
        check(one)
        if real.count(os.path.realpath(one)) > 1 and _is_plain(one):
            raise UsageError(f"two reports go to {one}: give each its own file")
    return found


def _check_shared(formats: Sequence[str]) -> None:
    """Refuse several reports on standard output of which one is read whole. Raises UsageError."""
    whole = [name for name in formats if name not in LINES]
    if whole and len(formats) > 1:
        wanted = f"--format {whole[0]}=FILE"
        raise UsageError(f"{whole[0]} is read whole, and {len(formats)} reports go to standard output: write {wanted}")


def check(file: str) -> None:
    """Refuse, before anything is done, a file that cannot be written. Raises UsageError."""
    folder = os.path.dirname(file)
    if not file:
        raise UsageError("a file to write has no name")
    if os.path.isdir(file):
        raise UsageError(f"cannot write {file}: it is a folder")
    if folder and not os.path.isdir(folder):
        raise UsageError(f"cannot write {file}: there is no folder {folder}; make it first")


def write(file: str, pieces: Iterable[str]) -> None:
    """Write text to a file, which is as it was where that fails. Raises UsageError."""
    try:
        text = "".join(pieces)
        if not _is_plain(file):
            _fill(file, text)
            return
        try:
            _replace(os.path.realpath(file), text)
        except OSError as error:
            if error.errno not in ALONE or not os.path.exists(file):
                raise
            _fill(file, text)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def _replace(target: str, text: str) -> None:
    """Put a whole new file in the place of one."""
    temporary = os.path.join(os.path.dirname(target), f".{os.path.basename(target)[:200]}.{os.getpid()}")
    try:
        _fill(temporary, text)
        if os.path.exists(target):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
    finally:
        with suppress(OSError):
            os.remove(temporary)


def _is_plain(file: str) -> bool:
    """Whether it is a file, or none yet; a pipe or a device is written as it stands."""
    try:
        return stat.S_ISREG(os.stat(file).st_mode)
    except OSError:
        return True


def _fill(file: str, text: str) -> None:
    with open(file, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
        out.write(text)
