"""The findings of the page, with what filters them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby

from dbguard.model import FAIL, MAY_FAIL, SEVERITIES, VERDICTS, Finding, Related
from dbguard.reporters import accepted, home, is_brief, place, printable, said, scenario, word
from dbguard.reporters._markup import element, safe, short
from dbguard.reporters.text import columns, framed

ROOM = 110  # columns of a line of source


def section(findings: list[Finding], why: Mapping[str, str]) -> Iterator[str]:
    """All findings, by file or by account and Region."""
    if not findings:
        return
    yield '<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>\n'
    yield from _filters(findings)
    numbers = {id(finding): number for number, finding in enumerate(findings, 1)}
    for name, group in groupby(findings, key=home):
        yield f'<div class="home"><h3><code>{safe(name)}</code></h3>\n'
        for finding in group:
            yield from _article(finding, numbers[id(finding)], finding.policy in why)
        yield "</div>\n"
    yield "</section>\n"


def _filters(findings: list[Finding]) -> Iterator[str]:
    """The controls, which only the script shows: without it they would do nothing."""
    services = sorted({service(finding) for finding in findings})
    present = {finding.verdict for finding in findings}
    yield '<form id="filter" role="search" aria-label="Filter the findings" hidden>\n'
    yield '<label><span>Search <kbd>/</kbd></span><input type="search" name="q" autocomplete="off"></label>\n'
    yield _choice("severity", "Severity", [one for one in SEVERITIES if any(it.severity == one for it in findings)])
    yield _choice("verdict", "Verdict", [one for one in VERDICTS if one in present])
    yield _choice("service", "Service", services)
    yield '<button type="reset">Show all</button>\n<output aria-live="polite"></output>\n</form>\n'


def _choice(name: str, label: str, values: Iterable[str]) -> str:
    options = "".join(f"<option>{safe(value)}</option>" for value in values)
    return f'<label>{label}<select name="{name}"><option value="">any</option>{options}</select></label>\n'


def service(finding: Finding) -> str:
    """The service that a policy is of."""
    return finding.policy.partition("/")[0]


def _article(finding: Finding, number: int, explained: bool) -> Iterator[str]:
    data = {"severity": finding.severity, "verdict": finding.verdict, "service": service(finding)}
    attributes = "".join(f' data-{name}="{safe(value)}"' for name, value in data.items())
    yield f'<article id="f{number}" class="{colour(finding)}"{attributes}>\n'
    yield f'<h4><span class="badge">{safe(_badge(finding))}</span> <code>{safe(finding.policy)}</code> '
    yield f"<span>{safe(finding.resource.id)}</span> <small>{safe(short(finding.resource.type))}</small></h4>\n"
    yield element("p", said(finding._replace(waiver=None)))
    yield from _source(finding)
    yield from _notes(finding)
    if explained:
        yield f'<p><a href="#why-{safe(finding.policy)}">Why: {safe(finding.title)}</a></p>\n'
    yield "</article>\n"


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
    """The place, and the line there with what is meant marked."""
    if finding.location is None:
        if finding.resource.arn:
            yield f'<p class="where"><code>{safe(finding.resource.arn)}</code></p>\n'
        return
    yield f'<p class="where"><code>{safe(place(finding.location))}</code></p>\n'
    if finding.source_line:
        line, start, length = framed(finding.source_line.rstrip(), finding.location.column - 1, ROOM)
        head, end = _at(line, start), _at(line, start + length)
        parts = [escape(printable(part)) for part in (line[:head], line[head:end], line[end:])]
        yield f"<pre><code>{parts[0]}<mark>{parts[1]}</mark>{parts[2]}</code></pre>\n"


def _at(line: str, column: int) -> int:
    """The character that stands at a column; wide ones take two."""
    return next((at for at in range(len(line)) if columns(line[:at]) >= column), len(line))


def _notes(finding: Finding) -> Iterator[str]:
    waived = accepted(finding.waiver) if finding.waiver is not None else ""
    related = [("See", _related(one)) for one in finding.related]
    rows = [("Waived", waived), ("Scenario", scenario(finding)), *related, ("Fix", finding.fix)]
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
        yield '<section id="why" aria-labelledby="why-title"><h2 id="why-title">Why</h2>\n'
        for name, text in rows:
            yield f'<div id="why-{safe(name)}"><h3><code>{safe(name)}</code></h3>\n' + element("p", text) + "</div>\n"
        yield "</section>\n"
