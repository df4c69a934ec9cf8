"""What cfn-lint says of databases, as findings: `dbguard scan --cfn-lint`.

Its own rules alone are run: `.cfnlintrc` and `Metadata` choose and configure them, but load no others, since those are
code of the scanned tree. cfn-lint is imported here and nowhere else on the way.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import cfnlint.rules
from cfnlint.config import ConfigMixIn
from cfnlint.exceptions import CfnLintExitException, ConfigFileError
from cfnlint.rules import CloudFormationLintRule, Rules
from cfnlint.runner.template import run_template_by_file_path

from dbguard.conditions.subject import is_secret
from dbguard.errors import UsageError
from dbguard.excerpt import masked
from dbguard.finding import order
from dbguard.model import FAIL, SEVERITIES, Finding, Gap, Location, Report, Subject
from dbguard.peers import CFN_LINT, Names
from dbguard.policy_library import suggestion
from dbguard.sources.document import BREAKS, contents, dotted

SEVERITY = {"E": "high", "W": "medium", "I": "info"}
logging.getLogger("cfnlint").addHandler(logging.NullHandler())  # what it logs is in its matches
BROKEN = ("E0000", "E0001", "E0002")  # it could not be parsed or transformed, or a rule of cfn-lint broke
RULES = "https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md"


class _Witness(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint has no types
    """A rule that finds nothing and remembers the template, so that the types of resources are known."""

    id = "W9/witness"

    def match(self, cfn: Any) -> list[Any]:
        """Remember the template as cfn-lint has expanded it."""
        self.cfn = cfn
        return []


class Linter:
    """cfn-lint with its own rules, loaded once for all templates."""

    def __init__(
        self,
        types: Collection[str],
        threshold: Callable[[str], str | None] = lambda _: None,
        same: Names | None = None,
        *,
        locked: bool = False,
    ) -> None:
        """For databases of some types; of a file what is as bad as its threshold, and what no policy says as well.

        Nothing that is scanned, and no `.cfnlintrc`, takes an error or warning away where it is locked.
        """
        self._same = same
        self._types = {*types, "AWS::Serverless::SimpleTable"}  # a DynamoDB table, which cfn-lint leaves as it is
        self._threshold = threshold
        self._rules = _rules()
        self.names = frozenset(CFN_LINT + name for name in self._rules)
        self._witness = _Witness()
        self._rules.register(self._witness)
        try:
            self._config = ConfigMixIn(["--mandatory-checks", "E", "W"] if locked else [])
        except ConfigFileError as error:
            raise UsageError(f"cfn-lint's configuration: {error}") from None

    def added(self, report: Report) -> Report:
        """The report with what cfn-lint says of the databases in the files that were judged."""
        said = [one for file in sorted(report.homes) if os.path.isfile(file) for one in self._of(file)]
        told = {
            (one.policy, _spot(one)): SEVERITIES.index(one.severity) for one in report.findings if one.verdict == FAIL
        }
        found = [
            one for one in said if isinstance(one, Finding) and self._is_asked_for(one) and self._is_new(one, told)
        ]
        gaps = [one for one in said if isinstance(one, Gap)]
        return report._replace(
            findings=tuple(sorted((*report.findings, *found), key=order)),
            gaps=(*report.gaps, *gaps),
            verdicts={**report.verdicts, FAIL: report.verdicts[FAIL] + len(found)},
        )

    def _is_asked_for(self, one: Finding) -> bool:
        least = self._threshold(one.home) or SEVERITIES[-1]
        return SEVERITIES.index(one.severity) <= SEVERITIES.index(least)

    def _is_new(self, one: Finding, told: Mapping[tuple[str, Any], int]) -> bool:
        """Whether no policy that states the same, and is as severe, fails at the same place."""
        policies = self._same.policies(one.policy.removeprefix(CFN_LINT)) if self._same else []
        worst = min(
            (told[name, _spot(one)] for name in policies if (name, _spot(one)) in told), default=len(SEVERITIES)
        )
        return worst > SEVERITIES.index(one.severity)

    def _of(self, file: str) -> Iterator[Finding | Gap]:
        self._witness.cfn = None
        try:
            matches = list(run_template_by_file_path(file, self._config, self._rules, ignore_bad_template=False))
        except CfnLintExitException as error:
            raise UsageError(f"cfn-lint's configuration: {error}") from None
        except Exception as error:  # noqa: BLE001 - cfn-lint breaks in many ways on templates of the wrong shape
            yield Gap(file, "unsupported", f"cfn-lint broke off: {type(error).__name__}: {error}")
            return
        for match in matches:
            if match.rule.id in BROKEN:
                detail = f"cfn-lint, {match.rule.id}: {match.message}"
                yield Gap(file, "unsupported", detail, Location(file, match.linenumber, match.columnnumber))
        if self._witness.cfn is not None and "Resources" in self._witness.cfn.template:
            yield from self._findings(matches, file)
        elif not any(match.rule.id in BROKEN for match in matches):
            yield Gap(file, "unsupported", "cfn-lint does not read it as a template")

    def _findings(self, matches: Iterable[Any], file: str) -> Iterator[Finding]:
        resources = self._witness.cfn.get_resources()
        lines = re.split(BREAKS, contents(file).decode("utf-8", "replace"))
        for match in matches:
            path = tuple(getattr(match, "path", None) or ())
            body = resources.get(path[1]) if len(path) > 1 and path[0] == "Resources" else None
            kind = body.get("Type") if isinstance(body, dict) else None
            if isinstance(kind, str) and kind in self._types:
                subject = Subject(str(path[1]), kind)
                found = _finding(match, path, subject, self._at(file, path[:2]))
                yield found._replace(source_line=masked("".join(lines[match.linenumber - 1 : match.linenumber])))

    def _at(self, file: str, path: tuple[Any, ...]) -> Location:
        """Where cfn-lint sees a resource."""
        row, column, *_ = self._witness.cfn.get_location_yaml(self._witness.cfn.template, list(path)) or (0, 0)
        return Location(file, row + 1, column + 1, dotted(path))


def _spot(one: Finding) -> tuple[object, ...]:
    """The resource and the place that a finding is about."""
    return one.resource.id, one.location and (one.location.file, one.location.line, one.location.column)


def _rules() -> Rules:
    return Rules.create_from_directory(os.path.dirname(cfnlint.rules.__file__))


def page(name: str) -> str:
    """What a rule of cfn-lint is about, by its name in a report. Raises UsageError."""
    rules = _rules()
    rule = rules.get(name.removeprefix(CFN_LINT))
    if rule is None:
        asked = name.removeprefix(CFN_LINT)
        raise UsageError(f"cfn-lint has no rule '{asked}'{suggestion(asked, rules)}")
    return f"# {rule.shortdesc}\n\n{rule.description}\n\n- {name}, a rule of cfn-lint\n- {RULES}#{rule.id}\n"


def _finding(match: Any, path: tuple[Any, ...], subject: Subject, itself: Location) -> Finding:
    rule = match.rule
    name = CFN_LINT + rule.id
    inside = ".".join(str(step) for step in path[2:] if step != "Properties")
    return Finding(
        name,
        FAIL,
        SEVERITY.get(rule.id[0], "medium"),
        rule.shortdesc,
        rule.shortdesc if is_secret(path) else masked(match.message),  # which may repeat the value
        f"See {RULES}#{rule.id}",
        subject,
        Location(itself.file, match.linenumber, match.columnnumber, dotted(path)),
        fingerprint=":".join((name, itself.file, subject.id, inside)),
        judged_at=itself,
    )
