"""The command line: what may be asked, and the exit code.

0 clean · 1 findings at or above --fail-on · 2 wrong usage, configuration or policy · 3 incomplete; 3 wins over 1.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from dbguard import __version__, arguments
from dbguard.arguments import COMMON, Parser
from dbguard.errors import DbguardError, PolicyError

CLEAN, FINDINGS, WRONG, INCOMPLETE = 0, 1, 2, 3
COMMANDS = ("scan", "live", "drift", "explain", "policies", "waivers", "baseline", "config")
DEEPEST = 20_000  # calls within calls: enough for a chain of some 2,000 conditions; beyond, a gap


def main(words: Sequence[str] | None = None) -> int:
    """Run dbguard; returns the exit code."""
    sys.setrecursionlimit(DEEPEST)
    if sys.stdout is None:  # closed by the caller, who wants the exit code alone
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open to the end
    given = list(sys.argv[1:] if words is None else words)
    options = parser(given[0] if given else None).parse_args(given)
    try:
        code: int = import_module(f"dbguard.commands.{options.command}").run(options)
        sys.stdout.flush()
    except PolicyError as error:
        count = len(error.problems)
        mistakes = f"{count} mistake{'s' if count > 1 else ''}"
        return _wrong(*error.problems, f"dbguard: {mistakes} in {error.what}, nothing was scanned")
    except DbguardError as error:
        return _wrong(f"dbguard: {error}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INCOMPLETE
    except KeyboardInterrupt:
        return _wrong("dbguard: interrupted")
    return code


def _wrong(*lines: str) -> int:
    for line in lines:
        print(line.encode("utf-8", "backslashreplace").decode(), file=sys.stderr)
    return WRONG


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command line, or of one command alone, which is quicker to build."""
    top = Parser(
        prog="dbguard",
        description="A linter for AWS databases: says which resource violates which policy, where, in which scenario.",
        epilog="exit codes: 0 clean, 1 findings, 2 wrong usage, 3 incomplete: something could not be looked at",
        **COMMON,
    )
    top.add_argument("--version", action="version", version=f"dbguard {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="dbguard")
    for name in [command] if command in COMMANDS else COMMANDS:
        getattr(arguments, name)(commands)
    return top
