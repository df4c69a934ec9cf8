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
from dbguard.errors import UsageError
from dbguard.model import FAIL, SEVERITIES, VERDICTS, WAIVABLE, WAIVED, Report
from dbguard.policy_library import Entry, Library, suggestion
from dbguard.scan import Options, Scan

if TYPE_CHECKING:
    from dbguard.commands.files import Output
    from dbguard.frameworks import Framework
    from dbguard.parameter_files import ParameterSet
    from dbguard.verbose import Verbose


def run(options: argparse.Namespace) -> int:
    """Scan templates, write the reports, and return the exit code."""
    gc.disable()  # nothing here runs in circles, and the collector would take a tenth of the time
    targets = outputs(options)
    show = shown(options.show)
    check(options)
    library = Library(options.folders)
    asked = Options(
        chosen(library, options),
        given(options),
        show=show,
        pass_over=options.pass_over,
        frameworks=frameworks(library, options),
    )
    told = verbose(library, asked.entries, options) if options.verbose else None
    report = accepted(watched(library, asked, options, told), library, asked.entries, options)
    publish(report, targets, options, show)
    if told:
        told.close()
    return code(report, options.fail_on, strict=options.strict)


def watched(library: Library, asked: Options, options: argparse.Namespace, told: Verbose | None) -> Report:
    """The report before waivers; what is going on is told, or shown on a terminal while it takes long."""
    sets = _sets(options)
    if told:
        for one in sets:
            told.parameters(one.name, one.values)
        told.parameters("--parameter", asked.parameters)
        report = judged(library, asked._replace(watch=told), sets, options.paths)
        told.judged(report)
        return report
    if options.quiet or not sys.stderr.isatty():
        return judged(library, asked, sets, options.paths)
    from dbguard.progress import Templates

    with Templates(sys.stderr) as line:
        return judged(library, asked._replace(watch=line), sets, options.paths)


def verbose(library: Library, entries: Sequence[Entry], options: argparse.Namespace) -> Verbose:
    """Who tells what is done; which policies run is told already."""
    from dbguard.verbose import Verbose

    told = Verbose(sys.stderr)
    told.policies(library, entries, options.folders)
    return told


def _sets(options: argparse.Namespace) -> list[ParameterSet]:
    """The sets of parameters, one a file."""
    if not options.parameter_file:
        return []
    from dbguard.parameter_files import load

    return [load(file) for file in dict.fromkeys(options.parameter_file)]


def judged(library: Library, asked: Options, sets: Sequence[ParameterSet], paths: list[str]) -> Report:
    """The report before waivers; every set of parameters is judged by itself."""
    if len(sets) > 1:
        from dbguard import parameter_sets

        return parameter_sets.scan(library, asked, sets, paths)
    return Scan(library, asked._replace(own=sets[0] if sets else None)).run(paths)


def check(options: argparse.Namespace) -> None:
    """Refuse, before anything is read, what is accepted in a way that has no effect or no file."""
    if options.prune_baseline and not options.baseline:
        raise UsageError("--prune-baseline has no effect without --baseline")
    if options.no_waivers and (options.baseline or options.write_baseline):
        raise UsageError("--no-waivers has no effect beside a baseline, which is one more way to waive")
    if options.write_baseline:
        from dbguard.commands import files

        files.check(options.write_baseline)
    if options.baseline:
        from dbguard.commands import baseline

        baseline.read(options.baseline)


def accepted(report: Report, library: Library, entries: Sequence[Entry], options: argparse.Namespace) -> Report:
    """The report with what the user accepts marked: by waivers in the templates, then by the baseline."""
    if options.no_waivers:
        return report
    ran = frozenset(entry.id for entry in entries)
    if report.waivers:
        from dbguard import waiver

        types = {name: entry.types for name, entry in library.entries.items()}
        report = waiver.settle(report, report.waivers, types, ran, library.topology.today)
    if options.baseline or options.write_baseline:
        from dbguard.commands import baseline

        report = baseline.applied(report, ran, options)
    return report


def chosen(library: Library, options: argparse.Namespace) -> list[Entry]:
    """The policies that the options select. Raises UsageError where none is left."""
    if options.all and options.select:
        raise UsageError("--all has no effect beside --select, which runs extended policies by name")
    if options.all and options.framework:
        raise UsageError("--all has no effect beside --framework, which runs every policy of its controls")
    select, ignore = (",".join(names).split(",") if names else [] for names in (options.select, options.ignore))
    entries = library.chosen(select, ignore, every=options.all or bool(options.framework and not options.select))
    if options.framework:
        from dbguard.frameworks import entries as evaluating

        asked = {entry.id for entry in evaluating(library, frameworks(library, options))}
        entries = [entry for entry in entries if entry.id in asked]
    if options.severity:
        worst = SEVERITIES[: SEVERITIES.index(options.severity) + 1]
        entries = [entry for entry in entries if entry.severity in worst]
    if not entries:
        raise UsageError("no policy is left to run: --select, --ignore, --severity and --framework exclude them all")
    return entries


def frameworks(library: Library, options: argparse.Namespace) -> tuple[Framework, ...]:
    """The frameworks that the options name."""
    if not options.framework:
        return ()
    from dbguard.frameworks import load

    return load(library, options.framework)


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
    if named is not None or any(file for _, file in found):
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


def code(report: Report, fail_on: str, *, strict: bool) -> int:
    """The exit code: incomplete wins over findings, and what is waived counts for nothing."""
    if not report.complete:
        return INCOMPLETE
    counted = WAIVABLE if strict else (FAIL,)
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    wrong = (one for one in report.findings if one.verdict in counted and one.waiver is None)
    return FINDINGS if any(one.severity in bad for one in wrong) else CLEAN
