"""How the answers of AWS become resources in CloudFormation shape: declarations, and what applies them.

A service is a list of collections. Each names the call that lists resources of one type, and says for every property,
as a JMESPath expression over the answer, where its value comes from. Details are further calls for one resource, made
only when a policy looks at what they supply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any, NamedTuple

import jmespath
from jmespath import functions

Answer = Any  # JSON-like data, as botocore parses it


class Call(NamedTuple):
    """A read-only call: the client, the operation as AWS spells it, and its arguments."""

    client: str
    operation: str
    arguments: Mapping[str, Any] = {}  # constants
    per_item: Mapping[str, str] = {}  # arguments that an expression finds in the item at hand

    @property
    def action(self) -> str:
        """The call as messages name it, which is nearly always the IAM action that allows it."""
        return f"{PREFIXES.get(self.client, self.client)}:{self.operation}"

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that allow the call."""
        return PERMISSIONS.get(self.client, (self.action, *DISCOVERY.get(self.client, ())))


# The prefix of IAM actions, where it is not the client's name (Service Authorization Reference).
PREFIXES = {"docdb": "rds", "neptune": "rds", "timestream-write": "timestream"}
# Keyspaces has no actions for its calls: they read system tables, and take the action that reads tables.
PERMISSIONS = {"keyspaces": ("cassandra:Select",)}
# Where the endpoint is asked for first.
DISCOVERY = {"timestream-write": ("timestream:DescribeEndpoints",)}


class Detail(NamedTuple):
    """A further call for one resource, with the properties that it supplies."""

    call: Call
    properties: Mapping[str, str]  # property, or `Property.Inner` → expression over the answer
    when: str = ""  # an expression over the item: the call is made where it holds
    items: str = (
        ""  # the answer comes in pages: the key of what they list, and expressions see the answer with it whole
    )
    none: tuple[str, ...] = ()  # error codes which say that there is nothing to describe
    open: tuple[str, ...] = ()  # error codes which say that it cannot be known: unresolved, but no gap
    always: str = ""  # an expression over the answer that holds for every answer of AWS


class Collection(NamedTuple):
    """Resources of one type, as one call lists them."""

    type: str
    call: Call
    items: str  # the key of the list in each page of the answer; empty where the answer itself is the one item
    id: str  # an expression over the item, as are the ones below
    arn: str = ""
    same: str = ""  # properties that the answer and CloudFormation spell alike, separated by blanks
    properties: Mapping[str, str] = {}  # property → expression
    always: str = ""  # properties that AWS always tells: where it does not, they are unresolved rather than absent
    keep: str = ""  # only items for which this holds
    of: tuple[Call, str] | None = None  # listed for each item of another call, with that call's list
    inner: str = ""  # the resources are inside the items: an expression that finds them
    each: Call | None = None  # the call that describes one item, where the list names it only
    each_item: str = ""  # where the description is in the answer of `each`
    each_none: tuple[str, ...] = ()  # error codes of `each` which say that the item is gone
    details: tuple[Detail, ...] = ()
    beside: str = ""  # a type without which these are of no use: listed where both are wanted
    home: str = ""  # the ARN of the Region where a resource is judged that is listed in several

    @property
    def name(self) -> str:
        """The collection as plans name it."""
        return f"{self.type} of {self.beside}" if self.beside else self.type

    @property
    def expressions(self) -> dict[str, str]:
        """Every property that the listing itself supplies, with its expression."""
        return {**{name: name for name in self.same.split()}, **self.properties}

    @property
    def detail_properties(self) -> dict[str, list[Detail]]:
        """The details that supply each property."""
        found: dict[str, list[Detail]] = {}
        for detail in self.details:
            for name in detail.properties:
                found.setdefault(name, []).append(detail)
        return found

    def calls(self) -> Iterator[Call]:
        """The calls that the listing itself takes."""
        if self.of:
            yield self.of[0]
        yield self.call
        if self.each:
            yield self.each


class Service(NamedTuple):
    """One module of `services`: its name, as --service takes it, and what it lists."""

    name: str
    collections: tuple[Collection, ...]


