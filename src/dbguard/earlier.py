"""An earlier version of the files of a scan: which need not be judged again, and the others written into a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from dbguard.changes import Paths, renamed
from dbguard.discover import SUFFIXES, Candidate, Found, may_be_template, narrow
from dbguard.families import JOINS, NESTS
from dbguard.sources.document import LARGEST
from dbguard.sources.git import Repository, blobs, object_of

REFERS = (*NESTS, b"AWS::Include")  # what says that a template reads other files
ALWAYS = (".gitignore", ".rpdk-config", "cdk.out")  # files that say what others are
_NAME = rb"[^\s/\\\"'#?:,{}\[\]()]+"


class Earlier:
    """The files of a scan as they were at one commit.

    `same` are those whose bytes are what they were. `quiet` are those of them that refer to no other file and are
    referred to by none, so that their verdicts cannot have changed.
    """

    def __init__(self, repository: Repository, paths: Sequence[str], found: Iterable[Found], inputs: Paths) -> None:
        self.repository, self.inputs = repository, inputs
        self.scanned = [inputs(path) for path in paths]
        self.now = {inputs(one.file): one for one in found if isinstance(one, Candidate)}
        self.same = {path for path, one in self.now.items() if self._is_same(path, one.data)}
        self.changed = self.now.keys() - self.same
        self.texts = self._texts()
        self.quiet = self._quiet()

    def _is_same(self, path: str, data: bytes) -> bool:
        known = self.repository.files.get(path)
        return known is not None and object_of(data, known) == known

    def is_same(self, path: str) -> bool:
        """Whether any file of the repository is as it was; one from outside of it has no history."""
        if path.startswith("../"):
            return True
        try:
            with open(os.path.join(self.repository.root, path), "rb") as file:
                return self._is_same(path, file.read(LARGEST + 1))
        except OSError:
            return False

    def _texts(self) -> dict[str, bytes]:
        """What was in the files that are another or no template now, under their new names as well."""
        files = self.repository.files
        wanted = [path for path in files if path not in self.same and _is_read(path) and self._is_scanned(path)]
        added = {path: self.now[path].data for path in self.changed if path not in files}
        gone = [path for path in files if added and _is_read(path) and not self._is_there(path)]
        texts = self._read([*wanted, *gone])
        names = renamed({path: texts[path] for path in gone if path in texts}, added)
        return {**texts, **{new: texts[old] for new, old in names.items()}}

    def _is_scanned(self, path: str) -> bool:
        return any(one in (".", path) or path.startswith(f"{one}/") for one in self.scanned)

    def _is_there(self, path: str) -> bool:
        return path in self.now or os.path.lexists(os.path.join(self.repository.root, path))

    def _read(self, paths: Iterable[str]) -> dict[str, bytes]:
        wanted = {path: self.repository.files[path] for path in paths}
        found = dict(blobs(self.repository, wanted.values(), LARGEST))
        return {path: found[name] for path, name in wanted.items() if name in found}

    def _quiet(self) -> set[str]:
        everything = [*self.texts.values(), *(one.data for one in self.now.values())]
        imported = any(JOINS[0] in narrow(data) for data in everything)
        words = (*REFERS, *JOINS) if imported else REFERS
        named = _named(everything)
        ends = tuple(os.fsdecode(word) for word in named if _is_read(os.fsdecode(word)))  # a name may be put together
        alone = {path for path in self.same if self.now[path].stack is None and not _is_fragment(path)}
        return {
            path
            for path in alone
            if not _has(self.now[path].data, words)
            and not path.endswith(ends)
            and os.fsencode(os.path.basename(path)) not in named
        }

    def unsettle(self) -> None:
        """Judge every file: what is given to the templates changed, or may say which files they read."""
        self.quiet = set()

    @property
    def refers(self) -> bool:
        """Whether some template reads other files, or did."""
        return any(_has(data, REFERS) for data in (*self.texts.values(), *(one.data for one in self.now.values())))

    def write(self, folder: str, also: Iterable[str]) -> None:
        """Write the earlier version of what is to be judged, and of what that may read, into an empty folder."""
        files = self.repository.files
        written = {path: self.now[path].data for path in self.same - self.quiet}
        written.update((path, data) for path, data in self.texts.items() if may_be_template(data))
        named = {path for path in files if os.path.basename(path) in ALWAYS or path in also}
        if any(b"::MODULE" in narrow(data) for data in written.values()):
            named.update(filter(_is_fragment, files))
        os.mkdir(os.path.join(folder, ".git"))  # whoever looks for the repository's root finds it
        while True:
            written.update({path: self.texts[path] for path in named & self.texts.keys()})
            written.update(self._read(named - self.texts.keys()))
            words = _named(written.values())
            named = {path for path in files if path not in written and os.fsencode(os.path.basename(path)) in words}
            if not named:
                break
        for path, data in written.items():
            _write(folder, path, data)


def _is_read(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)


def _is_fragment(path: str) -> bool:
    """Whether it may be the template of a module, which is found by the module's name."""
    return path.rpartition("/")[0].rpartition("/")[2] == "fragments"


def _has(data: bytes, words: Iterable[bytes]) -> bool:
    text = narrow(data)
    return any(word in text for word in words)


def _named(texts: Iterable[bytes]) -> set[bytes]:
    """All words that may be the name of a file, in templates that read other files."""
    return {word for data in texts if _has(data, REFERS) for word in re.findall(_NAME, narrow(data))}


def _write(folder: str, path: str, data: bytes) -> None:
    """Write a file of a stranger's tree, whose names need not be those of files."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.lower() == ".git" or "\\" in part or ":" in part for part in parts):
        return
    file = os.path.join(folder, *parts)
    try:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.write(data)
    except (OSError, ValueError):
        return  # it counts as new
