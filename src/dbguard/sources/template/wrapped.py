"""Templates inside other answers of CloudFormation: `get-template`, and the resources of `describe-change-set`."""

from __future__ import annotations

import json
from typing import Any

from dbguard.errors import DocumentError
from dbguard.model import Gap, Path
from dbguard.sources.document import Document, Part, read

CONTEXT = "add --include-property-values to the call"


def unwrap(document: Document) -> Document:
    """The template that an answer of CloudFormation holds; the document itself where it is a template already.

    Raises DocumentError where the answer holds none.
    """
    root = document.root
    if not isinstance(root, dict) or "Resources" in root:
        return document
    if "TemplateBody" in root:
        return _body(document, document.placed()["TemplateBody"])
    if isinstance(root.get("Changes"), list) and ("ChangeSetId" in root or "ChangeSetName" in root):
        found = _changes(document, root["Changes"])
        if root.get("NextToken"):
            detail = "the answer is one page of several, the changes on the others were not judged"
            found.gaps += (Gap(document.file, "change-set", detail, document.location(("NextToken",))),)
        return found
    return document


def _body(document: Document, body: Any) -> Document:
    place: Path = ("TemplateBody",)
    if isinstance(body, dict):
        return Document(document.file, body, document.text, document.gaps)
    line, column = document.position(place)
    try:
        inner = read(str(body).encode("utf-8", "surrogatepass"), document.file)
    except DocumentError as error:
        raise DocumentError(error.kind, f"TemplateBody: {error.detail}", line, column) from None
    gaps = (gap._replace(location=document.location(place)) for gap in inner.gaps)
    found = Document(document.file, inner.root, document.text, (*document.gaps, *gaps))
    found.stand((line, column))
    found.written = inner
    return found


def _changes(document: Document, changes: list[Any]) -> Document:
    """The resources as they will be; those that the change leaves alone are not in the answer."""
    resources: dict[str, Any] = {}
    parts: dict[Path, Part] = {("Resources",): (document, ("Changes",))}
    gaps = list(document.gaps)
    for at, change in enumerate(changes):
        place: Path = ("Changes", at, "ResourceChange")
        told = change.get("ResourceChange") if isinstance(change, dict) else None
        if not isinstance(told, dict):
            if not isinstance(change, dict) or change.get("Type", "Resource") == "Resource":
                detail = f"change {at + 1} was not judged: it tells of no resource"
                gaps.append(Gap(document.file, "change-set", detail, document.location(("Changes", at))))
            continue
        if told.get("Action") == "Remove":
            continue
        name = str(told.get("LogicalResourceId"))
        body = _after(told)
        if isinstance(body, dict):
            resources[name] = body
            parts["Resources", name] = (document, place)
        else:
            location = document.location(place)
            gaps.append(Gap(document.file, "change-set", f"{name} was not judged: {body}", location))
    found = Document(document.file, {"Resources": resources}, document.text, tuple(gaps), parts=parts)
    found.partial = True
    return found


def _after(told: dict[str, Any]) -> dict[str, Any] | str:
    """A resource after the change, or why that is not known."""
    kind = told.get("ResourceType")
    if not isinstance(kind, str):
        return "it has no ResourceType"
    if kind == "AWS::CloudFormation::Stack" and "ChangeSetId" in told:
        return f"it is a nested stack with a change set of its own, {told['ChangeSetId']}"
    if "AfterContext" not in told:
        return f"the answer does not hold its properties; {CONTEXT}"
    try:
        found = json.loads(told["AfterContext"]) if isinstance(told["AfterContext"], str) else told["AfterContext"]
    except (ValueError, RecursionError):
        found = None
    return {**found, "Type": kind} if isinstance(found, dict) else "its AfterContext is no JSON"
