"""The findings of the page, those that are waived apart, with what filters them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from typing import NamedTuple

from dbguard.model import FAIL, MAY_FAIL, SEVERITIES, VERDICTS, WAIVED, Finding, Related
from dbguard.reporters import accepted, home, is_brief, place, printable, said, scenario, word
from dbguard.reporters._markup import element, opening, safe, short
from dbguard.reporters.text import columns, framed

ROOM = 110  # columns of a line of source
FEW = 12  # so many findings stand open


class Notes(NamedTuple):
    """What is to be said beside a finding: why its policy asks, and the controls that it is of."""

    why: Mapping[str, str]
    controls: Mapping[str, str]


def section(findings: list[Finding], waived: list[Finding], notes: Notes) -> Iterator[str]:
    """All findings, by file or by account and Region; then those that are waived."""
    if not findings and not waived:
        return
    yield opening("findings")
    yield from _filters([*findings, *waived])
    yield "" if findings else "<p>None that is not waived.</p>\n"
    opened = len(findings) + len(waived) <= FEW
    yield from _homes(findings, 1, notes, opened)
    yield "</section>\n"
    if waived:
        yield opening("waived")
        yield "<p>Accepted with a reason; they count for nothing above.</p>\n"
        yield from _homes(waived, 1 + len(findings), notes, opened)
        yield "</section>\n"


def _homes(findings: list[Finding], first: int, notes: Notes, opened: bool) -> Iterator[str]:
    numbered = enumerate(findings, first)
    for name, group in groupby(numbered, key=lambda row: home(row[1])):
        yield f'<div class="home"><h3><code>{safe(name)}</code></h3>\n'
        for number, finding in group:
            yield from _article(finding, number, notes, opened)
        yield "</div>\n"


def _filters(findings: list[Finding]) -> Iterator[str]:
    """The controls, which only the script shows: without it they would do nothing."""
    services = sorted({service(finding) for finding in findings})
    present = {_state(finding) for finding in findings}
    yield '<form id="filter" role="search" aria-label="Filter the findings" hidden>\n'
    yield '<label><span>Search <kbd>/</kbd></span><input type="search" name="q" autocomplete="off"></label>\n'
    yield _choice("severity", "Severity", [one for one in SEVERITIES if any(it.severity == one for it in findings)])
    yield _choice("verdict", "Verdict", [one for one in (*VERDICTS, WAIVED) if one in present])
    yield _choice("service", "Service", services)
    yield '<button type="reset">Show all</button>\n<button type="button" id="unfold">Unfold</button>\n'
    yield '<output aria-live="polite"></output>\n</form>\n'


def _choice(name: str, label: str, values: Iterable[str]) -> str:
    options = "".join(f"<option>{safe(value)}</option>" for value in values)
    return f'<label>{label}<select name="{name}"><option value="">any</option>{options}</select></label>\n'


def service(finding: Finding) -> str:
    """The service that a policy is of."""
    return finding.policy.partition("/")[0]


def _state(finding: Finding) -> str:
    return finding.verdict if finding.waiver is None else WAIVED


def _article(finding: Finding, number: int, notes: Notes, opened: bool) -> Iterator[str]:
    data = {"severity": finding.severity, "verdict": _state(finding), "service": service(finding)}
    attributes = "".join(f' data-{name}="{safe(value)}"' for name, value in data.items())
    yield f'<article id="f{number}" class="{colour(finding)}"{attributes}><details{" open" if opened else ""}>\n'
    yield f'<summary><h4><span class="badge">{safe(_badge(finding))}</span> <b>{safe(finding.resource.id)}</b> '
    yield f"<small>{safe(short(finding.resource.type))}</small> <code>{safe(finding.policy)}</code></h4>"
    yield f"<p>{safe(said(finding._replace(waiver=None)))}</p></summary>\n"
    yield from _source(finding)
    yield from _rows(finding, notes)
    if finding.policy in notes.why:
        yield f'<p><a href="#why-{safe(finding.policy)}">Why: {safe(finding.title)}</a></p>\n'
    yield "</details></article>\n"


def colour(finding: Finding) -> str:
    """The class that a finding is coloured by."""
    if not is_brief(finding):
        return finding.severity
    return "waived" if finding.waiver is not None else finding.verdict


def _badge(finding: Finding) -> str:
    if finding.verdict in (FAIL, MAY_FAIL):
        return f"{finding.severity} {word(finding)}"
    return word(finding)


def _source(finding: Finding) -> Iterator[str]:
    """The place, and the lines there with what is meant marked."""
    if finding.location is None:
        if finding.resource.arn:
            yield f'<p class="where"><code>{safe(finding.resource.arn)}</code></p>\n'
        return
    yield f'<p class="where"><code>{safe(place(finding.location))}</code></p>\n'
    lines = finding.around or ((finding.location.line, finding.source_line or ""),)
    if any(text.strip() for _, text in lines):
        width = len(str(lines[-1][0]))
        yield '<pre tabindex="0" aria-label="Source">'
        for number, text in lines:
            meant = number == finding.location.line
            shown = _marked(text, finding.location.column) if meant else escape(_spaced(text)[:ROOM])
            yield f'<span class="{"meant" if meant else "beside"}"><i>{number:{width}}</i> {shown}</span>\n'
        yield "</pre>\n"


def _marked(text: str, column: int) -> str:
    line, start, length = framed(text.rstrip(), column - 1, ROOM)
    head, end = _at(line, start), _at(line, start + length)
    parts = [escape(printable(part)) for part in (line[:head], line[head:end], line[end:])]
    return f"{parts[0]}<mark>{parts[1]}</mark>{parts[2]}"


def _spaced(text: str) -> str:
    return printable(text.rstrip().expandtabs(4))


def _at(line: str, column: int) -> int:
    """The character that stands at a column; wide ones take two."""
    return next((at for at in range(len(line)) if columns(line[:at]) >= column), len(line))


def _rows(finding: Finding, notes: Notes) -> Iterator[str]:
    waived = accepted(finding.waiver) if finding.waiver is not None else ""
    related = [("See", _related(one)) for one in finding.related]
    controls = notes.controls.get(finding.policy, "")
    rows = [("Waived", waived), ("Scenario", scenario(finding)), *related, ("Fix", finding.fix), ("Controls", controls)]
    rows = [row for row in rows if row[1]]
    if rows:
        yield "<dl>" + "".join(f"<dt>{label}</dt><dd>{safe(text)}</dd>" for label, text in rows) + "</dl>\n"


def _related(related: Related) -> str:
    where = f" at {place(related.location)}" if related.location else ""
    return f"{related.id} ({short(related.type)}){where}" + (f": {related.note}" if related.note else "")


def reasons(why: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Why each policy asks what it asks."""
    rows = list(why)
    if rows:
        yield opening("why")
        for name, text in rows:
            yield f'<div id="why-{safe(name)}"><h3><code>{safe(name)}</code></h3>\n' + element("p", text) + "</div>\n"
        yield "</section>\n"
