"""The report for people: grouped by file, each finding with its source line, scenario and fix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from dbguard.model import FAIL, MAY_FAIL, SEVERITIES, UNKNOWN, Finding, Gap, Location, Notice, Related, Report
from dbguard.reporters import (
    LONGEST,
    Options,
    about,
    count,
    home,
    is_brief,
    is_clean,
    place,
    printable,
    prose,
    scenario,
    shown,
    summary,
    tally,
    tame,
    told,
    word,
)
from dbguard.reporters._controls import framework_lines

BOLD, DIM, RED, GREEN, YELLOW, BLUE, CYAN = "1", "2", "31", "32", "33", "34", "36"
SEVERITY = {"critical": "1;31", "high": "31", "medium": "33", "low": "36", "info": "34"}
VERDICT = {FAIL: RED, MAY_FAIL: YELLOW, UNKNOWN: CYAN}
TAB = "    "
# What is underlined: a block-style line up to its comment or opening bracket, or inside a line one key and its scalar.
BLOCK = re.compile(r"\S.*?(?=\s*:?(?:\s*[{\[|>]-?)?,?(?:\s+#.*)?$)")
INLINE = re.compile(r"""("[^"]*"|'[^']*'|[^\s:,{}\[\]]+)(\s*:\s*("[^"]*"|'[^']*'|[^\s,{}\[\]"']+))?""")


class Ink(NamedTuple):
    """Writes in colour, or not."""

    on: bool

    def __call__(self, code: str, text: str) -> str:
        """The text in a colour of ECMA-48."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


def render(report: Report, options: Options) -> Iterator[str]:
    """Gaps first, then notices, findings by file, and what was seen."""
    return map(tame, _pieces(report, options))


def _pieces(report: Report, options: Options) -> Iterator[str]:
    ink = Ink(options.color)
    yield from _entries("Not looked at", SEVERITY["critical"], report.gaps, ink)
    yield from _entries("Notices", YELLOW, report.notices, ink)
    findings = shown(report, options)
    for name, group in groupby(findings, key=home):
        yield from _group(name, list(group), ink, options.width)
    if not options.quiet:
        yield from _closing(report, findings, ink)


def _entries(title: str, code: str, entries: Sequence[Gap | Notice], ink: Ink) -> Iterator[str]:
    """Gaps, or notices, one in a line."""
    if entries:
        yield ink(code, title) + "\n"
    for one in entries:
        where = place(one.location) if one.location else printable(one.target)
        yield f"  {where}: {ink(code.rpartition(';')[2], printable(about(one)))}: {prose(one.detail)}\n"
    if entries:
        yield "\n"


def _group(name: str, findings: list[Finding], ink: Ink, width: int) -> Iterator[str]:
    """A file or account: what fails in full, then the rest in one line each."""
    title = printable(name)
    yield f"{ink(BOLD, title)}  {ink(DIM, tally(findings))}\n{ink(DIM, '=' * min(columns(title), width))}\n\n"
    for finding in findings:
        if not is_brief(finding):
            yield from _block(finding, ink, width)
            yield "\n"
    brief = [_line(finding, ink) for finding in findings if is_brief(finding)]
    if brief:
        yield "".join(brief) + "\n"


def _line(finding: Finding, ink: Ink) -> str:
    """One line for a finding that asks for no change."""
    where = place(finding.location) + ": " if finding.location else ""
    what = ink(VERDICT.get(finding.verdict, GREEN), f"{word(finding)}[{finding.policy}]")
    return f"{where}{what} {prose(finding.resource.id)}: {told(finding)}\n"


def _block(finding: Finding, ink: Ink, width: int) -> Iterator[str]:
    """A finding in full."""
    margin = " " * len(str(finding.location.line if finding.location else 0))
    yield _headline(finding, ink, width)
    resource = f"{prose(finding.resource.id)} ({prose(finding.resource.type)})"
    where = f"{place(finding.location)}  " if finding.location else ""
    yield f"{margin}{ink(BLUE, '-->')} {where}{ink(DIM, resource)}\n"
    if finding.resource.arn and not finding.location:
        yield f"{margin} {ink(BLUE, '=')} {ink(DIM, prose(finding.resource.arn))}\n"
    if finding.location and finding.source_line:
        yield from _source(finding.location, finding.source_line, ink, width, SEVERITY[finding.severity])
    for label, text in _notes(finding):
        yield _note(margin, label, text, ink, width)


def _headline(finding: Finding, ink: Ink, width: int) -> str:
    verdict = "" if finding.verdict == FAIL else f" {finding.verdict}"
    label = f"{finding.severity}{verdict}[{finding.policy}]"
    text = _wrapped(f"{'x' * len(label)}: {prose(finding.message)}", width, "  ")
    return f"{ink(SEVERITY[finding.severity], label)}{ink(BOLD, text[len(label) :])}\n"


