"""A baseline: the findings of a code base on the day it was written, which count as waived from then on.

Keyed by the fingerprint (policy, file, resource, property), so that moving lines changes nothing. A second finding with
the same fingerprint is new, and so is one whose verdict is worse than what was written. In the file of a baseline the
names of templates start from its own folder, so that it holds wherever a scan is started.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from dbguard.errors import UsageError
from dbguard.model import FAIL, MAY_FAIL, SEVERITIES, VERDICTS, WAIVABLE, Finding, Notice, Report, Trend
from dbguard.nearest import shown
from dbguard.patterns import ACCOUNT
from dbguard.settlement import waived

SCHEMA = "dbguard.baseline/1"
WAIVER = {"reason": "in the baseline", "until": None, "where": "baseline"}


class Row(NamedTuple):
    """Findings that are the same to a baseline; `home` is the file, or the account and Region."""

    home: str
    policy: str
    resource: str
    verdict: str
    fingerprint: str


Baseline = Counter[Row]


def of(findings: Iterable[Finding]) -> Baseline:
    """A baseline of those findings that ask for something and are not waived yet."""
    return Counter(_row(one) for one in findings if one.verdict in WAIVABLE and one.waiver is None)


def _row(one: Finding) -> Row:
    row = Row(one.home, one.policy, one.resource.id, one.verdict, one.fingerprint)
    return _at(row, canonical(one.home))


def _at(row: Row, home: str) -> Row:
    """The same row for a file by another name."""
    return row._replace(home=home, fingerprint=row.fingerprint.replace(f":{row.home}:", f":{home}:", 1))


@lru_cache(4096)
def canonical(home: str, start: str = "") -> str:
    """A template's name from the working folder on, whichever way it is written; of what is no file its own name.

    `start` is the folder that the name starts from.
    """
    if ACCOUNT.fullmatch(home) or home.startswith("<"):
        return home
    return shown(os.path.abspath(os.path.join(start, home)))


def moved(baseline: Baseline, name: Callable[[str], str]) -> Baseline:
    """A baseline with other names of its templates."""
    return Counter({_at(row, name(row.home)): number for row, number in baseline.items()})


def inside(home: str, folder: str) -> str:
    """A template's name from a folder on."""
    if ACCOUNT.fullmatch(home) or home.startswith("<"):
        return home
    return os.path.relpath(home, folder or ".").replace(os.sep, "/")


def accept(report: Report, baseline: Baseline) -> tuple[Report, Baseline]:
    """The report with the findings of the baseline waived, and what of the baseline was found no more."""
    left: dict[str, Baseline] = {}
    for row in sorted(baseline, key=lambda row: VERDICTS.index(row.verdict), reverse=True):
        left.setdefault(row.fingerprint, Counter())[row] = baseline[row]
    findings = tuple(one._replace(waiver=WAIVER) if _taken(one, left) else one for one in report.findings)
    return waived(report, findings), Counter({row: rows[row] for rows in left.values() for row in +rows})


def _taken(one: Finding, left: Mapping[str, Baseline]) -> bool:
    """Whether the baseline has this finding, as bad as it is or worse; it is used up then, the mildest first."""
    if one.verdict not in WAIVABLE or one.waiver is not None:
        return False
    rows: Baseline = left.get(_row(one).fingerprint, Counter())
    bad = VERDICTS.index(one.verdict)
    for row, number in rows.items():
        if number and VERDICTS.index(row.verdict) <= bad:
            rows[row] -= 1
            return True
    return False


def stale(left: Baseline, report: Report, ran: Callable[[str], Collection[str]]) -> Baseline:
    """What was found no more although it was looked for: its policy ran, and its file was judged."""
    if not report.complete:
        return Counter()
    homes = {canonical(home): home for home in report.homes}
    judged = {row: number for row, number in left.items() if row.home in homes}
    return Counter({row: number for row, number in judged.items() if row.policy in ran(homes[row.home])})


def trends(report: Report, idle: Baseline, severities: Mapping[str, str]) -> Iterator[Trend]:
    """Of what fails or may fail: what is new, known and gone of each policy, the worst first.

    `severities` has every policy that ran; what another baseline has lost is in the report already.
    """
    wrong = [one for one in report.findings if one.verdict in (FAIL, MAY_FAIL)]
    severities = {**severities, **{one.policy: one.severity for one in wrong}}
    new = Counter(one.policy for one in wrong if one.waiver is None)
    known = Counter(one.policy for one in wrong if one.waiver is WAIVER)
    gone = Counter({one.policy: one.gone for one in report.trends})
    for row, number in idle.items():
        gone[row.policy] += number if row.verdict in (FAIL, MAY_FAIL) else 0
    for name in sorted({*new, *known, *+gone}, key=lambda name: (SEVERITIES.index(severities[name]), name)):
        yield Trend(name, severities[name], new[name], known[name], gone[name])


def notice(idle: Baseline, file: str) -> Iterator[Notice]:
    """What is to be said of entries that are found no more."""
    number = idle.total()
    if number:
        told = "1 entry is" if number == 1 else f"{number} entries are"
        detail = f"{told} found no more; --prune-baseline takes {'it' if number == 1 else 'them'} out"
        yield Notice(file, "unused", detail)


def dump(baseline: Baseline) -> str:
    """The text of a baseline's file: a line for each entry, in order, so that changes are easy to read and to merge."""
    rows = (json.dumps({**row._asdict(), "count": number}) for row, number in sorted(baseline.items()))
    inner = ",\n".join(f"  {row}" for row in rows)
    return (
        f'{{"schema": "{SCHEMA}", "findings": [\n{inner}\n]}}\n'
        if inner
        else f'{{"schema": "{SCHEMA}", "findings": []}}\n'
    )


def parse(text: str, file: str) -> Baseline:
    """A baseline from its file. Raises UsageError."""
    try:
        root = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no baseline: {error}") from None
    if not isinstance(root, dict) or root.get("schema") != SCHEMA or not isinstance(root.get("findings"), list):
        raise UsageError(f"{file} is no baseline: it has no schema {SCHEMA} with a list of findings")
    found: Baseline = Counter()
    for number, row in enumerate(root["findings"], 1):
        if not _is_row(row):
            raise UsageError(f"{file}: entry {number} has not {', '.join((*Row._fields, 'count'))}")
        key = Row(*(row[name] for name in Row._fields))
        found[key] = max(found[key], row["count"])  # merged files may have an entry twice
    return found


def _is_row(row: object) -> bool:
    if not isinstance(row, dict) or row.keys() != {*Row._fields, "count"}:
        return False
    texts = all(isinstance(row[name], str) for name in Row._fields)
    return texts and row["verdict"] in WAIVABLE and type(row["count"]) is int and row["count"] > 0
