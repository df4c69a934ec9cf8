"""JUnit XML: a test suite for each file or account, a test case for each finding, and one for having seen everything.

What fails or may fail is a failure, what is unknown or waived is skipped, and so is a notice; a gap is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from dbguard.model import EXEMPT, FAIL, PASS, Finding, Gap, Notice, Report
from dbguard.reporters import (
    Options,
    excerpt,
    home,
    is_brief,
    place,
    printable,
    prose,
    said,
    scenario,
    shown,
    summary,
    told,
    word,
)


def render(report: Report, options: Options) -> Iterator[str]:
    """The suites, the one about gaps last."""
    suites = [_suite(name, [_case(finding) for finding in group]) for name, group in _groups(report, options)]
    seen = [_gap(gap) for gap in report.gaps] or [_complete(report)]
    suites.append(_suite("dbguard", [*seen, *map(_notice, report.notices)]))
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dbguard">\n'
    yield from suites
    yield "</testsuites>\n"


def _groups(report: Report, options: Options) -> Iterator[tuple[str, Iterator[Finding]]]:
    yield from groupby(shown(report, options), key=home)


def _suite(name: str, cases: list[str]) -> str:
    counts = " ".join(f'{word}s="{sum(f"<{word}" in case for case in cases)}"' for word in ("failure", "error"))
    skipped = sum("<skipped" in case for case in cases)
    attributes = f'name={_quoted(name)} tests="{len(cases)}" {counts} skipped="{skipped}" time="0"'
    return f"  <testsuite {attributes}>\n{''.join(cases)}  </testsuite>\n"


def _case(finding: Finding) -> str:
    place_ = f' file={_quoted(finding.location.file)} line="{finding.location.line}"' if finding.location else ""
    name = f"{finding.resource.id} ({finding.resource.type})"
    return _element(f'classname={_quoted(finding.policy)} name={_quoted(name)} time="0"{place_}', _outcome(finding))


def _outcome(finding: Finding) -> str:
    if finding.verdict in (PASS, EXEMPT):
        return ""
    if is_brief(finding):
        return f"<skipped message={_quoted(f'{word(finding)}: {told(finding)}')}/>"
    kind = finding.severity if finding.verdict == FAIL else f"{finding.severity} {finding.verdict}"
    return f"<failure type={_quoted(kind)} message={_quoted(said(finding))}>{_body(finding)}</failure>"


def _body(finding: Finding) -> str:
    where = place(finding.location) if finding.location else printable(home(finding))
    lines = (where, excerpt(finding), scenario(finding), f"Fix: {prose(finding.fix)}")
    return escape("\n".join(line for line in lines if line), quote=False)


def _gap(gap: Gap) -> str:
    where = place(gap.location) if gap.location else gap.target
    error = f"<error type={_quoted(gap.kind)} message={_quoted(prose(gap.detail))}/>"
    return _element(f'classname="dbguard" name={_quoted(where)} time="0"', error)


def _notice(notice: Notice) -> str:
    where = place(notice.location) if notice.location else notice.target
    skipped = f"<skipped message={_quoted(f'{notice.kind} waiver: {prose(notice.detail)}')}/>"
    return _element(f'classname="dbguard" name={_quoted(where)} time="0"', skipped)


def _complete(report: Report) -> str:
    out = f"<system-out>{escape(summary(report), quote=False)}</system-out>"
    return _element('classname="dbguard" name="everything was looked at" time="0"', out)


def _element(attributes: str, content: str) -> str:
    return f"    <testcase {attributes}>{content}</testcase>\n" if content else f"    <testcase {attributes}/>\n"


def _quoted(text: str) -> str:
    return f'"{escape(printable(text))}"'
