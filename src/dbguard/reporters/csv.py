"""A table for spreadsheets: RFC 4180, with nothing in it that a spreadsheet would take for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbguard.model import Finding, Gap, Related, Report
from dbguard.reporters import Options, assignment, excerpt, place, prose, shown

COLUMNS = (
    *("kind", "verdict", "severity", "policy", "title", "message", "reason", "fix"),
    *("resource", "type", "account", "region", "arn", "file", "line", "column", "path"),
    *("when", "unless", "parameters", "related", "source", "waiver", "waived_until", "fingerprint"),
)
# What starts a formula, wide forms too; at the start of a cell, or of one that a spreadsheet makes at a semicolon.
FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@|%＝＋－＠])")


def render(report: Report, options: Options) -> Iterator[str]:
    """The header, a row for each gap, and a row for each finding."""
    yield _row(dict(zip(COLUMNS, COLUMNS, strict=True)))
    yield from (_row(_gap(gap)) for gap in report.gaps)
    yield from (_row(_finding(finding)) for finding in shown(report, options))


def _row(cells: dict[str, str]) -> str:
    return ",".join(_cell(cells.get(name, "")) for name in COLUMNS) + "\r\n"


def _cell(text: str) -> str:
    """A cell in quotes; an apostrophe tells a spreadsheet that what follows is text."""
    safe = FORMULA.sub(r"\1\2'", prose(text)).replace('"', '""')
    return f'"{safe}"'


def _gap(gap: Gap) -> dict[str, str]:
    row = {"kind": "gap", "title": gap.kind, "message": gap.detail, "resource": gap.target}
    if gap.location:
        row |= {"file": gap.location.file, "line": str(gap.location.line), "column": str(gap.location.column)}
    return row


def _finding(finding: Finding) -> dict[str, str]:
    resource, waiver = finding.resource, finding.waiver
    names = ("verdict", "severity", "policy", "title", "message", "reason", "fix", "fingerprint")
    row = {name: getattr(finding, name) or "" for name in names}
    row |= {"kind": "finding", "resource": resource.id, "type": resource.type, "source": excerpt(finding)}
    row |= {"account": resource.account or "", "region": resource.region or "", "arn": resource.arn or ""}
    if finding.location:
        row |= {name: str(value) for name, value in finding.location._asdict().items()}
    row |= {"when": assignment(finding.when or {}), "unless": assignment(finding.unless or {})}
    row |= {"parameters": ", ".join(finding.parameters), "related": ", ".join(map(_related, finding.related))}
    if waiver is not None:
        row |= {
            "waiver": str(waiver.get("reason") or "no reason given"),
            "waived_until": str(waiver.get("until") or ""),
        }
    return row


def _related(related: Related) -> str:
    return related.id + (f" at {place(related.location)}" if related.location else "")
