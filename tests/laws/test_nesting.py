"""A template judged as a nested stack, or through exports, is judged as it is alone."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from dbguard.engine import judge
from dbguard.errors import DocumentError
from dbguard.inventory import Inventory
from dbguard.sources.document import Document
from dbguard.sources.template import load
from tests.laws.generate import NAMES, Template, templates
from tests.laws.test_scenarios import POLICIES

STACK = "AWS::CloudFormation::Stack"


def nested(template: Template, condition: str | None = None) -> Inventory:
    """The template inside another that gives it its own parameters on, under a condition of its own."""
    stack: dict[str, Any] = {
        "Type": STACK,
        "Properties": {
            "TemplateURL": "child.json",
            "Parameters": {name: {"Ref": name} for name in template["Parameters"]},
        },
    }
    parent: dict[str, Any] = {"Parameters": template["Parameters"], "Resources": {"Stack": stack}}
    if condition:
        stack["Condition"] = "Wanted"
        parent["Conditions"] = {"Wanted": template["Conditions"][condition]}

    def fetch(file: str, _: object = None) -> Document:
        if file != "child.json":
            raise DocumentError("unreadable", "no such file")
        return Document(file, json.loads(json.dumps(template)))

    inventory, gaps = load(Document("parent.json", parent), None, fetch)
    assert not gaps
    return inventory


def verdicts(inventory: Inventory, prefix: str = "") -> dict[tuple[str, str], object]:
    """What every policy says of every resource: the verdict, and whether there is a scenario for and against it.

    Of several scenarios that are as small, which one is named hangs on the order in which choices are met.
    """
    return {
        (policy.id, name): (found.verdict, found.when is None, found.unless is None)
        for policy in POLICIES
        for name in NAMES
        for found in [judge(policy, inventory.by_id[prefix + name], inventory)]
    }


@given(templates())
@settings(deadline=None)
def test_a_nested_stack_is_judged_as_its_template(template: Template) -> None:
    alone, _ = load(Document("child.json", template))
    assert verdicts(nested(template), "Stack/") == verdicts(alone)


@given(templates())
@settings(deadline=None)
def test_the_condition_of_a_stack_is_one_of_all_that_is_in_it(template: Template) -> None:
    """Two ways to write the same: a condition on the nested stack, and on each of its resources."""
    copied: Template = json.loads(json.dumps(template))
    for body in copied["Resources"].values():
        own = body.get("Condition")
        name = f"Both{own}"
        copied["Conditions"][name] = {"Fn::And": [{"Condition": "Prod"}, {"Condition": own or "Prod"}]}
        body["Condition"] = name
    alone, _ = load(Document("child.json", copied))
    assert verdicts(nested(template, "Prod"), "Stack/") == verdicts(alone)


@given(templates())
@settings(deadline=None)
def test_a_value_may_come_from_a_sister_stack(template: Template) -> None:
    """A source that stands in another nested stack is related as one that stands in the same template."""
    source = {"Type": "AWS::RDS::DBInstance", "Properties": template["Resources"]["Two"]["Properties"]}
    files = {
        "source.json": {**template, "Resources": {"Two": source}, "Outputs": {"Id": {"Value": {"Ref": "Two"}}}},
        "replica.json": {
            "Parameters": {"Source": {"Type": "String"}},
            "Resources": {"One": _replica({"Ref": "Source"})},
        },
    }
    source["Properties"] = {**source["Properties"], "SourceDBInstanceIdentifier": {"Ref": "AWS::NoValue"}}
    given_on = {name: {"Ref": name} for name in template["Parameters"]}
    stacks = {
        "A": _stack("source.json", given_on),
        "B": _stack("replica.json", {"Source": {"Fn::GetAtt": ["A", "Outputs.Id"]}}),
    }
    parent = {"Parameters": template["Parameters"], "Resources": stacks}
    both, gaps = load(Document("p.json", parent), None, lambda file, _: Document(file, files[file]))
    alone, _ = load(Document("one.json", {**template, "Resources": {"Two": source, "One": _replica({"Ref": "Two"})}}))
    assert not gaps
    for policy in POLICIES:
        for name, inner in (("One", "B/One"), ("Two", "A/Two")):
            assert judge(policy, both.by_id[inner], both)[:3] == judge(policy, alone.by_id[name], alone)[:3]


def _replica(source: object) -> dict[str, Any]:
    return {"Type": "AWS::RDS::DBInstance", "Properties": {"SourceDBInstanceIdentifier": source}}


def _stack(file: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"Type": STACK, "Properties": {"TemplateURL": file, "Parameters": parameters}}


def test_stacks_that_double_at_every_level_are_bounded() -> None:
    def fetch(file: str, _: object = None) -> Document:
        level = int(file.split(".", maxsplit=1)[0])
        return Document(file, {"Resources": {name: _stack(f"{level + 1}.json", {}) for name in "AB"}})

    inventory, gaps = load(fetch("0.json"), None, fetch)
    assert len(inventory.documents) < 600
    assert any("more than 500 stacks" in gap.detail for gap in gaps)
    assert all(gap.kind == "nested-stack" for gap in gaps)


def test_values_that_double_at_every_level_are_bounded() -> None:
    twice = {"Fn::Join": ["", [{"Ref": "X"}, {"Ref": "X"}]]}

    def fetch(file: str, _: object = None) -> Document:
        level = int(file.split(".", maxsplit=1)[0])
        body: dict[str, Any] = {"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": {"Ref": "X"}}}}
        if level < 40:
            body["In"] = _stack(f"{level + 1}.json", {"X": twice})
        return Document(file, {"Parameters": {"X": {"Type": "String", "Default": "x"}}, "Resources": body})

    inventory, _ = load(fetch("0.json"), None, fetch)
    inventory.world.assign(inventory.world.defaults())
    assert inventory.world.force({"Ref": "In/In/X"}) == "xxxx"
    assert "longer than" in str(inventory.world.force({"Ref": "/".join(["In"] * 30) + "/X"}))
