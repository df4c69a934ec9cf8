"""One line each, for editors and grep: `file:line:column: severity[verdict] policy resource: message`."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.model import Finding, Gap, Report
from dbguard.reporters import Options, home, place, printable, prose, said, scenario, shown, summary, word


def render(report: Report, options: Options) -> Iterator[str]:
    """Gaps first, then findings, then what was seen."""
    for gap in report.gaps:
        yield _gap(gap)
    for finding in shown(report, options):
        yield _finding(finding)
    yield summary(report) + "\n"


def _gap(gap: Gap) -> str:
    where = place(gap.location) if gap.location else printable(gap.target)
    return f"{where}: gap[{printable(gap.kind)}]: {prose(gap.detail)}\n"


def _finding(finding: Finding) -> str:
    where = place(finding.location) if finding.location else printable(home(finding))
    what = f"{finding.severity}[{word(finding)}] {finding.policy} {prose(finding.resource.id)}"
    note = f" ({scenario(finding)})" if scenario(finding) else ""
    return f"{where}: {what}: {said(finding)}{note}\n"
