"""What the commands around the judging ones may be asked; not read by a scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbguard.arguments import COMMON, Commands

if TYPE_CHECKING:
    from dbguard.cli import Parser

SHELLS = ("bash", "zsh", "fish")


def completion(commands: Commands[Parser]) -> None:
    """`dbguard completion`."""
    command = commands.add_parser("completion", help="print a script that completes commands in your shell", **COMMON)
    command.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")


def help(commands: Commands[Parser]) -> None:  # noqa: A001 - named as the command is
    """`dbguard help`."""
    command = commands.add_parser("help", help="show the help of a command", **COMMON)
    command.add_argument("words", nargs="*", metavar="COMMAND", help="a command, such as scan or policies list")
