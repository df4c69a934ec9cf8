"""The fleet as a picture: a drawing for each group of databases that belong together, and all of it as a table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby
from typing import NamedTuple

from dbguard.model import EXEMPT, FAIL, MAY_FAIL, PASS, WAIVED, Finding, Member, badness
from dbguard.reporters import count, prose
from dbguard.reporters._layout import LINE, WIDTH, Box, Drawing, Lane, drawings
from dbguard.reporters._markup import element, opening, safe, short
from dbguard.reporters._relatives import Relatives, place, seen_from, title, zones
from dbguard.reporters.text import columns

MANY, SOME = 60, 12  # members of a home from which on only some drawings are not folded away
ROW, SQUARE = 60, 14  # squares beside each other, and pixels of each
LEGEND = ("critical", "high", "medium", "low", "info", "unknown", PASS)


class Fleet(NamedTuple):
    """How the members belong together, and where the worst finding of each stands on the page."""

    relatives: Relatives
    anchors: dict[Member, str]

    def lines(self, member: Member) -> int:
        """How many lines stand below the name of a member."""
        return len(_written(member, self))

    def place(self, outer: Member, inner: Member) -> str:
        """The column that a member stands in within the box of another."""
        return place(outer, inner, self.relatives.itself(inner))


def section(members: tuple[Member, ...], findings: list[Finding]) -> Iterator[str]:
    """The picture, its legend, and the same as a table."""
    if not members:
        return
    fleet = Fleet(Relatives(members), _anchors(members, findings))
    yield opening("fleet")
    yield f"<p>{count(len(members), 'database')}, each coloured by the worst that was found. Arrows lead from a source "
    yield "to its replicas. Columns in a box are Availability Zones, or Regions; a dashed frame is of another Region "
    yield "or account.</p>\n" + _legend(members)
    for _, group in groupby(members, key=lambda one: one.home):
        rows = list(group)
        yield f"<figure><figcaption><b>{safe(title(rows[0]))}</b></figcaption>\n"
        yield from _mosaic(rows) if len(rows) > MANY else ()
        beside = fleet.relatives.beside(rows[0].home)
        yield from _drawn(list(drawings([*rows, *beside], fleet.lines, fleet.place)), fleet)
        yield "</figure>\n"
    yield from _table(members, fleet)
    yield "</section>\n"


def kind(member: Member) -> str:
    """The class that a member is coloured by."""
    return member.severity if member.verdict in (FAIL, MAY_FAIL) else member.verdict


def label(member: Member) -> str:
    """The worst finding in words, so that nothing hangs on the colour."""
    return f"{member.severity} {member.verdict}" if member.verdict in (FAIL, MAY_FAIL) else member.verdict


def _legend(members: tuple[Member, ...]) -> str:
    kinds = {kind(one) for one in members}
    items = "".join(f'<li class="{name}">{name}</li>' for name in (*LEGEND, "exempt", WAIVED) if name in kinds)
    return f'<ul class="legend" aria-label="Colours">{items}</ul>\n'


def _anchors(members: tuple[Member, ...], findings: list[Finding]) -> dict[Member, str]:
    """The place on the page of each member's worst finding."""
    about: dict[object, list[tuple[Finding, int]]] = {}
    for number, finding in enumerate(findings, 1):
        about.setdefault((finding.resource, finding.judged_at), []).append((finding, number))
    anchors = {}
    for member in members:
        rows = about.get((member.resource, member.location))
        if rows:
            worst = min(rows, key=lambda row: (row[0].waiver is not None, badness((row[0].verdict, row[0].severity))))
            anchors[member] = f"#f{worst[1]}"
    return anchors


def _lines(member: Member, fleet: Fleet) -> list[str]:
    """What is written in a box below the name."""
    relatives = fleet.relatives
    if relatives.itself(member) is not member:
        home = f"in {seen_from(member, relatives.itself(member))}"
        return [short(member.resource.type), home, *zones(member), label(member)]
    away = [f"in {relatives.called(member, name)}" for name in member.inside if relatives.is_away(member, name)]
    sources = dict.fromkeys(relatives.called(member, name) for name in member.sources)
    lines = [short(member.resource.type), *zones(member), *away, *(f"replica of {one}" for one in sources)]
    return [*lines, label(member)]


