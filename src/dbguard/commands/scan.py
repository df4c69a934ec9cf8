"""`dbguard scan`."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dbguard import reporters
from dbguard.cli import CLEAN, FINDINGS, INCOMPLETE
from dbguard.errors import UsageError
from dbguard.model import FAIL, MAY_FAIL, SEVERITIES, UNKNOWN, VERDICTS, Report
from dbguard.policy_library import Entry, Library, suggestion
from dbguard.scan import Options, Scan

if TYPE_CHECKING:
    from dbguard.frameworks import Framework
    from dbguard.picture import Picture

SHOWN = (FAIL, MAY_FAIL, UNKNOWN)


def run(options: argparse.Namespace) -> int:
    """Scan templates, write the reports, and return the exit code."""
    gc.disable()  # nothing here runs in circles, and the collector would take a tenth of the time
    outputs = [output(text) for text in options.format or ["text"]]
    show = shown(options.show)
    library = Library(options.folders)
    asked = Options(
        chosen(library, options),
        given(options),
        show=show,
        pass_over=options.pass_over,
        frameworks=frameworks(library, options),
        picture=picture(library, outputs),
    )
    report, worst = judged(library, asked, options)
    report = explained(report, library) if asked.picture else report
    for name, file in outputs:
        write(report, name, file, show)
    return code(report, options.fail_on, strict=options.strict, verdicts=worst)


def judged(library: Library, asked: Options, options: argparse.Namespace) -> tuple[Report, dict[str, set[str]]]:
    """The report, and the severities of each verdict; every parameter file is a set of its own."""
    sets = []
    if options.parameter_file:
        from dbguard.parameter_files import load

        sets = [load(file) for file in dict.fromkeys(options.parameter_file)]
    if len(sets) > 1:
        from dbguard import parameter_sets

        return parameter_sets.scan(library, asked, sets, options.paths)
    scan = Scan(library, asked._replace(own=sets[0] if sets else None))
    return scan.run(options.paths), scan.worst


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
    """The report with the reasons of its policies."""
    from dbguard.authoring.proof import file_document

    names = sorted({finding.policy for finding in report.findings})
    return report._replace(why=tuple((name, file_document(library, name).root["why"]) for name in names))


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
        return frozenset(SHOWN)
    names = VERDICTS if text == "all" else [name.strip() for name in text.split(",")]
    for name in names:
        if name not in VERDICTS:
            raise UsageError(f"--show takes {', '.join(VERDICTS)} or all, not '{name}'{suggestion(name, VERDICTS)}")
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


def code(report: Report, fail_on: str, *, strict: bool, verdicts: dict[str, set[str]]) -> int:
    """The exit code: incomplete wins over findings."""
    if not report.complete:
        return INCOMPLETE
    counted = SHOWN if strict else (FAIL,)
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return FINDINGS if any(severity in bad for verdict in counted for severity in verdicts[verdict]) else CLEAN
