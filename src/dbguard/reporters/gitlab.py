"""GitLab Code Quality: a JSON list, of which the merge request shows what its target branch does not have.

GitLab tells findings apart by their fingerprint alone, so equal ones are numbered. What passes is no entry: GitLab
would count it as a problem.
https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from dbguard.model import EXEMPT, MAY_FAIL, PASS, SEVERITIES, Finding, Gap, Location, Notice, Report
from dbguard.reporters import Options, about, accepted, dump, is_brief, prose, sentence, shelf, shown
from dbguard.reporters._controls import of_policies

# For our severities, from the worst to the mildest.
LEVELS = ("blocker", "critical", "major", "minor", "info")
INCOMPLETE = "critical"


def render(report: Report, options: Options) -> Iterator[str]:
    """One list: first what could not be looked at, so that an incomplete run is never clean; then notices, findings."""
    wrong = [finding for finding in shown(report, options) if finding.verdict not in (PASS, EXEMPT)]
    controls = of_policies(report)
    found = (_finding(one, controls.get(one.policy)) for one in wrong)
    entries = [*map(_gap, report.gaps), *map(_notice, report.notices), *found]
    seen: dict[str, int] = {}
    for entry in entries:
        name = entry["fingerprint"]
        number = seen[name] = seen.get(name, 0) + 1
        entry["fingerprint"] = sha256(f"{name}:{number}".encode(errors="backslashreplace")).hexdigest()
    yield dump(entries) + "\n"


def _finding(finding: Finding, controls: str | None) -> dict[str, Any]:
    where = finding.location or Location(shelf(finding.resource), 1, 1)
    name = finding.fingerprint or f"{finding.policy}:{where.file}:{finding.resource.id}"
    waived = f"waived, {accepted(finding.waiver)}: " if finding.waiver is not None else ""
    text = waived + sentence(finding) + (f" [{controls}]" if controls else "")
    return _entry(finding.policy, text, name, _level(finding), where)


def _gap(gap: Gap) -> dict[str, Any]:
    where = gap.location or Location(gap.target, 1, 1)
    text = prose(f"not judged: {gap.target}: {gap.kind}: {gap.detail}")
    return _entry(f"gap/{gap.kind}", text, f"gap:{gap.target}:{gap.kind}:{gap.detail}", INCOMPLETE, where)


def _notice(notice: Notice) -> dict[str, Any]:
    where = notice.location or Location(notice.target, 1, 1)
    text = prose(f"{about(notice)}: {notice.detail}")
    return _entry(f"notice/{notice.kind}", text, f"{where.file}:{notice.kind}:{notice.detail}", LEVELS[-1], where)


def _entry(check: str, text: str, fingerprint: str, severity: str, where: Location) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": prose(_relative(where.file)), "lines": {"begin": max(where.line, 1)}},
    }


def _level(finding: Finding) -> str:
    """May-fail is one level milder than fail; what is unknown or waived is the mildest."""
    if is_brief(finding):
        return LEVELS[-1]
    return LEVELS[min(SEVERITIES.index(finding.severity) + (finding.verdict == MAY_FAIL), len(LEVELS) - 1)]


def _relative(path: str) -> str:
    """The path as seen from the top of the repository, which is where pipelines run."""
    if os.path.isabs(path):
        path = os.path.relpath(path)
    return path.replace("\\", "/").removeprefix("./")
