"""What a run says of the controls of frameworks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from dbguard.model import VERDICTS, Report
from dbguard.reporters import count, printable, prose


def framework_lines(report: Report) -> Iterator[str]:
    """What became of the controls of each framework, safe to print."""
    return map(printable, _framework_lines(report))


def _framework_lines(report: Report) -> Iterator[str]:
    """What became of each control of each framework, what was evaluated in part, and what by nothing."""
    for framework, group in groupby(report.controls, key=lambda one: one.framework):
        rows = list(group)
        done = [one for one in rows if one.status == "evaluated"]
        part = [one for one in done if one.strength == "partial"]
        idle = [one.id for one in rows if one.status == "no-resource"]
        left = [f"{one.id} ({one.reason})" if one.reason else one.id for one in rows if one.status == "not-evaluated"]
        yield f"{framework}: {len(done)} of {count(len(rows), 'control')} evaluated, {len(part)} of them in part"
        for verdict in VERDICTS:
            ids = [one.id for one in done if one.verdict == verdict]
            yield from [f"  {verdict}: {', '.join(ids)}"] if ids else ()
        yield from [f"  in part: {', '.join(f'{one.id} ({one.reason})' for one in part)}"] if part else ()
        yield from [f"  nothing here to evaluate: {', '.join(idle)}"] if idle else ()
        yield from [f"  not evaluated: {', '.join(left)}"] if left else ()


def of_policies(report: Report) -> dict[str, str]:
    """The controls that each policy evaluates, of the frameworks that were asked for: `fsbp RDS.3, fsbp RDS.4`."""
    found: dict[str, list[str]] = {}
    for one in report.controls:
        for name in one.policies if one.status == "evaluated" else ():
            found.setdefault(name, []).append(f"{one.framework} {one.id}")
    return {name: prose(", ".join(controls)) for name, controls in found.items()}
