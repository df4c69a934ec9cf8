"""Which files a scan reads: named files, folders with all that may be a template below them, standard input."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dbguard.model import Gap
from dbguard.sources.document import LARGEST

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from dbguard.sources.cdk import Stack

SUFFIXES = (".yaml", ".yml", ".json", ".template", ".cfn", ".cform")
# A key that only templates have, at the start of a line (YAML) or in quotes (JSON).
_KEYS = rb"Resources|AWSTemplateFormatVersion|Transform|TemplateBody|ResourceChange"
# Such a key, behind a byte order mark or a line end of Unicode too (the last byte of either); or what one may be
# written with: an escaped letter or line end, or `?`, behind which a comment may stand before the colon.
_SNIFF = (
    rb"""(?m)(?:^|[\s{,\0\x85\xa8\xa9\xbf])["']?(?:%b)["']?[\s\0]*:"""
    rb"""|\\(?:[uU](?:0000)?00|x)[4-7]|"[A-Za-z]+\\\r?\n|(?:^|[{,\xbf])[ \t]*\?\s"""
) % _KEYS
# What the CDK writes beside its manifest; what is left there of earlier stacks is none any more.
_OF_CDK = r"(?:\.(?:template|assets|metadata)\.json|^asset\..*|^tree\.json|^manifest\.json)$"
_TYPE = r"[A-Za-z0-9]+(?:::[A-Za-z0-9@-]+)+"


class Candidate(NamedTuple):
    """A file that may be a template; `named` by the user, or found in a folder."""

    file: str
    data: bytes
    named: bool
    stack: Stack | None = None  # what a cloud assembly of the CDK says of it


class PassedOver(NamedTuple):
    """A file in a folder that is no template."""

    file: str


Found = Candidate | PassedOver | Gap


Told = Callable[[str, str], None]  # of a file or folder that is left out: its name, and why


def find(paths: Sequence[str], *, every: bool = False, told: Told | None = None) -> Iterator[Found]:
    """Everything to look at, in order, the same file once; what .gitignore leaves out only where every file is."""
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path == "-":
            yield _standard_input()
        elif os.path.isdir(path):
            yield from _folder(path, seen, told, every=every)
        else:
            yield from _file(path, seen, named=True)


def _standard_input() -> Candidate | Gap:
    if sys.stdin is None:
        return Gap("<stdin>", "unreadable", "standard input is closed")
    try:
        return _candidate("<stdin>", sys.stdin.buffer.read(LARGEST + 1), named=True)
    except OSError as error:
        return Gap("<stdin>", "unreadable", error.strerror or str(error))


def _candidate(file: str, data: bytes, *, named: bool) -> Candidate:
    return Candidate(file.replace(os.sep, "/"), data, named)


def _file(path: str, seen: set[tuple[int, int]], *, named: bool) -> Iterator[Found]:
    shown = path.replace(os.sep, "/")
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            yield Gap(shown, "unreadable", "not a regular file; a pipe is read as -")
            return
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        yield Gap(shown, "unreadable", error.strerror or str(error))
        return
    except ValueError as error:
        yield Gap(shown, "unreadable", str(error))
        return
    if named or may_be_template(data):
        yield _candidate(path, data, named=named)
    else:
        yield PassedOver(shown)


def may_be_template(data: bytes) -> bool:
    """Whether the text has a word that every template has; all else in a folder is passed over unread."""
    return re.search(_SNIFF, narrow(data)) is not None


def narrow(data: bytes) -> bytes:
    """A file's bytes so that plain words are found in them, in UTF-16 and UTF-32 too, marked as such or not."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return data[2 if marked else 0 :].replace(b"\0", b"") if marked or b"\0" in data[:4] else data


def _folder(root: str, seen: set[tuple[int, int]], told: Told | None, *, every: bool) -> Iterator[Found]:
    ignored = Ignored(root, every=every, told=told)
    problems: list[OSError] = []
    for folder, names, files in os.walk(root, onerror=problems.append):
        while problems:
            yield _unlisted(problems.pop())
        ignored.enter(folder)
        _tell_of_links(folder, names, told)
        assembly = "manifest.json" in files and _assembly(folder, files, seen)
        names[:] = sorted(
            name for name in names if name != ".git" and not ignored(os.path.join(folder, name), folder=True)
        )
        if assembly:
            yield from assembly
        if assembly and not every:
            names[:] = [name for name in names if not re.search(_OF_CDK, name)]
        for name in sorted(files):
            if assembly and not every and re.search(_OF_CDK, name):
                continue
            path = os.path.join(folder, name)
            if name.lower().endswith(SUFFIXES) and not ignored(path):
                yield from _file(os.path.normpath(path), seen, named=False)
    while problems:
        yield _unlisted(problems.pop())


def _assembly(folder: str, files: list[str], seen: set[tuple[int, int]]) -> list[Found]:
    """The stacks of a folder that the CDK wrote. Empty for other folders."""
    from dbguard.sources import cdk

    if not cdk.is_assembly(files):
        return []
    found: list[Found] = []
    for stack in cdk.stacks(folder):
        if isinstance(stack, Gap):
            found.append(stack)
            continue
        read = _file(os.path.normpath(stack.file), seen, named=True)
        found.extend(one._replace(stack=stack) if isinstance(one, Candidate) else one for one in read)
    return found


def _tell_of_links(folder: str, names: list[str], told: Told | None) -> None:
    if told:
        for path in sorted(os.path.join(folder, name) for name in names):
            if os.path.islink(path):
                told(path, "a link to a folder, which is not followed")


def _unlisted(error: OSError) -> Gap:
    return Gap(str(error.filename).replace(os.sep, "/"), "unreadable", error.strerror or str(error))


class Ignored:
    """What the .gitignore files from the repository's root downwards leave out; git itself is never run."""

    def __init__(self, root: str, *, every: bool, told: Told | None = None) -> None:
        self._told: Told | None = None
        self._specs: list[tuple[str, GitIgnoreSpec]] = []
        self._every = every
        above = os.path.abspath(root)
        chain = []
        while not os.path.exists(os.path.join(above, ".git")) and os.path.dirname(above) != above:
            above = os.path.dirname(above)
            chain.append(above)
        if os.path.exists(os.path.join(above, ".git")):
            for folder in reversed(chain):
                self.enter(folder)
            if self(root, folder=True):
                self._specs = []  # named, although it is left out
        self._told = told

    def enter(self, folder: str) -> None:
        """Read the folder's own .gitignore, if there is one."""
        path = os.path.join(folder, ".gitignore")
        if self._every or not os.path.isfile(path):
            return
        from dbguard.patterns import spec

        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                self._specs.append((os.path.abspath(folder), spec(file)))
        except (OSError, ValueError):
            return

    def __call__(self, path: str, *, folder: bool = False) -> bool:
        """Whether a path is left out; the innermost file that speaks of it decides."""
        full = os.path.abspath(path)
        for base, spec in reversed(self._specs):
            if full.startswith(base + os.sep):
                inside = os.path.relpath(full, base).replace(os.sep, "/") + ("/" if folder else "")
                answer = spec.check_file(inside).include
                if answer and self._told:
                    self._told(path, f"left out by {os.path.join(base, '.gitignore')}")
                if answer is not None:
                    return answer
        return False


def is_template(root: Any) -> bool:
    """Whether data is a CloudFormation template, by what only templates have."""
    if not isinstance(root, dict):
        return False
    if "AWSTemplateFormatVersion" in root:
        return True
    resources = root.get("Resources")
    if isinstance(resources, dict) and ("Fn::Transform" in resources or any(map(_is_resource, resources.values()))):
        return True
    return "Transform" in root and ("Resources" in root or "AWS::" in str(root["Transform"]))


def _is_resource(body: Any) -> bool:
    """Whether it has the type of a resource, or a macro that gives it one."""
    if not isinstance(body, dict):
        return False
    return "Fn::Transform" in body or (isinstance(body.get("Type"), str) and bool(re.fullmatch(_TYPE, body["Type"])))
