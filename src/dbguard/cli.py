"""The command line: what may be asked, and the exit code.

0 clean · 1 findings at or above --fail-on · 2 wrong usage, configuration or policy · 3 incomplete; 3 wins over 1.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from dbguard import __version__
from dbguard.command_line import arguments
from dbguard.command_line.arguments import COMMON, columns
from dbguard.errors import DbguardError, PolicyError

CLEAN, FINDINGS, WRONG, INCOMPLETE = 0, 1, 2, 3
COMMANDS = (
    "scan", "live", "drift", "explain", "policies", "waivers", "baseline", "config", "completion", "help",
)  # fmt: skip
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)  # what writing to an open stream may meet
DEEPEST = 20_000  # calls within calls: enough for a chain of some 2,000 conditions; beyond, a gap


class Parser(argparse.ArgumentParser):
    """A parser that teaches: its help has examples, and it tells a mistake in one line with what was meant."""

    _words: list[str] = []  # noqa: RUF012 - never changed, only replaced

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse, and refuse here, where the options are known, what nothing takes."""
        self._words = list(args)
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            from dbguard.command_line import mistakes

            mistakes.left_over(self, found, rest)
        return found, []

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            from dbguard.command_line import mistakes

            self.error(mistakes.choice(action, str(value)))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read on; exit 2. A command alone that wants another shows its help."""
        from dbguard.command_line import mistakes
        from dbguard.command_line import outline as commandline

        if not self._words and commandline.subparsers(self):
            self.exit(WRONG, self.format_help())
        sys.exit(_wrong(mistakes.told(self, message, self._words)))

    def format_help(self) -> str:
        """The help, with examples, exit codes and environment."""
        from dbguard.command_line import manual

        return manual.text(self, columns())


def main(words: Sequence[str] | None = None) -> int:
    """Run dbguard; returns the exit code."""
    sys.setrecursionlimit(DEEPEST)
    if sys.stdout is None:  # closed by the caller, who wants the exit code alone
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open to the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as above
    try:
        code = _run(list(sys.argv[1:] if words is None else words))
        sys.stdout.flush()
    except PolicyError as error:
        count = len(error.problems)
        mistakes = f"{count} mistake{'s' if count > 1 else ''}"
        return _wrong(*error.problems, f"dbguard: {mistakes} in {error.what}, nothing was scanned")
    except DbguardError as error:
        return _wrong(f"dbguard: {error}")
    except BrokenPipeError:
        _drop_output()
        return INCOMPLETE
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            raise
        _drop_output()
        return _wrong(f"dbguard: cannot write the output: {error.strerror}")
    except KeyboardInterrupt:
        _wrong("dbguard: interrupted")
        _end_by_signal()
    return code


def _run(words: list[str]) -> int:
    try:
        options = parser(words[0] if words else None).parse_args(words)
    except SystemExit:
        sys.stdout.flush()  # here, where a reader that is gone is no mistake
        raise
    code: int = import_module(f"dbguard.commands.{options.command}").run(options)
    return code


def _drop_output() -> None:
    """Let what is still to be written go nowhere, so that Python's own end does not stumble over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_by_signal() -> NoReturn:
    """End as Ctrl-C ends a program (130 in a shell), so that a script stops with it and does not go on."""
    from signal import SIG_DFL, SIGINT, signal

    signal(SIGINT, SIG_DFL)
    os.kill(os.getpid(), SIGINT)
    sys.exit(128 + SIGINT)


def _wrong(*lines: str) -> int:
    from dbguard.reporters import printable

    with suppress(OSError):  # the exit code says it too
        for line in lines:
            print(printable(line), file=sys.stderr)
    return WRONG


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command line, or of one command alone, which is quicker to build."""
    top = Parser(prog="dbguard", **COMMON)
    top.add_argument(
        "-V", "--version", action="version", version=f"dbguard {__version__}", help="show the version, and stop"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="dbguard")
    for name in [command] if command in COMMANDS else COMMANDS:
        add = getattr(arguments, name, None) or getattr(import_module("dbguard.command_line.more_arguments"), name)
        add(commands)
    return top
