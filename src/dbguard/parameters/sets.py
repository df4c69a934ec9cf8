"""A scan with several sets of parameters: each is judged by itself, and what all of them agree on is said once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from dbguard.discover import Found
from dbguard.finding import gap_order, order
from dbguard.model import VERDICTS, WAIVABLE, Finding, Gap, Report
from dbguard.options import Options
from dbguard.parameters.files import ParameterSet
from dbguard.policy_library import Library
from dbguard.scan import Scan

One = TypeVar("One", Finding, Gap)


def scan(
    library: Library,
    options: Options,
    sets: Sequence[ParameterSet],
    paths: Sequence[str],
    files: Sequence[Found],
    *,
    make: Callable[[Library, Options], Scan] = Scan,
) -> Report:
    """Scan with each set in turn. Raises UsageError for a value that a template refuses.

    `files` is what is at the paths; `make` makes the scan of one set.
    """
    every = options._replace(show=frozenset(VERDICTS))
    reports = [(one, make(library, every._replace(own=one)).run(paths, files)) for one in sets]
    findings = [
        finding._replace(parameters=names)
        for finding, names in _merged(((own, one) for own, report in reports for one in report.findings), sets)
    ]
    gaps = _merged(((own, one) for own, report in reports for one in report.gaps), sets)
    shown = (one for one in findings if one.verdict in WAIVABLE or one.verdict in options.show)
    report = reports[0][1]._replace(
        findings=tuple(sorted(shown, key=order)),
        gaps=tuple(sorted((_named(gap, names) for gap, names in gaps), key=gap_order)),
        verdicts={verdict: sum(one.verdict == verdict for one in findings) for verdict in VERDICTS},
        waivers=tuple(dict.fromkeys(waiver for _, report in reports for waiver in report.waivers)),
    )
    return _evaluated(report, findings, options)


def _merged(
    rows: Iterable[tuple[ParameterSet, One]], sets: Sequence[ParameterSet]
) -> Iterator[tuple[One, tuple[str, ...]]]:
    """Each finding or gap once, with the names of the sets that it holds in; none where it holds in all."""
    about: dict[str, list[str]] = {}
    found: dict[object, tuple[One, list[str]]] = {}
    for own, one in rows:
        file = _file(one)
        names = about.get(file) or about.setdefault(file, _about(sets, file))
        if own.name in names:
            found.setdefault(_key(one), (one, []))[1].append(own.name)
    for one, names in found.values():
        yield one, () if len(names) == len(about[_file(one)]) else tuple(names)


def _about(sets: Sequence[ParameterSet], file: str) -> list[str]:
    """The sets that a file is judged with: those for it, else all, which then say the same."""
    return [one.name for one in sets if one.on(file)] or [one.name for one in sets]


def _file(one: Finding | Gap) -> str:
    if one.location:
        return one.location.file
    return one.target if isinstance(one, Gap) else ""


def _key(one: Finding | Gap) -> object:
    """What two findings or gaps have in common that are the same; scenarios have no hash."""
    return one if isinstance(one, Gap) else (one._replace(when=None, unless=None), repr((one.when, one.unless)))


def _named(gap: Gap, names: tuple[str, ...]) -> Gap:
    return gap._replace(detail=f"{gap.detail} (with {', '.join(names)})") if names else gap


def _evaluated(report: Report, findings: Iterable[Finding], options: Options) -> Report:
    """The report with the frameworks' controls, by the verdicts of all sets."""
    if not options.frameworks:
        return report
    from dbguard.frameworks import controls

    outcomes: dict[str, set[str]] = {}
    for one in findings:
        outcomes.setdefault(one.policy, set()).add(one.verdict)
    return report._replace(controls=tuple(controls(options.frameworks, outcomes)))
