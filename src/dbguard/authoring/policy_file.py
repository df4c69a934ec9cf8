"""A policy file to a plan: everything that an author can get wrong is found here, all at once, with file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dbguard.authoring.conditions import ConditionCompiler
from dbguard.authoring.file_compiler import Place, Scope
from dbguard.model import SEVERITIES, VERDICTS

CATEGORIES = ("reliability", "security", "performance", "cost", "operations")
TIERS = ("recommended", "extended")
REQUIRED = ("title", "severity", "why", "fix", "select", "expect", "examples")
OPTIONAL = ("category", "tier", "only", "settings", "where", "except", "relate", "references", "checked")
PEERS = (
    "security_hub", "control_tower", "aws_config", "checkov", "cfn_nag", "cdk_nag", "prowler", "trivy",
    "guard_registry", "cfn_lint", "steampipe", "custodian", "cloudformation_validate", "cfripper", "config_samples",
    "thrifty", "well_architected", "cis",
)  # fmt: skip
REFERENCES = ("notes", "docs", "catalogue", *PEERS)
EXAMPLE = (
    "name",
    "resources",
    "verdicts",
    "parameters",
    "mappings",
    "conditions",
    "rules",
    "given",
    "today",
    "incomplete",
    "settings",
    "source",
)
OUTCOMES = (*VERDICTS, "not-selected", "n/a")
BOOLEANS = frozenset(["yes", "no", "on", "off", "true", "false", "y", "n", "null"])


class PolicyCompiler(ConditionCompiler):
    """One policy file."""

    def policy(self, name: str) -> dict[str, Any]:
        """The plan of the policy; to be used only if there are no problems."""
        root = self.document.root
        if not isinstance(root, dict):
            self.problem((), "a policy is a mapping")
            return {}
        self.keys((), root, (*REQUIRED, *OPTIONAL), "policy")
        for key in REQUIRED:
            if key not in root:
                self.problem((), f"'{key}' is missing")
        self._texts(root)
        types = self.types(("select",), root.get("select", []))
        scope = Scope(types)
        self.settings = self.mapping(("settings",), root.get("settings", {}))
        relate = self.relations_of(("relate",), self.mapping(("relate",), root.get("relate", {})), scope)
        self.relations.update(relate)
        plan: dict[str, Any] = {key: " ".join(str(root.get(key)).split()) for key in ("title", "severity", "fix")}
        plan.update(id=name, select=list(types), settings=self.settings, relate=relate, only=root.get("only"))
        if "where" in root:
            plan["where"] = self.condition(("where",), root["where"], scope)
        plan["except"] = self._exemptions(root.get("except", []), scope)
        plan["expect"] = self.condition(("expect",), root.get("expect"), scope)
        self._references(root.get("references"))
        self._examples(root.get("examples"), len(plan["except"]))
        return plan

    # The flat parts

    def _texts(self, root: Mapping[str, Any]) -> None:
        for key in ("title", "why", "fix"):
            if key in root and not (isinstance(root[key], str) and root[key].strip()):
                self.problem((key,), f"'{key}' is a text")
        for key, allowed in (
            ("severity", SEVERITIES),
            ("category", CATEGORIES),
            ("tier", TIERS),
            ("only", ("template", "account")),
        ):
            if key in root and root[key] not in allowed:
                self.problem((key,), f"'{key}' is one of {', '.join(allowed)}, not {root[key]!r}")
        if "checked" in root and not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", str(root["checked"])):
            self.problem(("checked",), "'checked' is a year and month, such as 2026-11")

    def _references(self, node: Any) -> None:
        references = self.mapping(("references",), node if node is not None else {})
        self.keys(("references",), references, REFERENCES, "policy's references")
        for key, values in references.items():
            if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
                self.problem(("references", key), f"'{key}' is a list of texts")
        docs = references.get("docs", [])
        if isinstance(docs, list) and not all(str(one).startswith("https://") for one in docs):
            self.problem(("references", "docs"), "'docs' names https:// addresses that carry the fact")

    def _exemptions(self, node: Any, scope: Scope) -> list[dict[str, Any]]:
        if not isinstance(node, list):
            self.problem(("except",), "'except' is a list of conditions, each with 'because'")
            return []
        plans = []
        for index, one in enumerate(node):
            place = ("except", index)
            if not isinstance(one, dict) or not isinstance(one.get("because"), str):
                self.problem(place, "an exemption is a condition with 'because'")
                continue
            rest = {key: value for key, value in one.items() if key != "because"}
            plans.append({**self.condition(place, rest, scope), "because": " ".join(one["because"].split())})
        return plans

    # Examples

    def _examples(self, node: Any, exemptions: int) -> None:
        if not isinstance(node, list) or not node:
            self.problem(("examples",), "'examples' is a list with at least one pass, fail and unknown")
            return
        seen: list[str] = []
        for index, one in enumerate(node):
            place = ("examples", index)
            if not isinstance(one, dict):
                self.problem(place, "an example is a mapping with name, resources and verdicts")
                continue
            self.keys(place, one, EXAMPLE, "policy's example")
            self._named_example(place, one)
            seen += self._verdicts((*place, "verdicts"), one)
        for verdict, wanted in (("pass", 1), ("fail", 1), ("exempt", exemptions), ("unknown", 1)):
            have = sum(one == verdict or (verdict == "fail" and one == "may-fail") for one in seen)
            if have < wanted:
                self.problem(("examples",), f"examples need at least {wanted} with verdict {verdict}, there are {have}")

    def _named_example(self, place: Place, one: Mapping[str, Any]) -> None:
        if not isinstance(one.get("name"), str):
            self.problem(place, "an example has a 'name'")
        if one.get("source", "template") not in ("template", "account"):
            self.problem((*place, "source"), "'source' is template or account")
        if not isinstance(one.get("resources"), dict):
            self.problem(place, "an example has 'resources', as in a template")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(one.get("today", "2026-11-23"))):
            self.problem((*place, "today"), "'today' is a day, such as 2026-11-23")

    def _verdicts(self, place: Place, one: Mapping[str, Any]) -> list[str]:
        verdicts = one.get("verdicts")
        if not isinstance(verdicts, dict) or not verdicts:
            self.problem(place, "an example has 'verdicts': a logical id to a verdict")
            return []
        resources = one.get("resources")
        for name, verdict in verdicts.items():
            if verdict not in OUTCOMES:
                self.problem((*place, name), f"a verdict is one of {', '.join(OUTCOMES)}, not {verdict!r}")
            if isinstance(resources, dict) and name not in resources:
                self.problem((*place, name), f"the example has no resource '{name}'")
            self._no_boolean((*place, name), name)
        return [str(verdict) for verdict in verdicts.values()]

    def _no_boolean(self, place: Place, name: str) -> None:
        line, column = self.document.position(place)
        quoted = self.document.line(line)[column - 1 : column] in "\"'"
        if name.lower() in BOOLEANS and not quoted:
            self.problem(place, f"YAML reads the name {name} as a boolean: quote it, or take another name")
