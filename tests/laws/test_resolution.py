"""Intrinsic functions resolve as cfn-lint resolves them, and as a plain reading of their documentation does.

Three readings of the same expression under the same parameter values: dbguard's world, cfn-lint's resolver, and the few
lines of `meaning`. Where cfn-lint answers otherwise the reason is in UNRESOLVED or DIFFERENT; all else is a failure.
Every property path that a policy reads, of every type that it is about, is read with every function in its place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from cfnlint.context import create_context_for_template
from cfnlint.jsonschema import CfnTemplateValidator
from cfnlint.template import Template
from hypothesis import given, settings
from hypothesis import strategies as st

from dbguard.inventory import Item, Many, Resource, read
from dbguard.model import Subject
from dbguard.policy_library import Library
from dbguard.sources.document import Document
from dbguard.sources.template import TemplateInventory, load
from dbguard.value import ABSENT, text
from tests.laws.meaning import NOTHING, REGION, SECTIONS, Values, expected

EXAMPLES = int(os.environ.get("RESOLUTION_EXAMPLES", "150"))
# What cfn-lint does not resolve, although it is known.
UNRESOLVED = {
    "Fn::Base64": "its resolver has no Fn::Base64",
    "Fn::Cidr": "its resolver has no Fn::Cidr",
    "Fn::Length": "its resolver counts only in templates that declare AWS::LanguageExtensions",
    "NoValue": "it leaves out what is removed",
}
# What it resolves otherwise, and why dbguard's answer is CloudFormation's.
DIFFERENT = {
    "${!Literal}": "it keeps the mark of a literal; Fn::Sub resolves it as ${Literal}",
    "Fn::ToJsonString": "it writes blanks behind commas and colons; CloudFormation's examples have none",
}

conditions = st.sampled_from(sorted(SECTIONS["Conditions"]))
words = st.sampled_from(["mysql", "true", "7", "a-b-c", "prod", "x,y"])


def _texts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = _lists(inner)
    return st.one_of(
        st.builds(lambda name, one, two: {"Fn::If": [name, one, two]}, conditions, inner, inner),
        st.builds(lambda one: {"Fn::Sub": ["${Env}-${One}${!Not}", {"One": one}]}, inner),
        st.builds(lambda one: {"Fn::Join": ["-", one]}, lists),
        st.builds(
            lambda at, one, rest: {"Fn::Select": [at, [one, *rest]]}, st.just(0), inner, st.lists(inner, max_size=2)
        ),
        st.builds(lambda one: {"Fn::Select": ["0", {"Fn::Split": ["-", one]}]}, inner),
        st.builds(lambda one: {"Fn::FindInMap": ["By", one, "Size", {"DefaultValue": one}]}, inner),
        st.builds(lambda one: {"Fn::Base64": one}, inner),
        st.builds(lambda one: {"Fn::ToJsonString": {"Key": one}}, inner),
        st.builds(lambda one: {"Fn::Length": one}, lists),
    )


def _lists(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.just({"Ref": "Names"}),
        st.just({"Fn::FindInMap": ["By", {"Ref": "Env"}, "Zones"]}),
        st.builds(lambda one: {"Fn::Split": ["-", one]}, inner),
        st.lists(inner, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=2).map(lambda some: [*some, NOTHING]),
    )


leaves = st.one_of(
    words,
    st.sampled_from(["Env", "Free", "AWS::Region"]).map(lambda name: {"Ref": name}),
    st.just({"Fn::FindInMap": ["By", {"Ref": "Env"}, "Size"]}),
    st.sampled_from(["dev", "prod"]).map(lambda key: {"Fn::FindInMap": ["Of", {"Ref": "AWS::Region"}, key]}),
    st.just({"Fn::Sub": "${Env}/${AWS::Region}"}),
)
expressions = st.recursive(leaves, _texts, max_leaves=6)
parameters = st.fixed_dictionaries(
    {
        "Env": st.sampled_from(["dev", "prod"]),
        "Days": st.sampled_from(["7", "14"]),
        "Names": st.lists(words.filter(lambda word: "," not in word), min_size=1, max_size=3),
        "Free": words,
    }
)


def inventory(values: Values) -> TemplateInventory:
    told = {**values, "Names": ",".join(values["Names"]), "AWS::Region": REGION}
    return load(Document("t", {**SECTIONS, "Resources": {}}), told)[0]


def by_dbguard(value: Any, values: Values) -> Any:
    found = inventory(values).world.deep(value)
    return None if found is ABSENT else found


@cache
def _cfn() -> tuple[Any, Any]:
    cfn = Template("t", {**SECTIONS, "Resources": {}}, regions=[REGION])
    return cfn, create_context_for_template(cfn)


def by_cfn_lint(value: Any, values: Values) -> list[Any]:
    """Every value that cfn-lint finds; none where it does not resolve."""
    cfn, context = _cfn()
    validator = CfnTemplateValidator({}, context=context.evolve(ref_values=values), cfn=cfn)
    return [found for found, _, error in validator.resolve_value(value) if error is None]


def functions(value: Any) -> Iterator[str]:
    """The functions in an expression, as far as the tables speak of them."""
    if value == NOTHING:
        yield "NoValue"
    elif isinstance(value, dict):
        yield from (name for name in value if name.startswith("Fn::"))
        for one in value.values():
            yield from functions(one)
    elif isinstance(value, list):
        for one in value:
            yield from functions(one)


def plain(value: Any) -> Any:
    """A value as text, as CloudFormation hands it on."""
    return list(map(plain, value)) if isinstance(value, list) else value if isinstance(value, dict) else text(value)


@given(expressions, parameters)
@settings(deadline=None, max_examples=EXAMPLES)
def test_an_expression_resolves_alike_in_all_readings(value: Any, values: Values) -> None:
    found = by_dbguard(value, values)
    assert plain(found) == plain(expected(value, values))
    names = set(functions(value))
    if names.isdisjoint(DIFFERENT):
        others = by_cfn_lint(value, values)
        assert plain(found) in [unmarked(plain(other)) for other in others] or (
            not others and names & UNRESOLVED.keys()
        )


def unmarked(value: Any) -> Any:
    """The same without the marks of literals in Fn::Sub."""
    return list(map(unmarked, value)) if isinstance(value, list) else value.replace("${!", "${")


def paths() -> list[tuple[str, tuple[Any, ...]]]:
    """Every property path that a policy reads on a type that it is about."""
    library = Library(())
    found: dict[tuple[str, tuple[Any, ...]], None] = {}
    for entry in library.chosen((), (), every=True):
        plan = library.plan(entry.id)
        for steps in _steps({name: plan[name] for name in ("where", "except", "expect") if plan.get(name)}):
            found.update({(kind, steps): None for kind in entry.types})
    return list(found)


def _steps(plan: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(plan, dict):
        steps = plan.get("path")
        if isinstance(steps, list) and steps and isinstance(steps[0], str):
            yield tuple(steps)
        for one in plan.values():
            yield from _steps(one)
    elif isinstance(plan, list):
        for one in plan:
            yield from _steps(one)


GIVEN: Values = {"Env": "prod", "Days": "7", "Names": ["p", "q"], "Free": "a-b"}
EVERY = [
    {"Ref": "Env"},
    {"Ref": "AWS::Region"},
    {"Fn::If": ["Prod", "yes", "no"]},
    {"Fn::If": ["Both", {"Fn::If": ["Either", {"Ref": "Free"}, "no"]}, NOTHING]},
    {"Fn::FindInMap": ["By", {"Ref": "Env"}, "Size"]},
    {"Fn::FindInMap": ["By", "nowhere", "Size", {"DefaultValue": {"Ref": "Free"}}]},
    {"Fn::Sub": "${Env}-${AWS::Region}-${!Literal}"},
    {"Fn::Sub": ["${One}", {"One": {"Ref": "Free"}}]},
    {"Fn::Join": ["/", ["a", {"Ref": "Env"}, NOTHING]]},
    {"Fn::Join": [",", {"Ref": "Names"}]},
    {"Fn::Select": [1, {"Ref": "Names"}]},
    {"Fn::Select": ["1", {"Fn::Split": ["-", {"Ref": "Free"}]}]},
    {"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/16", 2, 8]}]},
    {"Fn::Base64": {"Ref": "Free"}},
    {"Fn::Length": {"Ref": "Names"}},
    {"Fn::ToJsonString": {"a": [1, {"Ref": "Env"}]}},
]


@pytest.mark.parametrize("value", EVERY, ids=[json.dumps(one) for one in EVERY])
def test_every_path_that_policies_read_takes_the_function(value: Any) -> None:
    wanted = plain(expected(value, GIVEN))
    world = inventory(GIVEN).world
    read_ = paths()
    assert len(read_) > 500
    for kind, steps in read_:
        nested: Any = value
        for step in reversed(steps):
            nested = {step: nested} if isinstance(step, str) else [nested]
        if any(isinstance(step, int) and step for step in steps):
            continue  # an element that is not the first
        found = read(Item(world, Resource(Subject("Db", kind), nested, {})), steps)
        if isinstance(found, Many):
            assert [plain(one) for _, one in found.found] == [wanted], (kind, steps)
        else:
            assert plain(found) == wanted, (kind, steps)


@pytest.mark.parametrize("name", [*UNRESOLVED, *DIFFERENT])
def test_what_is_said_of_cfn_lint_is_so(name: str) -> None:
    values = {
        "Fn::Base64": {"Fn::Base64": "a"},
        "Fn::Cidr": {"Fn::Cidr": ["10.0.0.0/16", 1, 8]},
        "Fn::Length": {"Fn::Length": {"Ref": "Names"}},
        "NoValue": {"Fn::If": ["Prod", NOTHING, "a"]},
        "Fn::ToJsonString": {"Fn::ToJsonString": {"a": [1, 2]}},
        "${!Literal}": {"Fn::Sub": "${!Literal}"},
    }
    others = {"Fn::ToJsonString": ['{"a": [1, 2]}'], "${!Literal}": ["${!Literal}"]}
    assert by_cfn_lint(values[name], GIVEN) == others.get(name, [])
