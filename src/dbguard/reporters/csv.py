"""Comma-separated values for spreadsheets: a row for each gap and finding, quoted as RFC 4180 has it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from dbguard.model import Finding, Gap, Report
from dbguard.reporters import Options, assignment, printable, prose, said, shown

HEADER = (
    "kind", "severity", "policy", "title", "resource", "type", "account", "region", "arn",
    "file", "line", "column", "path", "message", "when", "unless", "fix", "waived", "fingerprint",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def render(report: Report, options: Options) -> Iterator[str]:
    """The header, gaps, findings; `kind` is the verdict, or gap."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for gap in report.gaps:
        writer.writerow(map(_cell, _gap(gap)))
    for finding in shown(report, options):
        writer.writerow(map(_cell, _finding(finding)))
    yield out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else printable(str(value))
    return f"'{text}" if text.startswith(FORMULAS) else text


def _gap(gap: Gap) -> tuple[object, ...]:
    file, line, column, path = gap.location or (gap.target, None, None, None)
    return ("gap", None, gap.kind, *[None] * 6, file, line, column, path, prose(gap.detail), *[None] * 5)


def _finding(finding: Finding) -> tuple[object, ...]:
    resource = finding.resource
    waived = (finding.waiver or {}).get("reason")
    return (
        *(finding.verdict, finding.severity, finding.policy, finding.title),
        *(resource.id, resource.type, resource.account, resource.region, resource.arn),
        *(finding.location or (None, None, None, None)),
        said(finding),
        *(choices and assignment(choices) for choices in (finding.when, finding.unless)),
        *(finding.fix, waived, finding.fingerprint),
    )
