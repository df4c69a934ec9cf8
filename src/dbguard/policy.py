"""Policies, ready to judge, built from their compiled plans.

A plan is what `dbguard.authoring` makes of a policy file: the same mapping, checked, with every path parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from dbguard.conditions import condition as c
from dbguard.conditions import logic
from dbguard.conditions import subject as s
from dbguard.conditions.operands import Table, collected, constant, picked, product
from dbguard.conditions.operators import OPERATORS, PRESENT
from dbguard.conditions.relation import Relation
from dbguard.inventory import Steps, read
from dbguard.value import ABSENT, Unresolved

Plan = Mapping[str, Any]
INDEX = "index.json"  # the part of a compiled folder that says what else there is
REFERENCES = "references.json"  # the part that holds the references of each policy
FACTS = "facts.json"  # the part that holds the data files
FRAMEWORKS = "frameworks.json"  # the part that holds the frameworks


def part_name(service: str, tier: str) -> str:
    """The part of a compiled folder that holds a service's plans of one tier."""
    return f"{service}.{tier}.plans.json"


class Exemption(NamedTuple):
    """A case in which a policy does not apply."""

    because: str
    condition: c.Condition


class Policy(NamedTuple):
    """One policy with its conditions built."""

    id: str
    title: str
    severity: str
    fix: str
    types: tuple[str, ...]
    only: str | None
    where: c.Condition | None
    exemptions: tuple[Exemption, ...]
    expect: c.Condition
    reads: Reads | None  # what the verdict depends on, where that is known


class Reads(NamedTuple):
    """The top-level properties and the attributes that a policy looks at, and the types its relations lead to."""

    properties: tuple[str, ...]
    attributes: tuple[str, ...]
    types: tuple[str, ...]


class Topology(NamedTuple):
    """What all policies share: relations and terms as compiled, and the data files."""

    relations: Mapping[str, Any]
    terms: Mapping[str, Any]
    data: Mapping[str, Any]
    today: str


def build(plan: Plan, topology: Topology, settings: Mapping[str, Any] | None = None) -> Policy:
    """The policy of a plan; `settings` override the policy's own."""
    builder = Builder(plan, topology, {**plan.get("settings", {}), **(settings or {})})
    where = plan.get("where")
    return Policy(
        plan["id"],
        plan["title"],
        plan["severity"],
        plan["fix"],
        tuple(plan["select"]),
        plan.get("only"),
        builder.condition(where) if where is not None else None,
        tuple(Exemption(one["because"], builder.condition(one)) for one in plan.get("except", ())),
        builder.condition(plan["expect"]),
        Reads(*map(tuple, plan["reads"])) if "reads" in plan else None,
    )


