"""Nothing that a template can hold makes dbguard fall over: anything may stand anywhere."""

from __future__ import annotations

import copy
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbguard.cli import DEEPEST
from dbguard.model import VERDICTS
from dbguard.options import Options
from dbguard.policy_library import Library
from dbguard.reporters import Options as Show
from dbguard.reporters import load as reporter
from dbguard.reporters import names
from dbguard.scan import Scan
from dbguard.sources.document import read

FOLDER = Path(__file__).parent.parent
TEMPLATES = [*FOLDER.parent.glob("sample_templates/*.yaml"), *FOLDER.glob("templates/cases/*/template.*")]
ROOTS = [read(path.read_bytes(), path.name).root for path in sorted(TEMPLATES)]
LIBRARY = Library()
ENTRIES = LIBRARY.chosen((), (), every=True)
sys.setrecursionlimit(DEEPEST)
JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "x", "\ud800", "a" * 5000, [], [[]], [None], {}, {"a": {}}, {"": 1},
    {"Ref": None}, {"Ref": []}, {"Ref": {"Ref": "x"}}, {"Ref": "AWS::NoValue"}, {"Ref": "Db"}, {"Fn::If": []},
    {"Fn::If": [{}, 1, 2]}, {"Fn::If": ["IsProduction", {"Ref": "AWS::NoValue"}, 1]}, {"Fn::If": "x"},
    {"Fn::GetAtt": "x"}, {"Fn::GetAtt": [1, 2]}, {"Fn::GetAtt": ["a", {"Ref": "b"}]}, {"Fn::Sub": []},
    {"Fn::Sub": "${"}, {"Fn::Sub": "${}${!a}${a.b.c}${AWS::Region}"}, {"Fn::Sub": ["${a}", {"a": []}]},
    {"Fn::Join": ["", {"Ref": "AWS::NotificationARNs"}]}, {"Fn::Join": [{}, []]}, {"Fn::Join": [",", [[], {}]]},
    {"Fn::Select": ["x", []]}, {"Fn::Select": [-1, ["a"]]}, {"Fn::Select": [0, {"Fn::GetAZs": {}}]},
    {"Fn::Split": ["", "a"]}, {"Fn::Split": [",", {"Ref": "AWS::Region"}]}, {"Fn::FindInMap": ["a", [], {}]},
    {"Fn::FindInMap": [{}, "a", "b", {"DefaultValue": {"Ref": "x"}}]}, {"Fn::Cidr": ["x", 1, 8]},
    {"Fn::Cidr": ["10.0.0.0/8", 256, 99]}, {"Fn::Length": 1}, {"Fn::ToJsonString": {"a": {"Ref": "b"}}},
    {"Fn::Base64": []}, {"Fn::ImportValue": []}, {"Fn::Transform": []}, {"Fn::ForEach::x": []}, {"Fn::Nothing": 1},
    {"Condition": "Nowhere"}, {"Condition": []}, {"Fn::And": "x"}, {"Fn::Or": []}, {"Fn::Not": [1, 2]},
    {"Fn::Equals": 1},
    {"Fn::Equals": [{"Ref": "Environment"}, ["prod"]]}, "{{resolve:ssm:/a}}", "AWS::RDS::DBInstance",
)  # fmt: skip


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += places(value, (*path, key))
    return found


@st.composite
def broken(draw: st.DrawFn) -> Any:
    root = copy.deepcopy(draw(st.sampled_from(ROOTS)))
    for _ in range(draw(st.integers(1, 3))):
        there = places(root)
        if not there:
            break
        path = draw(st.sampled_from(there))
        inner = root
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    return root


@settings(max_examples=150, deadline=None)
@given(broken())
def test_anything_anywhere_is_judged_or_a_gap(root: Any) -> None:
    path = Path("hostile.json")
    scan = Scan(LIBRARY, Options(ENTRIES, show=frozenset(VERDICTS)))
    report = scan.run_on([(str(path), json.dumps(root).encode())])
    for name in names():
        "".join(reporter(name).render(report, Show(show=frozenset(VERDICTS)))).encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("depth", [100, 50_000])
def test_towers_of_functions_and_chains_of_conditions_end(depth: int) -> None:
    tower: Any = "true"
    for _ in range(100):
        tower = {"Fn::If": ["C", tower, "x"]}
    names = [f"C{n}" for n in range(depth)]
    chain: dict[str, Any] = {
        name: {"Fn::And": [{"Condition": after}, {"Condition": after}]} for name, after in pairwise([*names, "Last"])
    }
    chain |= {"Last": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}, "C": {"Condition": "C0"}}
    body = {"Type": "AWS::RDS::DBInstance", "Properties": {"StorageEncrypted": tower}}
    text = json.dumps({"Conditions": chain, "Resources": {"Db": body}})
    report = Scan(LIBRARY, Options(ENTRIES)).run_on([("t.json", text.encode())])
    assert bool(report.gaps) is (depth > 10_000)
    assert report.complete or report.gaps[-1].kind == "unsupported"
