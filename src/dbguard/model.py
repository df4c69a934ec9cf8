"""The values that travel through dbguard, all immutable. Imports nothing of ours.

Resources and gaps come out of a source, findings out of the engine, a report out of the scan;
reporters see only the report.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# The verdicts of a policy on a resource, from the worst to the best.
FAIL = "fail"
MAY_FAIL = "may-fail"
UNKNOWN = "unknown"
EXEMPT = "exempt"
PASS = "pass"
NOT_SELECTED = "not-selected"
VERDICTS = (FAIL, MAY_FAIL, UNKNOWN, EXEMPT, PASS)
WAIVABLE = VERDICTS[:3]
WAIVED = "waived"  # stands among verdicts where it is said which findings are shown

# The severities of a policy, from the worst to the mildest.
SEVERITIES = ("critical", "high", "medium", "low", "info")


def badness(worst: tuple[str, str]) -> tuple[int, int, int]:
    """The order of verdicts with their severities, the worst first: what may fail counts by its severity too."""
    verdict, severity = (FAIL, MAY_FAIL, UNKNOWN, PASS, EXEMPT).index(worst[0]), SEVERITIES.index(worst[1])
    return max(verdict, 1), severity, verdict


# A place inside a template: keys and list indexes from its root.
Path = tuple[str | int, ...]


class Location(NamedTuple):
    """A place in a file. Line and column count from 1."""

    file: str
    line: int
    column: int
    path: str = ""


class Gap(NamedTuple):
    """Something a source could not look at. A report with a gap is incomplete."""

    target: str
    kind: str
    detail: str
    location: Location | None = None


class Status(NamedTuple):
    """What became of a service in an account and Region: scanned, or why not."""

    account: str
    region: str
    service: str
    status: str
    resources: int
    detail: str = ""


class Subject(NamedTuple):
    """The resource a finding is about, as the report names it."""

    id: str
    type: str
    origin: str = "template"
    account: str | None = None
    region: str | None = None
    arn: str | None = None


class Related(NamedTuple):
    """A place that stands beside a finding: another resource that the verdict rests on."""

    id: str
    type: str
    location: Location | None
    note: str = ""


class Finding(NamedTuple):
    """What one policy says of one resource."""

    policy: str
    verdict: str
    severity: str
    title: str
    message: str
    fix: str
    resource: Subject
    location: Location | None
    related: tuple[Related, ...] = ()
    when: dict[str, Any] | None = None
    unless: dict[str, Any] | None = None
    reason: str | None = None
    waiver: dict[str, Any] | None = None
    fingerprint: str = ""
    source_line: str | None = None
    parameters: tuple[str, ...] = ()  # the sets of parameters it holds in, where it does not in all
    judged_at: Location | None = None  # the resource itself, where `location` is the thing to change
    around: tuple[tuple[int, str], ...] = ()  # numbered lines around the place, where a reporter asks for them

    @property
    def home(self) -> str:
        """The template that the resource is in, or its account and Region as `123456789012/eu-west-1`."""
        return self.judged_at.file if self.judged_at else f"{self.resource.account}/{self.resource.region}"


class Waiver(NamedTuple):
    """A user's word that findings of a policy on a resource are accepted."""

    policy: str  # an id, or a prefix that ends in /
    reason: str
    until: str | None  # the last day on which it holds, as 2027-03-01
    where: str  # comment, metadata or config
    location: Location  # of the waiver itself
    file: str = ""  # what it is about; patterns where it comes from the configuration
    resource: str = ""
    property: str = ""  # the place that it is limited to, such as Resources.Db.Properties.MultiAZ
    type: str = ""  # the resource's type, where it is known
    problem: str = ""  # why it waives nothing
    folders: tuple[str, ...] = ()  # that a pattern in `file` may start from


class Notice(NamedTuple):
    """What is to be said of a waiver or baseline: it is malformed, expired, unused or names no policy there is."""

    target: str
    kind: str
    detail: str
    location: Location | None = None


class Trend(NamedTuple):
    """How many findings of a policy a run has that its baseline has not, that both have, and the baseline alone."""

    policy: str
    severity: str
    new: int
    known: int
    gone: int


class Coverage(NamedTuple):
    """What a run has seen; the last line of every report."""

    read: int = 0
    not_templates: int = 0
    unreadable: int = 0
    resources: int = 0
    policies: int = 0


class Control(NamedTuple):
    """What a run says of one control of a framework."""

    framework: str
    id: str
    status: str  # evaluated, no-resource (nothing here that it is about), not-evaluated (no policy for it)
    strength: str | None  # full or partial
    policies: tuple[str, ...]
    verdict: str | None  # the worst of its policies
    reason: str  # why in part only, or not at all


class Member(NamedTuple):
    """A judged database in the picture of the fleet: what it belongs to, and the worst that was found of it.

    Others are named by type and id, as in `AWS::RDS::DBCluster/orders`, or by ARN; those elsewhere by type and name.
    """

    home: str  # the file, or the account and Region
    id: str  # unique in its home
    resource: Subject
    location: Location | None
    zone: str
    inside: tuple[str, ...]  # the clusters, namespaces, … that it is a member of
    sources: tuple[str, ...]  # what it is a replica of
    verdict: str
    severity: str

    @property
    def name(self) -> str:
        """How others of its home name it."""
        return f"{self.resource.type}/{self.id}"


class LeftOut(NamedTuple):
    """What a report of changes does not tell."""

    since: str  # the revision that the templates were compared with
    findings: int
    gaps: int
    files: int  # that are the same and hang on nothing else, so that they were not judged


class Report(NamedTuple):
    """The whole outcome of a run, in the order it is shown."""

    version: str
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage
    verdicts: dict[str, int]
    waived: int = 0
    statuses: tuple[Status, ...] = ()
    controls: tuple[Control, ...] = ()
    members: tuple[Member, ...] = ()  # where a reporter asks for them
    why: tuple[tuple[str, str], ...] = ()  # of each policy with a finding, where a reporter asks for it
    notices: tuple[Notice, ...] = ()
    waivers: tuple[Waiver, ...] = ()  # as they stand in the templates
    trends: tuple[Trend, ...] = ()  # against a baseline, where there is one
    homes: frozenset[str] = frozenset()  # the files, or accounts and Regions, that were judged
    left_out: LeftOut | None = None  # where only what changed is told

    @property
    def complete(self) -> bool:
        """Whether everything asked for was looked at."""
        return not self.gaps
