"""JUnit XML: a test suite for each file or account, a test case for each finding, and one for having seen everything.

What fails or may fail is a failure, what is unknown or waived is skipped, and so is a notice; a gap is an error.
Jenkins refuses files with other attributes than these. GitLab shows the text inside of elements, not the messages, and
of cases with the same class and name only the first: so names tell the file, and a number where that is not enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from dbguard.model import EXEMPT, FAIL, PASS, Finding, Gap, Notice, Report
from dbguard.reporters import (
    Options,
    about,
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
    tame,
    told,
    word,
)
from dbguard.reporters._controls import of_policies


class Suites:
    """Cases, each with a name of its own."""

    def __init__(self, report: Report, options: Options) -> None:
        self._report, self._options = report, options
        self._controls = of_policies(report)
        self._seen: dict[str, int] = {}

    def all(self) -> Iterator[str]:
        """The suites, the one about gaps last."""
        for name, group in groupby(shown(self._report, self._options), key=home):
            yield _suite(name, [self._finding(finding) for finding in group])
        seen = [self._entry(gap, "error", gap.kind) for gap in self._report.gaps] or [_complete(self._report)]
        notices = [self._entry(notice, "skipped", f"notice: {about(notice)}") for notice in self._report.notices]
        yield _suite("dbguard", [*seen, *notices])

    def _finding(self, finding: Finding) -> str:
        name = f"{finding.resource.id} ({finding.resource.type}) in {home(finding)}"
        return self._case(finding.policy, name, _outcome(finding, self._controls.get(finding.policy)))

    def _entry(self, entry: Gap | Notice, tag: str, kind: str) -> str:
        where = place(entry.location) if entry.location else entry.target
        return self._case("dbguard", where, _told(tag, kind, prose(entry.detail), prose(f"{kind}: {entry.detail}")))

    def _case(self, group: str, name: str, content: str) -> str:
        name = prose(name)
        number = self._seen[f"{group} {name}"] = self._seen.get(f"{group} {name}", 0) + 1
        name += f" #{number}" if number > 1 else ""
        return _element(f'classname={_quoted(group)} name={_quoted(name)} time="0"', content)


def render(report: Report, options: Options) -> Iterator[str]:
    """The suites, the one about gaps last."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dbguard">\n'
    yield from Suites(report, options).all()
    yield "</testsuites>\n"


def _suite(name: str, cases: list[str]) -> str:
    counts = " ".join(f'{word}s="{sum(f"<{word}" in case for case in cases)}"' for word in ("failure", "error"))
    skipped = sum("<skipped" in case for case in cases)
    attributes = f'name={_quoted(name)} tests="{len(cases)}" {counts} skipped="{skipped}" time="0"'
    return f"  <testsuite {attributes}>\n{''.join(cases)}  </testsuite>\n"


def _outcome(finding: Finding, controls: str | None) -> str:
    named = f"Controls: {controls}" if controls else ""
    if finding.verdict in (PASS, EXEMPT):
        return ""
    if is_brief(finding):
        text = f"{word(finding)}: {told(finding)}"
        return _told("skipped", word(finding), text, "\n".join(filter(None, (text, named))))
    kind = finding.severity if finding.verdict == FAIL else f"{finding.severity} {finding.verdict}"
    where = place(finding.location) if finding.location else printable(home(finding))
    lines = (said(finding), where, excerpt(finding), scenario(finding), f"Fix: {prose(finding.fix)}", named)
    return _told("failure", kind, said(finding), "\n".join(filter(None, lines)))


def _told(tag: str, kind: str, message: str, text: str) -> str:
    body = escape(tame(text), quote=False)
    return f"<{tag} type={_quoted(kind)} message={_quoted(message)}>{body}</{tag}>"


def _complete(report: Report) -> str:
    out = f"<system-out>{escape(summary(report), quote=False)}</system-out>"
    return _element('classname="dbguard" name="everything was looked at" time="0"', out)


def _element(attributes: str, content: str) -> str:
    return f"    <testcase {attributes}>{content}</testcase>\n" if content else f"    <testcase {attributes}/>\n"


def _quoted(text: str) -> str:
    return f'"{escape(printable(text))}"'
