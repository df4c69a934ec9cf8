"""A scan: targets to inventories, inventories and policies to findings, findings to a report.

Live accounts come in as harvests, which `sources.account` brings; the same policies judge them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from dbguard import __version__
from dbguard.discover import Candidate, Found, PassedOver, find, is_template
from dbguard.errors import DocumentError, UsageError
from dbguard.families import Families, Family
from dbguard.finding import finding
from dbguard.inventory import Inventory
from dbguard.memo import Memo
from dbguard.model import NOT_SELECTED, SEVERITIES, VERDICTS, Control, Coverage, Finding, Gap, Location, Report, Status
from dbguard.policy import Policy
from dbguard.policy_library import Entry, Library, suggestion
from dbguard.sources.document import read
from dbguard.sources.template import TemplateInventory, check, load
from dbguard.sources.template.sections import Gaps
from dbguard.value import Value, text

if TYPE_CHECKING:
    from dbguard.frameworks import Framework
    from dbguard.sources.account.inventory import Harvest

SCAN_FILE = b'{"schema": "dbguard.scan/'


class Options(NamedTuple):
    """What a scan is asked to do."""

    entries: list[Entry]
    parameters: Mapping[str, Value] = {}
    settings: Mapping[str, Mapping[str, object]] = {}
    show: frozenset[str] = frozenset(VERDICTS[:3])
    pass_over: bool = False
    frameworks: tuple[Framework, ...] = ()
    tags: tuple[str, ...] = ()  # of live resources, KEY or KEY=VALUE: only those with all of them are judged


class Scan:
    """One run over some templates; counts as it goes."""

    def __init__(self, library: Library, options: Options) -> None:
        self._library = library
        self.options = options
        self.passed_over = 0  # resources of accounts that were not asked for
        self.gaps: list[Gap] = []
        self.statuses: list[Status] = []
        self.verdicts = dict.fromkeys(VERDICTS, 0)
        self.outcomes: dict[str, set[str]] = {}  # the verdicts of each policy, where frameworks ask for them
        self.read = self.not_templates = self.unreadable = self.resources = 0
        self._by_type: dict[str, list[Entry]] = {}
        for entry in options.entries:
            for name in entry.types:
                self._by_type.setdefault(name, []).append(entry)
        self._built: dict[str, Policy] = {}
        self._policies: dict[tuple[str, str], tuple[Policy, ...]] = {}  # by type and origin
        self._memo = Memo()
        self._named: set[str] = set()  # the parameters that templates have
        self._bound: set[str] = set()  # and those of nested stacks
        self._families = Families((), {})
        self._files: set[str] = set()  # templates that were judged, with what is nested in them
        self.worst: dict[str, set[str]] = {verdict: set() for verdict in VERDICTS}  # the severities of each verdict

    def run(self, paths: Iterable[str]) -> Report:
        """Scan files and folders. Raises UsageError for a parameter that no template has."""
        return self._finish(list(paths), find(list(paths)))

    def run_on(self, files: Iterable[tuple[str, bytes]]) -> Report:
        """Scan what is already in memory, as pairs of name and bytes."""
        named = [Candidate(name, data, named=True) for name, data in files]
        return self._finish([one.file for one in named], named)

    def _finish(self, paths: list[str], candidates: Iterable[Found]) -> Report:
        findings: list[Finding] = []
        everything = list(candidates)
        self._families = Families((one for one in everything if isinstance(one, Candidate)), self.options.parameters)
        for found in everything:
            if isinstance(found, Gap):
                self.gaps.append(found)
                self.unreadable += 1
            elif isinstance(found, PassedOver):
                self.not_templates += 1
            else:
                findings.extend(self._file(found))
        self._check_parameters()
        if not self.read and not self.gaps and not (self.options.pass_over and self.not_templates):
            self.gaps.append(Gap(", ".join(paths), "nothing-to-scan", "no CloudFormation template was found"))
        return self._report(findings)

    def _report(self, findings: list[Finding]) -> Report:
        coverage = Coverage(self.read, self.not_templates, self.unreadable, self.resources, len(self.options.entries))
        verdicts, statuses = dict(self.verdicts), tuple(sorted(self.statuses))
        ordered = tuple(sorted(findings, key=_order))
        return Report(
            __version__,
            ordered,
            tuple(dict.fromkeys(self.gaps)),
            coverage,
            verdicts,
            statuses=statuses,
            controls=self._controls(),
        )

    def _controls(self) -> tuple[Control, ...]:
        if not self.options.frameworks:
            return ()
        from dbguard import frameworks

        return tuple(frameworks.controls(self.options.frameworks, self.outcomes))

    def run_live(self, harvests: Iterable[Harvest]) -> Report:
        """Judge what was read of live accounts, each account and Region by itself."""
        findings = [one for harvest in harvests for one in self.live(harvest)]
        if self.options.tags and self.passed_over and not self.resources:
            tags = " and ".join(self.options.tags)
            detail = f"none of the {self.passed_over} resources that were read has the tag {tags}"
            self.gaps.append(Gap("--tag", "nothing-to-scan", detail))
        self.gaps.sort(key=lambda gap: (gap.target, gap.kind, gap.detail))
        return self._report(findings)

    def live(self, harvest: Harvest) -> Iterator[Finding]:
        """Judge one account and Region."""
        from dbguard.sources.account import inventory as account

        self.read += 1
        self.gaps.extend(account.gaps(harvest))
        self.statuses.extend(account.statuses(harvest))
        inventory = account.load(harvest, account.tagged(harvest, self.options.tags))
        self.passed_over += len(harvest["resources"]) - len(inventory.resources)
        yield from self._judged(inventory)
        inventory.close()

    def _check_parameters(self) -> None:
        unknown = [name for name in self.options.parameters if name not in self._named]
        if unknown and self.read and not self.unreadable:
            if unknown[0] in self._bound:
                raise UsageError(f"parameter {unknown[0]} is one of a nested stack: its parent gives it a value")
            hint = suggestion(unknown[0], self._named)
            raise UsageError(f"no template has a parameter {unknown[0]}{hint}")

    def _file(self, candidate: Candidate) -> Iterator[Finding]:
        if candidate.data.startswith(SCAN_FILE):
            yield from self._scan_file(candidate)
            return
        if candidate.file in self._files or self._families.nested(candidate.file):
            return
        family = self._families.of(candidate.file)
        try:
            yield from self._document(candidate, family or Family(read(candidate.data, candidate.file)))
        except DocumentError as error:
            self._unread(candidate, error)
        except RecursionError:
            detail = "functions or conditions are nested too deep, the rest was not judged"
            self.gaps.append(Gap(candidate.file, "unsupported", detail))

    def _document(self, candidate: Candidate, family: Family) -> Iterator[Finding]:
        if not is_template(family.head.root) and not (candidate.named and not self.options.pass_over):
            self.not_templates += 1
            return
        inventory, gaps = load(family.head, self.options.parameters, self._families.files.fetch, family.beside)
        files = {document.file for document in inventory.documents}
        self.read += len(files - self._files)
        self._files |= files
        self._given(inventory)
        noted = Gaps(inventory.source)
        noted.found = [*(gap for document in inventory.documents for gap in document.gaps), *gaps]
        check.check(inventory, self._looked_at(), noted)
        self.gaps.extend(noted.found)
        yield from self._judged(inventory)
        inventory.close()

    def _scan_file(self, candidate: Candidate) -> Iterator[Finding]:
        """Judge what an earlier scan has read of live accounts."""
        from dbguard.sources.account import offline

        wanted = (self._library.plan(entry.id) for entry in self.options.entries)
        harvests, gaps = offline.load(candidate.data, candidate.file, wanted)
        self.gaps.extend(gaps)
        for harvest in harvests:
            yield from self.live(harvest)

    def _unread(self, candidate: Candidate, error: DocumentError) -> None:
        place = Location(candidate.file, error.line, error.column)
        self.unreadable += 1
        self.gaps.append(Gap(candidate.file, error.kind, error.detail, place))

    def _given(self, inventory: TemplateInventory) -> None:
        """Note which parameters the template has, and refuse values that it does not admit."""
        for full, parameter in inventory.world.parameters.items():
            file, _, name = full.rpartition("#")  # of a template that is joined with this one
            self._named.add(name)
            value = self.options.parameters.get(name)
            if value is not None and not parameter.admits(value):
                raise UsageError(
                    f"{file or inventory.name}: parameter {name} does not admit {text(value)!r}"
                    f"{_admitted(parameter.allowed)}"
                )
        self._bound.update(name.rpartition("/")[2] for name in inventory.world.bindings)

    def _looked_at(self) -> set[str]:
        """The resource types that some policy is about."""
        return set(self._by_type)

    def _judged(self, inventory: Inventory) -> Iterator[Finding]:
        for resource in inventory.resources:
            if resource.type not in self._by_type:
                continue
            self.resources += 1
            policies = self._about(resource.type, resource.subject.origin)
            for policy, judgement in self._memo.judge_all(policies, resource, inventory):
                if judgement.verdict == NOT_SELECTED:
                    continue
                self.verdicts[judgement.verdict] += 1
                if self.options.frameworks:
                    self.outcomes.setdefault(policy.id, set()).add(judgement.verdict)
                self.worst[judgement.verdict].add(policy.severity)
                if judgement.too_many:
                    self._too_many(policy, resource.id, inventory)
                if judgement.verdict in self.options.show:
                    yield finding(policy, resource, judgement, inventory)

    def _about(self, type_name: str, origin: str) -> tuple[Policy, ...]:
        """The policies on a type, as far as they judge what comes from there."""
        key = (type_name, origin)
        if key not in self._policies:
            built = (self._policy(entry.id) for entry in self._by_type[type_name])
            self._policies[key] = tuple(one for one in built if one.only in (None, origin))
        return self._policies[key]

    def _too_many(self, policy: Policy, name: str, inventory: Inventory) -> None:
        detail = f"{policy.id} on {name}: too many scenarios to go through, name some values with --parameter"
        self.gaps.append(Gap(inventory.name, "too-many-scenarios", detail))

    def _policy(self, name: str) -> Policy:
        if name not in self._built:
            self._built[name] = self._library.policy(name, self.options.settings.get(name))
        return self._built[name]


def _admitted(allowed: tuple[Value, ...]) -> str:
    return f" (one of {', '.join(map(text, allowed))})" if allowed else ""


def _order(one: Finding) -> tuple[str, int, int, int, str, str]:
    line, column = (one.location.line, one.location.column) if one.location else (0, 0)
    file = one.location.file if one.location else f"{one.resource.account} {one.resource.region}"
    return file, line, column, SEVERITIES.index(one.severity), one.policy, one.resource.id
