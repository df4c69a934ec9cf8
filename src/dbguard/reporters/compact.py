"""One line each, for editors and grep: `file:line:column: severity[verdict] policy resource: message`."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.model import Finding, Gap, Notice, Report
from dbguard.reporters import (
    Options,
    about,
    home,
    place,
    printable,
    prose,
    said,
    scenario,
    shown,
    summary,
    tame,
    word,
)
from dbguard.reporters._controls import of_policies


def render(report: Report, options: Options) -> Iterator[str]:
    """Gaps first, then notices, findings, and what was seen."""
    for label, entries in (("gap", report.gaps), ("notice", report.notices)):
        yield from (_entry(label, entry) for entry in entries)
    controls = of_policies(report)
    for finding in shown(report, options):
        yield _finding(finding, controls.get(finding.policy))
    if not options.quiet:
        yield summary(report) + "\n"


def _entry(label: str, entry: Gap | Notice) -> str:
    where = place(entry.location) if entry.location else printable(entry.target)
    return tame(f"{where}: {label}[{printable(about(entry))}]: {prose(entry.detail)}\n")


def _finding(finding: Finding, controls: str | None) -> str:
    where = place(finding.location) if finding.location else printable(home(finding))
    what = f"{finding.severity}[{word(finding)}] {finding.policy} {prose(finding.resource.id)}"
    note = f" ({scenario(finding)})" if scenario(finding) else ""
    named = f" [{controls}]" if controls else ""
    return tame(f"{where}: {what}: {said(finding)}{note}{named}\n")
