"""Waivers: what users accept, read from templates and laid over the findings of a report.

`# dbguard: ignore[rds/multi-az] until=2027-03-01 -- reason` beside a resource or property, and on the resource
`Metadata: {dbguard: {ignore: [{policy, reason, until}]}}`. What is not understood waives nothing and is reported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from dbguard.inventory import Resource
from dbguard.model import WAIVABLE, Finding, Location, Notice, Path, Report, Waiver
from dbguard.patterns import fits
from dbguard.peers import CFN_LINT
from dbguard.policy_library import suggestion
from dbguard.sources.comments import Comment, comments
from dbguard.sources.document import Document, dotted
from dbguard.sources.template import TemplateInventory

MARK = re.compile(r"#[ \t]*dbguard(?:[ \t]*:|(?=[ \t]+ignore[ \t]*\[))")
DIRECTIVE = re.compile(r"ignore\s*\[([^\]]*)\]\s*(?:until=(\S*))?\s*(?:--\s*(.*))?$")
FORM = "a waiver is written ignore[POLICY] until=YYYY-MM-DD -- REASON, until=… may be left out"
LONGEST = 120  # characters of policies that a notice repeats
KEYS = ("policy", "reason", "until")
Types = Mapping[str, Collection[str]]  # the resource types of each policy there is
Home = tuple[str, str]  # a resource's file, and its place there


def gathered(inventory: TemplateInventory) -> Iterator[Waiver]:
    """The waivers of a template, and of all that it is seen with."""
    types = {_home(resource, inventory.source): resource.type for resource in inventory.resources}
    for resource in inventory.resources:
        metadata = resource.attributes.get("Metadata")
        if isinstance(metadata, dict) and "dbguard" in metadata:
            yield from _of_metadata(metadata["dbguard"], resource, inventory)
    documents = {id(one): one for document in inventory.documents for one in document.whole()}
    for document in documents.values():
        for comment in comments(document, MARK):
            yield from _of_comment(comment, document, types)


def _home(resource: Resource, source: Document) -> Home:
    document, place = source.home(resource.place)
    return document.file, dotted(place)


def _of_comment(comment: Comment, document: Document, types: Mapping[Home, str]) -> Iterator[Waiver]:
    blank = Waiver("", "", None, "comment", Location(document.file, comment.line, comment.column), document.file)
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
            inner = _written(path[end:])
            whole = inner in ((), ("Type",), ("Properties",))
            return resource, "" if whole else dotted((*path[:end], *inner)), kind
    return None


def _written(path: Path) -> Path:
    """A place inside a resource up to the first intrinsic function, as findings have it."""
    for end, step in enumerate(path):
        if isinstance(step, str) and (step.startswith("Fn::") or step == "Ref"):
            return path[:end]
    return path


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


class Run(NamedTuple):
    """What has to be known of a run to say which waivers count in it."""

    types: Types  # of every policy there is
    ran: Callable[[str], Collection[str]]  # the policies that ran on a template, or on an account and Region
    today: str  # as 2027-03-01
    refusal: Callable[[Waiver], str | None] = lambda _: None  # why the configuration does not let a waiver count
    folders: tuple[str, ...] = ()  # that were scanned whole


def settle(report: Report, waivers: Iterable[Waiver], run: Run) -> Report:
    """The report with waived findings marked, and a notice for each waiver that is of no use."""
    notices: list[Notice] = []
    valid: list[Waiver] = []
    for waiver in dict.fromkeys(waivers):
        notice = _refused(waiver, run)
        notices.extend([notice] if notice else [])
        valid.extend([] if notice else [waiver])
    index = Index(valid)
    findings = tuple(_marked(one, next(iter(index.over(one)), None)) for one in report.findings)
    used = {_identity(waiver) for one in report.findings for waiver in index.over(one)}
    idle = [one for one in valid if _identity(one) not in used and _would_show(one, run, report.homes)]
    notices.extend(_notice("unused", one, "no finding here is waived by it, take it out") for one in idle)
    return waived(report, findings)._replace(notices=(*report.notices, *sorted(set(notices), key=_order)))


def waived(report: Report, findings: tuple[Finding, ...]) -> Report:
    """The report with these findings, of which more are waived than before; what is waived is no verdict any more."""
    verdicts = dict(report.verdicts)
    for before, after in zip(report.findings, findings, strict=True):
        verdicts[after.verdict] -= before.waiver is None and after.waiver is not None
    count = sum(one.waiver is not None for one in findings)
    return report._replace(findings=findings, verdicts=verdicts, waived=count)


def _marked(finding: Finding, waiver: Waiver | None) -> Finding:
    if waiver is None:
        return finding
    return finding._replace(waiver={"reason": waiver.reason, "until": waiver.until, "where": waiver.where})


class Index:
    """Waivers by the resource that they are on."""

    def __init__(self, waivers: Iterable[Waiver]) -> None:
        self._on: dict[Home, list[Waiver]] = {}
        self._patterns: list[Waiver] = []
        for one in waivers:
            group = self._patterns if one.where == "config" else self._on.setdefault((one.file, one.resource), [])
            group.append(one)

    def over(self, finding: Finding) -> Iterator[Waiver]:
        """The waivers that cover a finding: on the resource that was judged, or at the place to change."""
        if finding.verdict not in WAIVABLE:
            return
        homes = dict.fromkeys(home for place in (finding.judged_at, finding.location) for home in _around(place))
        for home in homes if self._on else ():
            yield from (one for one in self._on.get(home, ()) if _covers(one, finding))
        yield from (one for one in self._patterns if names(one.policy, finding.policy) and _fits(one, finding))


def _around(place: Location | None) -> Iterator[Home]:
    """A place and everything around it."""
    if place:
        yield from ((place.file, place.path[: found.start()]) for found in re.finditer(r"\.|$", place.path))


def _covers(waiver: Waiver, finding: Finding) -> bool:
    if not names(waiver.policy, finding.policy):
        return False
    if not waiver.property:
        return True
    at = finding.location
    if at is None or at.file != waiver.file:
        return False
    return re.match(rf"{re.escape(waiver.property)}(?![^.[])", at.path) is not None


def _fits(waiver: Waiver, finding: Finding) -> bool:
    one = finding.resource
    return _is_about(waiver, finding.home) and any(
        fnmatchcase(name, waiver.resource) for name in (one.id, one.arn or "")
    )


def _is_about(waiver: Waiver, home: str) -> bool:
    """Whether a waiver of the configuration is about a template, or an account and Region."""
    return waiver.file == "*" or fits((waiver.file,), waiver.folders, home)


def names(pattern: str, policy: str) -> bool:
    """Whether a waiver's id or prefix names a policy."""
    return policy == pattern or (pattern.endswith("/") and policy.startswith(pattern))


