"""GitLab Code Quality: a JSON list of findings and gaps, which merge requests show beside the changed lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from dbguard.model import FAIL, Finding, Gap, Report
from dbguard.reporters import Options, dump, home, printable, prose, said, scenario, shown, word

SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info"}


class Entry(NamedTuple):
    """What GitLab is told of a finding or a gap."""

    description: str
    name: str
    severity: str
    file: str
    line: int
    key: str  # the same where lines move


def render(report: Report, options: Options) -> Iterator[str]:
    """Gaps first, then findings; each with a fingerprint of its own."""
    seen: dict[str, int] = {}
    found: list[dict[str, Any]] = []
    for entry in (*map(_gap, report.gaps), *map(_finding, shown(report, options))):
        seen[entry.key] = seen.get(entry.key, 0) + 1
        found.append(_told(entry, seen[entry.key]))
    yield dump(found) + "\n"


def _gap(gap: Gap) -> Entry:
    description = f"dbguard could not look: {prose(gap.detail)}"
    file, line = (gap.location.file, gap.location.line) if gap.location else (gap.target, 1)
    return Entry(description, f"gap/{gap.kind}", "major", file, line, f"{gap.target}:{gap.kind}:{gap.detail}")


def _finding(finding: Finding) -> Entry:
    verdict = "" if word(finding) == FAIL else f"{word(finding)}: "
    note = f" ({scenario(finding)})" if scenario(finding) else ""
    description = f"{verdict}{prose(finding.resource.id)}: {said(finding)}{note}"
    severity = SEVERITIES[finding.severity] if finding.verdict == FAIL else "info"
    where = finding.location
    file, line = (where.file, where.line) if where else (home(finding), 1)
    return Entry(description, finding.policy, severity, file, line, finding.fingerprint)


def _told(entry: Entry, count: int) -> dict[str, Any]:
    return {
        "description": entry.description,
        "check_name": printable(entry.name),
        "fingerprint": sha256(f"{entry.key}:{count}".encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": entry.severity,
        "location": {"path": printable(entry.file), "lines": {"begin": entry.line}},
    }