def _written(member: Member, fleet: Fleet) -> list[str]:
    """The same in lines that a box has room for."""
    from textwrap import wrap

    folded = (wrap(prose(line), (WIDTH - 18) // 7, max_lines=2, placeholder="…") for line in _lines(member, fleet))
    return list(chain.from_iterable(folded))


def _drawn(found: list[Drawing], fleet: Fleet) -> Iterator[str]:
    """The drawings; of very many those with the worst, and the others folded away."""
    some = len(found) if sum(len(one.boxes) for one in found) <= MANY else SOME
    if len(found) > some:
        found = sorted(found, key=lambda one: min(badness(_worst(box.member)) for box in one.boxes))
    yield '<div class="drawings">\n' + "".join(piece for one in found[:some] for piece in _svg(one, fleet)) + "</div>\n"
    if len(found) > some:
        rest = sum(len(one.boxes) for one in found[some:])
        yield f'<details><summary>{rest} more, none of them worse</summary><div class="drawings">\n'
        yield "".join(piece for one in found[some:] for piece in _svg(one, fleet)) + "</div></details>\n"


def _worst(member: Member) -> tuple[str, str]:
    return (EXEMPT if member.verdict == WAIVED else member.verdict, member.severity)


def _mosaic(members: list[Member]) -> Iterator[str]:
    """A square for each of very many members, the worst first; what they are is told by the drawings and the table."""
    ordered = sorted(members, key=lambda one: badness(_worst(one)))
    high = (len(ordered) + ROW - 1) // ROW * SQUARE
    yield f'<svg class="mosaic" viewBox="0 0 {ROW * SQUARE} {high}" width="{ROW * SQUARE}" aria-hidden="true">\n'
    for number, one in enumerate(ordered):
        x, y = number % ROW * SQUARE, number // ROW * SQUARE
        told = safe(f"{one.resource.id}, {short(one.resource.type)}, {label(one)}")
        yield f'<rect class="{kind(one)}" x="{x + 1}" y="{y + 1}" width="12" height="12"><title>{told}</title></rect>'
    yield "\n</svg>\n"


def _svg(drawing: Drawing, fleet: Fleet) -> Iterator[str]:
    """One drawing, in its own size: what does not fit beside others goes below them."""
    names = ", ".join(box.member.resource.id for box in drawing.boxes[:5])
    yield f'<svg role="group" aria-label="{safe(names)}" width="{drawing.width}" height="{drawing.height}" '
    yield f'viewBox="0 0 {drawing.width} {drawing.height}">\n'
    for part in drawing.parts:
        yield from _lane(part) if isinstance(part, Lane) else _box(part, fleet)
    for start, end in drawing.arrows:
        yield _arrow(start, end)
    yield "</svg>\n"


def _lane(lane: Lane) -> Iterator[str]:
    """A column; the boxes tell in words where they are, so nobody is told of it again."""
    yield f'<g class="lane" aria-hidden="true"><rect x="{lane.x}" y="{lane.y}" width="{lane.width}" '
    yield f'height="{lane.height}" rx="4"/><text x="{lane.x + 6}" y="{lane.y + 14}">'
    yield f"{safe(_cut(lane.name, (lane.width - 8) // 8))}</text></g>\n"


def _box(box: Box, fleet: Fleet) -> Iterator[str]:
    member, lines = box.member, _written(box.member, fleet)
    told = ", ".join((member.resource.id, *_lines(member, fleet)))
    itself = fleet.relatives.itself(member)
    anchor = fleet.anchors.get(itself)
    tone = kind(member) if itself is member else f"{kind(member)} abroad"
    yield f'<a href="{anchor}" aria-label="{safe(told)}">' if anchor else f'<g role="img" aria-label="{safe(told)}">'
    yield f'<title>{safe(told)}</title><g class="{tone}">'
    yield f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"/>'
    yield f'<rect class="edge" x="{box.x}" y="{box.y}" width="6" height="{box.height}" rx="3"/>'
    yield f'<svg x="{box.x}" y="{box.y}" width="{box.width - 4}" height="{box.height}">'  # cuts what is too wide
    for number, line in enumerate((member.resource.id, *lines)):
        role = "name" if number == 0 else "label" if number == len(lines) else "line"
        text = safe(_cut(line, (box.width - 18) // (9 if number == 0 else 7)))
        yield f'<text class="{role}" x="14" y="{19 + number * LINE}">{text}</text>'
    yield "</svg></g></a>\n" if anchor else "</svg></g></g>\n"


def _arrow(start: Box, end: Box) -> str:
    """A line with a head, from a source to its replica; on the right-hand side where one stands below the other."""
    x, y = start.x + start.width, start.y + start.height // 2
    to_y = end.y + end.height // 2
    if end.x >= x:
        middle, to_x, turn = (x + end.x) // 2, end.x, -8
        path = f"M{x} {y}C{middle} {y} {middle} {to_y} {to_x - 6} {to_y}"
    else:
        to_x, turn = end.x + end.width, 8
        path = f"M{x} {y}C{x + 24} {y} {to_x + 24} {to_y} {to_x + 6} {to_y}"
    head = f"M{to_x} {to_y}l{turn} -5v10z"
    return f'<path class="line" d="{path}"/><path class="head" d="{head}"/>\n'


def _cut(text: str, room: int) -> str:
    """As much of a text as a box has room for."""
    text = prose(text)
    if columns(text) <= room:
        return text
    kept = text[:room]
    while columns(kept) >= room:
        kept = kept[:-1]
    return f"{kept}…"


def _table(members: tuple[Member, ...], fleet: Fleet) -> Iterator[str]:
    yield '<details><summary>The fleet as a table</summary><div class="wide"><table>\n'
    yield "<tr><th>Where</th><th>Database</th><th>Type</th><th>Zone</th><th>Member of</th><th>Replica of</th>"
    yield "<th>Worst finding</th></tr>\n"
    for one in members:
        inside, sources = (
            ", ".join(dict.fromkeys(fleet.relatives.called(one, name) for name in names))
            for names in (one.inside, one.sources)
        )
        cells = (title(one), one.resource.id, short(one.resource.type), one.zone, inside, sources, label(one))
        yield f'<tr class="{kind(one)}">' + "".join(element("td", cell).rstrip() for cell in cells) + "</tr>\n"
    yield "</table></div></details>\n"
