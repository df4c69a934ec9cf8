"""`dbguard policies list` and `dbguard policies test`."""

from __future__ import annotations

import argparse
import json
import sys

from dbguard.cli import CLEAN, FINDINGS
from dbguard.commands.scan import chosen
from dbguard.policy_library import Entry, Library


def run(options: argparse.Namespace) -> int:
    """List or test policies."""
    return _list(options) if options.action == "list" else _test(options)


def _list(options: argparse.Namespace) -> int:
    library = Library(options.folders)
    narrowed = options.all or options.select or options.ignore or options.severity
    entries = chosen(library, options) if narrowed else list(library.entries.values())
    if options.format == "json":
        print(json.dumps([_row(entry) for entry in entries], indent=2, ensure_ascii=False))
        return CLEAN
    width = max(len(entry.id) for entry in entries)
    for entry in entries:
        tier = "" if entry.tier == "recommended" else " (extended)"
        print(f"{entry.id:{width}}  {entry.severity:8}  {entry.title}{tier}")
    print(f"\n{len(entries)} policies", file=sys.stderr)
    return CLEAN


def _row(entry: Entry) -> dict[str, object]:
    names = ("id", "title", "severity", "category", "tier", "types", "references")
    return {name: getattr(entry, name) for name in names}


def _test(options: argparse.Namespace) -> int:
    from dbguard.authoring.proof import prove

    library = Library(options.folders)
    entries = library.chosen(options.ids, (), every=True)
    missed = list(prove(library, [entry.id for entry in entries]))
    for miss in missed:
        print(miss)
    print(
        f"{len(entries)} policies tested, {len(missed)} of their examples miss"
        if missed
        else f"{len(entries)} policies hold"
    )
    return FINDINGS if missed else CLEAN
