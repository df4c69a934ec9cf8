"""Completion of the command line in a shell: one module a shell, each with `script(command)`, made from the parser.

What has a fixed set of values is written into the script. Policies are asked for when the first is completed, and then
remembered by the shell.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from dbguard.command_line.outline import Argument, Command, read

FILES, FOLDERS, POLICIES, FORMATS, WORDS, NOTHING = "files", "folders", "policies", "formats", "words", "nothing"
FILE_NAMES = ("FILE", "FILE[#ENV]", "PATH", "TEMPLATE")
POLICY_NAMES = ("select", "ignore", "policy")


class Values(NamedTuple):
    """What may stand in an argument's place."""

    kind: str
    words: tuple[str, ...] = ()
    commas: bool = False  # whether several are written as one, with commas


def values(command: Command, argument: Argument) -> Values:
    """What an argument of a command may be."""
    if argument.choices:
        return Values(WORDS, argument.choices)
    if argument.dest in POLICY_NAMES or (command.words == ("policies", "test") and argument.dest == "ids"):
        return Values(POLICIES, commas=argument.dest in {"select", "ignore"})
    if argument.dest == "format":
        return Values(FORMATS, _known()["format"])
    if argument.dest in _known():
        return Values(WORDS, _known()[argument.dest], commas=argument.dest == "show")
    if argument.metavar in FILE_NAMES:
        return Values(FILES)
    return Values(FOLDERS) if argument.metavar == "DIR" else Values(NOTHING)


@cache
def _known() -> dict[str, tuple[str, ...]]:
    """The values of arguments that have some, but are read as text."""
    from dbguard.cli import COMMANDS
    from dbguard.model import VERDICTS, WAIVED
    from dbguard.policy_library import Library
    from dbguard.reporters import names
    from dbguard.sources.account import clients
    from dbguard.sources.account.mapping import REGISTRY

    return {
        "format": tuple(names()),
        "framework": tuple(Library().frameworks),
        "region": tuple(sorted(clients.regions())),
        "service": tuple(REGISTRY.services),
        "show": (*VERDICTS, WAIVED, "all"),
        "words": COMMANDS,
    }


def tree() -> Command:
    """The whole command line."""
    from dbguard.cli import parser

    return read(parser())