class Functions(functions.Functions):  # type: ignore[misc]  # jmespath has no types
    """What the expressions may call beside JMESPath's own functions."""

    @functions.signature({"types": ["array", "null"]}, {"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_pairs(self, items: list[dict[str, Any]] | None, name: str, value: str) -> dict[str, Any]:
        """A mapping from items that hold a name and a value: `pairs(Parameters, 'ParameterName', 'ParameterValue')`."""
        return {str(item[name]): item.get(value) for item in items or () if name in item}

    @functions.signature({"types": ["object", "null"]})  # type: ignore[untyped-decorator]
    def _func_items(self, mapping: dict[str, Any] | None) -> list[list[Any]]:
        """The keys of a mapping, each with its value: `items(Tags)`."""
        return [[key, value] for key, value in (mapping or {}).items()]

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_tail(self, arn: str | None) -> str | None:
        """The name at the end of an ARN."""
        return arn and arn.replace("/", ":").rsplit(":", 1)[-1]

    @functions.signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_less_one(self, number: int) -> int:
        """One less, and never less than none: the replicas of so many nodes."""
        return max(number - 1, 0)

    @functions.signature({"types": ["array", "null"]}, {"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_handed(self, items: list[dict[str, Any]] | None, name: str, value: str) -> list[dict[str, Any]]:
        """Inner items with a name that their holder hands down: `handed(Routes, 'RouteTableId', RouteTableId)`."""
        return [{**item, name: value} for item in items or ()]

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_json(self, text: str | None) -> Any:
        """What JSON text holds; ValueError where it is none."""
        return json.loads(text) if text else None

    @functions.signature({"types": ["array", "null"]})  # type: ignore[untyped-decorator]
    def _func_rules(self, permissions: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
        """The rules of a security group's permissions, one for each source, as CloudFormation writes them."""
        return [
            {**{name: one[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in one}, target: row[source]}
            for one in permissions or ()
            for rows, source, target in SOURCES
            for row in one.get(rows) or ()
            if source in row
        ]


# Where a permission of EC2 lists its sources, the member that names one, and CloudFormation's name for that.
SOURCES = (
    ("IpRanges", "CidrIp", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId", "SourcePrefixListId"),
    ("UserIdGroupPairs", "GroupId", "SourceSecurityGroupId"),
)
OPTIONS = jmespath.Options(custom_functions=Functions())


@cache
def expression(text: str) -> Any:
    """A JMESPath expression, compiled once."""
    return jmespath.compile(text)


def find(text: str, answer: Answer) -> Any:
    """What an expression finds in an answer; None where there is nothing."""
    if text.isidentifier():
        return answer.get(text) if isinstance(answer, dict) else None
    return expression(text).search(answer, options=OPTIONS)


def shaped(properties: Mapping[str, str], answer: Answer) -> dict[str, Any]:
    """The properties that an answer supplies; what it leaves out or leaves empty is absent."""
    found = {name: plain(find(text, answer)) for name, text in properties.items()}
    return {name: value for name, value in found.items() if value not in EMPTY}


def put(properties: dict[str, Any], name: str, value: Any) -> None:
    """Set a property, or `Property.Inner` inside of one; None takes it away."""
    head, _, inner = name.partition(".")
    if inner:
        properties[head] = {**properties[head]} if isinstance(properties.get(head), dict) else {}
        put(properties[head], inner, value)
    elif value is None:
        properties.pop(head, None)
    else:
        properties[head] = value


EMPTY: tuple[Any, ...] = (None, "", [], {})


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dates as ISO 8601 text, nothing that is empty inside a mapping."""
    if isinstance(value, dict):
        inner = {name: plain(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in EMPTY}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class Registry:
    """Every service there is, found by the presence of its module."""

    @cached_property
    def services(self) -> dict[str, Service]:
        """The services by name, in order."""
        from importlib import import_module
        from pkgutil import iter_modules

        from dbguard.sources.account import services

        names = sorted(one.name for one in iter_modules(services.__path__))
        modules = {name.replace("_", "-"): import_module(f"{services.__name__}.{name}") for name in names}
        return {name: Service(name, tuple(module.COLLECTIONS)) for name, module in modules.items()}


REGISTRY = Registry()
