"""`dbguard waivers import`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple, cast

from dbguard.cli import CLEAN, FINDINGS, INCOMPLETE
from dbguard.discover import Candidate, find, is_template
from dbguard.errors import DocumentError
from dbguard.model import Gap
from dbguard.peers import FORMS, Names
from dbguard.policy_library import Library
from dbguard.reporters import count, printable
from dbguard.sources.document import read
from dbguard.suppressions import Suppression, suppressions


class Row(NamedTuple):
    """A suppression with the policies that it stands for, or why there are none."""

    found: Suppression
    policies: tuple[str, ...]
    why: str
    comment: bool  # whether the file can hold comments


def run(options: argparse.Namespace) -> int:
    """Print the waivers for another tool's suppressions."""
    library = Library(options.folders)
    names = Names(FORMS[options.tool], library.references)
    rows: list[Row] = []
    unread = 0
    for one in find(options.paths):
        try:
            problem = f"{one.target}: {one.kind}: {one.detail}" if isinstance(one, Gap) else ""
            rows.extend(_rows(one, options.tool, names, library) if isinstance(one, Candidate) else ())
        except DocumentError as error:
            problem = f"{cast('Candidate', one).file}:{error.line}:{error.column}: {error.kind}: {error.detail}"
        if problem:
            unread += 1
            print(printable(problem), file=sys.stderr)
    if options.format == "json":
        print(json.dumps([_plain(row) for row in rows], indent=2))
    else:
        sys.stdout.writelines(_text(rows))
    _sum(rows, options.tool)
    return INCOMPLETE if unread else FINDINGS if any(not row.policies for row in rows) else CLEAN


def _rows(one: Candidate, tool: str, names: Names, library: Library) -> Iterator[Row]:
    document = read(one.data, one.file)
    if not is_template(document.root):
        return
    for found in suppressions(document, tool):
        policies = names.policies(found.id)
        about = tuple(name for name in policies if found.type in library.entries[name].types)
        why = "no policy" if not policies else f"no policy on {found.type}"
        if not found.resource:
            why, about = "it holds for the whole template: waive it on each resource", ()
        yield Row(found, about, "" if about else why, not one.data.lstrip().startswith((b"{", b"[")))


def _text(rows: list[Row]) -> Iterator[str]:
    """The waivers of each resource, in the form that its file can hold."""
    for (file, line, name), group in groupby(
        rows, key=lambda row: (row.found.location.file, row.found.line, row.found.resource)
    ):
        known = list(group)
        yield printable(f"{file}:{line or known[0].found.location.line}: {name or 'the template'}") + "\n"
        for row in known:
            if row.policies:
                yield _comment(row) if row.comment else _entries(row)
            else:
                yield printable(f"  {row.found.id}: {row.why}") + "\n"


def _comment(row: Row) -> str:
    return printable(f"  # dbguard: ignore[{','.join(row.policies)}] -- {row.found.reason}".rstrip()) + "\n"


def _entries(row: Row) -> str:
    """Entries of Metadata.dbguard.ignore."""
    entries = ({"policy": name, "reason": row.found.reason} for name in row.policies)
    return "".join(f"  {json.dumps(entry)}\n" for entry in entries)


def _plain(row: Row) -> dict[str, Any]:
    found = row.found
    return {
        "file": found.location.file,
        "line": found.line or found.location.line,
        "resource": found.resource or None,
        "type": found.type or None,
        "id": found.id,
        "policies": row.policies,
        "reason": found.reason or None,
        "problem": row.why or None,
    }


def _sum(rows: list[Row], tool: str) -> None:
    """What has to be looked at by hand."""
    missing = sum(not row.policies for row in rows)
    mute = sum(bool(row.policies) and not row.found.reason for row in rows)
    narrow = [row.found.id for row in rows if row.policies and row.found.narrow]
    print(f"{count(len(rows), 'suppression')} of {tool}, {missing} without a policy here", file=sys.stderr)
    if mute:
        print(f"{mute} without a reason: write one, for a waiver needs it", file=sys.stderr)
    if narrow:
        told = ", ".join(dict.fromkeys(narrow))
        print(f"narrower than a waiver, which holds for the whole resource: {printable(told)}", file=sys.stderr)
