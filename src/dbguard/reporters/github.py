"""GitHub annotations: one workflow command for each finding and gap, the worst first.

GitHub shows the first ten errors, warnings and notices of a step, and keeps the others in its log.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.model import FAIL, SEVERITIES, Finding, Gap, Location, Notice, Report
from dbguard.reporters import (
    Options,
    about,
    count,
    home,
    is_brief,
    level,
    printable,
    prose,
    said,
    scenario,
    shown,
    summary,
    word,
)
from dbguard.reporters._controls import of_policies

LEVELS = ("error", "warning", "notice")
MOST = 10  # annotations of each level that GitHub shows for a step


def render(report: Report, options: Options) -> Iterator[str]:
    """Gaps first, then notices, findings, how many GitHub does not show, and what was seen."""
    controls = of_policies(report)
    findings = sorted(shown(report, options), key=lambda one: (level(one), SEVERITIES.index(one.severity)))
    commands = [*map(_gap, report.gaps), *map(_notice, report.notices)]
    commands += [_finding(finding, controls.get(finding.policy)) for finding in findings]
    yield from commands
    yield from _left_out(commands)
    if not options.quiet:
        yield summary(report) + "\n"


def _left_out(commands: list[str]) -> Iterator[str]:
    numbers = [sum(one.startswith(f"::{name} ") for one in commands) - MOST for name in LEVELS]
    over = [count(number, name) for name, number in zip(LEVELS, numbers, strict=True) if number > 0]
    if over:
        yield f"not annotated: {', '.join(over)}, for GitHub shows {MOST} of each in a step; all of them stand above\n"


def _gap(gap: Gap) -> str:
    title = f"dbguard could not look: {gap.kind}"
    return _command("error", gap.location, title, prose(f"{gap.target}: {gap.detail}"))


def _notice(notice: Notice) -> str:
    text = prose(f"{notice.target}: {notice.detail}")
    return _command("warning", notice.location, f"dbguard notice: {about(notice)}", text)


def _finding(finding: Finding, controls: str | None) -> str:
    verdict = "" if word(finding) == FAIL else f" {word(finding)}"
    title = f"{finding.policy}: {finding.severity}{verdict}"
    resource = f"{prose(finding.resource.id)} ({prose(finding.resource.type)})"
    if not finding.location:
        resource += f" in {prose(home(finding))}"
    fix = "" if is_brief(finding) else f"Fix: {prose(finding.fix)}"
    named = f"Controls: {controls}" if controls else ""
    message = "\n".join(line for line in (f"{resource}: {said(finding)}", scenario(finding), fix, named) if line)
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
