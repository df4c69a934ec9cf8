"""Reporters: one module a format, found by its file name and imported only when it is asked for.

Each has `render(report, options)`, which yields pieces of text and does nothing else. Here is what they share.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol, cast

from dbguard.errors import UsageError
from dbguard.model import (
    EXEMPT,
    FAIL,
    MAY_FAIL,
    PASS,
    SEVERITIES,
    UNKNOWN,
    VERDICTS,
    WAIVED,
    Finding,
    Gap,
    Location,
    Notice,
    Report,
    Subject,
)

# Characters of one sentence that are shown; values from templates can be of any length.
LONGEST = 1000


class Options(NamedTuple):
    """How to render: in colour, which verdicts (and `waived`), how many columns wide, with or without a last word."""

    color: bool = False
    show: frozenset[str] = frozenset((FAIL, MAY_FAIL, UNKNOWN))
    width: int = 100
    quiet: bool = False


class Reporter(Protocol):
    """What a module of this folder offers."""

    def render(self, report: Report, options: Options) -> Iterator[str]:
        """The report in this format, as pieces of text."""


def names() -> list[str]:
    """The formats there are."""
    return sorted(file[:-3] for file in os.listdir(__path__[0]) if file.endswith(".py") and not file.startswith("_"))


def load(name: str) -> Reporter:
    """The reporter for a format; a format there is not is a UsageError."""
    from importlib import import_module

    if name not in names():
        from dbguard.policy_library import suggestion

        hint = suggestion(name, names()) or f"; there are {', '.join(names())}"
        raise UsageError(f"there is no format '{printable(name)}'{hint}")
    return cast("Reporter", import_module(f"{__name__}.{name}"))


def is_whole(name: str) -> bool:
    """Whether the format shows the fleet, and tells why each policy asks what it asks."""
    return bool(getattr(load(name), "WHOLE", False))


def shown(report: Report, options: Options) -> list[Finding]:
    """The findings to show: by file, line and severity, live resources (by account and region) last."""
    return sorted((finding for finding in report.findings if _is_shown(finding, options)), key=_order)


def _is_shown(finding: Finding, options: Options) -> bool:
    return (finding.verdict if finding.waiver is None else WAIVED) in options.show


def _order(finding: Finding) -> tuple[bool, str, int, int, int, str, str]:
    location, resource = finding.location, finding.resource
    line, column = (location.line, location.column) if location else (0, 0)
    severity = SEVERITIES.index(finding.severity)
    return location is None, home(finding), line, severity, column, resource.id, finding.policy


def home(finding: Finding) -> str:
    """What findings are grouped by: the file, or the account and region."""
    return finding.location.file if finding.location else realm(finding.resource)


def realm(resource: Subject) -> str:
    """Where a resource without a file lives."""
    known = [name for name in (resource.account, resource.region) if name]
    return "account " + " ".join(known) if known else resource.origin


def verdicts(report: Report) -> dict[str, int]:
    """How often each verdict was given, all five of them."""
    order = (FAIL, MAY_FAIL, UNKNOWN, PASS, EXEMPT)
    return {verdict: report.verdicts.get(verdict, 0) for verdict in order}


def summary(report: Report) -> str:
    """What was seen, in one line; the last line of every report that is read by people."""
    seen = report.coverage
    files = f"{count(seen.read, 'file')} read, {seen.not_templates} not templates, {seen.unreadable} unreadable"
    if report.statuses:
        files = _reached(report)
    counts = ", ".join(f"{number} {verdict}" for verdict, number in verdicts(report).items())
    rest = f"{report.waived} waived; {count(len(report.gaps), 'gap')}"
    rest += f"; {count(len(report.notices), 'notice')}" if report.notices else ""
    rest += left_out(report)
    ran = "1 policy" if seen.policies == 1 else f"{seen.policies} policies"
    return f"{files}; {count(seen.resources, 'resource')}; {ran} run; {counts}; {rest}"


def left_out(report: Report) -> str:
    """What is not told since it did not change; empty where everything is told."""
    left = report.left_out
    if left is None:
        return ""
    told = [count(left.findings, "finding"), *([count(left.gaps, "gap")] if left.gaps else [])]
    idle = f", {count(left.files, 'unchanged file')} not judged" if left.files else ""
    return f"; {' and '.join(told)} on what did not change since {printable(left.since)} left out{idle}"


def _reached(report: Report) -> str:
    """How much of the live accounts was read."""
    accounts = {one.account for one in report.statuses}
    regions = {one.region for one in report.statuses if one.region}
    services = [one.status for one in report.statuses if one.service]
    where = f"{count(len(accounts), 'account')}, {count(len(regions), 'Region')}"
    return f"{where}, {services.count('scanned')} of {count(len(services), 'service')} scanned"


def is_clean(report: Report) -> bool:
    """Whether everything was looked at and nothing is wrong or unknown."""
    return report.complete and not any(report.verdicts.get(verdict) for verdict in (FAIL, MAY_FAIL, UNKNOWN))


def level(finding: Finding) -> int:
    """How loud to be, in formats that know three levels: 0 for critical and high, 1 for medium, 2 for the rest.

    May-fail is one level lower; what is unknown or waived, and what passes, is the lowest.
    """
    if is_brief(finding):
        return 2
    loud = {"critical": 0, "high": 0, "medium": 1}.get(finding.severity, 2)
    return min(loud + (finding.verdict == MAY_FAIL), 2)


def is_brief(finding: Finding) -> bool:
    """Whether it asks for no change: it is waived, or neither fails nor may fail."""
    return finding.verdict not in (FAIL, MAY_FAIL) or finding.waiver is not None


def word(finding: Finding) -> str:
    """The verdict, and whether it is waived."""
    return f"{WAIVED} {finding.verdict}" if finding.waiver is not None else finding.verdict


def tally(findings: list[Finding]) -> str:
    """How many findings of each verdict, the worst first."""
    worst_first = sorted(findings, key=lambda finding: (finding.waiver is not None, VERDICTS.index(finding.verdict)))
    words = [word(finding) for finding in worst_first]
    return ", ".join(f"{words.count(one)} {one}" for one in dict.fromkeys(words))


def said(finding: Finding) -> str:
    """What is to be said of a value: the message with the reason, or the reason of the waiver."""
    if finding.waiver is not None:
        return accepted(finding.waiver)
    message, reason = prose(finding.message), prose(finding.reason or "")
    return message if reason in message else f"{message} ({reason})" if message else reason


def excerpt(finding: Finding) -> str:
    """The source line, for formats without room; empty where it is too long to help (JSON on one line)."""
    line = (finding.source_line or "").strip()
    return printable(line) if len(line) <= LONGEST else ""


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def place(location: Location) -> str:
    """`file:line:column`, the form that terminals and editors turn into a link."""
    return f"{printable(location.file)}:{location.line}:{location.column}"


def scenario(finding: Finding) -> str:
    """With which parameters and in which scenario it fails, and passes; empty where that hangs on nothing."""
    parts = [("when ", finding.when), ("passes when ", finding.unless)]
    told = [word + assignment(choices) for word, choices in parts if choices]
    return "; ".join([f"with {', '.join(map(printable, finding.parameters))}", *told] if finding.parameters else told)


def told(finding: Finding) -> str:
    """What is said in formats without room for the scenario: the message, and the parameters that it holds with."""
    return f"{said(finding)} ({scenario(finding)})" if finding.parameters else said(finding)


def sentence(finding: Finding) -> str:
    """All there is to say where only one text fits: what is wrong, in which scenario, and the fix."""
    doubt = {MAY_FAIL: "may fail: ", UNKNOWN: "unknown: "}.get(finding.verdict, "")
    note = f" ({scenario(finding)})" if scenario(finding) else ""
    fix = f". Fix: {prose(finding.fix)}" if finding.fix else ""
    return f"{prose(finding.resource.id)}: {doubt}{said(finding._replace(waiver=None))}{note}{fix}"


def shelf(resource: Subject) -> str:
    """A path for a resource that stands in no file, for formats that want one."""
    parts = (resource.origin, resource.account, resource.region, resource.type, resource.id)
    return "/".join(part.replace("/", "_") for part in parts if part)


def assignment(choices: dict[str, Any]) -> str:
    """Parameters with their values: `Env=dev, Size=10`."""
    return ", ".join(f"{printable(str(name))}={_literal(value)}" for name, value in choices.items())


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(str(value)) or '""'


def printable(text: str) -> str:
    """The text with what a terminal or a GitHub workflow would obey or choke on escaped.

    That is control, direction, stray surrogates, and the commands of workflows that may stand anywhere in a line.
    """
    text = text.replace("##[", "##\\x5b")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def tame(lines: str) -> str:
    """Lines of which none is a command of a GitHub workflow; https://github.com/actions/runner, ActionCommand.cs."""
    if "::" not in lines:
        return lines
    import re

    return re.sub(r"(?m)^(\s*):(?=:)", r"\1\\x3a", lines)


def prose(text: str) -> str:
    """A sentence on one line, safe to print, and cut where it is longer than anyone reads."""
    line = " ".join(text[:LONGEST].split())
    return printable(line) + ("..." if len(text) > LONGEST else "")


def about(entry: Gap | Notice) -> str:
    """The kind of a gap; of a notice with what it is about: an expired waiver, but a locked setting or waiver."""
    return entry.kind if isinstance(entry, Gap) or entry.kind == "locked" else f"{entry.kind} waiver"


def accepted(waiver: dict[str, Any]) -> str:
    """A waiver in words: its reason and its end."""
    until = f" (until {prose(str(waiver['until']))})" if waiver.get("until") else ""
    return prose(str(waiver.get("reason") or "no reason given")) + until


def dump(value: Any) -> str:
    """JSON in ASCII; stray surrogates, which strict JSON readers refuse, become text."""
    import re
    from json import dumps

    text = re.sub(r"[^\n -~]", _escape, dumps(value, ensure_ascii=False, indent=2))
    return text.replace("##[", r"##\u005b")  # which a GitHub workflow would obey


def _escape(found: Any) -> str:
    from json import dumps

    char: str = found[0]
    return f"\\\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else dumps(char)[1:-1]
