"""Which databases belong together, also those of other Regions and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dbguard.model import Member
from dbguard.reporters import realm

ZONE = re.compile(r"((?:[a-z]+-)+\d+)[a-z]$")  # with its Region
MOST = 6  # lines of zones
# What spans Regions stands in one of them, and is known by its name in the whole account.
GLOBAL = (
    "AWS::RDS::Global",
    "AWS::DocDB::Global",
    "AWS::Neptune::Global",
    "AWS::ElastiCache::Global",
    "AWS::MemoryDB::M",
)


class Link(NamedTuple):
    """A member of one home that belongs to, or replicates, one of another home."""

    member: Member
    name: str  # by which it names the other
    other: Member
    inside: bool


class Relatives:
    """The members as they name each other.

    A member of another home stands in for itself, with those inside it, beside what it replicates or contains, and what
    replicates it or is its container; such a stand-in has a home that is not its own.
    """

    def __init__(self, members: tuple[Member, ...]) -> None:
        self._named = {(one.home, one.name): one for one in members}
        self._by_arn = {one.resource.arn: one for one in members if one.resource.arn}
        spanning = (one for one in members if one.resource.account and one.resource.type.startswith(GLOBAL))
        self._global = {(one.resource.account, one.name): one for one in spanning}
        self._links = list(self._away(members))
        self._inside: dict[tuple[str, str], list[Member]] = {}
        for one in members:
            for name in one.inside:
                self._inside.setdefault((one.home, name), []).append(one)
        self._abroad: dict[Member, Member] = {}

    def _away(self, members: tuple[Member, ...]) -> Iterator[Link]:
        for one in members:
            for inside, names in ((True, one.inside), (False, one.sources)):
                others = ((name, self.found(one, name)) for name in names)
                yield from (Link(one, name, it, inside) for name, it in others if it and it.home != one.home)

    def found(self, member: Member, name: str) -> Member | None:
        """The member that another one names."""
        return (
            self._named.get((member.home, name))
            or self._by_arn.get(name)
            or self._global.get((member.resource.account, name))  # nothing without an account
        )

    def is_away(self, member: Member, name: str) -> bool:
        """Whether what a member names is not of its home."""
        other = self.found(member, name)
        return other is None or other.home != member.home

    def called(self, member: Member, name: str) -> str:
        """What to call it."""
        other = self.found(member, name)
        if other is None:
            region = name.split(":")[3:4] if name.startswith("arn:") else []
            return name.replace("/", ":").rpartition(":")[2] + (f" in {region[0]}" if any(region) else " elsewhere")
        return other.resource.id if other.home == member.home else f"{other.resource.id} in {seen_from(member, other)}"

    def itself(self, member: Member) -> Member:
        """The member that one stands in for; mostly itself."""
        return self._abroad.get(member, member)

    def beside(self, home: str) -> Iterator[Member]:
        """The stand-ins in a home."""
        others: dict[Member, Member] = {}
        for link in self._links:
            if link.member.home == home:
                name = link.name.partition("/")[2] if link.inside else f"{link.other.home}/{link.other.id}"
                others.setdefault(link.other, link.other._replace(home=home, id=name, inside=(), sources=()))
            elif link.other.home == home:
                one = link.member
                known = others.get(one) or _stand_in(one, home)
                if link.inside:
                    for inner in self._inside.get((one.home, one.name), ()):
                        others.setdefault(inner, _stand_in(inner, home)._replace(inside=(known.name,)))
                    others[one] = known._replace(inside=(*known.inside, link.other.name))
                else:
                    others[one] = known._replace(sources=(*known.sources, link.other.name))
        self._abroad |= {stand_in: one for one, stand_in in others.items()}
        yield from others.values()


def place(outer: Member, inner: Member, itself: Member) -> str:
    """Where a member in the box of another is: the Region in one that spans Regions, else the Availability Zone."""
    if not outer.resource.type.startswith(GLOBAL):
        return inner.zone
    found = {match[1] for match in map(ZONE.match, inner.zone.split(", ")) if match}
    return itself.resource.region or (found.pop() if len(found) == 1 else "")


def zones(member: Member) -> list[str]:
    """In which Availability Zones a member is, in lines with each Region once: `eu-west-1a, b, c` and `Multi-AZ`."""
    lines: list[str] = []
    last = ""
    for one in filter(None, member.zone.split(", ")):
        match = ZONE.match(one)
        region = match[1] if match else ""
        if region and region == last:
            lines[-1] += f", {one.removeprefix(region)}"
        else:
            lines.append(one)
        last = region
    return lines if len(lines) <= MOST else [*lines[:MOST], f"and {len(lines) - MOST} more"]


def _stand_in(one: Member, home: str) -> Member:
    return one._replace(home=home, id=f"{one.home}/{one.id}", inside=(), sources=())


def title(member: Member) -> str:
    """What the members of a home are grouped under."""
    return member.home if member.location else realm(member.resource)


def seen_from(member: Member, other: Member) -> str:
    """The home of another member; its Region alone where it is of the same account."""
    one = other.resource
    near = one.region and one.account and member.home.startswith(f"{one.account}/")
    return str(one.region) if near else title(other)
