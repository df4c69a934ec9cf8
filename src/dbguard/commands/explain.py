"""`dbguard explain POLICY`: the policy's page, in the terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from dbguard.cli import CLEAN
from dbguard.errors import UsageError
from dbguard.peers import CFN_LINT
from dbguard.policy_library import Library, suggestion


def run(options: argparse.Namespace) -> int:
    """Print a policy's page."""
    from dbguard.docs import page

    if options.policy.startswith(CFN_LINT):
        from dbguard.integrations.diagnostics import page as of_cfn_lint

        sys.stdout.writelines(_wrapped(of_cfn_lint(options.policy)))
        return CLEAN
    library = Library(options.folders)
    if options.policy not in library.entries:
        raise UsageError(f"there is no policy '{options.policy}'{suggestion(options.policy, library.entries)}")
    sys.stdout.writelines(_wrapped("".join(page(library, options.policy))))
    return CLEAN


def _wrapped(text: str) -> Iterator[str]:
    """The page with its prose wrapped; what is quoted stays as it is."""
    from textwrap import fill

    quoted = False
    for line in text.splitlines():
        quoted = quoted != line.startswith("```")
        indent = "  " if line.startswith("- ") else ""
        plain = quoted or not line or "<http" in line
        yield f"{line if plain else fill(line, 100, subsequent_indent=indent, break_on_hyphens=False)}\n"
