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
    from dbguard.frameworks import Framework
    from dbguard.picture import Picture


def run(options: argparse.Namespace) -> int:
    """Scan templates, write the reports, and return the exit code."""
    gc.disable()  # nothing here runs in circles, and the collector would take a tenth of the time
    outputs = [output(text) for text in options.format or ["text"]]
    show = shown(options.show)
    check(options)
    library = Library(options.folders)
    asked = Options(
        chosen(library, options),
        given(options),
        show=show,
        pass_over=options.pass_over,
        frameworks=frameworks(library, options),
        picture=picture(library, outputs),
    )
    report = accepted(judged(library, asked, options), library, asked.entries, options)
    report = explained(report, library) if asked.picture else report
    for name, file in outputs:
        write(report, name, file, show)
    return code(report, options.fail_on, strict=options.strict)


def judged(library: Library, asked: Options, options: argparse.Namespace) -> Report:
    """The report before waivers; every parameter file is a set of its own."""
    sets = []
    if options.parameter_file:
        from dbguard.parameter_files import load

        sets = [load(file) for file in dict.fromkeys(options.parameter_file)]
    if len(sets) > 1:
        from dbguard import parameter_sets

        return parameter_sets.scan(library, asked, sets, options.paths)
    return Scan(library, asked._replace(own=sets[0] if sets else None)).run(options.paths)


def check(options: argparse.Namespace) -> None:
    """Refuse, before anything is read, what is accepted in a way that has no effect or no file."""
    if options.prune_baseline and not options.baseline:
        raise UsageError("--prune-baseline has no effect without --baseline")
    if options.no_waivers and (options.baseline or options.write_baseline):
        raise UsageError("--no-waivers has no effect beside a baseline, which is one more way to waive")
    if options.baseline:
        from dbguard.commands import baseline

        baseline.read(options.baseline)


def accepted(report: Report, library: Library, entries: Sequence[Entry], options: argparse.Namespace) -> Report:
    """The report with what the user accepts marked: by waivers in the templates, then by the baseline."""
    if options.no_waivers:
        return report
    ran = {entry.id: entry.severity for entry in entries}
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


def picture(library: Library, outputs: list[tuple[str, str | None]]) -> Picture | None:
    """What collects the picture of the fleet, where a format shows it."""
    if not any(reporters.is_whole(name) for name, _ in outputs):
        return None
    from dbguard.picture import Picture

    return Picture(library.topology)


def explained(report: Report, library: Library) -> Report:
    """The report with the reasons of its policies, and a picture that what is waived does not colour."""
    from dbguard.authoring.proof import file_document
    from dbguard.picture import coloured

    names = sorted({finding.policy for finding in report.findings})
    why = tuple((name, file_document(library, name).root["why"]) for name in names)
    return report._replace(why=why, members=tuple(coloured(report.members, report.findings)))


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


def code(report: Report, fail_on: str, *, strict: bool) -> int:
    """The exit code: incomplete wins over findings, and what is waived counts for nothing."""
    if not report.complete:
        return INCOMPLETE
    counted = WAIVABLE if strict else (FAIL,)
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    wrong = (one for one in report.findings if one.verdict in counted and one.waiver is None)
    return FINDINGS if any(one.severity in bad for one in wrong) else CLEAN
