"""dbguard's policies as rules of cfn-lint: `cfn-lint template.yaml --append-rules dbguard.integrations.cfn_lint`.

Each policy is a rule with an id of its own, such as E9/rds/storage-encrypted. A template is judged once, from its file
and as `dbguard scan` does, and each rule tells what its policy has found there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from dbguard.cli import DEEPEST, parser
from dbguard.errors import DbguardError, PolicyError
from dbguard.model import MAY_FAIL, UNKNOWN, WAIVABLE, Finding, Location, Report
from dbguard.policy_library import Entry, Library
from dbguard.reporters import LONGEST, about, is_brief, level, place, prose, said, scenario

MARK = "9"  # the numbers that cfn-lint leaves to rules that are not its own
GENERAL = f"E{MARK}/dbguard"  # gaps, and findings of policies that are not built in
NOTICE = f"W{MARK}/dbguard"
LEVELS = ("error", "warning", "informational")


def rule_id(policy: str, severity: str) -> str:
    """The id of a policy's rule; the letter is cfn-lint's, which shows I only where it is asked to."""
    return f"{'E' if severity in ('critical', 'high') else 'W'}{MARK}/{policy}"


class _Judged:
    """The templates of a cfn-lint run; the last is kept, since every rule is asked about it in turn."""

    def __init__(self) -> None:
        self._cfn: Any = None
        self._told: dict[str, list[RuleMatch]] = {}

    def about(self, cfn: Any, rule: str) -> list[RuleMatch]:
        """What a rule is to say of a template."""
        if self._cfn is not cfn:
            self._cfn, self._told = cfn, {}
            for name, match in _told(cfn.filename):
                self._told.setdefault(name, []).append(match)
        return self._told.get(rule, [])


def _entries() -> list[Entry]:
    """The policies; what is wrong with their files is told as cfn-lint tells it of rules that it cannot load."""
    try:
        return list(Library().entries.values())
    except DbguardError as error:
        raise ImportError(str(error)) from error


JUDGED = _Judged()
ENTRIES = _entries()
IDS = {entry.id: rule_id(entry.id, entry.severity) for entry in ENTRIES}
NAMES = frozenset(IDS.values())


class _Rule(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint has no types
    """A rule whose matches come from dbguard."""

    tags = ("database", "dbguard")

    def match(self, cfn: Any) -> list[RuleMatch]:
        """What dbguard says of the template under this id."""
        return JUDGED.about(cfn, self.id)

    def is_enabled(
        self,
        include_experimental: bool = False,
        ignore_rules: Sequence[str] | None = None,
        include_rules: Sequence[str] | None = None,
        mandatory_rules: Sequence[str] | None = None,
    ) -> bool:
        """As for every rule, but an id that is the beginning of another policy's id speaks of its own policy alone."""
        ignored = [one for one in ignore_rules or () if one == self.id or one not in NAMES]
        enabled: bool = super().is_enabled(include_experimental, ignored, include_rules, mandatory_rules)
        return enabled


@cache
def _at(rule: str, loud: str) -> _Rule:
    """A rule as it stands in a match: its id, and how bad this match is."""
    made = type("Rule", (_Rule,), {**RULES[rule], "severity": loud})
    found: _Rule = made()
    return found


def _told(file: str | None) -> Iterator[tuple[str, RuleMatch]]:
    """What dbguard says of a template, with the ids of rules. Never raises for what a user can mend."""
    if not file:
        yield _general("dbguard reads templates from their files: name the file instead of giving its text", None)
        return
    try:
        report = _scanned(file)
    except DbguardError as error:
        problems = error.problems if isinstance(error, PolicyError) else [str(error)]
        yield from (_general(f"dbguard: {problem}", None) for problem in problems)
        return
    yield from _matches(report)


def _scanned(file: str) -> Report:
    """The report of `dbguard scan` on a file."""
    from dbguard.commands import scan

    deepest = sys.getrecursionlimit()
    sys.setrecursionlimit(max(DEEPEST, deepest))
    try:
        return scan.reported(parser("scan").parse_args(["scan", "--", file]))[0]
    finally:
        sys.setrecursionlimit(deepest)


def _matches(report: Report) -> Iterator[tuple[str, RuleMatch]]:
    for gap in report.gaps:
        yield _general(f"dbguard could not look ({gap.kind}): {prose(gap.detail)}", gap.location)
    for notice in report.notices:
        yield NOTICE, _match(NOTICE, 1, f"notice, {about(notice)}: {prose(notice.detail)}", notice.location)
    for finding in report.findings:
        if finding.verdict in WAIVABLE and finding.waiver is None:
            yield _found(finding)


def _general(message: str, where: Location | None) -> tuple[str, RuleMatch]:
    return GENERAL, _match(GENERAL, 0, message, where)


def _found(finding: Finding) -> tuple[str, RuleMatch]:
    """A finding as a match: it names its resource, so that cfn-lint's own Metadata can ignore it there."""
    rule = IDS.get(finding.policy, GENERAL)
    match = _match(rule, level(finding), _message(finding), finding.location, ("Resources", finding.resource.id))
    line = (finding.source_line or "").rstrip()
    row, column, *_ = match.location
    match.location = (row, column, row, max(len(line) if len(line) <= LONGEST else 0, column + 1))
    return rule, match


def _message(finding: Finding) -> str:
    """What is wrong, in which scenario, how to mend it, and where to read on."""
    doubt = {MAY_FAIL: "may fail: ", UNKNOWN: "unknown: "}.get(finding.verdict, "")
    note = f" ({scenario(finding)})" if scenario(finding) else ""
    beside = "".join(f"; see {place(one.location)}" for one in finding.related if one.location)
    fix = "" if is_brief(finding) else f". Fix: {prose(finding.fix)}"
    return f"{prose(finding.resource.id)}: {doubt}{said(finding)}{note}{beside}{fix} (dbguard explain {finding.policy})"


def _match(rule: str, loud: int, message: str, where: Location | None, path: tuple[str, ...] = ()) -> RuleMatch:
    row, column = (max(where.line, 1) - 1, max(where.column, 1) - 1) if where else (0, 0)
    file = {"filename": where.file} if where else {}
    return RuleMatch(path, message, location=(row, column, row, column + 1), rule=_at(rule, LEVELS[loud]), **file)


def _row(name: str, title: str, description: str) -> dict[str, str]:
    return {"id": name, "shortdesc": title, "description": description}


def _of(entry: Entry) -> dict[str, str]:
    return _row(IDS[entry.id], entry.title, f"{entry.title}; dbguard explain {entry.id} says why")


RULES = {IDS[entry.id]: _of(entry) for entry in ENTRIES}
RULES[GENERAL] = _row(
    GENERAL, "dbguard looked at everything", "What dbguard could not look at, and policies of your own"
)
RULES[NOTICE] = _row(
    NOTICE, "dbguard has no notice", "Waivers and settings that have no effect: malformed, expired, unused, locked"
)
# cfn-lint takes every class of this module that is a rule, by its name.
globals().update({re.sub(r"\W", "_", name): type("Rule", (_Rule,), row) for name, row in RULES.items()})
