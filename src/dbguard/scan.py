"""A scan: targets to inventories, inventories and policies to findings, findings to a report.

Live accounts come in as harvests, which `sources.account` brings; the same policies judge them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dbguard import __version__
from dbguard.discover import Candidate, Found, PassedOver, find, is_template, may_be_template
from dbguard.errors import DocumentError, UsageError
from dbguard.families import Families, Family
from dbguard.finding import finding, gap_order, order
from dbguard.inventory import Inventory, Resource
from dbguard.memo import Memo
from dbguard.model import NOT_SELECTED, VERDICTS, WAIVABLE, Control, Coverage, Finding, Gap, Location, Report, Status
from dbguard.options import Options
from dbguard.policy import Policy
from dbguard.policy_library import Library, suggestion
from dbguard.profile import Profile
from dbguard.sources.template import TemplateInventory, check, load, opened
from dbguard.sources.template.sections import Gaps
from dbguard.value import Value

if TYPE_CHECKING:
    from dbguard.model import Waiver
    from dbguard.sources.account.inventory import Harvest

SCAN_FILE = b'{"schema": "dbguard.scan/'


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
        self._profile = Profile(library, options.entries, options.settings)
        self._memo = Memo()
        self._named: set[str] = set()  # the parameters of all templates
        self._bound: set[str] = set()  # and those of nested stacks
        self._own_named: set[str] = set()  # of those that the values of a file are for
        self._families = Families((), options.given)
        self._environments: dict[str, dict[str, str]] = {}  # the account and Region that stacks are for
        self._files: set[str] = set()  # templates that were judged, with what is nested in them
        self.waivers: list[Waiver] = []

    def run(self, paths: Iterable[str], found: Iterable[Found] | None = None) -> Report:
        """Scan files and folders, or what was found there. Raises UsageError for a parameter that no template has."""
        return self._finish(list(paths), find(list(paths)) if found is None else found)

    def run_on(self, files: Iterable[tuple[str, bytes]]) -> Report:
        """Scan what is already in memory, as pairs of name and bytes."""
        named = [Candidate(name, data, named=True) for name, data in files]
        return self._finish([one.file for one in named], named)

    def _finish(self, paths: list[str], candidates: Iterable[Found]) -> Report:
        findings: list[Finding] = []
        watch = self.options.watch
        everything = list(candidates)
        named = [one for one in everything if isinstance(one, Candidate)]
        self._environments = {one.file: one.stack.environment for one in named if one.stack}
        self._families = Families(named, self._values)
        for found in watch.judging(everything) if watch else everything:
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
        return Report(
            __version__,
            tuple(sorted(findings, key=order)),
            tuple(sorted(dict.fromkeys(self.gaps), key=gap_order)),
            coverage,
            dict(self.verdicts),
            statuses=tuple(sorted(self.statuses)),
            controls=self._controls(),
            waivers=tuple(dict.fromkeys(self.waivers)),
            homes=frozenset(self._files),
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
        return self._report(findings)

    def live(self, harvest: Harvest) -> Iterator[Finding]:
        """Judge one account and Region."""
        from dbguard.sources.account import inventory as account

        self.read += 1
        self._files.add(f"{harvest['account']}/{harvest['region']}")
        self.gaps.extend(account.gaps(harvest))
        self.statuses.extend(account.statuses(harvest))
        inventory = account.load(harvest, account.tagged(harvest, self.options.tags))
        self.passed_over += len(harvest["resources"]) - len(inventory.resources)
        yield from self._judged(inventory)
        inventory.close()

    def _check_parameters(self) -> None:
        """Refuse a set of values whose template was not there, and values of parameters that no template has."""
        own = self.options.own
        if not self.read or self.unreadable:
            return
        if own and own.within:  # configured for more templates than may be at hand
            own = None
        if own and own.template and not self._own_named:
            raise UsageError(f"{own.name}: its template-file-path {own.template} is none of the templates scanned")
        own_names = [name for name in (own.values if own else ()) if name not in self.options.parameters]
        for names, known in ((own_names, self._own_named), (self.options.parameters, self._named)):
            unknown = next((name for name in names if name not in known), None)
            if unknown:
                place = f"{own.places[unknown]}: " if own and names is own_names else ""
                nested = f"parameter {unknown} is one of a nested stack: its parent gives it a value"
                absent = f"no template has a parameter {unknown}{suggestion(unknown, known)}"
                raise UsageError(f"{place}{nested if unknown in self._bound else absent}")

    def _file(self, candidate: Candidate) -> Iterator[Finding]:
        if candidate.data.startswith(SCAN_FILE):
            yield from self._scan_file(candidate)
            return
        if candidate.file in self._files or self._families.nested(candidate.file):
            return
        family = self._families.of(candidate.file)
        try:
            yield from self._document(candidate, family or self._alone(candidate))
        except DocumentError as error:
            self._unread(candidate, error)
        except RecursionError:
            detail = "functions or conditions are nested too deep, the rest was not judged"
            self.gaps.append(Gap(candidate.file, "unsupported", detail))

    def _alone(self, candidate: Candidate) -> Family:
        document = opened(candidate.data, candidate.file, self._values(candidate.file))
        if candidate.stack:
            document.constructs = candidate.stack.constructs
        return Family(document)

    def _values(self, file: str) -> Mapping[str, Value]:
        """What a template is given, by the user or by where its stack goes."""
        given = self.options.given(file)
        return {**self._environments[file], **given} if file in self._environments else given

    def _document(self, candidate: Candidate, family: Family) -> Iterator[Finding]:
        if (
            not family.head.partial
            and not is_template(family.head.root)
            and not (candidate.named and not self.options.pass_over)
        ):
            self.not_templates += 1
            return
        beside = [(document, self._values(document.file)) for document in family.beside]
        inventory, gaps = load(family.head, self._values(family.head.file), self._families.files.fetch, beside)
        files = {document.file for document in inventory.documents}
        self.read += len(files - self._files)
        self._files |= files
        self._given(inventory)
        if not self._is_judged(inventory):
            inventory.close()
            return
        noted = Gaps(inventory.source)
        noted.found = [*(gap for document in inventory.documents for gap in document.gaps), *gaps]
        check.check(inventory, {name for file in files for name in self._on(file).by_type}, noted)
        self.gaps.extend(noted.found)
        yield from self._judged(inventory)
        self._waivers_of(inventory)
        inventory.close()

    def _is_judged(self, inventory: TemplateInventory) -> bool:
        return True

    def _waivers_of(self, inventory: TemplateInventory) -> None:
        if any("dbguard" in one.text for document in inventory.documents for one in document.whole()):
            from dbguard import waiver

            self.waivers.extend(waiver.gathered(inventory))

    def _scan_file(self, candidate: Candidate) -> Iterator[Finding]:
        """Judge what an earlier scan has read of live accounts."""
        from dbguard.sources.account import offline

        wanted = (self._library.plan(entry.id) for entry in self.options.entries)
        harvests, gaps = offline.load(candidate.data, candidate.file, wanted)
        self.gaps.extend(gaps)
        for harvest in harvests:
            yield from self.live(harvest)

    def _unread(self, candidate: Candidate, error: DocumentError) -> None:
        if self.options.pass_over and not may_be_template(candidate.data):
            self.not_templates += 1
            return
        place = Location(candidate.file, error.line, error.column)
        self.unreadable += 1
        self.gaps.append(Gap(candidate.file, error.kind, error.detail, place))

    def _given(self, inventory: TemplateInventory) -> None:
        """Note which parameters the template has, and refuse values that it does not admit."""
        for full, parameter in inventory.world.parameters.items():
            file, _, name = full.rpartition("#")  # of a template that is joined with this one
            file = file or inventory.name
            if "/" in name:  # of a nested stack, which its parent gives
                continue
            self._named.add(name)
            if self.options.own and self.options.own.on(file):
                self._own_named.add(name)
            given = self.options.given(file)
            refused = parameter._replace(name=name).refusal(given[name]) if name in given else None
            if refused:
                raise UsageError(f"{self.options.place(name, file) or f'{file}: '}{refused}")
        self._bound.update(name.rpartition("/")[2] for name in inventory.world.bindings)

    def _judged(self, inventory: Inventory) -> Iterator[Finding]:
        for resource in inventory.resources:
            profile = self._on(inventory.home(resource)) if self.options.configuration else self._profile
            if resource.type not in profile.by_type:
                continue
            self.resources += 1
            if self.options.watch:
                self.options.watch.tick(self.resources)
            policies = profile.about(resource.type, resource.subject.origin)
            for policy, judgement in self._memo.judge_all(policies, resource, inventory):
                if judgement.verdict == NOT_SELECTED:
                    continue
                self._noted(policy, resource, judgement.verdict)
                if judgement.too_many:
                    self._too_many(policy, resource.id, inventory)
                if judgement.verdict in WAIVABLE or judgement.verdict in self.options.show:
                    yield finding(policy, resource, judgement, inventory, whole=self.options.picture is not None)
        if self.options.picture:
            self.options.picture.draw(inventory)

    def _noted(self, policy: Policy, resource: Resource, verdict: str) -> None:
        self.verdicts[verdict] += 1
        if self.options.frameworks:
            self.outcomes.setdefault(policy.id, set()).add(verdict)
        if self.options.picture:
            self.options.picture.note(resource, verdict, policy.severity)

    def _on(self, home: str) -> Profile:
        """The policies that run on a template, or on an account and Region."""
        return self.options.configuration.of(home).profile if self.options.configuration else self._profile

    def _too_many(self, policy: Policy, name: str, inventory: Inventory) -> None:
        detail = f"{policy.id} on {name}: too many scenarios to go through, name some values with --parameter"
        self.gaps.append(Gap(inventory.name, "too-many-scenarios", detail))
