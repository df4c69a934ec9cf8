"""A table for spreadsheets: RFC 4180, with nothing in it that a spreadsheet would take for a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbguard.model import Finding, Gap, Location, Notice, Related, Report
from dbguard.reporters import Options, about, assignment, excerpt, place, prose, shown
from dbguard.reporters._controls import of_policies

COLUMNS = (
    *("kind", "verdict", "severity", "policy", "title", "message", "reason", "fix"),
    *("resource", "type", "account", "region", "arn", "file", "line", "column", "path"),
    *("when", "unless", "parameters", "related", "controls", "source", "waiver", "waived_until", "fingerprint"),
)
# What starts a formula, wide forms too; at the start of a cell, or of one that a spreadsheet makes at a semicolon.
FORMULA = re.compile(r"(^|;)(\s*)(?=[=+\-@|%＝＋－＠])")


def render(report: Report, options: Options) -> Iterator[str]:
    """The header, and a row for each gap, notice and finding; `kind` says which."""
    yield _row(dict(zip(COLUMNS, COLUMNS, strict=True)))
    for kind, entries in (("gap", report.gaps), ("notice", report.notices)):
        yield from (_row(_entry(kind, entry)) for entry in entries)
    controls = of_policies(report)
    for finding in shown(report, options):
        yield _row({**_finding(finding), "controls": controls.get(finding.policy, "")})


def _row(cells: dict[str, str]) -> str:
    return ",".join(_cell(cells.get(name, "")) for name in COLUMNS) + "\r\n"


def _cell(text: str) -> str:
    """A cell in quotes; an apostrophe tells a spreadsheet that what follows is text."""
    safe = FORMULA.sub(r"\1\2'", prose(text)).replace('"', '""')
    return f'"{safe}"'


def _entry(kind: str, entry: Gap | Notice) -> dict[str, str]:
    row = {"kind": kind, "title": about(entry), "message": entry.detail, "resource": entry.target}
    return row | _place(entry.location)


def _finding(finding: Finding) -> dict[str, str]:
    resource, waiver = finding.resource, finding.waiver
    names = ("verdict", "severity", "policy", "title", "message", "reason", "fix", "fingerprint")
    row = {name: getattr(finding, name) or "" for name in names}
    row |= {"kind": "finding", "resource": resource.id, "type": resource.type, "source": excerpt(finding)}
    row |= {"account": resource.account or "", "region": resource.region or "", "arn": resource.arn or ""}
    row |= _place(finding.location)
    row |= {"when": assignment(finding.when or {}), "unless": assignment(finding.unless or {})}
    row |= {"parameters": ", ".join(finding.parameters), "related": ", ".join(map(_related, finding.related))}
    if waiver is not None:
        row |= {
            "waiver": str(waiver.get("reason") or "no reason given"),
            "waived_until": str(waiver.get("until") or ""),
        }
    return row


def _place(location: Location | None) -> dict[str, str]:
    return {name: str(value) for name, value in location._asdict().items()} if location else {}


def _related(related: Related) -> str:
    return related.id + (f" at {place(related.location)}" if related.location else "")
