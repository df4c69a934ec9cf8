"""Laws of the engine, over generated templates.

The oracle of the first is the engine without scenarios: every combination of parameter values is given by hand, and
the verdicts are put together as the design says.
"""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dbguard.engine import Judgement, judge
from dbguard.inventory import Inventory
from dbguard.model import EXEMPT, FAIL, MAY_FAIL, NOT_SELECTED, PASS, UNKNOWN
from dbguard.policy import Topology, build
from dbguard.sources.document import Document
from dbguard.sources.template import load
from tests.laws.generate import NAMES, Template, templates

DB = "AWS::RDS::DBInstance"
TOPOLOGY = Topology(
    relations={
        "replicas": {"from": [DB], "path": [["SourceDBInstanceIdentifier"]]},
        "source": {"to": [DB], "path": [["SourceDBInstanceIdentifier"]]},
    },
    terms={"aurora": {"path": ["Engine"], "matches": "^aurora"}},
    data={},
    today="2026-11-23",
)
PLANS: dict[str, dict[str, Any]] = {
    "encrypted": {"expect": {"path": ["StorageEncrypted"], "default": False, "equals": True}},
    "backups": {
        "except": [{"because": "the cluster's", "is": "aurora"}],
        "expect": {"path": ["BackupRetentionPeriod"], "default": 1, "between": [1, 35]},
    },
    "multi-az": {
        "where": {"not": {"path": ["SourceDBInstanceIdentifier"], "present": True}},
        "except": [{"because": "in a cluster", "is": "aurora"}],
        "expect": {"path": ["MultiAZ"], "default": False, "equals": True},
    },
    "either": {
        "expect": {
            "any": [
                {"path": ["DeletionProtection"], "equals": True},
                {"not": {"path": ["PubliclyAccessible"], "default": True, "equals": True}},
            ]
        }
    },
    "replica-limit": {"expect": {"count": "replicas", "at_most": 1}},
    "source-backups": {
        "where": {"path": ["SourceDBInstanceIdentifier"], "present": True},
        "expect": {"every": "source", "that": {"path": ["BackupRetentionPeriod"], "default": 1, "at_least": 1}},
    },
    "no-bad-replica": {
        "expect": {
            "not": {"some": "replicas", "that": {"path": ["StorageEncrypted"], "default": False, "equals": False}}
        }
    },
    "chosen": {
        "expect": {
            "if": {"path": ["Engine"], "in": ["mysql", "postgres"]},
            "then": {"path": ["MultiAZ"], "equals": True},
            "else": {"path": ["BackupRetentionPeriod"], "default": {"if": {"is": "aurora"}, "then": 7}, "at_least": 6},
        }
    },
}
COMMON = {"title": "", "severity": "high", "fix": "", "select": [DB]}
POLICIES = [build({**COMMON, "id": name, **plan}, TOPOLOGY) for name, plan in PLANS.items()]
MISSING, IMPOSSIBLE = "missing", "impossible"


def inventory(template: Template, values: dict[str, Any] | None = None) -> Inventory:
    return load(Document("t", template), values)[0]


def verdicts(template: Template, values: dict[str, Any] | None = None) -> dict[tuple[str, str], Judgement]:
    seen = inventory(template, values)
    return {(policy.id, one.id): judge(policy, one, seen) for policy in POLICIES for one in seen.resources}


def combinations(template: Template) -> list[dict[str, Any]]:
    parameters = template["Parameters"]
    values = [parameters[name]["AllowedValues"] for name in parameters]
    return [dict(zip(parameters, row, strict=True)) for row in product(*values)]


def outcome(judgement: Judgement, seen: Inventory, name: str) -> str:
    """The verdict, or that the resource is not there, or that the scenario cannot be deployed."""
    seen.world.assign({})
    if seen.world.exists(seen.by_id[name]) is False:
        return MISSING
    return IMPOSSIBLE if (judgement.because or "").startswith("no scenario can be deployed") else judgement.verdict


def fold(rows: list[tuple[dict[str, Any], str]]) -> str:
    """The verdict over scenarios from the verdict of each, by section 4 of the design.

    `Safe` has no default: the default scenario counts where the outcome is the same for both of its values.
    """
    usual = {verdict for values, verdict in rows if values["Env"] == "dev" and values["Days"] == 7}
    found = {verdict for _, verdict in rows} - {MISSING}
    settled = usual - {MISSING}
    default = settled.pop() if len(usual) == 1 and settled else None
    if default == FAIL or (default is None and found == {FAIL}):
        return FAIL
    if FAIL in found:
        return MAY_FAIL
    return next((verdict for verdict in (UNKNOWN, EXEMPT, PASS) if verdict in found), NOT_SELECTED)


@settings(max_examples=60, deadline=None)
@given(templates())
def test_the_verdict_is_the_fold_of_all_combinations(template: Template) -> None:
    rows: dict[tuple[str, str], list[tuple[dict[str, Any], str]]] = {}
    for values in combinations(template):
        seen = inventory(template, values)
        for policy in POLICIES:
            for name in NAMES:
                judgement = judge(policy, seen.by_id[name], seen)
                rows.setdefault((policy.id, name), []).append((values, outcome(judgement, seen, name)))
    found = {key: judgement.verdict for key, judgement in verdicts(template).items()}
    # A reference to a resource that is not there makes a scenario impossible where it is looked at: a verdict that is
    # reached without looking does not notice, so policies for which a combination is impossible are left out.
    checked = {key: row for key, row in rows.items() if IMPOSSIBLE not in {verdict for _, verdict in row}}
    assert {key: found[key] for key in checked} == {key: fold(row) for key, row in checked.items()}


@settings(max_examples=60, deadline=None)
@given(templates())
def test_when_fails_and_unless_passes(template: Template) -> None:
    for (policy, name), judgement in verdicts(template).items():
        for choices, verdict in ((judgement.when, FAIL), (judgement.unless, PASS)):
            if choices:
                again = verdicts(template, dict(choices))[policy, name]
                assert again.verdict == verdict, (policy, name, choices)


@settings(max_examples=150, deadline=None)
@given(templates(), st.data())
def test_hiding_a_property_never_turns_fail_into_pass_nor_pass_into_fail(
    template: Template, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(NAMES))
    properties = template["Resources"][name]["Properties"]
    there = [key for key, value in properties.items() if "AWS::NoValue" not in str(value)]
    if not there:
        return
    hidden = copy.deepcopy(template)
    hidden["Resources"][name]["Properties"][data.draw(st.sampled_from(there))] = {"Fn::ImportValue": "elsewhere"}
    before, after = verdicts(template), verdicts(hidden)
    for key, judgement in before.items():
        assert {judgement.verdict, after[key].verdict} != {FAIL, PASS}, key


@settings(max_examples=60, deadline=None)
@given(templates(), st.permutations(NAMES))
def test_the_order_of_resources_does_not_matter(template: Template, order: list[str]) -> None:
    turned = {**template, "Resources": {name: template["Resources"][name] for name in order}}
    first = {key: judgement.verdict for key, judgement in verdicts(template).items()}
    assert {key: judgement.verdict for key, judgement in verdicts(turned).items()} == first
