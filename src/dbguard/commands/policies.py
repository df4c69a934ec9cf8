"""`dbguard policies list`, `dbguard policies map` and `dbguard policies test`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator

from dbguard.cli import CLEAN, FINDINGS
from dbguard.commands.configured import chosen
from dbguard.errors import UsageError
from dbguard.peers import Names
from dbguard.policy_library import Entry, Library


def run(options: argparse.Namespace) -> int:
    """List, map or test policies."""
    actions = {"list": _list, "map": _map, "test": _test}
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    library = Library(options.folders)
    narrowed = options.all or options.select or options.ignore or options.severity or options.framework
    entries = chosen(library, options) if narrowed else list(library.entries.values())
    if options.format == "json":
        rows = [{**_row(entry), "references": library.references[entry.id]} for entry in entries]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return CLEAN
    if options.format == "ids":
        print("\n".join(entry.id for entry in entries))
        return CLEAN
    width = max(len(entry.id) for entry in entries)
    for entry in entries:
        tier = "" if entry.tier == "recommended" else " (extended)"
        print(f"{entry.id:{width}}  {entry.severity:8}  {entry.title}{tier}")
    print(f"\n{len(entries)} policies", file=sys.stderr)
    return CLEAN


def _row(entry: Entry) -> dict[str, object]:
    names = ("id", "title", "severity", "category", "tier", "types")
    return {name: getattr(entry, name) for name in names}


def _map(options: argparse.Namespace) -> int:
    """The policies that state what the checks of another tool do; all of them where none is named.

    Exit code 1 says that some of the checks have no policy.
    """
    library = Library(options.folders)
    names = Names(options.tool, library.references)
    every = dict(sorted(names.known.items()))
    asked = {name: names.policies(name) for name in _ids(options.ids)} if options.ids else every
    missing = sum(not ids for ids in asked.values())
    if options.format == "json":
        print(json.dumps(asked, indent=2))
    else:
        width = max(map(len, asked), default=0)
        for name, ids in asked.items():
            print(f"{name:{width}}  {', '.join(ids) if ids else 'no policy'}")
    if missing:
        print(f"no policy for {missing} of {len(asked)} ids of {options.tool}", file=sys.stderr)
    return FINDINGS if missing else CLEAN


def _ids(words: list[str]) -> Iterator[str]:
    """The ids in the arguments, and on standard input for `-`: with commas, in brackets, or a YAML list of them."""
    for word in words:
        text = _standard_input() if word == "-" else word
        lines = (re.sub(r"(^|\s)#.*", "", line) for line in text.splitlines())
        found = (one.strip("[]\"'") for line in lines for one in re.split(r"[\s,]+", line))
        yield from (one for one in found if one.strip("-"))


def _standard_input() -> str:
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read().decode("utf-8", "replace")


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
