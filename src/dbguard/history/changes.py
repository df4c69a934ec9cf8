"""What changed between two versions of the templates of a scan, by what they hold rather than by their lines.

A resource changed when its own content did, or that of anything it refers to, however far: parameters with the values
that they may take, conditions, mappings, rules, other resources, what other templates give it. Whatever this overlooks
is caught by the verdicts of both versions: a finding that the old one does not have is always told.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from dbguard.conditions.relation import Items, Relation
from dbguard.inventory import Resource
from dbguard.model import VERDICTS, WAIVABLE, Finding, Gap, LeftOut, Location, Notice, Report
from dbguard.sources.template import TemplateInventory
from dbguard.waiver import Home, around, gathered, home

STACK = "AWS::CloudFormation::Stack"  # what it gives counts where it is used, not in all that is nested
MOST = 20_000  # values in one resource; a larger one counts as changed
MOST_RENAMED = 50  # files that are compared line by line
Node = tuple[str, str]  # the set of parameters, and a name in the template that is deployed by itself, behind its file


class Paths:
    """The names of files as they are from a folder, so that two versions can be compared."""

    def __init__(self, folder: str, renamed: Mapping[str, str]) -> None:
        self.folder, self._renamed = folder, renamed
        self._known: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def __call__(self, file: str) -> str:
        """The path of a file from the folder, whatever links lead to it."""
        if file not in self._known:
            self._pattern = None
            path = os.path.relpath(os.path.realpath(file), self.folder).replace(os.sep, "/")
            self._known[file] = self._renamed.get(path, path)
        return self._known[file]

    def text(self, text: str) -> str:
        """A text in which templates that are joined are named (`file#Name`) in the same way."""
        if "#" not in text or not self._known:
            return text
        if self._pattern is None:
            longest_first = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})#")
        return self._pattern.sub(lambda found: f"{self._known[found[1]]}#", text)


class Version:
    """What a scan has seen of one version of the templates; files that were renamed since have their new names."""

    def __init__(self, folder: str, renamed: Mapping[str, str] | None = None) -> None:
        self.paths = Paths(folder, renamed or {})
        self.contents: dict[Node, object] = {}
        self.leads: dict[Node, set[Node]] = {}  # what each refers to
        self.beside: dict[Node, set[Node]] = {}  # the resources that policies relate each to
        self.values: set[Node] = set()  # the parameters
        self.at: dict[Home, set[Node]] = {}  # resources by where they stand
        self.files: set[str] = set()

    def see(self, inventory: TemplateInventory, given: str) -> None:
        """Note what a template holds, with all that it is seen with; `given` names the set of parameters."""
        self.files.update(self.paths(one.file) for document in inventory.documents for one in document.whole())
        head = self.paths(inventory.name)

        parts = _parts(inventory)
        nodes = {name: (given, self.paths.text(name) if "#" in name else f"{head}#{name}") for name in parts}
        for name, trees in parts.items():
            self.contents[nodes[name]] = _frozen(trees, self.paths)
            self.leads[nodes[name]] = {nodes[one] for one in _named(trees, inventory) if one in nodes}
        self.values.update(nodes[name] for name in inventory.world.parameters)
        for resource in inventory.resources:
            file, place = home(resource, inventory.source)
            self.at.setdefault((self.paths(file), place), set()).add(nodes[resource.id])
            self.leads[nodes[resource.id]].update(nodes[rule] for rule in inventory.world.rules)
            self.beside[nodes[resource.id]] = {nodes[one.id] for one in _related(resource)}

    def around(self, place: Location | None) -> Iterator[Node]:
        """The resources that a place is in."""
        if place:
            for file, path in around(place):
                yield from self.at.get((self.paths(file), path), ())


def _parts(inventory: TemplateInventory) -> dict[str, list[Any]]:
    """Everything in the world of a template, by name: a name may stand for several things of different sections."""
    world = inventory.world
    parts: dict[str, list[Any]] = {}
    for section in ("Mappings", "Conditions", "Rules", "Resources"):
        for name, body in world.sections[section].items():
            parts.setdefault(name, []).append([section, body])
    for name, parameter in world.parameters.items():
        parts.setdefault(name, []).append([parameter._replace(name=""), world.domain(name)])
    for name, binding in world.bindings.items():
        parts.setdefault(name, []).append([*binding, world.exports.get(name)])
    if any("dbguard" in one.text for document in inventory.documents for one in document.whole()):
        homes = {home(one, inventory.source): one.id for one in inventory.resources}
        for waiver in gathered(inventory):
            if waiver.where == "comment" and (waiver.file, waiver.resource) in homes:
                parts[homes[waiver.file, waiver.resource]].append([waiver.policy, waiver.property, waiver.until])
    return parts


def _frozen(tree: Any, paths: Paths) -> object:
    """Data as something to compare, in which the order of keys does not count."""
    left = [MOST]

    def frozen(value: Any) -> object:
        left[0] -= 1
        if left[0] <= 0:
            return None
        if isinstance(value, dict):
            return frozenset((name, frozen(inner)) for name, inner in value.items())
        if isinstance(value, (list, tuple)):
            return tuple(map(frozen, value))
        return paths.text(value) if isinstance(value, str) else (value.__class__, value)

    found = frozen(tree)
    return found if left[0] > 0 else object()


def _named(tree: Any, inventory: TemplateInventory) -> Iterator[str]:
    """All that may be the name of something in a tree: one too many tells too much, which does no harm."""
    world = inventory.world
    stack, seen = [tree], set()
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield from _words(value)
        elif isinstance(value, (dict, list)) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(value.values() if isinstance(value, dict) else value)
            if isinstance(value, dict):
                attribute, found = value.get("Fn::GetAtt"), value.get("Fn::FindInMap")
                if isinstance(attribute, list):
                    yield ".".join(map(str, attribute))
                if isinstance(found, list) and found and not isinstance(found[0], str):
                    yield from world.mappings
                if "Fn::ImportValue" in value:
                    wanted = value["Fn::ImportValue"]
                    yield from [key for key, name in world.exports.items() if name == wanted] or world.exports


def _words(text: str) -> Iterator[str]:
    for name in (text, *(piece.split("}", 1)[0].strip() for piece in text.split("${")[1:])):
        yield name
        if "." in name:
            yield name.split(".", 1)[0]
            yield name.replace(".", "", 1)  # what a module makes


def _related(resource: Resource) -> Iterator[Resource]:
    """The resources that policies have looked at beside this one, where no scenario decides that."""
    for relation, found in resource.cache.items():
        if isinstance(relation, Relation) and isinstance(found, Items):
            yield from (item.resource for item in (*found.certain, *found.possible))


def altered(old: Version, new: Version, given: Callable[[str], bool] = lambda _: False) -> set[Node]:
    """Everything whose content, or whose content somewhere behind it, is not the same in both versions.

    `given` tells which parameters have other values, which nothing else shows where they are those of today.
    """
    stack = [one for one in old.contents.keys() | new.contents.keys() if old.contents.get(one) != new.contents.get(one)]
    stack += [one for one in new.values if given(one[1].rpartition("#")[2])]
    back: dict[Node, list[Node]] = {}
    for version in (old, new):
        for node, leads in version.leads.items():
            for one in leads:
                back.setdefault(one, []).append(node)
    found: set[Node] = set()
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack.extend(back.get(node, ()))
    return found


class Told(NamedTuple):
    """Which findings and gaps are told of a new version, beside an old one."""

    old: Version
    new: Version
    nodes: set[Node]  # what changed
    known: frozenset[object]  # the findings and gaps of the old version
    same: frozenset[str]  # files with gaps that are what they were
    uncovered: Callable[[Finding], bool]  # whether it may have been waived before
    stirred: frozenset[str]  # files that changed, or in which a resource did

    def finding(self, one: Finding) -> bool:
        """Whether it is about what changed, or was not there before."""
        if one.verdict in WAIVABLE and (identity(one, self.new.paths) not in self.known or self.uncovered(one)):
            return True
        nodes = list(self.new.around(one.judged_at))
        beside = (other for node in nodes for version in (self.old, self.new) for other in version.beside.get(node, ()))
        places = (one.location, *(other.location for other in one.related if other.type != STACK))
        shown = (node for place in places for node in self.new.around(place))
        return not (nodes or one.judged_at is None) or not self.nodes.isdisjoint((*nodes, *beside, *shown))

    def gap(self, one: Gap) -> bool:
        """Whether it is in a template that changed, was not there before, or is in no file that was compared."""
        file = file_of(one, self.new.paths)
        compared = file in self.same or file in self.new.files
        new = not compared or one.kind == "nothing-to-scan" or identity(one, self.new.paths) not in self.known
        return new or file in self.stirred

    def notice(self, one: Notice) -> bool:
        """Whether it is in a template that changed, or is about what is no template, as far as all of that was seen."""
        file = self.new.paths(one.target)
        beside = one.kind != "unused" and file not in self.new.files | self.same
        return beside or one.location is None or file in self.stirred


def file_of(gap: Gap, paths: Paths) -> str:
    """The file that a gap is in."""
    return paths(gap.location.file if gap.location else gap.target)


def identity(one: Finding | Gap, paths: Paths) -> object:
    """What two findings, or gaps, of two versions have in common that are the same."""
    if isinstance(one, Gap):
        return paths(one.target), one.kind, re.sub(r"\S*/", "", one.detail)  # it may name files
    file = one.judged_at.file if one.judged_at else ""
    key = one.fingerprint.removeprefix(f"{one.policy}:{file}:")
    return one.policy, paths(file) if file else "", key, one.verdict, paths.text(one.message), one.parameters


def narrowed(report: Report, told: Told, show: Iterable[str], since: str, idle: int) -> Report:
    """The report with what did not change left out, and counted; `idle` files were not judged at all."""
    findings = [one for one in report.findings if told.finding(one)]
    gaps = tuple(one for one in report.gaps if told.gap(one))
    open_ = [one for one in findings if one.waiver is None]
    before, after = (
        sum(one.verdict in WAIVABLE and not one.waiver for one in some) for some in (report.findings, findings)
    )
    judged = {(one.judged_at, one.resource) for one in findings}
    wanted = {*WAIVABLE, *show}
    return report._replace(
        findings=tuple(one for one in findings if one.verdict in wanted),
        gaps=gaps,
        coverage=report.coverage._replace(resources=len(judged)),
        verdicts={verdict: sum(one.verdict == verdict for one in open_) for verdict in VERDICTS},
        waived=len(findings) - len(open_),
        notices=tuple(one for one in report.notices if told.notice(one)),
        trends=(),  # which speak of a whole code base
        left_out=LeftOut(since, before - after, len(report.gaps) - len(gaps), idle),
    )


def renamed(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, str]:
    """The new paths of files by their old ones: the same file under another name, by half of its lines or more."""
    exact = {data: path for path, data in new.items()}
    found = {path: exact.pop(data) for path, data in old.items() if data in exact}
    left = {path: data for path, data in new.items() if path not in found.values()}
    for path, data in old.items() if len(left) <= MOST_RENAMED else ():
        other = None if path in found else _nearest(data, left)
        if other:
            found[path] = other
            del left[other]
    return found


def _nearest(data: bytes, among: Mapping[str, bytes]) -> str | None:
    lines = Counter(data.splitlines())
    alike = {}
    for path, other in among.items():
        theirs = Counter(other.splitlines())
        alike[path] = 2 * (lines & theirs).total() / (lines.total() + theirs.total() or 1)
    best = max(alike, key=lambda path: alike[path], default=None)
    return best if best is not None and alike[best] >= 0.5 else None
