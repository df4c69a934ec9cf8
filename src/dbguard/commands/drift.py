"""`dbguard drift`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dbguard.cli import CLEAN, FINDINGS, INCOMPLETE
from dbguard.commands.configured import Setup
from dbguard.commands.live import base, check_regions
from dbguard.drift import AHEAD, DRIFTED, SEEN_AS, UNDECIDED, Change, Drift, Sides, compare
from dbguard.errors import DocumentError, UsageError
from dbguard.model import SEVERITIES, Gap, Location
from dbguard.reporters import count, dump, place, printable, prose
from dbguard.sources import document
from dbguard.sources.account import inventory as account
from dbguard.sources.account import needs, stack, targets, unit
from dbguard.sources.account.refusal import Refused
from dbguard.sources.template import expanded, load
from dbguard.value import Value

SCHEMA = "dbguard.drift/1"
HEADS = {
    DRIFTED: "Compliant in the template, not in the account",
    AHEAD: "Compliant in the account, not in the template: the next deployment would undo it",
    UNDECIDED: "Not decided on both sides",
}


def run(options: argparse.Namespace) -> int:
    """Compare a template with the stack that was made of it."""
    setup = Setup(options, [options.template])
    region, *more = check_regions(options)
    if more:
        raise UsageError("a stack is in one Region: give --region once")
    plans = [setup.library.plan(entry.id) for entry in setup.entries]
    try:
        with open(options.template, "rb") as file:
            read = document.read(file.read(), options.template)
    except OSError as error:
        raise UsageError(f"cannot read {options.template}: {error.strerror}") from error
    except DocumentError as error:
        raise UsageError(f"{options.template}:{error.line}:{error.column}: {error.detail}") from error
    try:
        sides, gaps = _sides(options, read, region, plans)
    except Refused as refusal:
        print(f"dbguard: {refusal.kind}: {refusal.detail}", file=sys.stderr)
        return INCOMPLETE
    drift = compare(sides, setup.profile(options.template).policies())
    if not drift.compared and not drift.uncompared:
        gaps.append(Gap(options.template, "nothing-to-scan", "no resource that the policies are about"))
    sys.stdout.writelines(_json(drift, gaps) if options.format == "json" else _text(drift, gaps, options.stack))
    return _code(drift, gaps, setup.strictness(options.template)[0])


def _sides(
    options: argparse.Namespace, read: document.Document, region: str, plans: Iterable[Mapping[str, Any]]
) -> tuple[Sides, list[Gap]]:
    """The template with the stack's own parameter values, and the account. Raises Refused."""
    access = base(options)._replace(role_arn=options.role_arn)
    own = targets.identity(access)
    deployed = stack.read(access, region, options.stack)
    named = read.root.get("Parameters") or {} if isinstance(read.root, dict) else {}
    given: dict[str, Value] = {name: value for name, value in deployed.parameters.items() if name in named}
    read = expanded(read, given)
    template, gaps = load(read, given)
    loops = [Gap(read.file, "transform", why, Location(read.file, *at)) for at, why in read.unexpanded.items()]
    types = {SEEN_AS.get(name, name) for name in {one.type for one in template.resources} | deployed.types}
    # What policies relate these types to is read as well, whichever service has it: unread it would seem absent.
    plan = needs.plan(needs.needs(plans, about=types))
    wanted = unit.Order(own["Account"], region, access, plan)
    harvest = unit.collect(wanted)
    return Sides(template, account.load(harvest), deployed.names), [*read.gaps, *loops, *gaps, *account.gaps(harvest)]


def _code(drift: Drift, gaps: list[Gap], fail_on: str) -> int:
    if gaps or drift.uncompared:
        return INCOMPLETE
    bad = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return FINDINGS if any(one.kind != UNDECIDED and one.severity in bad for one in drift.changes) else CLEAN


def _text(drift: Drift, gaps: list[Gap], name: str) -> Iterator[str]:
    if gaps:
        yield "Not looked at\n"
        yield from (f"  {printable(gap.target)}: {gap.kind}: {prose(gap.detail)}\n" for gap in gaps)
        yield "\n"
    for kind, head in HEADS.items():
        rows = [one for one in drift.changes if one.kind == kind]
        if rows:
            yield f"{head}\n"
            yield from map(_row, rows)
            yield "\n"
    if drift.differences:
        yield "Values that differ\n"
        for one in drift.differences:
            where = f"{place(one.location)}: " if one.location else ""
            values = f"{prose(one.template)} in the template, {prose(one.account)} in the account"
            yield f"  {where}{one.resource.id} ({printable(one.physical)}) {one.property}: {values}; "
            yield f"looked at by {', '.join(one.policies)}\n"
        yield "\n"
    if drift.uncompared:
        yield "Not compared\n"
        for left in drift.uncompared:
            where = f"{place(left.location)}: " if left.location else ""
            yield f"  {where}{left.resource.id} ({left.resource.type}): {prose(left.reason)}\n"
        yield "\n"
    yield _closing(drift, gaps, name)


def _row(one: Change) -> str:
    where = f"{place(one.location)}: " if one.location else ""
    verdicts = f"{one.template} in the template, {one.account} in the account"
    label = f"{one.severity}[{one.policy}]"
    return f"  {where}{label} {one.resource.id} ({printable(one.physical)}): {prose(one.message)} ({verdicts})\n"


def _closing(drift: Drift, gaps: list[Gap], name: str) -> str:
    kinds = [one.kind for one in drift.changes]
    counts = f"{kinds.count(DRIFTED)} drifted, {kinds.count(AHEAD)} would be undone, {kinds.count(UNDECIDED)} undecided"
    values = count(len(drift.differences), "value")
    compared = count(drift.compared, "resource")
    rest = f"{len(drift.uncompared)} not compared; {count(len(gaps), 'gap')}"
    return f"stack {printable(name)}: {compared} compared; {counts}; {values} differ; {rest}\n"


def _json(drift: Drift, gaps: list[Gap]) -> Iterator[str]:
    def plain(row: object) -> object:
        found = getattr(row, "_asdict", None)
        if found is not None:
            return {name: plain(one) for name, one in found().items()}
        return [plain(one) for one in row] if isinstance(row, (list, tuple)) else row

    complete = not gaps and not drift.uncompared
    head = {"schema": SCHEMA, "complete": complete, "compared": drift.compared}
    rows = {name: plain(getattr(drift, name)) for name in ("changes", "differences", "uncompared")}
    yield dump({**head, **rows, "gaps": plain(gaps)}) + "\n"
