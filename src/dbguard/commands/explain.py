"""`dbguard explain POLICY`: the policy's page, in the terminal."""

from __future__ import annotations

import argparse
import sys

from dbguard.cli import CLEAN
from dbguard.errors import UsageError
from dbguard.library import Library, suggestion


def run(options: argparse.Namespace) -> int:
    """Print a policy's page."""
    from dbguard.docs import page

    library = Library(options.folders)
    if options.policy not in library.entries:
        raise UsageError(f"there is no policy '{options.policy}'{suggestion(options.policy, library.entries)}")
    sys.stdout.writelines(page(library, options.policy))
    return CLEAN
