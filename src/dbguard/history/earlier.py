"""An earlier version of the files of a scan: which need not be judged again, and the others written into a folder."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from dbguard.discover import SUFFIXES, Candidate, Found, may_be_template, narrow
from dbguard.errors import DocumentError
from dbguard.families import JOINS, NESTS
from dbguard.history.changes import Paths, renamed
from dbguard.sources.document import LARGEST, Document, contents
from dbguard.sources.git import Repository, blobs, object_of

ALWAYS = (".gitignore", ".rpdk-config", "cdk.out", "manifest.json")  # files that say what others are
_NAME = rb"[^\s/\\\"'#?:,{}\[\]()]+"


class Names:
    """Words of templates, of which each may be a file's name, or the end of one that is put together."""

    def __init__(self, words: set[bytes]) -> None:
        self.whole = {os.fsdecode(word) for word in words}
        self.ends = tuple(word for word in self.whole if _is_read(word))

    def __contains__(self, path: str) -> bool:
        return path.rpartition("/")[2] in self.whole or path.endswith(self.ends)


class Earlier:
    """The files of a scan as they were at one commit; `given` are values of parameters, which may name files.

    `same` are those whose bytes are what they were. `quiet` are those of them that refer to no other file and are
    referred to by none, so that their verdicts cannot have changed.
    """

    def __init__(
        self, repository: Repository, paths: Sequence[str], found: Iterable[Found], inputs: Paths, given: Iterable[str]
    ) -> None:
        self.repository, self.inputs = repository, inputs
        self.scanned = [inputs(path) for path in paths]
        self.now = {inputs(one.file): one for one in found if isinstance(one, Candidate)}
        self.same = {path for path, one in self.now.items() if self.holds(path, one.data)}
        self.changed = self.now.keys() - self.same
        self.given = _words("\n".join(given).encode("utf-8", "replace"))
        self.idle: set[str] = set()
        self.settled = True
        self._known: dict[str, bool] = {}
        self._backwards: list[str] = []
        self.renamed: dict[str, str] = {}
        self.texts = self._texts()
        still = [self.now[path].data for path in self.same]
        stirred = [*self.texts.values(), *(self.now[path].data for path in self.changed)]
        stirred += self._parts([*stirred, *still])
        self._joins = any(JOINS[0] in narrow(data) for data in (*stirred, *still))
        self._stirred_joins = self._joins and any(_has(data, JOINS) for data in stirred)
        self._stirred_names = self._named(stirred)
        self.quiet = self._quiet(self._named([*stirred, *still]))

    def holds(self, path: str, data: bytes) -> bool:
        """Whether these were the bytes of a file."""
        known = self.repository.files.get(path)
        return known is not None and object_of(data, known) == known

    def toml(self, now: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The files that may configure something and are not as they were, with what they held; `now` do so today."""
        files = self.repository.files
        yield from self._read(path for path in files if path.endswith(".toml") and not self.is_same(path))
        yield from ((path, b"") for path in now if path not in files)

    def separate(self, old: str) -> None:
        """Take a file that was renamed for two."""
        del self.renamed[old]

    def is_same(self, path: str) -> bool:
        """Whether any file of the repository is as it was; one from outside of it has no history."""
        if path.startswith("../") or path in self.same:
            return True
        if path not in self._known:
            try:
                self._known[path] = self.holds(path, contents(os.path.join(self.repository.root, path)))
            except DocumentError:
                self._known[path] = False
        return self._known[path]

    def is_as_it_was(self, path: str) -> bool:
        """Whether a file of the repository, or that there is none, is as it was."""
        return not path.startswith("../") and (self.is_same(path) or not self._is_there(path))

    def _texts(self) -> dict[str, bytes]:
        """The templates that are others or none now."""
        files = self.repository.files
        wanted = [path for path in files if _is_read(path) and self._is_scanned(path) and not self.is_same(path)]
        added = {path: self.now[path].data for path in sorted(self.changed) if path not in files}
        gone = [path for path in files if added and _is_read(path) and not self._is_there(path)]
        texts = {path: data for path, data in self._read([*wanted, *gone]) if may_be_template(data)}
        self.renamed = renamed({path: texts[path] for path in gone if path in texts}, added)
        return texts

    def _is_scanned(self, path: str) -> bool:
        return any(one in (".", path) or path.startswith(f"{one}/") for one in self.scanned)

    def _is_there(self, path: str) -> bool:
        return path in self.now or os.path.lexists(os.path.join(self.repository.root, path))

    def _read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        named: dict[str, list[str]] = {}
        for path in dict.fromkeys(paths):
            named.setdefault(self.repository.files[path], []).append(path)
        for name, data in blobs(self.repository, named, LARGEST):
            yield from ((path, data) for path in named[name])

    def _parts(self, texts: Iterable[bytes]) -> list[bytes]:
        """What was in the files that changed and that templates may read, or that those may."""
        found: dict[str, bytes] = {}
        known = self.now.keys() | self.texts.keys()
        while texts:
            meant = set(self._reached(self._named(texts))) - known - found.keys()
            more = dict(self._read(path for path in meant if not self.is_same(path)))
            found.update(more)
            texts = list(more.values())
        return list(found.values())

    def _quiet(self, named: Names) -> set[str]:
        words = (*NESTS, *JOINS) if self._joins else NESTS
        alone = filter(self._stands_alone, self.same)
        return {path for path in alone if not _has(self.now[path].data, words) and path not in named}

    def _named(self, texts: Iterable[bytes]) -> Names:
        """The files that some templates may read."""
        found = {word for data in texts if _has(data, NESTS) for word in _words(data)}
        return Names(found | self.given if found else found)

    def is_idle(self, documents: Iterable[Document]) -> bool:
        """Whether templates that are judged as one are as they were, and whatever they read or are read by."""
        files = {self.inputs(one.file): one.text.encode("utf-8", "surrogatepass") for one in documents}
        idle = self.settled and self._is_idle(files)
        self.idle.update(files if idle else ())
        return idle

    def _is_idle(self, files: dict[str, bytes]) -> bool:
        if not all(path in self.repository.files and self.is_same(path) for path in files):
            return False
        if any(path in self._stirred_names or not self._stands_alone(path) for path in files):
            return False
        if any(b"::MODULE" in data or (self._stirred_joins and _has(data, JOINS)) for data in files.values()):
            return False
        named = self._named(files.values())
        return all(map(self.is_same, self._reached(named)))

    def _reached(self, names: Names) -> Iterator[str]:
        """The files of the earlier version that may be meant."""
        if not self._backwards:
            self._backwards = sorted(path[::-1] for path in self.repository.files)
        for word in names.whole:
            start = f"/{word}"[::-1]
            yield from [word] if word in self.repository.files else ()
            yield from self._ending(start)
        for word in names.ends:
            yield from self._ending(word[::-1])

    def _ending(self, start: str) -> Iterator[str]:
        for at in range(bisect_left(self._backwards, start), len(self._backwards)):
            if not self._backwards[at].startswith(start):
                return
            yield self._backwards[at][::-1]

    def _stands_alone(self, path: str) -> bool:
        """Whether its name in other files is all that it may be found by."""
        return not _is_fragment(path) and (path not in self.now or self.now[path].stack is None)

    def unsettle(self) -> None:
        """Judge every file, for what is given to them changed."""
        self.settled, self.quiet = False, set()

    def rest(self, judged: set[str]) -> None:
        """What was found to be idle, and is not judged with other files, is quiet as well."""
        self.quiet |= self.idle & self.now.keys() - judged

    def paths(self) -> Iterator[str]:
        """What to scan of the earlier version: the same paths, and where files that were renamed stood elsewhere."""
        yield from self.scanned
        yield from (old for old in self.renamed if not self._is_scanned(old))

    def write(self, folder: str, also: Iterable[str]) -> None:
        """Write the earlier version of what is to be judged, and of what that may read, into an empty folder."""
        files = self.repository.files
        written = {path: self.now[path].data for path in self.same - self.quiet}
        written.update(self.texts)
        named = {path for path in files if os.path.basename(path) in ALWAYS or path in also}
        if any(b"::MODULE" in narrow(data) for data in written.values()):
            named.update(filter(_is_fragment, files))
        os.mkdir(os.path.join(folder, ".git"))  # whoever looks for the repository's root finds it
        while True:
            written.update(self._read(named))
            named = set(self._reached(self._named(written.values()))) - written.keys()
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


def _words(data: bytes) -> set[bytes]:
    return set(re.findall(_NAME, narrow(data)))


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
