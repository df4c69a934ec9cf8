"""`dbguard policies list`, `dbguard policies map` and `dbguard policies test`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator

from dbguard.cli import CLEAN, FINDINGS, TOOLS
from dbguard.commands.scan import chosen
from dbguard.policy_library import Entry, Library


def run(options: argparse.Namespace) -> int:
    """List, map or test policies."""
    actions = {"list": _list, "map": _map, "test": _test}
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    library = Library(options.folders)
    narrowed = options.all or options.select or options.ignore or options.severity
    entries = chosen(library, options) if narrowed else list(library.entries.values())
    if options.format == "json":
        rows = [{**_row(entry), "references": library.references[entry.id]} for entry in entries]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
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
    known: dict[str, list[str]] = {}
    spelled: dict[str, list[str]] = {}
    for policy, references in library.references.items():
        for one in (one for key in TOOLS[options.tool] for one in references.get(key, ())):
            known.setdefault(one.split(" ", 1)[0].rstrip(","), []).append(policy)
            for name in _spellings(one):
                spelled.setdefault(name, []).append(policy)
    asked = {name: _found(name, spelled) for name in _ids(options.ids)} if options.ids else dict(sorted(known.items()))
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
        text = sys.stdin.read() if word == "-" else word
        lines = (re.sub(r"(^|\s)#.*", "", line) for line in text.splitlines())
        found = (one.strip("[]\"'") for line in lines for one in re.split(r"[\s,]+", line))
        yield from (one for one in found if one.strip("-"))


def _spellings(reference: str) -> Iterator[str]:
    """What a check may be called: its id, and the name of a rule behind it or at the end of its packs' names."""
    name = _plain(reference.split(" ", 1)[0].rstrip(","))
    yield name
    yield from (
        word.lower() for word in re.findall(r"[A-Z][A-Za-z]*[a-z][A-Z]\w{4,}", reference) if word.lower() != name
    )


def _plain(name: str) -> str:
    """An id in one spelling: AWS writes the same rule with hyphens and with underscores."""
    return name.lower().replace("_", "-")


def _found(name: str, spelled: dict[str, list[str]]) -> list[str]:
    """The policies for an id as its tool writes it; Trivy's may begin with AVD-, cdk-nag's with a pack."""
    name = _plain(name).removeprefix("avd-")
    found = spelled.get(name) or spelled.get(name.rsplit("-", 1)[-1], [])
    return list(dict.fromkeys(found))


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
