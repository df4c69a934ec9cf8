"""`dbguard scan`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dbguard import reporters
from dbguard.cli import CLEAN, FINDINGS, INCOMPLETE
from dbguard.commands.configured import Setup
from dbguard.discover import Candidate, Found, find
from dbguard.errors import UsageError
from dbguard.model import FAIL, SEVERITIES, VERDICTS, WAIVABLE, WAIVED, Finding, Report
from dbguard.policy_library import Library, suggestion
from dbguard.scan import Options, Scan

if TYPE_CHECKING:
    from dbguard.picture import Picture


def run(options: argparse.Namespace) -> int:
    """Scan templates, write the reports, and return the exit code."""
    gc.disable()  # nothing here runs in circles, and the collector would take a tenth of the time
    outputs = [output(text) for text in options.format or ["text"]]
    show = shown(options.show)
    report, setup = reported(options)
    for name, file in outputs:
        write(report, name, file, show)
    return code(report, setup)


def reported(options: argparse.Namespace) -> tuple[Report, Setup]:
    """The report of a scan, with what the user accepts marked, and what it was asked to do."""
    if options.cfn_lint and "-" in options.paths:
        raise UsageError("--cfn-lint has no effect on standard input: name a file")
    values = given(options)
    files = list(find(options.paths, every=options.locked))
    setup = Setup(options, dict.fromkeys(one.file for one in files if isinstance(one, Candidate)))
    check(options, setup)
    asked = Options(
        setup.entries,
        values,
        show=shown(options.show),
        pass_over=options.pass_over,
        frameworks=setup.frameworks,
        configuration=setup.configuration,
        picture=picture(setup.library, options.format),
    )
    report, names = judged(setup, asked, options.paths, files), frozenset[str]()
    if options.cfn_lint:
        from dbguard.integrations.diagnostics import Linter

        types = {name for entry in setup.library.entries.values() for name in entry.types}
        linter = Linter(types, setup.threshold)
        report, names = linter.added(report), linter.names
    report = accepted(report, setup, options, names)
    return explained(report, setup.library, asked.picture) if asked.picture else report, setup


def judged(setup: Setup, asked: Options, paths: Sequence[str], files: Sequence[Found]) -> Report:
    """The report before waivers; every parameter file is a set of its own."""
    sets = setup.parameter_sets()
    if len(sets) > 1:
        from dbguard import parameter_sets

        return parameter_sets.scan(setup.library, asked, sets, paths, files)
    return Scan(setup.library, asked._replace(own=sets[0] if sets else None)).run(paths, files)


def check(options: argparse.Namespace, setup: Setup) -> None:
    """Refuse, before anything is judged, what is accepted in a way that has no effect or no file."""
    if options.prune_baseline and not setup.baselines:
        raise UsageError("--prune-baseline has no effect without --baseline")
    if options.no_waivers and (options.baseline or options.write_baseline):
        raise UsageError("--no-waivers has no effect beside a baseline, which is one more way to waive")
    for file in setup.baselines:
        from dbguard.commands import baseline

        baseline.read(file)


def accepted(report: Report, setup: Setup, options: argparse.Namespace, others: frozenset[str] = frozenset()) -> Report:
    """The report with what the user accepts marked: by waivers, then by a baseline.

    `others` are the rules of other tools that were run as well, by their names in the report.
    """
    report = report._replace(notices=(*report.notices, *setup.notices))
    setup.others = others
    if options.no_waivers:
        return report
    waivers = (*report.waivers, *setup.waivers)
    if waivers:
        from dbguard import waiver

        types = {**dict.fromkeys(others, ()), **{name: one.types for name, one in setup.library.entries.items()}}
        folders = tuple(os.path.abspath(path) for path in getattr(options, "paths", ()) if os.path.isdir(path))
        run = waiver.Run(types, setup.ran, setup.library.topology.today, setup.refusal, folders)
        report = waiver.settle(report, waivers, run)
    if options.write_baseline or setup.baselines:
        from dbguard.commands import baseline

        report = baseline.applied(report, setup, options)
    return report


def picture(library: Library, formats: list[str]) -> Picture | None:
    """What collects the picture of the fleet, where a format shows it."""
    if not any(reporters.is_whole(output(text)[0]) for text in formats):
        return None
    from dbguard.picture import Picture

    return Picture(library.topology)


def explained(report: Report, library: Library, picture: Picture) -> Report:
    """The report with the reasons of its policies, and a picture that what is waived does not colour."""
    from dbguard.authoring.proof import file_document
    from dbguard.picture import coloured

    names = sorted({finding.policy for finding in report.findings} & set(library.entries))
    why = tuple((name, file_document(library, name).root["why"]) for name in names)
    return report._replace(why=why, members=tuple(coloured(picture.members(), report.findings)))


def given(options: argparse.Namespace) -> dict[str, object]:
    """The parameter values of the command line, which are laid over those of every file."""
    values: dict[str, object] = {}
    for text in options.parameter:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--parameter takes NAME=VALUE, not '{text}'")
        values[name] = value
    return values


def shown(text: str | None) -> frozenset[str]:
    """The verdicts to show."""
    if text is None:
        return frozenset(WAIVABLE)
    known = (*VERDICTS, WAIVED)
    names = known if text == "all" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise UsageError(f"--show takes {', '.join(known)} or all, not '{name}'{suggestion(name, known)}")
    return frozenset(names)


def output(text: str) -> tuple[str, str | None]:
    """The format and the file of --format NAME[=FILE]."""
    name, equals, file = text.partition("=")
    reporters.load(name)
    if equals and not file:
        raise UsageError(f"--format {name}= names no file")
    return name, file or None


def write(report: Report, name: str, file: str | None, show: frozenset[str]) -> None:
    """Write a report in one format, to a file or to standard output."""
    render = reporters.load(name).render
    if file is None:
        options = reporters.Options(color=_color(), show=show, width=_width())
        _put(sys.stdout, render(report, options))
        return
    try:
        with open(file, "w", encoding="utf-8", errors="backslashreplace", newline="") as out:
            out.writelines(render(report, reporters.Options(show=show)))
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def _put(stream: object, pieces: Iterable[str] | Iterator[str]) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    stream.writelines(pieces)  # type: ignore[attr-defined]  # a text stream


def _color() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _width() -> int:
    if not sys.stdout.isatty():
        return 100
    return max(60, min(os.get_terminal_size(sys.stdout.fileno()).columns, 120))


def code(report: Report, setup: Setup) -> int:
    """The exit code: incomplete wins over findings, and what is waived counts for nothing."""
    if not report.complete:
        return INCOMPLETE
    wrong = (one for one in report.findings if one.waiver is None and one.verdict in WAIVABLE)
    return FINDINGS if any(_fails(one, *setup.strictness(one.home)) for one in wrong) else CLEAN


def _fails(one: Finding, fail_on: str, strict: bool) -> bool:
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return one.severity in bad and (strict or one.verdict == FAIL)
