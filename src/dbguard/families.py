"""Which templates are seen together: those that nest others, and those that import what others export.

Found before anything is judged, so that a nested template is judged where it is used and not a second time alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dbguard.discover import Candidate, is_template, narrow
from dbguard.errors import DocumentError
from dbguard.sources.document import Document, contents
from dbguard.sources.places import mappings
from dbguard.sources.template import opened
from dbguard.value import Value, hashable

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld

NESTS = (b"AWS::CloudFormation::Stack", b"AWS::Serverless::Application", b"::MODULE")
JOINS = (b"ImportValue", b"Export")
Given = Callable[[str], Mapping[str, Value]]  # what a template is given, by its file


class Files:
    """The files that templates name, each read once."""

    def __init__(self) -> None:
        self._read: dict[object, Document] = {}

    def fetch(self, file: str, given: Mapping[str, Value]) -> Document:
        """A template's text, expanded with what is given to it. Raises DocumentError."""
        key = (file, hashable(given))
        if key not in self._read:
            self._read[key] = opened(contents(file), file, given)
        return self._read[key]


class Family(NamedTuple):
    """Templates that are judged as one: the first of them, and the others that it is seen with."""

    head: Document
    beside: tuple[Document, ...] = ()


class Root(NamedTuple):
    """A template that nests or joins others, looked at by itself."""

    document: Document
    children: tuple[str, ...]  # the real paths of the templates that it nests
    exports: frozenset[str]
    imports: frozenset[str]


class Families:
    """The families among the files of a scan."""

    def __init__(self, candidates: Iterable[Candidate], given: Given) -> None:
        self.files = Files()
        self.children: set[str] = set()  # the real paths of templates that others nest
        self._of: dict[str, Family] = {}
        for group in _groups(self._roots(_marked(candidates), given)):
            family = Family(group[0].document, tuple(root.document for root in group[1:]))
            self._of.update((root.document.file, family) for root in group)

    def _roots(self, candidates: Iterable[Candidate], given: Given) -> list[Root]:
        """The templates that no other nests, and of those that nest each other in a circle the first.

        Each is looked at alone first, so that what is nested is mostly put together only where it is used.
        """
        alone = {one.file: one for one in (_parsed(each, given(each.file)) for each in candidates) if one is not None}
        named = {child for one in alone.values() for child in _named(one, given(one.file))}
        roots = []
        for document in sorted(alone.values(), key=lambda one: os.path.realpath(one.file) in named):
            root = None if self.nested(document.file) else self._root(document, given(document.file))
            if root is not None:
                roots.append(root)
                self.children.update(root.children)
        return [root for root in roots if not self.nested(root.document.file)]

    def of(self, file: str) -> Family | None:
        """The family that a file belongs to; None where it stands alone."""
        return self._of.get(file)

    def nested(self, file: str) -> bool:
        """Whether another template of the scan nests this one."""
        return bool(self.children) and os.path.realpath(file) in self.children

    def _root(self, document: Document, given: Mapping[str, Value]) -> Root | None:
        from dbguard.sources.template.assembly import assemble

        try:
            world, _, documents = assemble(((document, given),), self.files.fetch)
        except (DocumentError, RecursionError):
            return None  # told of when it is judged
        world.assign(world.defaults())
        exports = frozenset(name for one in world.exports.values() if isinstance(name := world.settled(one), str))
        children = tuple({os.path.realpath(one.file): None for one in documents[1:]})
        return Root(document, children, exports, frozenset(_imports(world)))


def _parsed(candidate: Candidate, given: Mapping[str, Value]) -> Document | None:
    try:
        document = opened(candidate.data, candidate.file, given)
    except (DocumentError, RecursionError):
        return None  # told of when it is judged
    if candidate.stack:
        document.constructs = candidate.stack.constructs
    return document if document.partial or is_template(document.root) else None


def _named(document: Document, given: Mapping[str, Value]) -> set[str]:
    """The real paths of the files that a template by itself nests."""
    from dbguard.sources.template.assembly import assemble
    from dbguard.sources.template.urls import real

    found: set[str] = set()

    def noted(file: str, _: Mapping[str, Value]) -> Document:
        found.add(real(file))
        raise DocumentError("unreadable", "not looked into")

    try:
        assemble(((document, given),), noted)
    except (DocumentError, RecursionError):
        return set()
    return found


def _marked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The files whose text says that they may nest or join others."""
    some = [one for one in candidates if _has(one.data, NESTS + JOINS)]
    imported = any(_has(one.data, JOINS[:1]) for one in some)
    return [one for one in some if imported or _has(one.data, NESTS)]


def _has(data: bytes, words: tuple[bytes, ...]) -> bool:
    text = narrow(data)
    return any(word in text for word in words)


def _imports(world: TemplateWorld) -> Iterator[str]:
    """The names that a template imports by default, as far as they are plain text."""
    trees = [world.sections["Resources"], [one.value for one in world.bindings.values()]]
    for one in mappings(trees):
        name = world.settled(one["Fn::ImportValue"]) if "Fn::ImportValue" in one else None
        if isinstance(name, str):
            yield name


def _groups(roots: list[Root]) -> list[list[Root]]:
    """The templates that import from each other, in order."""
    exporting: dict[str, list[int]] = {}
    for at, root in enumerate(roots):
        for name in root.exports:
            exporting.setdefault(name, []).append(at)
    joined: list[set[int]] = [set() for _ in roots]
    for at, root in enumerate(roots):
        for name in root.imports:
            for other in exporting.get(name, ()):
                joined[at].add(other)
                joined[other].add(at)
    seen: set[int] = set()
    return [[roots[one] for one in sorted(_reached(at, joined, seen))] for at in range(len(roots)) if at not in seen]


def _reached(start: int, joined: list[set[int]], seen: set[int]) -> Iterator[int]:
    """All that one is joined with, itself first; they are seen then."""
    stack = [start]
    while stack:
        at = stack.pop()
        if at not in seen:
            seen.add(at)
            yield at
            stack.extend(joined[at])
