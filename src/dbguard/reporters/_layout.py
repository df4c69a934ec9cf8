"""Where each database stands in a drawing: members in their cluster, by zone; replicas right of their source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import NamedTuple

from dbguard.model import Member

WIDTH, LINE, HEAD, PAD, GAP, ARROW, LANE = 180, 16, 14, 10, 8, 40, 20
Names = dict[str, str]
Place = Callable[[Member, Member], str]


class Box(NamedTuple):
    """A member with its place, in pixels."""

    member: Member
    x: int
    y: int
    width: int
    height: int


class Lane(NamedTuple):
    """A column within the box of a member, named by the Availability Zone or Region that it stands for."""

    x: int
    y: int
    width: int
    height: int
    name: str


class Drawing(NamedTuple):
    """Members that belong together; a box stands before those inside it, and lanes behind these."""

    width: int
    height: int
    parts: list[Box | Lane]
    arrows: list[tuple[Box, Box]]

    @property
    def boxes(self) -> list[Box]:
        """The members alone."""
        return [one for one in self.parts if isinstance(one, Box)]


class Home:
    """The members of one home, and how they hang together."""

    def __init__(self, members: list[Member], lines: Callable[[Member], int], place: Place) -> None:
        self.members = {one.name: one for one in members}
        self.by_arn = {one.resource.arn: one.name for one in members if one.resource.arn}
        self.lines, self.place = lines, place
        self.parent = self._parents()
        self.children: dict[str, list[Member]] = {}
        for name, one in self.parent.items():
            self.children.setdefault(one, []).append(self.members[name])
        self.links = [(source, one.name) for one in members for source in self._sources(one) if source != one.name]
        self.replicas: dict[str, list[str]] = {}
        for source, name in self.links:
            self.replicas.setdefault(source, []).append(name)

    def _parents(self) -> Names:
        """The box that each member stands in, if any; none stands in itself."""
        parents: Names = {}
        for one in self.members.values():
            outer = next((name for name in one.inside if name in self.members), None)
            if outer and one.name not in _upwards(outer, parents):
                parents[one.name] = outer
        return parents

    def _sources(self, one: Member) -> Iterator[str]:
        names = (name if name in self.members else self.by_arn.get(name) for name in one.sources)
        yield from dict.fromkeys(name for name in names if name)

    def top(self, name: str) -> str:
        """The outermost box that a member stands in."""
        return _upwards(name, self.parent)[-1]

    def groups(self) -> Iterator[list[list[str]]]:
        """The outermost boxes that belong together, in columns: sources before their replicas."""
        tops = [name for name in self.members if name not in self.parent]
        links = {(self.top(source), self.top(replica)) for source, replica in self.links}
        links = {(source, replica) for source, replica in links if source != replica}
        group, depth = _together(tops, links), _depths(tops, links)
        order = sorted(tops, key=lambda name: (group[name], depth[name]))
        for _, together in groupby(order, key=group.__getitem__):
            yield [list(column) for _, column in groupby(together, key=depth.__getitem__)]

    def size(self, name: str) -> tuple[int, int]:
        """The width and height of a box with what is inside."""
        columns = [[self.size(one.name) for one in column] for column in self.zones(name)]
        height = HEAD + LINE * (1 + self.lines(self.members[name]))
        if not columns:
            return WIDTH, height
        wide = sum(max(width for width, _ in column) + GAP for column in columns) - GAP
        height += LANE if any(self.lanes(name)) else 0
        return 2 * PAD + wide, height + max(sum(tall + GAP for _, tall in column) for column in columns)

    def zones(self, name: str) -> list[list[Member]]:
        """What is inside a box, in a column for each place."""
        place = partial(self.place, self.members[name])
        return [list(column) for _, column in groupby(sorted(self.children.get(name, ()), key=place), key=place)]

    def lanes(self, name: str) -> list[str]:
        """The names of the columns inside a box; empty where nothing is known."""
        return [self.place(self.members[name], column[0]) for column in self.zones(name)]

    def boxes(self, name: str, x: int, y: int) -> Iterator[Box | Lane]:
        """The box and those inside it, by place."""
        width, height = self.size(name)
        yield Box(self.members[name], x, y, width, height)
        across, top = x + PAD, y + HEAD + LINE * (1 + self.lines(self.members[name]))
        lanes = self.lanes(name)
        for lane, column in zip(lanes, self.zones(name), strict=True):
            wide, down = max(self.size(one.name)[0] for one in column), top
            if any(lanes):
                yield Lane(across - 3, top, wide + 6, y + height - top - 4, lane)
                down += LANE
            for one in column:
                yield from self.boxes(one.name, across, down)
                down += self.size(one.name)[1] + GAP
            across += wide + GAP


def drawings(members: list[Member], lines: Callable[[Member], int], place: Place) -> Iterator[Drawing]:
    """The drawings of one home.

    `lines` tells how many lines stand below the name of a member, `place` where a member in the box of another is.
    """
    home = Home(members, lines, place)
    for group in home.groups():
        parts: list[Box | Lane] = []
        x = 1
        for column in group:
            y = 1
            for name in column:
                parts += home.boxes(name, x, y)
                y += home.size(name)[1] + GAP
            x = max(part.x + part.width for part in parts) + ARROW
        boxes = [one for one in parts if isinstance(one, Box)]
        where = {box.member.name: box for box in boxes}
        arrows = [(box, where[one]) for box in boxes for one in home.replicas.get(box.member.name, ())]
        wide = max(box.x + box.width for box in boxes) + (20 if any(b.x < a.x + a.width for a, b in arrows) else 1)
        yield Drawing(wide, max(box.y + box.height for box in boxes) + 1, parts, arrows)


def _upwards(name: str, parents: Names) -> list[str]:
    """A member, and the boxes around it from the inside out."""
    path = [name]
    while path[-1] in parents:
        path.append(parents[path[-1]])
    return path


def _together(names: list[str], links: set[tuple[str, str]]) -> dict[str, int]:
    """The number of the group that each is in; what is linked is in one."""
    near: dict[str, list[str]] = {name: [] for name in names}
    for one, other in links:
        near[one].append(other)
        near[other].append(one)
    group: dict[str, int] = {}
    for number, name in enumerate(names):
        left = [name]
        while left:
            one = left.pop()
            if one not in group:
                group[one] = number
                left += near[one]
    return group


def _depths(names: list[str], links: set[tuple[str, str]]) -> dict[str, int]:
    """How many links lead to each at most; those that go round in circles end where they began."""
    replicas: dict[str, list[str]] = {name: [] for name in names}
    sources = dict.fromkeys(names, 0)
    for source, replica in links:
        replicas[source].append(replica)
        sources[replica] += 1
    depth = dict.fromkeys(names, 0)
    left = [name for name in names if not sources[name]]
    while left:
        name = left.pop()
        for replica in replicas[name]:
            depth[replica] = max(depth[replica], depth[name] + 1)
            sources[replica] -= 1
            if not sources[replica]:
                left.append(replica)
    return depth
