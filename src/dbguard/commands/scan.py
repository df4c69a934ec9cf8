"""`dbguard scan`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dbguard import reporters
from dbguard.cli import CLEAN, FINDINGS, INCOMPLETE
from dbguard.commands.configured import Setup
from dbguard.discover import Candidate, Found, find
from dbguard.errors import UsageError
from dbguard.model import FAIL, SEVERITIES, VERDICTS, WAIVABLE, WAIVED, Finding, Report
from dbguard.options import Options
from dbguard.policy_library import Library, suggestion
from dbguard.scan import Scan

if TYPE_CHECKING:
    from dbguard.commands.changed import Changes
    from dbguard.commands.files import Output
    from dbguard.integrations.diagnostics import Linter
    from dbguard.picture import Picture
    from dbguard.watch import Watch


def run(options: argparse.Namespace) -> int:
    """Scan templates, write the reports, and return the exit code."""
    gc.disable()  # nothing here runs in circles, and the collector would take a tenth of the time
    targets, show = outputs(options), shown(options.show)
    watch = watching(options)
    try:
        report, setup = reported(options, watch)
    finally:
        if watch:
            watch.clear()
    publish(report, targets, options, show)
    if watch:
        watch.close(report)
    return code(report, setup)


def reported(options: argparse.Namespace, watch: Watch | None = None) -> tuple[Report, Setup]:
    """The report of a scan, with what the user accepts marked, and what it was asked to do."""
    _refuse(options)
    values = given(options)
    files = found(options, watch)
    setup = Setup(options, dict.fromkeys(one.file for one in files if isinstance(one, Candidate)))
    check(options, setup)
    asked = Options(
        setup.entries,
        values,
        show=shown(options.show),
        pass_over=options.pass_over,
        frameworks=setup.frameworks,
        configuration=setup.configuration,
        watch=watch,
        picture=picture(setup.library, options.format),
    )
    linter = _linter(setup, options)
    changes = _changes(setup, asked, files, linter, options)
    report = changes.judged() if changes else judged(setup, asked, options.paths, files)
    report = accepted(linter.added(report) if linter else report, setup, options, linter.names if linter else ())
    report = changes.narrowed(report) if changes else report
    return (explained(report, setup.library, asked.picture) if asked.picture else report), setup


def _refuse(options: argparse.Namespace) -> None:
    """Refuse, before anything is read, what has no effect on what is to be read."""
    if options.cfn_lint and "-" in options.paths:
        raise UsageError("--cfn-lint has no effect on standard input: name a file")
    if options.changed_since is not None:
        from dbguard.commands import changed

        changed.check(options)


def _linter(setup: Setup, options: argparse.Namespace) -> Linter | None:
    """cfn-lint, where it is to have its say."""
    if not options.cfn_lint:
        return None
    from dbguard.integrations.diagnostics import Linter
    from dbguard.peers import Names

    types = {name for entry in setup.library.entries.values() for name in entry.types}
    return Linter(types, setup.threshold, Names("cfn-lint", setup.library.references), locked=options.locked)


def _changes(
    setup: Setup, asked: Options, files: Sequence[Found], linter: Linter | None, options: argparse.Namespace
) -> Changes | None:
    """The run over two versions that --changed-since asks for."""
    if options.changed_since is None:
        return None
    from dbguard.commands.changed import Changes

    return Changes(setup, asked, files, linter, options)


def watching(options: argparse.Namespace) -> Watch | None:
    """Who is told how it goes: everything with --verbose, else a line on a terminal where it takes long."""
    if options.verbose:
        from dbguard.verbose import Verbose

        return Verbose(sys.stderr)
    if options.quiet or not sys.stderr.isatty():
        return None
    from dbguard.progress import Templates

    return Templates(sys.stderr)


def found(options: argparse.Namespace, watch: Watch | None) -> list[Found]:
    """Everything that there is to look at."""
    if not watch:
        return list(find(options.paths, every=options.locked))
    return list(watch.reading(find(options.paths, every=options.locked, told=watch.left_out)))


def judged(setup: Setup, asked: Options, paths: Sequence[str], files: Sequence[Found]) -> Report:
    """The report before waivers; every parameter file is a set of its own."""
    sets = setup.parameter_sets()
    if asked.watch:
        asked.watch.setup(setup.library, setup.entries, setup.files)
        for name, values in (*((one.name, one.values) for one in sets), ("--parameter", asked.parameters)):
            asked.watch.given(name, values)
    if len(sets) > 1:
        from dbguard.parameters import sets as parameter_sets

        return parameter_sets.scan(setup.library, asked, sets, paths, files)
    return Scan(setup.library, asked._replace(own=sets[0] if sets else None)).run(paths, files)


def check(options: argparse.Namespace, setup: Setup) -> None:
    """Refuse, before anything is judged, what is accepted in a way that has no effect or no file."""
    if options.prune_baseline and not setup.baselines:
        raise UsageError("--prune-baseline has no effect without --baseline")
    if options.no_waivers and (options.baseline or options.write_baseline):
        raise UsageError("--no-waivers has no effect beside a baseline, which is one more way to waive")
    if options.no_waivers and shown(options.show) == {WAIVED}:
        raise UsageError("--show waived has no effect beside --no-waivers, with which nothing is waived")
    if options.write_baseline:
        from dbguard.commands import files

        files.check(options.write_baseline)
    for file in setup.baselines:
        from dbguard.commands import baseline

        baseline.read(file)


def accepted(report: Report, setup: Setup, options: argparse.Namespace, others: Collection[str] = ()) -> Report:
    """The report with what the user accepts marked: by waivers, then by a baseline.

    `others` are the rules of other tools that were run as well, by their names in the report.
    """
    report = report._replace(notices=(*report.notices, *setup.notices))
    setup.others = frozenset(others)
    if options.no_waivers:
        return report
    waivers = (*report.waivers, *setup.waivers)
    if waivers:
        from dbguard import settlement

        types = {**dict.fromkeys(others, ()), **{name: one.types for name, one in setup.library.entries.items()}}
        folders = tuple(os.path.abspath(path) for path in getattr(options, "paths", ()) if os.path.isdir(path))
        today = setup.library.topology.today
        run = settlement.Run(types, setup.ran, today, setup.refusal, setup.holds, folders)
        report = settlement.settle(report, waivers, run)
    if options.write_baseline or setup.baselines:
        from dbguard.commands import baseline

        report = baseline.applied(report, setup, options)
    return report


def picture(library: Library, formats: list[str]) -> Picture | None:
    """What collects the picture of the fleet, where a format shows it."""
    if not any(reporters.is_whole(_output(text)[0]) for text in formats):
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


def outputs(options: argparse.Namespace) -> list[Output]:
    """The formats, each with its file. Raises UsageError for one that there is not, or that cannot be written."""
    found = [_output(text) for text in options.format or ["text"]]
    named = None if options.output_file == "-" else options.output_file
    if named is not None or len(found) > 1 or any(file for _, file in found):
        from dbguard.commands import files

        found = files.directed(found, named)
    if options.color != "auto" and not any(name == "text" for name, _ in found):
        raise UsageError("--color has no effect: only --format text has colours")
    return found


def _output(text: str) -> Output:
    """The format and the file of --format NAME[=FILE]."""
    name, equals, file = text.partition("=")
    reporters.load(name)
    if equals and not file:
        raise UsageError(f"--format {name}= names no file")
    return name, file if file not in {"", "-"} else None


def publish(report: Report, targets: Iterable[Output], options: argparse.Namespace, show: frozenset[str]) -> None:
    """Write every report, those in files first; one that cannot be written keeps no other from it."""
    failed = []
    for name, file in sorted(targets, key=lambda one: one[1] is None):
        render = reporters.load(name).render
        if file is None:
            look = reporters.Options(_color(options.color), show, _width(), options.quiet)
            _put(sys.stdout, render(report, look))
            continue
        from dbguard.commands import files

        try:
            files.write(file, render(report, reporters.Options(options.color == "always", show)))
        except UsageError as error:
            failed.append(str(error))
    if failed:
        raise UsageError("; ".join(failed))


def _put(stream: object, pieces: Iterable[str] | Iterator[str]) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    stream.writelines(pieces)  # type: ignore[attr-defined]  # a text stream


def _color(when: str) -> bool:
    if when != "auto" or os.environ.get("NO_COLOR"):
        return when == "always"
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _width() -> int:
    """The columns of a text report: those of the terminal or of COLUMNS, within what can be read."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named[:5]):
        return max(60, int(named[:5]))
    if not sys.stdout.isatty():
        return 100
    return max(60, min(os.get_terminal_size(sys.stdout.fileno()).columns or 100, 120))  # some terminals say 0


def code(report: Report, setup: Setup) -> int:
    """The exit code: incomplete wins over findings, and what is waived counts for nothing."""
    if not report.complete:
        return INCOMPLETE
    wrong = (one for one in report.findings if one.waiver is None and one.verdict in WAIVABLE)
    return FINDINGS if any(_fails(one, *setup.strictness(one.home)) for one in wrong) else CLEAN


def _fails(one: Finding, fail_on: str, strict: bool) -> bool:
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return one.severity in bad and (strict or one.verdict == FAIL)
