"""`dbguard help COMMAND`: the command's help, as its --help shows it."""

from __future__ import annotations

import argparse

from dbguard.cli import CLEAN, parser
from dbguard.command_line.outline import subparsers
from dbguard.errors import UsageError
from dbguard.policy_library import suggestion


def run(options: argparse.Namespace) -> int:
    """Print the help of the command that the words name."""
    found = parser()
    for word in options.words:
        below = subparsers(found)
        if not below or word not in below.choices:
            hint = suggestion(word, below.choices) if below else ""
            raise UsageError(f"{found.prog} has no command '{word}'{hint}")
        found = below.choices[word]
    print(found.format_help(), end="")
    return CLEAN
