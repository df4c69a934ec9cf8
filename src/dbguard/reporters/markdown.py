"""A comment for a pull request, the worst first, never longer than the 65,536 characters that GitHub takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from dbguard.model import SEVERITIES, Finding, Gap, Notice, Report
from dbguard.reporters import (
    Options,
    about,
    count,
    home,
    is_brief,
    is_clean,
    place,
    prose,
    said,
    scenario,
    shown,
    summary,
    tally,
    told,
    word,
)
from dbguard.reporters._controls import framework_lines

# Lets a bot find its own comment again, to replace it.
MARKER = "<!-- dbguard -->\n"
# Bytes that each section may take; together with the frame they stay below 65,536.
GAPS, NOTICES, WRONG, BRIEF, CONTROLS = 9_000, 5_000, 31_000, 9_000, 8_000
# What GitHub would make a link of, and a message to somebody.
LINKED = re.compile(r"@|(?<!&)#(?=\d)|\bGH-(?=\d)|://(?=\w)|\bwww\.", re.IGNORECASE)
# What Markdown would take as markup, within a table too.
SPECIAL = {ord(char): f"&#{ord(char)};" for char in "\\`*_[]|~"}
TABLE = "| Severity | Policy | Resource | What is wrong | Where |\n|---|---|---|---|---|\n"
BRIEF_TABLE = "| Verdict | Policy | Resource | Why | Where |\n|---|---|---|---|---|\n"


def render(report: Report, options: Options) -> Iterator[str]:
    """What could not be looked at, what is wrong, folded away the rest, and what was seen."""
    findings = sorted(shown(report, options), key=lambda finding: SEVERITIES.index(finding.severity))
    brief = [finding for finding in findings if is_brief(finding)]
    yield f"{MARKER}### dbguard: {_title(report, findings)}\n\n"
    if report.gaps:
        yield f"**Incomplete:** {count(len(report.gaps), 'gap')}; what is there was not judged.\n\n"
        yield from _fitting([_gap(gap) for gap in report.gaps], GAPS)
    if report.notices:
        yield f"**{count(len(report.notices), 'notice')}:**\n\n"
        yield from _fitting([_gap(notice) for notice in report.notices], NOTICES)
    if len(brief) < len(findings):
        yield TABLE
        yield from _fitting([_row(finding) for finding in findings if not is_brief(finding)], WRONG)
    if brief:
        yield f"<details><summary>{tally(brief)}</summary>\n\n{BRIEF_TABLE}"
        yield from _fitting([_brief_row(finding) for finding in brief], BRIEF)
        yield "</details>\n\n"
    if report.controls:
        yield "<details><summary>controls</summary>\n\n"
        yield from _fitting(
            [f"- {escape(line.strip()).translate(SPECIAL)}\n" for line in framework_lines(report)], CONTROLS
        )
        yield "</details>\n\n"
    yield summary(report) + "\n"


def _title(report: Report, findings: list[Finding]) -> str:
    if findings:
        return tally(findings)
    if is_clean(report):
        nothing = "nothing that is judged here changed" if report.left_out else "no databases here"
        return "all clear" if report.coverage.resources else nothing
    return "incomplete" if report.gaps else "nothing of what was asked for"


def _fitting(rows: list[str], room: int) -> Iterator[str]:
    """As many rows as there is room for, and how many were left out."""
    for number, row in enumerate(rows):
        room -= len(row.encode())
        if room < 0:
            yield f"\n{count(len(rows) - number, 'more line')} left out here; the other formats have everything.\n"
            break
        yield row
    yield "\n"


def _gap(gap: Gap | Notice) -> str:
    where = place(gap.location) if gap.location else gap.target
    return f"- {_code(where)} {_plain(about(gap))}: {_plain(gap.detail)}\n"


def _row(finding: Finding) -> str:
    verdict = "" if word(finding) == "fail" else f" {word(finding)}"
    parts = [said(finding), scenario(finding), *_related(finding), f"Fix: {finding.fix}"]
    what = "<br>".join(_plain(part) for part in parts if part)
    return _cells(f"**{finding.severity}**{verdict}", finding, what)


def _brief_row(finding: Finding) -> str:
    return _cells(word(finding), finding, _plain(told(finding)))


def _cells(first: str, finding: Finding, what: str) -> str:
    where = place(finding.location) if finding.location else home(finding)
    resource = f"{_code(finding.resource.id)} {_plain(finding.resource.type)}"
    return f"| {first} | {_code(finding.policy)} | {resource} | {what} | {_code(where)} |\n"


def _related(finding: Finding) -> Iterator[str]:
    for related in finding.related:
        where = f" at {place(related.location)}" if related.location else ""
        yield f"See {related.id}{where}" + (f": {related.note}" if related.note else "")


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is; a zero-width space keeps people and other threads from being notified."""
    return LINKED.sub("\\g<0>\u200b", escape(prose(text))).translate(SPECIAL)


def _code(text: str) -> str:
    return f"<code>{escape(prose(text)).translate(SPECIAL)}</code>"
