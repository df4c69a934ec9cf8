"""`dbguard live`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from signal import SIGTERM, default_int_handler, signal

from dbguard.cli import CLEAN, INCOMPLETE
from dbguard.commands import scan as scanning
from dbguard.commands.configured import Setup
from dbguard.errors import UsageError
from dbguard.executors import maker
from dbguard.model import Gap, Status
from dbguard.options import Options
from dbguard.policy_library import suggestion
from dbguard.progress import Progress
from dbguard.scan import Scan
from dbguard.sources.account import clients, needs, permissions, targets
from dbguard.sources.account.clients import Access
from dbguard.sources.account.fleet import Fleet
from dbguard.sources.account.inventory import TAGS, Harvest
from dbguard.sources.account.mapping import REGISTRY
from dbguard.sources.account.refusal import EXPIRED, Refused
from dbguard.sources.account.scan_file import Known, Request, ScanFile, default_path, left, resume
from dbguard.sources.account.targets import Opened, Target
from dbguard.verbose import Units, Verbose

WHERE = ("profile", "role_arn", "organization", "endpoint_url", "all_regions", "resume")  # what leads elsewhere


def run(options: argparse.Namespace) -> int:
    """Scan live accounts, write the reports, and return the exit code."""
    outputs = scanning.outputs(options)
    show = scanning.shown(options.show)
    _check(options)
    known = resume(options.resume) if options.resume else None
    if known:
        _same(options, known.request)
        options.service = list(known.request.services)
    setup = Setup(options)
    scanning.check(options, setup)
    plan = _plan(setup, options)
    if options.print_iam_policy:
        print(json.dumps(permissions.policy(plan, **_reach(options)), indent=2))
        return CLEAN
    told = begun(setup) if options.verbose else None
    asked = Options(setup.entries, show=show, frameworks=setup.frameworks, tags=tuple(options.tag))
    picture = scanning.picture(setup.library, options.format)
    scan = Scan(setup.library, asked._replace(configuration=setup.configuration, picture=picture))
    with ExitStack() as stack:
        if options.mock:
            _mocked(options, stack)
        work = _begin(options, plan, scan, known)
        file = work[1] if work else None
        signal(SIGTERM, default_int_handler)
        try:
            report = scan.run_live(_harvests(options, scan, stack, *work) if work else ())
        except KeyboardInterrupt:
            print(f"\ndbguard: interrupted; go on with: {_again(options, file)}", file=sys.stderr, flush=True)
            os._exit(INCOMPLETE)  # calls that are under way would hold the process up until they time out
    report = scanning.accepted(report, setup, options)
    report = scanning.explained(report, setup.library, picture) if picture else report
    if told:
        told.stage("accounts")
    scanning.publish(report, outputs, options, show)
    if told:
        told.close()
    return scanning.code(report, setup)


def begun(setup: Setup) -> Verbose:
    """Who tells what is done; what is configured, and which policies run, is told already."""
    told = Verbose(sys.stderr)
    told.setup(setup.library, setup.entries, setup.files)
    return told


def _mocked(options: argparse.Namespace, stack: ExitStack) -> None:
    """Put a mocked account in the place of AWS."""
    from dbguard import mock

    made = stack.enter_context(mock.account(options.mock))
    options.region = options.region or [made.region]
    for name, reason in made.unmade.items():
        print(f"dbguard: {options.mock}: {name} is not in the mocked account: {reason}", file=sys.stderr)


def _plan(setup: Setup, options: argparse.Namespace) -> tuple[str, ...]:
    """What is to be read: what the policies need, or everything for a snapshot."""
    for name in options.service:
        if name not in REGISTRY.services:
            hint = suggestion(name, REGISTRY.services) or f"; there are {', '.join(REGISTRY.services)}"
            raise UsageError(f"--service: there is no service '{name}'{hint}")
    plans = (setup.library.plan(entry.id) for entry in setup.entries)
    wanted = None if options.snapshot else needs.needs(plans, *(TAGS if options.tag else []))
    plan = needs.plan(wanted, options.service)
    if not plan:
        raise UsageError("no policy is left to run: none of those selected is about the services named")
    return plan


def _check(options: argparse.Namespace) -> None:
    """Refuse options that would have no effect."""
    for name, without in (("external_id", "role_arn"), ("role_name", "organization")):
        if getattr(options, name) is not None and not getattr(options, without):
            raise UsageError(f"--{name} has no effect without --{without}".replace("_", "-"))
    for tag in options.tag:
        if not tag.partition("=")[0]:
            raise UsageError(f"--tag takes KEY or KEY=VALUE, not '{tag}'")
    for arn in options.role_arn:
        if not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/\S+", arn):
            raise UsageError(f"--role-arn takes arn:aws:iam::ACCOUNT:role/NAME, not '{arn}'")
    given = [name for name in WHERE if options.mock and getattr(options, name)]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')} has no effect beside --mock")
    maker(options.executor)


def _reach(options: argparse.Namespace) -> dict[str, bool]:
    """Which calls are needed to find accounts and Regions."""
    return {
        "roles": bool(options.role_arn or options.organization),
        "organization": options.organization,
        "regions": options.all_regions,
    }


def _harvests(
    options: argparse.Namespace, scan: Scan, stack: ExitStack, known: Known, file: ScanFile
) -> Iterator[Harvest]:
    """Read every account and Region, keeping what comes in the scan file; what is not reached is a gap."""
    fleet = Fleet(known.request, known, file.write)
    progress = _progress(options)
    stack.callback(progress.clear)
    stack.enter_context(closing(file))
    stack.callback(fleet.close)
    for result in fleet.read(maker(options.executor), lambda: progress.tick(fleet)):
        progress.show(fleet, result)
        if not isinstance(result, Opened):
            yield result
        elif result.kind:
            name = result.account or result.target.name or "account"
            scan.gaps.append(Gap(name, result.kind, result.detail))
            scan.statuses.append(Status(name, "", "", result.kind, 0, result.detail))
    progress.clear()
    _end(options, fleet, file)


def _progress(options: argparse.Namespace) -> Progress | Units:
    """Who shows how far the scan is."""
    return Units(sys.stderr) if options.verbose else Progress(sys.stderr, quiet=options.quiet)


def _begin(
    options: argparse.Namespace, plan: tuple[str, ...], scan: Scan, known: Known | None
) -> tuple[Known, ScanFile] | None:
    """The request with what is known of it already, and the file that goes with it."""
    if known:
        if set(plan) - set(known.request.plan):
            raise UsageError(f"{options.resume} was begun for other policies; resume with the same ones")
        _same_accounts(options, known)
        return known, ScanFile(options.resume, None)
    try:
        regions = () if options.all_regions else check_regions(options)
        request = Request(tuple(_targets(options)), regions, plan, tuple(options.service))
    except Refused as refusal:
        scan.gaps.append(Gap("organization", refusal.kind, refusal.detail))
        return None
    path = options.snapshot or default_path()
    try:
        return Known(request, {}, {}), ScanFile(path, request)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _same(options: argparse.Namespace, request: Request) -> None:
    """Refuse options that say something else than the scan that is resumed was asked for."""
    accesses = [target.access for target in request.targets]
    asked = {
        "--region": (set(options.region), set(request.regions)),
        "--service": (set(options.service), set(request.services)),
        "--organization": (options.organization, any(target.account for target in request.targets)),
        "--role-arn": (set(options.role_arn), {one.role_arn for one in accesses}),
        "--endpoint-url": ({options.endpoint_url} - {None}, {one.endpoint_url for one in accesses}),
        "--profile": ({options.profile} - {None}, {one.profile for one in accesses}),
        "--all-regions": (options.all_regions, not request.regions),
    }
    for name, (given, begun) in asked.items():
        if given and given != begun:
            raise UsageError(f"{options.resume} was begun with another {name}; leave it out to go on")


def _same_accounts(options: argparse.Namespace, known: Known) -> None:
    """Refuse credentials of another account than those that the scan was begun with."""
    for target, opened in known.opened.items():
        if not target.access.role_arn and opened.account and list(left(known)):
            try:
                account = targets.identity(target.access)["Account"]
            except Refused:
                continue  # the units say so themselves
            if account != opened.account:
                raise UsageError(
                    f"{options.resume} was begun in account {opened.account}, these credentials are of {account}"
                )


def _again(options: argparse.Namespace, file: ScanFile | None) -> str:
    """The command that goes on where a scan stopped, with the same policies."""
    words = ["dbguard live"] + (["--resume", shlex.quote(file.path)] if file else [])
    for name, values in (
        ("select", options.select),
        ("ignore", options.ignore),
        ("policies", options.folders),
        ("tag", options.tag),
        ("framework", options.framework),
        ("format", options.format or []),
        ("severity", [options.severity] if options.severity else []),
        ("baseline", [options.baseline] if options.baseline else []),
        ("write-baseline", [options.write_baseline] if options.write_baseline else []),
        ("show", [options.show] if options.show else []),
        ("fail-on", [options.fail_on] if options.fail_on else []),
        ("config", [options.config] if options.config else []),
        ("env", [options.env] if options.env else []),
        ("output-file", [options.output_file] if options.output_file else []),
        ("color", [options.color] if options.color != "auto" else []),
        ("executor", [options.executor] if options.executor != "threads" else []),
    ):
        words += [f"--{name} {shlex.quote(value)}" for value in values]
    flags = ("all", "strict", "locked", "no-config", "quiet", "verbose")
    words += [f"--{name}" for name in flags if getattr(options, name.replace("-", "_"))]
    return " ".join(words)


def _end(options: argparse.Namespace, fleet: Fleet, file: ScanFile) -> None:
    """Leave no file behind that nobody asked for, unless the scan can go on from it."""
    if fleet.lost and fleet.units:
        why = "the credentials ended" if EXPIRED in fleet.lost else "some of it was lost"
        print(f"dbguard: {why}; go on with: {_again(options, file)}", file=sys.stderr)
    elif EXPIRED in fleet.lost:
        print("dbguard: no credentials could be had; sign in (for instance with aws sso login)", file=sys.stderr)
    if not (fleet.lost and fleet.units) and not options.snapshot and not options.resume:
        file.close()
        os.remove(file.path)


def _targets(options: argparse.Namespace) -> list[Target]:
    """The accounts to read. Raises UsageError without credentials, Refused where the organization does not answer."""
    own = base(options)
    found = [Target(own._replace(role_arn=arn, external_id=options.external_id)) for arn in options.role_arn]
    if options.organization:
        found += targets.organization(own, options.role_name or targets.DEFAULT_ROLE)
    return found if options.organization or found else [Target(own)]


def base(options: argparse.Namespace) -> Access:
    """The way to the account of the environment or profile. Raises UsageError where there are no credentials."""
    own = Access(options.profile, endpoint_url=options.endpoint_url, home=_home(options), timeout=options.timeout)
    clients.check(own)
    return own


def _home(options: argparse.Namespace) -> str:
    """The Region that is asked what belongs to no Region."""
    return str(options.region[0] if options.region else clients.default_region(options.profile) or "us-east-1")


def check_regions(options: argparse.Namespace) -> tuple[str, ...]:
    """The Regions that were named, or else that of the environment. Raises UsageError for one that does not exist."""
    asked = options.region or [clients.default_region(options.profile)]
    if asked == [None]:
        either = " or --all-regions" if hasattr(options, "all_regions") else ""
        raise UsageError(f"no Region: give --region{either}, or set AWS_REGION")
    existing = clients.regions()
    for name in asked:
        if name not in existing:
            raise UsageError(f"--region: there is no Region '{name}'{suggestion(name, existing)}")
    return tuple(dict.fromkeys(asked))