class Builder:
    """Builds conditions from one policy's plan."""

    def __init__(self, plan: Plan, topology: Topology, settings: Mapping[str, Any]) -> None:
        self.relations = {**topology.relations, **plan.get("relate", {})}
        self.topology = topology
        self.settings = settings
        self.terms: dict[str, c.Condition] = {}

    def condition(self, node: Plan) -> c.Condition:
        """The condition of a node."""
        if "all" in node:
            return logic.AllOf([self.condition(part) for part in node["all"]])
        if "any" in node:
            return logic.AnyOf([self.condition(part) for part in node["any"]])
        if "not" in node:
            return logic.Not(self.condition(node["not"]))
        if "if" in node:
            otherwise = self.condition(node["else"]) if "else" in node else logic.Constant(True)
            return logic.If(self.condition(node["if"]), self.condition(node["then"]), otherwise)
        if "is" in node:
            return self._term(node["is"])
        if "unknown" in node:
            return logic.Constant(None, node["unknown"])
        if "source" in node:
            return logic.From(node["source"])
        for word in ("every", "some"):
            if word in node:
                return c.Quantified(self._collection(node[word]), self._part(node, word), word == "every")
        return self._test(node)

    def _term(self, name: str) -> c.Condition:
        if name not in self.terms:
            self.terms[name] = logic.Term(name, self.condition(self.topology.terms[name]))
        return self.terms[name]

    def _part(self, node: Plan, word: str) -> c.Condition:
        if "that" in node:
            return self.condition(node["that"])
        return self.condition({key: value for key, value in node.items() if key not in (word, "because")})

    def _collection(self, name: Any) -> s.Collection:
        if isinstance(name, str):
            return s.Linked(name.rsplit("/", 1)[-1].replace("-", " ").replace("_", " "), gathered(self.relations[name]))
        return s.Elements(_steps(name))

    def _test(self, node: Plan) -> c.Condition:
        checks = [c.check(name, self._operand(node[name])) for name in OPERATORS if name in node]
        default = self._operand(node["default"]) if "default" in node else constant(ABSENT)
        return c.Test(self._subject(node), checks, node.get(PRESENT), default)

    def _subject(self, node: Plan) -> s.SubjectNode:
        if "count" in node:
            part = self.condition(node["that"]) if "that" in node else None
            return s.Count(self._collection(node["count"]), part)
        if "distinct" in node:
            return s.Distinct(self._collection(node["distinct"]), _steps(node["path"]))
        if "attribute" in node:
            return s.Attribute(node["attribute"])
        if "tag" in node:
            return s.Tag(str(self._setting(node["tag"])))
        return s.Property(_steps(node["path"])) if "path" in node and "sum" not in node else self._derived(node)

    def _derived(self, node: Plan) -> s.SubjectNode:
        """What is worked out; few policies ask for it."""
        from dbguard.conditions import derived

        if "sum" in node:
            return derived.Sum(self._collection(node["sum"]), tuple(map(_steps, node["of"])))
        for word, sign in (("ratio", derived.DIVIDED), ("difference", derived.LESS)):
            if word in node:
                return derived.Pair(_steps(node[word][0]), _steps(node[word][1]), sign)
        for word in ("days_since", "days_until"):
            if word in node:
                steps = _steps(node[word]) if isinstance(node[word], list) else None
                return derived.Days(steps, self._key(node[word]), word == "days_since", self.topology.today)
        return derived.Written(_steps(node["written"]))

    def _setting(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return self.settings.get(value[1:], value)
        if isinstance(value, list):
            return [self._setting(one) for one in value]
        return value

    def _operand(self, node: Any) -> c.Operand:
        node = self._setting(node)
        if isinstance(node, list) and any(isinstance(one, dict) for one in node):
            parts = [self._operand(one) for one in node]
            return lambda item: [part(item) for part in parts]
        if not isinstance(node, dict):
            return constant(node)
        if "path" in node:
            steps = _steps(node["path"])
            if "default" not in node:
                return lambda item: read(item.judged, steps)
            default = self._operand(node["default"])
            return lambda item: default(item) if (found := read(item.judged, steps)) is ABSENT else found
        if "unknown" in node:
            return constant(Unresolved(node["unknown"]))
        if "attribute" in node:
            attribute = s.Attribute(node["attribute"])
            return lambda item: attribute.value(item.judged)
        if "tag" in node:
            tag = s.Tag(str(self._setting(node["tag"])))
            return lambda item: tag.value(item.judged)
        if "values" in node:
            paths = [_steps(path) for path in node["values"]]
            return lambda item: collected(item, paths)
        return self._computed(node)

    def _computed(self, node: Plan) -> c.Operand:
        if "multiply" in node:
            factors = [self._operand(one) for one in node["multiply"]]
            return lambda item: product([factor(item) for factor in factors])
        if "if" in node:
            question, then = self.condition(node["if"]), self._operand(node["then"])
            otherwise = self._operand(node["else"]) if "else" in node else constant(ABSENT)
            return lambda item: picked(item, question, then, otherwise)
        return self._lookup(node)

    def _lookup(self, node: Plan) -> c.Operand:
        table = self.topology.data[node["data"]]
        if table.get("fresh_until", "9999") < self.topology.today:
            return constant(Unresolved(f"the data of {node['data']} is of {table['as_of']}, too old to judge by"))
        if "at" not in node:
            return constant(table["values"])
        otherwise = self._operand(node["otherwise"]) if "otherwise" in node else None
        return Table(node["data"], table["values"], [self._key(one) for one in node["at"]], otherwise)

    def _key(self, node: Any) -> c.Operand:
        if isinstance(node, dict):
            return self._operand(node)
        steps = _steps(node)
        return lambda item: read(item, steps)


def gathered(node: Plan) -> s.Gathered:
    """The relation of a compiled node."""
    if "all" in node:
        from dbguard.conditions.gathered import Everything

        return Everything(tuple(node["all"]), node.get("elsewhere", True))
    if "covering" in node:
        from dbguard.conditions.backups import Covering

        return Covering(tuple(node["covering"]))
    return relation(node)


def relation(node: Plan) -> Relation:
    """The relation of a compiled node."""
    incoming = "from" in node
    form = node.get("form")
    return Relation(
        incoming,
        tuple(node["from"] if incoming else node["to"]),
        tuple(_steps(path) for path in node["path"]),
        None if form is None else tuple(piece if isinstance(piece, str) else _steps(piece) for piece in form),
        _steps(node["key"]) if "key" in node else None,
    )


def _steps(path: Any) -> Steps:
    return tuple(path)
