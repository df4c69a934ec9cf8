"""SARIF 2.1.0, within what GitHub code scanning accepts.

GitHub wants a physical location for every result, knows no other kind than fail, reads `primaryLocationLineHash` of the
fingerprints only, and shows suppressed results as open alerts; hence waived findings come on request.
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbguard.model import EXEMPT, FAIL, PASS, SEVERITIES, Finding, Gap, Location, Notice, Related, Report, Subject
from dbguard.reporters import Options, about, accepted, count, dump, excerpt, level, prose, sentence, shelf, shown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST = 25_000  # results; GitHub refuses a file with more, and shows the worst 5,000
LEVELS = ("error", "warning", "note")
# GitHub: over 9.0 is critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below low.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.1"}
KINDS = {PASS: "pass", EXEMPT: "notApplicable"}


def render(report: Report, options: Options) -> Iterator[str]:
    """One log with one run."""
    findings = shown(report, options)
    over = len(findings) - MOST
    findings = _worst(findings) if over > 0 else findings
    rules = {one.policy: one for one in sorted(findings, key=_badness, reverse=True)}
    index = {policy: number for number, policy in enumerate(sorted(rules))}
    driver = {"name": "dbguard", "version": report.version, "rules": [_rule(rules[policy]) for policy in index]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, over)],
        "results": [_result(finding, index[finding.policy]) for finding in findings],
    }
    if report.controls:
        run["properties"] = {"controls": [control._asdict() for control in report.controls]}
    yield dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _badness(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity)


def _worst(findings: list[Finding]) -> list[Finding]:
    """As many as there is room for, in their order."""
    worst = sorted(range(len(findings)), key=lambda at: (level(findings[at]), _badness(findings[at])))
    return [findings[at] for at in sorted(worst[:MOST])]


def _rule(finding: Finding) -> dict[str, Any]:
    title, fix = prose(finding.title), prose(finding.fix)
    why = f"dbguard explain {finding.policy}"
    return {
        "id": finding.policy,
        "name": "".join(word.capitalize() for word in finding.policy.replace("/", "-").split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}."},
        "help": {"text": f"{title}. {fix} Why: {why}", "markdown": f"{title}.\n\n**Fix:** {fix}\n\n**Why:** `{why}`\n"},
        "defaultConfiguration": {"level": LEVELS[level(finding._replace(verdict=FAIL, waiver=None))]},
        "properties": {
            "security-severity": SCORES[finding.severity],
            "tags": ["security", "database", finding.policy.partition("/")[0]],
        },
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {"ruleId": finding.policy, "ruleIndex": rule}
    if finding.verdict in KINDS:
        result["kind"] = KINDS[finding.verdict]
    result["level"] = "none" if finding.verdict in KINDS else LEVELS[level(finding)]
    result["message"] = {"text": sentence(finding)}
    result["locations"] = [{**_primary(finding), "logicalLocations": [_logical(finding.resource)]}]
    places = [_related(number, related) for number, related in enumerate(finding.related, 1)]
    if places:
        result["relatedLocations"] = places
    if finding.fingerprint:
        hashes = ("primaryLocationLineHash", "dbguard/v1")
        result["partialFingerprints"] = dict.fromkeys(hashes, finding.fingerprint)
    if finding.waiver is not None:
        kind = "inSource" if finding.waiver.get("where") in ("comment", "metadata") else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": accepted(finding.waiver)}]
    result["properties"] = {"verdict": finding.verdict, "severity": finding.severity}
    return result


def _primary(finding: Finding) -> dict[str, Any]:
    """Where the finding is; a live resource gets a path of its own, as GitHub refuses results without one."""
    if finding.location is None:
        return _physical(Location(shelf(finding.resource), 1, 1))
    return _physical(finding.location, excerpt(finding))


def _physical(location: Location, source: str = "") -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(location.line, 1), "startColumn": max(location.column, 1)}
    if source:
        region["snippet"] = {"text": source}
    return {"physicalLocation": {"artifactLocation": _artifact(location.file), "region": region}}


def _artifact(file: str) -> dict[str, str]:
    """A file as a URI: relative to the root of the repository, where pipelines run, or absolute."""
    import os
    from urllib.parse import quote

    uri = quote(file.removeprefix(os.getcwd() + os.sep).replace("\\", "/").removeprefix("./"), errors="replace")
    if uri.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _logical(resource: Subject) -> dict[str, str]:
    name = resource.arn or f"{resource.type}/{resource.id}"
    return {"name": prose(resource.id), "fullyQualifiedName": prose(name), "kind": "resource"}


def _related(number: int, related: Related) -> dict[str, Any]:
    text = f"{related.id} ({related.type})" + (f": {related.note}" if related.note else "")
    place = _physical(related.location) if related.location else {}
    return {"id": number, "message": {"text": prose(text)}, **place}


def _invocation(report: Report, over: int) -> dict[str, Any]:
    """How the run went: every gap is a notification, and makes the run a failed one; and one is what is left out."""
    invocation: dict[str, Any] = {"executionSuccessful": report.complete}
    if report.gaps:
        invocation["exitCodeDescription"] = f"incomplete: {count(len(report.gaps), 'gap')}"
    told = [_notification(gap, "error") for gap in report.gaps]
    if over > 0:
        left = f"{count(over, 'result')} left out, the mildest: GitHub takes {MOST}, the other formats have all"
        told.append({"level": "warning", "message": {"text": left}})
    if told:
        invocation["toolExecutionNotifications"] = told
    if report.notices:
        notices = [_notification(notice, "warning") for notice in report.notices]
        invocation["toolConfigurationNotifications"] = notices
    return invocation


def _notification(gap: Gap | Notice, loud: str) -> dict[str, Any]:
    text = prose(f"{gap.target}: {about(gap)}: {gap.detail}")
    places = {"locations": [_physical(gap.location)]} if gap.location else {}
    return {"level": loud, "message": {"text": text}, **places}
