"""Baselines of a scan, and `dbguard baseline list`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from dbguard import baseline
from dbguard.baseline import Baseline
from dbguard.cli import CLEAN
from dbguard.commands import files
from dbguard.errors import UsageError
from dbguard.model import Report
from dbguard.reporters import count, printable

if TYPE_CHECKING:
    from dbguard.commands.configured import Setup


def run(options: argparse.Namespace) -> int:
    """List what a baseline holds."""
    found = stored(options.file)
    for row, number in sorted(found.items()):
        times = f" ({number} times)" if number > 1 else ""
        print(printable(f"{row.home}: {row.verdict} {row.policy} {row.resource}{times}"))
    print(count(found.total(), "finding"), file=sys.stderr)
    return CLEAN


def applied(report: Report, setup: Setup, options: argparse.Namespace) -> Report:
    """The report with the findings of baselines waived; they are written or pruned where that is asked for."""
    if options.write_baseline:
        return _written(report, options.write_baseline, quiet=options.quiet)
    for file in setup.baselines:
        report = _held(report, file, setup, options)
    return report


def _held(report: Report, file: str, setup: Setup, options: argparse.Namespace) -> Report:
    """The report held against one baseline."""
    known = read(file)
    report, left = baseline.accept(report, known)
    report = report._replace(homes=report.homes | {row.home for row in left if _is_gone(row.home)})
    idle = baseline.stale(left, report, setup.ran)
    severities = {entry.id: entry.severity for entry in (*setup.library.entries.values(), *setup.entries)}
    report = report._replace(trends=tuple(baseline.trends(report, idle, severities)))
    if not options.prune_baseline:
        return report._replace(notices=(*report.notices, *baseline.notice(idle, file)))
    if not report.complete:
        print(f"dbguard: {file} is not pruned, for the run is incomplete", file=sys.stderr)
        return report
    _write(known - idle, file)
    if not options.quiet:
        print(f"dbguard: {count(idle.total(), 'finding')} taken out of {file}", file=sys.stderr)
    return report


def _is_gone(home: str) -> bool:
    """Whether it is a template that is there no more."""
    return home.endswith((".yaml", ".yml", ".json", ".template")) and not os.path.exists(home)


def _written(report: Report, file: str, *, quiet: bool) -> Report:
    found = baseline.of(report.findings)
    _write(found, file)
    if not quiet:
        print(f"dbguard: {count(found.total(), 'finding')} written to {file}", file=sys.stderr)
    return baseline.accept(report, found)[0]


def read(file: str) -> Baseline:
    """The baseline in a file, its templates named from the working folder on. Raises UsageError."""
    return baseline.moved(stored(file), lambda home: baseline.canonical(home, os.path.dirname(file)))


def stored(file: str) -> Baseline:
    """The baseline in a file, as it stands there. Raises UsageError."""
    try:
        with open(file, encoding="utf-8") as handle:
            return baseline.parse(handle.read(), file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def _write(found: Baseline, file: str) -> None:
    own = baseline.moved(found, lambda home: baseline.inside(home, os.path.dirname(file)))
    files.write(file, [baseline.dump(own)])
