"""Templates that CloudFormation's own transforms rewrite: loops (`AWS::LanguageExtensions`) and SAM, expanded.

What a loop goes over is resolved here, in the default scenario; cfn-lint's transform then makes what the loop makes.
Of a loop's body cfn-lint sees only what has to do with the loop: it would also resolve functions by guesses, and it
goes on where a value is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dbguard.inventory import Impossible
from dbguard.model import Gap, Location
from dbguard.sources.document import Document
from dbguard.sources.places import Items, Map, mappings, marked, unpack
from dbguard.sources.template import load
from dbguard.sources.template.parameters import Parameter
from dbguard.sources.template.sections import SECTIONS
from dbguard.sources.template.substitution import (
    HIDDEN,
    HIDING,
    Body,
    Listed,
    Plain,
    Unexpandable,
    node,
    tidy,
    transformed,
)
from dbguard.value import ABSENT, Value, describe, text

LANGUAGE, SERVERLESS = "AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"
LOOP = "Fn::ForEach"
MOST_MADE = 5_000  # resources, conditions and outputs; CloudFormation takes 500 resources
MOST_WORK = 2_000_000  # places in what loops make, each as often as it is deep: a few seconds
KEY = re.compile(r"[^{}]*(?:[$&]\{[\w:.-]+\}[^{}]*)*")  # of others cfn-lint's patterns may not come back
COSTLY = 10  # such places is what a text costs into which values are put


def expand(document: Document, given: Mapping[str, Value]) -> Document:
    """The document with its loops and SAM's resources written out, in the author's places."""
    root = document.root
    declared = root.get("Transform") if isinstance(root, dict) else None
    transforms = declared if isinstance(declared, list) else [declared]
    loops = LANGUAGE in transforms and LOOP in document.text
    if not loops and SERVERLESS not in transforms:
        return document
    found = Document(document.file, document.placed(), document.text, document.gaps, parts=document.parts)
    found.unexpanded, found.constructs, found.written = document.unexpanded, document.constructs, document.written
    if loops:
        _Expander(found, given).sections()
    if SERVERLESS in transforms:
        from dbguard.sources.template.serverless import convert

        root, wrong = convert(found.root)
        gaps = (Gap(found.file, kind, detail, Location(found.file, *unpack(mark))) for kind, detail, mark in wrong)
        found.gaps = (*found.gaps, *gaps)
        found.replace(root)
    return found


class _Expander:
    """The loops of one template; those that cannot be expanded stay, with the reason in `document.unexpanded`."""

    def __init__(self, document: Document, given: Mapping[str, Value]) -> None:
        self.document = document
        known = {name: body for name, body in document.root.items() if name in SECTIONS and name != "Resources"}
        self.world = load(Document(document.file, {**known, "Resources": {}}), given)[0].world
        self.world.assign(self.world.defaults())
        self.names: dict[str, int] = {}  # the identifiers of the loops around, and the length of their longest value
        self.factor = 1  # how often it is made
        self.made = self.work = self.count = 0
        self.plain: set[int] = set()  # what holds no loop
        self.nested: dict[int, bool] = {}  # whether a loop's body holds another

    def sections(self) -> None:
        """Expand section after section; what loops go over may hang on conditions that loops make."""
        for name in ("Conditions", "Resources", "Outputs"):
            section = self.document.root.get(name)
            if isinstance(section, Map):
                root = marked(self.document.root.items(), self.document.root.marks)
                root[name] = self._tree(section, top=True)
                self.document.replace(root)
                if name == "Conditions":
                    self.world.conditions = root[name]

    def _tree(self, value: Any, *, top: bool = False) -> Any:
        """The value with the loops inside written out; the value itself where there are none."""
        if not isinstance(value, (dict, list)) or id(value) in self.plain:
            return value
        if isinstance(value, list):
            items = Items()
            items.extend(map(self._tree, value))
            items.marks = value.marks if isinstance(value, Items) else []
            found: Any = items
            same = all(one is other for one, other in zip(items, value, strict=True))
        else:
            found = self._mapping(value, top=top)
            same = len(found) == len(value) and all(found.get(name, found) is value[name] for name in value)
        if same:
            self.plain.add(id(value))
        return value if same else found

    def _mapping(self, value: Any, *, top: bool) -> Map:
        found = Map()
        found.marks = {}
        for name, inner in value.items():
            mark = value.marks[name]
            made = marked([(name, inner)], value.marks)
            if not name.startswith(LOOP):
                made[name] = self._tree(inner)
            else:
                try:
                    made = self._expanded(name, inner, (value, found), top=top)
                except Unexpandable as why:
                    self._stays(name, mark, why)
            found.update(made)
            found.marks.update(made.marks)
        return found

    def _stays(self, name: str, mark: int, why: Unexpandable) -> None:
        self.document.unexpanded[unpack(mark)] = f"{name} is not expanded, what it makes was not judged: {why}"

    def _expanded(self, name: str, loop: Any, others: tuple[Map, Map], *, top: bool) -> Map:
        """What an outermost loop makes, beside `others`."""
        made = self.made
        try:
            settled = self._settled(name, loop, top=top)
        except Unexpandable:
            self.made = made
            raise
        found: Map = tidy(transformed(settled)) if settled else settled
        twice = next((one for one in found if one in others[0] or one in others[1]), None)
        if twice:
            raise Unexpandable(f"it makes {twice}, which there is already")
        return found

    def _settled(self, name: str, loop: Any, *, top: bool) -> Map:
        """A loop, or several in its place, over plain texts; loops in its body are settled as well."""
        identifier, collection, body = _parts(loop)
        values = self._values(name, collection)
        found = Body()
        found.marks = {}
        if not values:
            return found
        outer, parameter = self.factor, self.world.parameters.get(identifier)
        self.names[identifier] = max(map(len, values))
        nested = self.nested.get(id(body))
        if nested is None:
            nested = self.nested[id(body)] = any(name.startswith(LOOP) for one in mappings(body) for name in one)
        try:
            for each in [[one] for one in values] if nested else [values]:
                self.factor = outer * len(each)
                if nested:  # what the inner loops go over may hang on the value
                    self.world.parameters[identifier] = Parameter(identifier, given=each[0])
                self.count += 1
                found[f"{LOOP}::{self.count}"] = [identifier, each, self._body(body, 1, top=top)]
        finally:
            self.names.pop(identifier, None)
            self.factor = outer
            self.world.parameters.pop(identifier, None)
            if parameter:
                self.world.parameters[identifier] = parameter
        return found

    def _values(self, name: str, collection: Any) -> list[str]:
        try:
            found = self.world.deep(collection)
        except Impossible as why:
            raise Unexpandable(f"{name} goes over what cannot be: {why}") from None
        if found is ABSENT or isinstance(found, (str, dict, int, float)):
            raise Unexpandable(f"{name} does not go over a list")
        self._spend(COSTLY + (len(found) if isinstance(found, list) else 0))
        for one in found if isinstance(found, list) else [found]:
            if not isinstance(one, (str, int, float)):
                raise Unexpandable(describe(one))
            if "\\" in text(one):
                raise Unexpandable(f"{describe(one)} cannot stand in a name")
        return [text(one) for one in found]

    def _body(self, value: Any, depth: int, *, top: bool = False) -> Any:
        """A loop's body as cfn-lint is to see it. Raises Unexpandable where there is too much of it."""
        self._spend(depth * self.factor)
        if value is None:
            return Plain()
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            items = Listed(self._body(one, depth + 1) for one in value)
            items.marks = value.marks if isinstance(value, Items) else []
            return items
        if not isinstance(value, Map):
            return value
        found = Body()
        found.marks = {}
        for name, inner in value.items():
            self._entry(found, name, inner, value.marks[name], depth, top=top)
        return found

    def _entry(self, found: Map, name: str, inner: Any, mark: int, depth: int, *, top: bool) -> None:
        if name.startswith(LOOP):
            try:
                found.update(self._settled(name, inner, top=top))
            except Unexpandable as why:
                if self.work > MOST_WORK or self.made > MOST_MADE:
                    raise
                if top:  # what may be there beside the rest is a gap of the whole
                    raise Unexpandable(why if str(why).startswith(LOOP) else f"{name}: {why}") from None
                self._stays(name, mark, why)
                found[HIDING + name] = inner
                found.marks[HIDING + name] = mark
            return
        if top:
            self.made += self.factor
            if self.made > MOST_MADE:
                raise Unexpandable(f"the template's loops make more than {MOST_MADE:,}")
        if "{" in name and not KEY.fullmatch(name):
            raise Unexpandable(f"{describe(name)} is no name")
        made = self._body(inner, depth + 1)
        hidden = name in HIDDEN or (name == "Ref" and isinstance(made, Plain))
        key = HIDING + name if hidden else node(name, mark) if "{" in name else name
        found[key] = made
        found.marks[key] = mark

    def _spend(self, work: int) -> None:
        self.work += work
        if self.work > MOST_WORK:
            raise Unexpandable("the template's loops make too much")

    def _text(self, value: str) -> str | Plain:
        """A text, in pieces where it names the identifiers of loops."""
        if "{" not in value or not any(f"{{{name}}}" in value for name in self.names):
            return value
        pieces = re.split(f"([$&]\\{{(?:{'|'.join(self.names)})\\}})", value)
        size = len(value) + len(pieces) * max(self.names.values())
        self._spend((COSTLY * len(pieces) + size // COSTLY) * self.factor)
        return Plain({"Fn::Sub": piece} if at % 2 else piece for at, piece in enumerate(pieces))


def _parts(loop: Any) -> tuple[str, Any, dict[str, Any]]:
    if not isinstance(loop, list) or len(loop) != 3:
        raise Unexpandable("a loop takes an identifier, what it goes over, and what it makes")
    identifier, collection, body = loop
    if not isinstance(identifier, str) or not re.fullmatch(r"[\w-]+", identifier) or not isinstance(body, Map):
        raise Unexpandable("a loop takes an identifier, what it goes over, and what it makes")
    return identifier, collection, body
