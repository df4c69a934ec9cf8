"""`dbguard completion SHELL`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from dbguard.cli import CLEAN
from dbguard.command_line.completion import tree


def run(options: argparse.Namespace) -> int:
    """Print the script for a shell."""
    sys.stdout.writelines(import_module(f"dbguard.command_line.completion.{options.shell}").script(tree()))
    return CLEAN
