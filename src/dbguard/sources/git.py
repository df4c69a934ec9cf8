"""A git repository, read with plumbing that runs no code of it: no hook, filter, text conversion, pager or transport.

Its `.git/config` counts as a stranger's too, since an unpacked archive brings one along.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from shutil import which
from subprocess import DEVNULL, PIPE
from threading import Timer
from typing import IO, NamedTuple

from dbguard.errors import UsageError

QUIET = (
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
)
# Nothing is asked of a remote, whose settings may name programs; the last stands above what the config allows.
ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
TOLD_TO_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE")
FETCH = "fetch more history, such as actions/checkout with fetch-depth: 0, GIT_DEPTH: 0, or git fetch --unshallow"
FILE, EXECUTABLE = b"100644", b"100755"  # links and submodules are no files

MOST_FILES = 1_000_000  # in one commit; a few objects can be made to stand for any number of them
MOST_BYTES = 1 << 29  # that are read of an earlier version
LONGEST = 1 << 16  # bytes of one entry
PATIENCE = 120  # seconds


class Repository(NamedTuple):
    """The root of a working tree, as a real path, and one commit of its history with the files that it has."""

    root: str
    commit: str
    files: Mapping[str, str]  # the object of each, by its path from the root


def repository(paths: Iterable[str], ref: str) -> Repository:
    """The repository that all paths are in, at the commit in which REF and HEAD parted. Raises UsageError."""
    roots = {_root(path): path for path in paths}
    if len(roots) > 1:
        first, second = list(roots.values())[:2]
        raise UsageError(f"--changed-since compares one repository: {first} and {second} are in two")
    root = next(iter(roots))
    commit = _base(root, ref)
    return Repository(root, commit, dict(_files(root, commit)))


def _root(path: str) -> str:
    folder = os.path.realpath(path)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    done = _run(folder, "rev-parse", "--show-toplevel")
    if done.returncode:
        why = _why(done)
        if "not a git repository" in why:
            why = "it is in no git working tree"
        elif "dubious ownership" in why:
            why += f"; where you trust it: git config --global --add safe.directory {folder}"
        raise UsageError(f"--changed-since: {path}: {why}")
    return os.path.realpath(os.fsdecode(done.stdout).rstrip("\n"))


def _base(root: str, ref: str) -> str:
    """The commit at which REF and what is checked out parted, as pull requests are compared."""
    if not ref or ref.startswith("-"):
        raise UsageError(f"--changed-since takes a branch, tag or commit, not '{ref}'")
    found = _run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    commit = found.stdout.decode().strip()
    if found.returncode or not commit.isalnum():  # ^main stands for all that main does not have
        hint = FETCH if _shallow(root) else "fetch it, or name a branch, tag or commit that is here"
        raise UsageError(f"--changed-since: there is no revision {ref} in {root}: {hint}")
    base = _run(root, "merge-base", commit, "HEAD")
    if base.returncode:
        if _shallow(root):
            raise UsageError(f"--changed-since: this shallow clone does not reach back to where {ref} parted: {FETCH}")
        raise UsageError(f"--changed-since: {ref} and what is checked out have no commit in common")
    return base.stdout.decode().strip()


def _shallow(root: str) -> bool:
    return _run(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _files(root: str, commit: str) -> Iterator[tuple[str, str]]:
    with _started(root, "ls-tree", "-r", "-z", "--full-tree", commit) as (git, _, out):
        rest, count = b"", 0
        while piece := out.read(1 << 16):
            *rows, rest = (rest + piece).split(b"\0")
            count += len(rows)
            if count > MOST_FILES or len(rest) > LONGEST:
                raise UsageError(f"--changed-since: {commit[:12]} has more than {MOST_FILES} files")
            yield from filter(None, map(_file, rows))
        if git.wait():
            raise UsageError(f"--changed-since: the files of {commit[:12]} are not all here: clone without --filter")


def _file(row: bytes) -> tuple[str, str] | None:
    head, _, path = row.partition(b"\t")
    mode, _, name = head.split(b" ")
    return (os.fsdecode(path), name.decode()) if mode in (FILE, EXECUTABLE) else None


def blobs(one: Repository, objects: Iterable[str], largest: int) -> Iterator[tuple[str, bytes]]:
    """The bytes of each object, without those beyond the largest size. Raises UsageError for one that is missing."""
    left = MOST_BYTES
    with _started(one.root, "cat-file", "--batch") as (_, into, out):
        for name in objects:
            head = _asked(name, into, out)
            if len(head) != 3:
                raise UsageError(f"--changed-since: object {name[:12]} is not here: clone without --filter")
            data = _piece(out, int(head[2]), largest)
            left -= len(data or b"")
            if left < 0:
                raise UsageError(f"--changed-since: there is more than {MOST_BYTES >> 20} MiB to compare with")
            if data is not None:
                yield name, data


def _asked(name: str, into: IO[bytes], out: IO[bytes]) -> list[bytes]:
    try:
        into.write(f"{name}\n".encode())
        into.flush()
    except BrokenPipeError as error:
        raise UsageError("--changed-since: git cat-file has ended early") from error
    return out.readline().split()


def _piece(out: IO[bytes], size: int, largest: int) -> bytes | None:
    """The next object of a batch; None where it is too large, of which nothing is kept."""
    data = out.read(size) if size <= largest else None
    left = size if data is None else 0
    while left > 0:
        left -= len(out.read(min(left, 1 << 20))) or left
    out.read(1)
    return data


@contextmanager
def _started(folder: str, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """A command that is written to and read from, for as long as a run may take."""
    with subprocess.Popen(  # noqa: S603 - no shell, and no word of the command is from outside
        _command(*words), cwd=folder, env=_environment(), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    ) as process:
        watch = Timer(PATIENCE, process.kill)  # files of a stranger's repository may be pipes that never end
        watch.start()
        try:
            if process.stdin and process.stdout:
                yield process, process.stdin, process.stdout
        finally:
            watch.cancel()
            process.kill()


def object_of(data: bytes, like: str) -> str:
    """The name of the object that holds these bytes, in the repository that `like` is the name of another one in."""
    import hashlib

    kind = hashlib.sha1 if len(like) == 40 else hashlib.sha256
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _run(folder: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - no shell, and REF stands behind --end-of-options
            _command(*words),
            cwd=folder,
            env=_environment(),
            stdin=DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"--changed-since: git {words[0]} does not come to an end") from error
    except OSError as error:
        raise UsageError(f"--changed-since cannot run git: {error.strerror}") from error


def _command(*words: str) -> list[str]:
    git = which("git")
    if git is None or not os.path.isabs(git):  # a relative one may be of the scanned tree
        raise UsageError("--changed-since needs git, which is not installed here")
    return [git, "--no-pager", *(word for setting in QUIET for word in ("-c", setting)), *words]


def _environment() -> dict[str, str]:
    """The caller's, without what a hook is told of the repository that runs it."""
    return {**{name: value for name, value in os.environ.items() if name not in TOLD_TO_HOOKS}, **ENVIRONMENT}


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else f"git ends with {done.returncode}"
