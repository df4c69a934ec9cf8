"""Every property that a policy reads, on every type it selects, is resolved through any nest of functions.

A value is spelled with intrinsic functions whose documented meaning gives it back, so the value itself is the oracle.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbguard.cli import DEEPEST
from dbguard.engine import BOUND, judge
from dbguard.inventory import Item, read
from dbguard.model import MAY_FAIL
from dbguard.policy_library import Library
from dbguard.sources.document import Document
from dbguard.sources.template import load
from dbguard.value import ABSENT

LIBRARY = Library()
sys.setrecursionlimit(DEEPEST)
PLANS = {entry.id: LIBRARY.plan(entry.id) for entry in LIBRARY.chosen((), (), every=True)}
PAIRS = sorted({(kind, name) for plan in PLANS.values() for kind in plan["select"] for name in plan["reads"][0]})
GIVEN = {"Yes": "yes", "Key": "k", "List": "a,b", "Zero": "0"}
CONDITIONS = {
    "True": {"Fn::Equals": [{"Ref": "Yes"}, "yes"]},
    "False": {"Fn::Not": [{"Condition": "True"}]},
    "Both": {"Fn::And": [{"Condition": "True"}, {"Fn::Or": [{"Condition": "False"}, {"Condition": "True"}]}]},
}
LEAVES: list[tuple[Any, Any]] = [
    ({"Ref": "Yes"}, "yes"), ({"Ref": "List"}, ["a", "b"]), ({"Fn::FindInMap": ["M", {"Ref": "Key"}, "x"]}, "found"),
    ({"Fn::FindInMap": ["M", "none", "x", {"DefaultValue": {"Ref": "Yes"}}]}, "yes"), ({"Ref": "AWS::NoValue"}, ABSENT),
    ({"Fn::Sub": "${Yes}-${!Literal}"}, "yes-${Literal}"), ({"Ref": "AWS::Region"}, "eu-west-1"), (True, True), (7, 7),
    ({"Fn::Base64": {"Ref": "Yes"}}, "eWVz"), ({"Fn::Length": {"Ref": "List"}}, 2), ("plain", "plain"),
    ({"Fn::Cidr": ["10.0.0.0/24", 2, 4]}, ["10.0.0.0/28", "10.0.0.16/28"]),
    ({"Fn::Sub": ["${a}${Key}", {"a": {"Ref": "Yes"}}]}, "yesk"), ({"Fn::Join": ["+", {"Ref": "List"}]}, "a+b"),
]  # fmt: skip


def wrap(one: tuple[Any, Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    spelled, value = one
    ways: list[tuple[Any, Any]] = [
        ({"Fn::If": ["True", spelled, "other"]}, value),
        ({"Fn::If": ["False", "other", spelled]}, value),
        ({"Fn::If": ["Both", spelled, {"Ref": "AWS::NoValue"}]}, value),
    ]
    if value is not ABSENT:
        ways.append(({"Fn::Select": [{"Ref": "Zero"}, [spelled, "other"]]}, value))
        ways.append(({"Fn::FindInMap": ["M", "none", "x", {"DefaultValue": spelled}]}, value))
    if isinstance(value, str):
        ways.append(({"Fn::Join": ["|", [spelled, "z"]]}, value + "|z"))
        ways.append(({"Fn::Sub": ["<${a}>", {"a": spelled}]}, f"<{value}>"))
        ways.append(({"Fn::Split": ["|", spelled]}, value.split("|")))
        ways.append(({"Fn::ToJsonString": {"a": spelled}}, json.dumps({"a": value}, separators=(",", ":"))))
    if isinstance(value, list):
        ways.append(({"Fn::Length": spelled}, len(value)))
        ways.append(({"Fn::Select": [0, spelled]}, value[0]))
    return st.sampled_from(ways)


spellings = st.recursive(st.sampled_from(LEAVES), lambda inner: inner.flatmap(wrap), max_leaves=6)


def template(resources: dict[str, Any]) -> dict[str, Any]:
    parameters = {name: {"Type": "CommaDelimitedList" if name == "List" else "String"} for name in GIVEN}
    mappings = {"M": {"k": {"x": "found"}}}
    return {"Parameters": parameters, "Mappings": mappings, "Conditions": CONDITIONS, "Resources": resources}


@settings(max_examples=150, deadline=None)
@given(spellings)
def test_every_read_property_is_resolved_as_spelled(one: tuple[Any, Any]) -> None:
    spelled, value = one
    bodies: dict[str, Any] = {
        f"R{n}": {"Type": kind, "Properties": {name: spelled}} for n, (kind, name) in enumerate(PAIRS)
    }
    inventory, gaps = load(Document("t", template(bodies)), {**GIVEN, "AWS::Region": "eu-west-1"})
    assert not gaps
    inventory.world.assign({})
    for resource, (_, name) in zip(inventory.resources, PAIRS, strict=True):
        found = inventory.world.deep(read(Item(inventory.world, resource), (name,)))
        assert found == value, (spelled, found)


def killer(size: int) -> dict[str, Any]:
    """Many parameters with many allowed values, compared with each other and in nests, chained through conditions."""
    names = [f"P{n}" for n in range(size)]
    parameters = {name: {"Type": "String", "AllowedValues": [f"v{n}" for n in range(20)]} for name in names}
    conditions: dict[str, Any] = {"C0": {"Fn::Equals": [{"Ref": "P0"}, "v1"]}}
    for n in range(1, size):
        both = {"Fn::Or": [{"Fn::Equals": [{"Ref": f"P{n}"}, {"Ref": f"P{n - 1}"}]}, {"Condition": f"C{n - 1}"}]}
        conditions[f"C{n}"] = {"Fn::Not": [{"Fn::And": [both, {"Fn::Equals": [{"Ref": f"P{n}"}, "v3"]}]}]}
    value = {"Fn::If": [f"C{size - 1}", True, False]}
    body = {"Type": "AWS::RDS::DBInstance", "Properties": {"StorageEncrypted": value, "Engine": "mysql"}}
    return {"Parameters": parameters, "Conditions": conditions, "Resources": {"Db": body}}


@pytest.mark.parametrize("size", [5, 50, 150])
def test_conditions_over_many_parameters_stay_within_the_budget(size: int) -> None:
    inventory, _ = load(Document("t", killer(size)))
    policy = LIBRARY.policy("rds/storage-encrypted")
    found = judge(policy, inventory.resources[0], inventory)
    assert found.too_many or found.verdict == MAY_FAIL
    assert 0 < inventory.world.effort <= 3 * BOUND