def _identity(waiver: Waiver) -> tuple[Location, str, Home]:
    """What a waiver is, however many copies of a resource a loop or a nested stack makes."""
    patterns = (waiver.file, waiver.resource) if waiver.where == "config" else ("", "")
    return waiver.location._replace(path=""), waiver.policy, patterns


def _refused(waiver: Waiver, run: Run) -> Notice | None:
    """Why a waiver waives nothing."""
    if waiver.problem:
        return _notice("malformed", waiver, waiver.problem)
    if not any(names(waiver.policy, one) for one in run.types) and not _elsewhere(waiver, run.types):
        hint = suggestion(waiver.policy, run.types)
        return _notice("unknown-policy", waiver, f"there is no policy '{waiver.policy}'{hint}")
    if waiver.until and waiver.until < run.today:
        return _notice("expired", waiver, f"it ended on {waiver.until}: {waiver.reason}")
    refused = run.refusal(waiver)
    return _notice("not-allowed", waiver, refused) if refused else None


def _elsewhere(waiver: Waiver, types: Types) -> bool:
    """Whether a waiver is for findings of cfn-lint, and cfn-lint was not run."""
    return waiver.policy.startswith(CFN_LINT) and not any(one.startswith(CFN_LINT) for one in types)


def _would_show(waiver: Waiver, run: Run, homes: Collection[str]) -> bool:
    """Whether a finding to waive would have been seen: every policy meant was run, on a resource that was judged."""
    named = [one for one in run.types if names(waiver.policy, one)]
    if waiver.where == "config":
        about = [home for home in homes if _is_about(waiver, home)]
        ran = all(one in run.ran(home) for home in about or homes for one in named)
        return bool(named) and ran and _is_covered(waiver, about, run)
    named = [one for one in named if waiver.type in run.types[one]] or named
    return bool(waiver.type and named) and all(one in run.ran(waiver.file) for one in named)


def _is_covered(waiver: Waiver, about: list[str], run: Run) -> bool:
    """Whether the run saw all that a waiver of the configuration is about: its one file, or the folder it is for."""
    literal = not re.search(r"[*?\[]", waiver.file)
    if literal and any(os.path.normpath(home).endswith(os.path.normpath(waiver.file)) for home in about):
        return True
    above = os.path.abspath(waiver.folders[-1]) if waiver.folders else ""
    return any(above == folder or above.startswith(folder.rstrip(os.sep) + os.sep) for folder in run.folders)


def _notice(kind: str, waiver: Waiver, detail: str) -> Notice:
    on = waiver.resource.rpartition(".")[2] if waiver.where != "config" else ""
    policy = waiver.policy if len(waiver.policy) <= LONGEST else waiver.policy[: LONGEST - 1] + "…"
    subject = " on ".join(part for part in (policy, on) if part)
    return Notice(waiver.location.file, kind, f"{subject}: {detail}" if subject else detail, waiver.location)


def _order(notice: Notice) -> tuple[str, int, int, str]:
    place = notice.location or Location(notice.target, 0, 0)
    return place.file, place.line, place.column, notice.detail
