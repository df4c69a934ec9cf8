"""The report for programs: a stable contract, named by its `schema`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbguard.model import Finding, Gap, Location, Notice, Related, Report
from dbguard.reporters import Options, dump, shown, verdicts

SCHEMA = "dbguard.report/1"


def render(report: Report, options: Options) -> Iterator[str]:
    """One JSON object, indented, in ASCII."""
    findings = [_finding(finding) for finding in shown(report, options)]
    gaps = [_gap(gap) for gap in report.gaps]
    live = {"services": [status._asdict() for status in report.statuses]} if report.statuses else {}
    controls = {"controls": [control._asdict() for control in report.controls]} if report.controls else {}
    notices = {"notices": [_gap(notice) for notice in report.notices]} if report.notices else {}
    yield dump({**_head(report), "findings": findings, "gaps": gaps, **notices, **live, **controls}) + "\n"


def _head(report: Report) -> dict[str, Any]:
    seen = report.coverage
    summary = {
        "inputs": seen.read + seen.unreadable,
        "resources": seen.resources,
        "policies": seen.policies,
        "verdicts": verdicts(report),
        "waived": report.waived,
    }
    return {"schema": SCHEMA, "version": report.version, "complete": report.complete, "summary": summary}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "policy": finding.policy,
        "verdict": finding.verdict,
        "severity": finding.severity,
        "title": finding.title,
        "message": finding.message,
        "fix": finding.fix,
        "resource": finding.resource._asdict(),
        "location": finding.location and finding.location._asdict(),
        "related": [_related(related) for related in finding.related],
        "when": _choices(finding.when),
        "unless": _choices(finding.unless),
        "reason": finding.reason,
        "waiver": _choices(finding.waiver),
        "fingerprint": finding.fingerprint,
        **({"parameters": list(finding.parameters)} if finding.parameters else {}),
    }


def _related(related: Related) -> dict[str, Any]:
    location = related.location and related.location._asdict()
    return {"id": related.id, "type": related.type, "location": location, "note": related.note}


def _choices(choices: dict[str, Any] | None) -> dict[str, Any] | None:
    """Names with plain values: what stands for more than one value, or is a date, is put in words."""
    if choices is None:
        return None
    plain = (str, int, float, bool, type(None))
    return {str(name): value if type(value) in plain else str(value) for name, value in choices.items()}


def _gap(gap: Gap | Notice) -> dict[str, Any]:
    location = gap.location and _place(gap.location)
    return {"target": gap.target, "kind": gap.kind, "detail": gap.detail, "location": location}


def _place(location: Location) -> dict[str, Any]:
    return {"file": location.file, "line": location.line, "column": location.column}
