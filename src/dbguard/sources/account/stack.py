"""A deployed CloudFormation stack: the names it gave to its resources, and the parameter values it was given."""

from __future__ import annotations

from typing import Any, NamedTuple

from dbguard.sources.account import clients
from dbguard.sources.account.calls import Caller
from dbguard.sources.account.clients import Access
from dbguard.sources.account.mapping import Call
from dbguard.sources.account.refusal import UNEXPECTED, Refused

STACKS = Call("cloudformation", "DescribeStacks")
RESOURCES = Call("cloudformation", "ListStackResources")
HIDDEN = "****"  # what CloudFormation shows of a NoEcho parameter


class Stack(NamedTuple):
    """A stack as it is deployed."""

    parameters: dict[str, str]
    names: dict[str, str]  # logical to physical
    types: frozenset[str]


def read(access: Access, region: str, name: str) -> Stack:
    """The stack of that name. Raises Refused."""
    clients.enter(access)
    caller = Caller(access, region)
    found = caller.answer(STACKS, {"StackName": name}).get("Stacks")
    if not isinstance(found, list) or not found:
        raise Refused(UNEXPECTED, f"{STACKS.action}: the answer has no stack {name}", STACKS.action)
    rows: list[dict[str, Any]] = caller.answer(RESOURCES, {"StackName": name}, "StackResourceSummaries")[
        "StackResourceSummaries"
    ]
    given = {one["ParameterKey"]: _value(one) for one in found[0].get("Parameters", ())}
    deployed = [one for one in rows if one.get("PhysicalResourceId") and one.get("ResourceStatus") != "DELETE_COMPLETE"]
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in deployed}
    types = frozenset(str(one.get("ResourceType")) for one in deployed)
    return Stack({key: value for key, value in given.items() if value != HIDDEN}, names, types)


def _value(row: dict[str, Any]) -> str:
    """A parameter's value; of an SSM parameter what it was resolved to."""
    return str(row.get("ResolvedValue", row.get("ParameterValue", "")))
