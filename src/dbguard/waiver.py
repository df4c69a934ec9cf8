"""Waivers: what users accept, read from templates and from configurations.

`# dbguard: ignore[rds/multi-az] until=2027-03-01 -- reason` beside a resource or property, and on the resource
`Metadata: {dbguard: {ignore: [{policy, reason, until}]}}`. What is not understood waives nothing and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from dbguard.inventory import Resource
from dbguard.model import Location, Path, Waiver
from dbguard.sources.comments import Comment, comments
from dbguard.sources.document import Document, dotted
from dbguard.sources.template import TemplateInventory

MARK = re.compile(r"#[ \t]*dbguard(?:[ \t]*:|(?=[ \t]+ignore[ \t]*\[))")
DIRECTIVE = re.compile(r"ignore\s*\[([^\]]*)\]\s*(?:until=(\S*))?\s*(?:--\s*(.*))?$")
FORM = "a waiver is written ignore[POLICY] until=YYYY-MM-DD -- REASON, until=… may be left out"
KEYS = ("policy", "reason", "until")
Home = tuple[str, str]  # a resource's file, and its place there


def gathered(inventory: TemplateInventory) -> Iterator[Waiver]:
    """The waivers of a template, and of all that it is seen with."""
    types = {home(resource, inventory.source): resource.type for resource in inventory.resources}
    for resource in inventory.resources:
        metadata = resource.attributes.get("Metadata")
        if isinstance(metadata, dict) and "dbguard" in metadata:
            yield from _of_metadata(metadata["dbguard"], resource, inventory)
    documents = {id(one): one for document in inventory.documents for one in document.whole()}
    for document in documents.values():
        for comment in comments(document.written or document, MARK):
            yield from _of_comment(comment, document, types)
    yield from _misplaced(inventory.documents)


def _misplaced(documents: Iterable[Document]) -> Iterator[Waiver]:
    """What stands in the Metadata of a template, where it is for none of its resources."""
    for document in documents:
        metadata = document.root.get("Metadata")
        own = metadata.get("dbguard") if isinstance(metadata, dict) else None
        if isinstance(own, dict) and "ignore" in own:
            where = document.location(("Metadata", "dbguard", "ignore"))
            problem = "ignore stands in the Metadata of a resource, not of the template"
            yield Waiver("", "", None, "metadata", where, document.file, problem=problem)


def home(resource: Resource, source: Document) -> Home:
    """The file that a resource stands in, and its place there."""
    document, place = source.home(resource.place)
    return document.file, dotted(place)


def _of_comment(comment: Comment, document: Document, types: Mapping[Home, str]) -> Iterator[Waiver]:
    line, column = document.start if document.written else (comment.line, comment.column)
    blank = Waiver("", "", None, "comment", Location(document.file, line, column), document.file)
    found = DIRECTIVE.match(MARK.sub("", comment.text, count=1).strip())
    if not found:
        yield blank._replace(problem=FORM)
        return
    places = [place for path in comment.beside if (place := _place(path, document.file, types))]
    if not places:
        yield blank._replace(problem="it stands beside no resource and no property of one")
    for resource, inside, kind in places:
        waiver = blank._replace(resource=resource, property=inside, type=kind)
        yield from _made(waiver, found[1].split(","), found[3], found[2])


def _place(path: Path, file: str, types: Mapping[Home, str]) -> tuple[str, str, str] | None:
    """The resource of a place, the property there (none for the whole resource), and the resource's type."""
    for end in range(1, len(path) + 1):
        resource = dotted(path[:end])
        kind = types.get((file, resource), "")
        if kind or (end == 2 and path[0] == "Resources"):
            whole = path[end:] in ((), ("Type",), ("Properties",))
            return resource, "" if whole else dotted((*path[:end], *_written(path[end:]))), kind
    return None


def _written(path: Path) -> Path:
    """A place inside a resource as findings have it: up to the first function that does not make all properties."""
    inner = list(path[1:])
    while inner and (isinstance(inner[0], int) or _is_function(inner[0])):
        del inner[0]
    end = next((at for at, step in enumerate(inner) if _is_function(step)), len(inner))
    return (*path[:1], *inner[:end])


def _is_function(step: str | int) -> bool:
    return isinstance(step, str) and (step.startswith("Fn::") or step == "Ref")


def _of_metadata(value: Any, resource: Resource, inventory: TemplateInventory) -> Iterator[Waiver]:
    place: Path = (*resource.place, "Metadata", "dbguard")
    if not isinstance(value, dict) or value.keys() != {"ignore"} or not isinstance(value["ignore"], list):
        waiver = _on(resource, place, inventory)
        yield waiver._replace(problem="Metadata.dbguard holds one key, ignore: a list of {policy, reason, until}")
        return
    for at, row in enumerate(value["ignore"]):
        yield from _row(_on(resource, (*place, "ignore", at), inventory), row)


def _on(resource: Resource, place: Path, inventory: TemplateInventory) -> Waiver:
    where, home = inventory.source.location(place), inventory.source.location(resource.place)
    return Waiver("", "", None, "metadata", where, home.file, home.path, type=resource.type)


def configured(row: Mapping[str, Any], location: Location, folders: tuple[str, ...]) -> Iterator[Waiver]:
    """The waivers of one row of a configuration: policy, reason, until, and patterns for path and resource."""
    plain = {name: value for name, value in row.items() if name not in ("path", "resource")}
    patterns = (row.get("path", "*"), row.get("resource", "*"))
    yield from _row(Waiver("", "", None, "config", location, *patterns, folders=folders), plain)


def _row(waiver: Waiver, row: Any) -> Iterator[Waiver]:
    if not isinstance(row, Mapping):
        yield waiver._replace(problem="an entry is a mapping of policy, reason and until")
        return
    for name in row:
        if name not in KEYS:
            yield waiver._replace(problem=f"unknown key {name}; an entry has policy, reason and until")
            return
    policy, reason, until = (row.get(name) for name in KEYS)
    texts = [name for name in KEYS if not isinstance(row.get(name), (str, type(None)))]
    if texts:
        yield waiver._replace(problem=f"{texts[0]} is a text")
    else:
        yield from _made(waiver, (policy or "").split(","), reason, until)


def _made(waiver: Waiver, policies: list[str], reason: str | None, until: str | None) -> Iterator[Waiver]:
    """A waiver for each policy named, with what is wrong with it."""
    names = [name.strip() for name in policies]
    problem = ""
    if not all(names):
        problem = "it names no policy" if not any(names) else "a policy is missing between commas"
    elif not (reason or "").strip():
        problem = "it gives no reason"
    elif until is not None and not _is_day(until):
        problem = f"until is a day, such as 2027-03-01, not '{until}'"
    for name in names if not problem else [",".join(names)]:
        policy = name.removesuffix("*") if name.endswith("/*") else name
        yield waiver._replace(policy=policy, reason=" ".join((reason or "").split()), until=until, problem=problem)


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def names(pattern: str, policy: str) -> bool:
    """Whether a waiver's id or prefix names a policy."""
    return policy == pattern or (pattern.endswith("/") and policy.startswith(pattern))


def around(place: Location | None) -> Iterator[Home]:
    """A place and everything around it."""
    if place:
        yield from ((place.file, place.path[: found.start()]) for found in re.finditer(r"\.|$", place.path))