@lru_cache(1024)  # many findings end with the same fix
def _wrapped(text: str, width: int, indent: str) -> str:
    if len(text) <= width:
        return text
    from textwrap import wrap

    return "\n".join(wrap(text, max(width, 40), subsequent_indent=indent, break_on_hyphens=False))


def _notes(finding: Finding) -> Iterator[tuple[str, str]]:
    if scenario(finding):
        yield "", scenario(finding)
    if finding.reason:
        yield "reason: ", prose(finding.reason)
    for related in finding.related:
        yield "see: ", _related(related)
    if finding.fix:
        yield "fix: ", prose(finding.fix)


def _related(related: Related) -> str:
    where = f" at {place(related.location)}" if related.location else ""
    note = f": {prose(related.note)}" if related.note else ""
    return f"{prose(related.id)} ({prose(related.type)}){where}{note}"


def _note(margin: str, label: str, text: str, ink: Ink, width: int) -> str:
    start = f"{margin} = {label}"
    line = _wrapped(start + text, width, " " * len(start))
    return f"{margin} {ink(BLUE, '=')} {ink(GREEN, label)}{line[len(start) :]}\n"


def _source(location: Location, source: str, ink: Ink, width: int, code: str) -> Iterator[str]:
    """The source line with its number, and the place underlined."""
    number = str(location.line)
    line, start, length = framed(source.rstrip(), location.column - 1, width - len(number) - 3)
    bar = ink(BLUE, "|")
    yield f"{' ' * len(number)} {bar}\n{ink(BLUE, number)} {bar} {line}\n"
    yield f"{' ' * len(number)} {bar} {' ' * start}{ink(code, '^' * length)}\n"


@lru_cache(1024)
def framed(source: str, start: int, room: int) -> tuple[str, int, int]:
    """The part of a line that fits, with the start and length in columns of what to underline."""
    start = max(0, min(start, len(source)))
    found = (INLINE if source[:start].strip(" -\t") else BLOCK).match(source, start, start + LONGEST)
    end = found.end() if found else start + 1
    cut = _cut(source, start, end, room)
    before, marked, after = source[cut:start], source[start:end], source[end:]
    head, middle = ("..." if cut else "") + _cells(before), _cells(marked)
    line = head + middle + _cells(after[:room])
    if len(line) > room:
        line = line[: room - 3] + "..."
    return line, columns(head), max(1, min(columns(middle), room - columns(head)))


def _cut(source: str, start: int, end: int, room: int) -> int:
    """Where to begin a line that is too long: some words before the place, as far as the place itself still fits."""
    lead = max(0, min(start, room // 3, room - 6 - (end - start)))
    if len(source) <= room or lead == start:
        return 0
    return source.find(" ", start - lead, start) + 1 or start


def _cells(text: str) -> str:
    return printable(text.replace("\t", TAB))


def columns(text: str) -> int:
    """The columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _closing(report: Report, findings: list[Finding], ink: Ink) -> Iterator[str]:
    """A word on the outcome, then what was seen."""
    wrong = [finding for finding in findings if not is_brief(finding)]
    if wrong:
        yield f"{ink(BOLD, _wrong(wrong))} {ink(DIM, 'Why: dbguard explain POLICY')}\n"
    if report.gaps:
        gaps = count(len(report.gaps), "gap")
        yield ink(SEVERITY["critical"], f"Incomplete: {gaps}, listed at the top; what is there was not judged.") + "\n"
    elif is_clean(report):
        yield ink(GREEN, _praise(report)) + "\n"
    yield from (ink(DIM, line) + "\n" for line in (*_units(report), *framework_lines(report)))
    yield ink(DIM, summary(report)) + "\n"


def _units(report: Report) -> Iterator[str]:
    """What was found in each account and Region that holds anything."""
    for (account, region), group in groupby(report.statuses, key=lambda one: (one.account, one.region)):
        services = [f"{one.service} {one.resources}" for one in group if one.resources]
        if services:
            yield printable(f"{account} {region}: {', '.join(services)}")


def _wrong(findings: list[Finding]) -> str:
    worst = [finding.severity for finding in findings]
    counts = ", ".join(f"{worst.count(severity)} {severity}" for severity in SEVERITIES if severity in worst)
    return f"{count(len(findings), 'finding')}: {counts}."


def _praise(report: Report) -> str:
    seen = report.coverage
    if not seen.resources and report.left_out:
        return f"Nothing that is judged here changed since {printable(report.left_out.since)}."
    if not seen.resources:
        read = sum(status.resources for status in report.statuses)
        return f"None of {count(read, 'resource')} is one to judge." if read else "No databases here."
    rest = " that is not waived" if report.waived else ""
    return f"All clear: {count(seen.resources, 'resource')} judged, nothing to mend{rest}."
