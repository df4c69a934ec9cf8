"""Suppressions of other tools in templates, read once to be written as waivers.

cfn_nag https://github.com/stelligent/cfn_nag#per-resource-rule-suppression · checkov
https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html · cdk-nag
https://github.com/cdklabs/cdk-nag#suppressing-a-rule · cfn-guard https://github.com/aws-cloudformation/aws-guard-rules-registry
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from dbguard.model import Location, Path
from dbguard.sources.comments import comments
from dbguard.sources.document import Document

# The keys in a resource's Metadata under which each tool looks, and its names for a check and for the reason.
PLACES = {
    "cfn_nag": ("cfn_nag", "rules_to_suppress", "id", "reason"),
    "cdk_nag": ("cdk_nag", "rules_to_suppress", "id", "reason"),
    "checkov": ("checkov", "skip", "id", "comment"),
    "guard": ("guard", "SuppressedRules", "id", "reason"),
}
SKIP = re.compile(r"#[ \t]*(?:checkov|bridgecrew):skip=")
SKIPPED = re.compile(r"\s*([\w,\s-]*[\w-])\s*(?::(.*))?$")


class Suppression(NamedTuple):
    """A check of another tool that is off for a resource; without a name it is off for the whole template."""

    id: str
    reason: str
    resource: str
    type: str
    location: Location  # of the suppression
    line: int  # of the resource
    narrow: bool = False  # whether it holds for some findings of the check only


def suppressions(document: Document, tool: str) -> Iterator[Suppression]:
    """The suppressions of a template, by resource."""
    root = document.root
    yield from _metadata(document, tool, (), root)
    resources = root.get("Resources")
    for name, body in resources.items() if isinstance(resources, dict) else ():
        yield from _metadata(document, tool, ("Resources", name), body)
    if tool == "checkov":
        yield from _comments(document)


def _metadata(document: Document, tool: str, place: Path, body: Any) -> Iterator[Suppression]:
    own, rows, check, reason = PLACES[tool]
    metadata = body.get("Metadata") if isinstance(body, dict) else None
    held = metadata.get(own) if isinstance(metadata, dict) else None
    found = held.get(rows) if isinstance(held, dict) else None
    steps = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for step, row in steps:
        where = (*place, "Metadata", own, rows, step)
        if isinstance(row, dict) and isinstance(row.get(check), str):
            yield _made(document, where, row[check], _reason(row, reason), narrow=bool(row.get("applies_to")))
        elif isinstance(step, str):  # names with their reasons
            yield _made(document, where, step, row)
        elif isinstance(row, str):
            yield _made(document, where, row, "")


def _reason(row: dict[str, Any], name: str) -> Any:
    """The reason; cdk-nag writes it in base64 where it is not plain ASCII."""
    if row.get("is_reason_encoded") is not True:
        return row.get(name)
    from base64 import b64decode

    try:
        return b64decode(str(row.get(name)), validate=True).decode()
    except ValueError:
        return row.get(name)


def _made(document: Document, where: Path, check: str, reason: Any, *, narrow: bool = False) -> Suppression:
    told = " ".join(reason.split()) if isinstance(reason, str) else ""
    at = document.location(where)
    if where[0] != "Resources":
        return Suppression(check, told, "", "", at, 0, narrow)
    body = document.root["Resources"][where[1]]
    line = document.position(where[:2])[0]
    return Suppression(check, told, str(where[1]), str(body.get("Type", "")), at, line, narrow)


def _comments(document: Document) -> Iterator[Suppression]:
    """Comments of checkov, which hold for the resource that they stand in."""
    resources = document.root.get("Resources")
    names = list(resources) if isinstance(resources, dict) else []
    starts = sorted((document.position(("Resources", name))[0], name) for name in names)
    for comment in comments(document, SKIP):
        around = [(line, name) for line, name in starts if line <= comment.line]
        found = SKIPPED.match(SKIP.sub("", comment.text, count=1))
        if not around or not found or _left(document, starts[-1][0], comment.line):
            continue
        line, name = around[-1]
        at = Location(document.file, comment.line, comment.column)
        kind = resources[name].get("Type", "") if isinstance(resources[name], dict) else ""
        for check in re.split(r"[\s,]+", found[1].strip()):
            yield Suppression(check, " ".join((found[2] or "").split()), name, str(kind), at, line)


def _left(document: Document, last: int, line: int) -> bool:
    """Whether a line stands in a section behind Resources."""
    others = (document.position((name,))[0] for name in document.root if name != "Resources")
    return any(last < other <= line for other in others)
