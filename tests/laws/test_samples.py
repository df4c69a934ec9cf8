"""The hiding law on the sample templates, for every policy and every property there is."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbguard.engine import judge
from dbguard.model import FAIL, PASS
from dbguard.policy_library import Library
from dbguard.sources.document import Document, read
from dbguard.sources.template import load

SAMPLES = sorted((Path(__file__).parent.parent.parent / "sample_templates").glob("*.yaml"))
LIBRARY = Library()
POLICIES = [LIBRARY.policy(name) for name in LIBRARY.entries]
# Policies about how a value is written: a reference in its place is another way of writing, and no hidden value.
WRITTEN = {name for name in LIBRARY.entries if '"written"' in json.dumps(LIBRARY.plan(name))}
UNRESOLVED = ({"Fn::ImportValue": "elsewhere"}, {"Ref": "Hidden"}, {"Fn::GetAtt": ["Custom", "Anything"]})


def verdicts(root: dict[str, Any]) -> dict[tuple[str, str], str]:
    inventory, _ = load(Document("t", root))
    return {
        (policy.id, resource.id): judge(policy, resource, inventory).verdict
        for resource in inventory.resources
        for policy in POLICIES
        if resource.type in policy.types
    }


def properties(root: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, body in root["Resources"].items():
        yield from ((name, key) for key in body.get("Properties", {}))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_hiding_any_property_never_turns_fail_into_pass_nor_pass_into_fail(sample: Path) -> None:
    root = read(sample.read_bytes(), sample.name).root
    root["Resources"]["Custom"] = {"Type": "Custom::Anything", "Properties": {}}
    root.setdefault("Parameters", {})["Hidden"] = {"Type": "String"}
    before = verdicts(root)
    turned = []
    for name, key in properties(root):
        for unresolved in UNRESOLVED:
            hidden = copy.deepcopy(root)
            hidden["Resources"][name]["Properties"][key] = unresolved
            after = verdicts(hidden)
            turned += [
                (name, key, pair)
                for pair, verdict in before.items()
                if {verdict, after[pair]} == {FAIL, PASS}
                and (pair[0] not in WRITTEN or "Fn::ImportValue" in unresolved)
            ]
    assert not turned
