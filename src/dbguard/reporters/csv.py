"""Comma-separated values for spreadsheets: a row for each gap and finding, quoted as RFC 4180 has it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from dbguard.model import Finding, Gap, Notice, Report
from dbguard.reporters import Options, assignment, printable, prose, said, shown

HEADER = (
    "kind", "severity", "policy", "title", "resource", "type", "account", "region", "arn",
    "file", "line", "column", "path", "message", "when", "unless", "fix", "waived", "fingerprint",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def render(report: Report, options: Options) -> Iterator[str]:
    """The header, gaps, notices, findings; `kind` is the verdict, gap or waiver."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for kind, entries in (("gap", report.gaps), ("waiver", report.notices)):
        writer.writerows(map(_cell, _entry(kind, entry)) for entry in entries)
    for finding in shown(report, options):
        writer.writerow(map(_cell, _finding(finding)))
    yield out.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else printable(str(value))
    return f"'{text}" if text.startswith(FORMULAS) else text


def _entry(kind: str, entry: Gap | Notice) -> tuple[object, ...]:
    file, line, column, path = entry.location or (entry.target, None, None, None)
    return (kind, None, entry.kind, *[None] * 6, file, line, column, path, prose(entry.detail), *[None] * 5)


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
