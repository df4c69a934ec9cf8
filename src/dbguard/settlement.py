"""Waivers laid over the findings of a report: what they cover, and which of them are of no use."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from dbguard.model import WAIVABLE, Finding, Location, Notice, Report, Waiver
from dbguard.patterns import fits
from dbguard.peers import CFN_LINT
from dbguard.policy_library import suggestion
from dbguard.waiver import Home, around, names

LONGEST = 120  # characters of policies that a notice repeats
Types = Mapping[str, Collection[str]]  # the resource types of each policy there is


class Run(NamedTuple):
    """What has to be known of a run to say which waivers count in it."""

    types: Types  # of every policy there is
    ran: Callable[[str], Collection[str]]  # the policies that ran on a template, or on an account and Region
    today: str  # as 2027-03-01
    refusal: Callable[[Waiver], str | None] = lambda _: None  # why the configuration does not let a waiver count
    holds: Callable[[Waiver, str], bool] = lambda *_: True  # whether a waiver of the configuration is for a template
    folders: tuple[str, ...] = ()  # that were scanned whole


def settle(report: Report, waivers: Iterable[Waiver], run: Run) -> Report:
    """The report with waived findings marked, and a notice for each waiver that is of no use."""
    notices: list[Notice] = []
    valid: list[Waiver] = []
    for waiver in dict.fromkeys(waivers):
        notice = _refused(waiver, run)
        notices.extend([notice] if notice else [])
        valid.extend([] if notice else [waiver])
    index = Index(valid, run.holds)
    findings = tuple(_marked(one, next(iter(index.over(one)), None)) for one in report.findings)
    used = {_identity(waiver) for one in report.findings for waiver in index.over(one)}
    idle = [one for one in valid if _identity(one) not in used and _would_show(one, run, report.homes)]
    notices.extend(_notice("unused", one, "no finding here is waived by it, take it out") for one in idle)
    return waived(report, findings)._replace(notices=(*report.notices, *sorted(set(notices), key=_order)))


def waived(report: Report, findings: tuple[Finding, ...]) -> Report:
    """The report with these findings, of which more are waived than before; what is waived is no verdict any more."""
    verdicts = dict(report.verdicts)
    for before, after in zip(report.findings, findings, strict=True):
        verdicts[after.verdict] -= before.waiver is None and after.waiver is not None
    count = sum(one.waiver is not None for one in findings)
    return report._replace(findings=findings, verdicts=verdicts, waived=count)


def _marked(finding: Finding, waiver: Waiver | None) -> Finding:
    if waiver is None:
        return finding
    return finding._replace(waiver={"reason": waiver.reason, "until": waiver.until, "where": waiver.where})


class Index:
    """Waivers by the resource that they are on."""

    def __init__(self, waivers: Iterable[Waiver], holds: Callable[[Waiver, str], bool]) -> None:
        self._holds = holds
        self._on: dict[Home, list[Waiver]] = {}
        self._patterns: list[Waiver] = []
        for one in waivers:
            group = self._patterns if one.where == "config" else self._on.setdefault((one.file, one.resource), [])
            group.append(one)

    def over(self, finding: Finding) -> Iterator[Waiver]:
        """The waivers that cover a finding: on the resource that was judged, or at the place to change."""
        if finding.verdict not in WAIVABLE:
            return
        homes = dict.fromkeys(home for place in (finding.judged_at, finding.location) for home in around(place))
        for home in homes if self._on else ():
            yield from (one for one in self._on.get(home, ()) if _covers(one, finding))
        for one in self._patterns:
            if names(one.policy, finding.policy) and _fits(one, finding) and self._holds(one, finding.home):
                yield one


def _covers(waiver: Waiver, finding: Finding) -> bool:
    if not names(waiver.policy, finding.policy):
        return False
    if not waiver.property:
        return True
    at = finding.location
    if at is None or at.file != waiver.file:
        return False
    if at.path == waiver.resource:  # of a property that is not set, or that a function makes with all others
        inside = waiver.property.removeprefix(f"{waiver.resource}.Properties.")
        return finding.fingerprint.endswith(f":{finding.resource.id}:{inside}")
    return re.match(rf"{re.escape(waiver.property)}(?![^.[])", at.path) is not None


def _fits(waiver: Waiver, finding: Finding) -> bool:
    one = finding.resource
    return _is_about(waiver, finding.home) and any(
        fnmatchcase(name, waiver.resource) for name in (one.id, one.arn or "")
    )


def _is_about(waiver: Waiver, home: str) -> bool:
    """Whether a waiver of the configuration is about a template, or an account and Region."""
    return waiver.file == "*" or fits((waiver.file,), waiver.folders, home)


def _identity(waiver: Waiver) -> tuple[Location, str, Home]:
    """What a waiver is, however many copies of a resource a loop or a nested stack makes."""
    patterns = (waiver.file, waiver.resource) if waiver.where == "config" else ("", "")
    return waiver.location._replace(path=""), waiver.policy, patterns


def _refused(waiver: Waiver, run: Run) -> Notice | None:
    """Why a waiver waives nothing."""
    if waiver.problem:
        return _notice("malformed", waiver, waiver.problem)
    if not any(names(waiver.policy, one) for one in run.types) and not _elsewhere(waiver, run.types):
        hint = suggestion(waiver.policy, run.types)
        return _notice("unknown-policy", waiver, f"there is no policy '{waiver.policy}'{hint}")
    if waiver.until and waiver.until < run.today:
        return _notice("expired", waiver, f"it ended on {waiver.until}: {waiver.reason}")
    refused = run.refusal(waiver)
    return _notice("not-allowed", waiver, refused) if refused else None


def _elsewhere(waiver: Waiver, types: Types) -> bool:
    """Whether a waiver is for findings of cfn-lint, and cfn-lint was not run."""
    return waiver.policy.startswith(CFN_LINT) and not any(one.startswith(CFN_LINT) for one in types)


def _would_show(waiver: Waiver, run: Run, homes: Collection[str]) -> bool:
    """Whether a finding to waive would have been seen: every policy meant was run, on a resource that was judged."""
    named = [one for one in run.types if names(waiver.policy, one)]
    if waiver.where == "config":
        about = [home for home in homes if _is_about(waiver, home) and run.holds(waiver, home)]
        ran = all(one in run.ran(home) for home in about or homes for one in named)
        return bool(named) and ran and _is_covered(waiver, about, run)
    named = [one for one in named if waiver.type in run.types[one]] or named
    return bool(waiver.type and named) and all(one in run.ran(waiver.file) for one in named)


def _is_covered(waiver: Waiver, about: list[str], run: Run) -> bool:
    """Whether the run saw all that a waiver of the configuration is about: its one file, or the folder it is for."""
    literal = not re.search(r"[*?\[]", waiver.file)
    if literal and any(os.path.normpath(home).endswith(os.path.normpath(waiver.file)) for home in about):
        return True
    above = os.path.abspath(waiver.folders[-1]) if waiver.folders else ""
    return any(above == folder or above.startswith(folder.rstrip(os.sep) + os.sep) for folder in run.folders)


def _notice(kind: str, waiver: Waiver, detail: str) -> Notice:
    on = waiver.resource.rpartition(".")[2] if waiver.where != "config" else ""
    policy = waiver.policy if len(waiver.policy) <= LONGEST else waiver.policy[: LONGEST - 1] + "…"
    subject = " on ".join(part for part in (policy, on) if part)
    return Notice(waiver.location.file, kind, f"{subject}: {detail}" if subject else detail, waiver.location)


def _order(notice: Notice) -> tuple[str, int, int, str]:
    place = notice.location or Location(notice.target, 0, 0)
    return place.file, place.line, place.column, notice.detail
