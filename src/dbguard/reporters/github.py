"""GitHub annotations: one workflow command for each finding and gap.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.model import FAIL, Finding, Gap, Location, Report
from dbguard.reporters import Options, home, is_brief, level, printable, prose, said, scenario, shown, summary, word

LEVELS = ("error", "warning", "notice")


def render(report: Report, options: Options) -> Iterator[str]:
    """Gaps first, then notices, findings, and what was seen."""
    for gap in report.gaps:
        yield _gap(gap)
    for notice in report.notices:
        text = prose(f"{notice.target}: {notice.detail}")
        yield _command("warning", notice.location, f"dbguard waiver: {notice.kind}", text)
    for finding in shown(report, options):
        yield _finding(finding)
    yield summary(report) + "\n"


def _gap(gap: Gap) -> str:
    title = f"dbguard could not look: {gap.kind}"
    return _command("error", gap.location, title, prose(f"{gap.target}: {gap.detail}"))


def _finding(finding: Finding) -> str:
    verdict = "" if word(finding) == FAIL else f" {word(finding)}"
    title = f"{finding.policy}: {finding.severity}{verdict}"
    resource = f"{prose(finding.resource.id)} ({prose(finding.resource.type)})"
    if not finding.location:
        resource += f" in {prose(home(finding))}"
    fix = "" if is_brief(finding) else f"Fix: {prose(finding.fix)}"
    message = "\n".join(line for line in (f"{resource}: {said(finding)}", scenario(finding), fix) if line)
    return _command(LEVELS[level(finding)], finding.location, title, message)


def _command(name: str, location: Location | None, title: str, message: str) -> str:
    properties = [f"title={_property(prose(title))}"]
    if location:
        at = {"file": printable(location.file), "line": str(location.line), "col": str(location.column)}
        properties = [f"{key}={_property(value)}" for key, value in at.items()] + properties
    return f"::{name} {','.join(properties)}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
