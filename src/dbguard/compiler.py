"""Policy files to plans: everything that an author can get wrong is found here, all at once, with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from dbguard import paths, schema
from dbguard.inventory import Steps
from dbguard.model import SEVERITIES, VERDICTS
from dbguard.operators import OPERATORS, PRESENT
from dbguard.sources.document import Document

CATEGORIES = ("reliability", "security", "performance", "cost", "operations")
TIERS = ("recommended", "extended")
REQUIRED = (
    "title",
    "severity",
    "category",
    "tier",
    "why",
    "fix",
    "select",
    "expect",
    "references",
    "checked",
    "examples",
)
OPTIONAL = ("settings", "only", "where", "except", "relate")
PEERS = (
    "security_hub", "control_tower", "aws_config", "checkov", "cfn_nag", "cdk_nag", "prowler", "trivy",
    "guard_registry", "cfn_lint", "steampipe", "custodian", "cloudformation_validate", "well_architected", "cis",
)  # fmt: skip
REFERENCES = ("notes", "docs", "catalogue", *PEERS)
SUBJECTS = ("path", "attribute", "tag", "count", "distinct", "ratio")
QUANTIFIERS = ("every", "some")
ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "Type")
FORMS = ("all", "any", "not", "if", "is", "unknown")
EXAMPLE = (
    "name",
    "resources",
    "verdicts",
    "parameters",
    "mappings",
    "conditions",
    "rules",
    "given",
    "settings",
    "source",
)
OUTCOMES = (*VERDICTS, "not-selected", "n/a")
BOOLEANS = frozenset(["yes", "no", "on", "off", "true", "false", "y", "n", "null"])

Place = tuple[str | int, ...]


class Scope(NamedTuple):
    """Where a path starts: the resource types it may be read from, and the list it is inside of."""

    types: tuple[str, ...]
    prefix: Steps = ()
    outer: tuple[str, ...] = ()


class Shared(NamedTuple):
    """Names that policies may use: relations and terms as written, data files."""

    relations: Mapping[str, Any]
    terms: Mapping[str, Any]
    data: Mapping[str, Any]


class Compiler:
    """One policy file; mistakes gather in `problems` as `file:line: what is wrong`."""

    def __init__(self, document: Document, shared: Shared) -> None:
        self.document = document
        self.shared = shared
        self.problems: list[str] = [
            f"{gap.target}:{gap.location.line if gap.location else 1}: {gap.detail}" for gap in document.gaps
        ]
        self.settings: Mapping[str, Any] = {}
        self.relations: dict[str, Any] = dict(shared.relations)
        self.place: Place | None = None  # where every mistake is reported, if not where it is
        self._terms: set[tuple[str, Scope]] = set()

    def problem(self, place: Place, detail: str) -> None:
        """Note a mistake at a place of the file."""
        line = self.document.position(place if self.place is None else self.place)[0]
        self.problems.append(f"{self.document.file}:{line}: {detail}")

    def policy(self, name: str) -> dict[str, Any]:
        """The plan of the policy; to be used only if there are no problems."""
        root = self.document.root
        if not isinstance(root, dict):
            self.problem((), "a policy is a mapping")
            return {}
        self._keys((), root, (*REQUIRED, *OPTIONAL), "policy")
        for key in REQUIRED:
            if key not in root:
                self.problem((), f"'{key}' is missing")
        self._texts(root)
        types = self._types(("select",), root.get("select", []))
        scope = Scope(types)
        self.settings = self._mapping(("settings",), root.get("settings", {}))
        relate = self._relations(("relate",), self._mapping(("relate",), root.get("relate", {})), scope)
        self.relations.update(relate)
        plan = {key: root[key] for key in ("title", "severity", "category", "tier", "fix") if key in root}
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

    def _keys(self, place: Place, node: Mapping[str, Any], allowed: tuple[str, ...], what: str) -> None:
        for key in node:
            if key not in allowed:
                close = get_close_matches(str(key), allowed, 1)
                hint = f"; did you mean '{close[0]}'?" if close else ""
                self.problem((*place, key), f"unknown key '{key}' in a {what}{hint}")

    def _mapping(self, place: Place, node: Any) -> dict[str, Any]:
        if isinstance(node, dict):
            return node
        self.problem(place, f"'{place[-1]}' is a mapping")
        return {}

    def _types(self, place: Place, node: Any) -> tuple[str, ...]:
        names = node if isinstance(node, list) else [node]
        if not names or not all(isinstance(name, str) for name in names):
            self.problem(place, f"'{place[-1]}' is a resource type or a list of them")
            return ()
        for name in names:
            if name not in schema.types():
                close = get_close_matches(name, schema.types(), 1)
                self.problem(
                    place, f"there is no resource type {name}" + (f"; did you mean {close[0]}?" if close else "")
                )
        return tuple(name for name in names if name in schema.types())

    def _references(self, node: Any) -> None:
        references = self._mapping(("references",), node if node is not None else {})
        self._keys(("references",), references, REFERENCES, "policy's references")
        for key, values in references.items():
            if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
                self.problem(("references", key), f"'{key}' is a list of texts")
        docs = references.get("docs")
        if not docs or (isinstance(docs, list) and not all(str(one).startswith("https://") for one in docs)):
            self.problem(("references",), "'docs' names at least one https:// address that carries the fact")

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

    # Relations

    def _relations(self, place: Place, node: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        return {name: self.relation((*place, name), one, scope) for name, one in node.items()}

    def relation(self, place: Place, node: Any, scope: Scope | None) -> dict[str, Any]:
        """A relation's plan. `scope` is where it starts, or None where that is not known yet."""
        if not isinstance(node, dict) or ("from" in node) == ("to" in node):
            self.problem(place, "a relation has either 'from' or 'to', and a 'path'")
            return {"to": [], "path": []}
        self._keys(place, node, ("from", "to", "path", "form", "key"), "relation")
        way = "from" if "from" in node else "to"
        types = self._types((*place, way), node[way])
        holders = Scope(types) if way == "from" else scope
        texts = node.get("path")
        plan: dict[str, Any] = {way: list(types), "path": []}
        for text in texts if isinstance(texts, list) else [texts]:
            plan["path"].append(self.path((*place, "path"), text, holders))
        if "form" in node:
            plan["form"] = self._form((*place, "form"), node["form"])
        if "key" in node:
            plan["key"] = self.path((*place, "key"), node["key"], scope if way == "from" else Scope(types))
        return plan

    def _form(self, place: Place, node: Any) -> list[Any]:
        if not isinstance(node, str) or "{id}" not in node:
            self.problem(place, "'form' is a text that holds {id}")
            return []
        pieces = [piece for piece in re.split(r"(\{[^}]*\})", node) if piece]
        return [self.path(place, piece[1:-1], None) if piece.startswith("{$") else piece for piece in pieces]

    def path(self, place: Place, text: Any, scope: Scope | None) -> list[Any]:
        """The steps of a path, which at least one type of the scope must have."""
        try:
            steps = tuple(text) if isinstance(text, list) else paths.parse(str(text))  # a list: compiled before
        except paths.PathError as error:
            self.problem(place, str(error))
            return []
        if scope and scope.types:
            found = [schema.missing(name, (*scope.prefix, *steps)) for name in scope.types]
            if all(found) and found[0]:
                step, names = found[0]
                close = get_close_matches(step, names, 1)
                hint = f"; did you mean '{close[0]}'?" if close else ""
                self.problem(place, f"{' and '.join(scope.types)} has no '{step}' at {text}{hint}")
        return list(steps)

    # Conditions

    def condition(self, place: Place, node: Any, scope: Scope) -> dict[str, Any]:
        """A condition's plan."""
        if not isinstance(node, dict) or not node:
            self.problem(place, "a condition is a mapping")
            return {}
        forms = [key for key in (*FORMS, *QUANTIFIERS, *SUBJECTS) if key in node]
        form = forms[0] if forms else ""
        compiled = self._forms().get(form)
        if compiled is not None:
            return compiled(place, node, scope)
        if form in QUANTIFIERS:
            return self._quantified(place, node, scope, form)
        if form:
            return self._test(place, node, scope, form)
        self._keys(place, node, (*FORMS, *QUANTIFIERS, *SUBJECTS, *OPERATORS, PRESENT, "default"), "condition")
        self.problem(place, f"a condition needs one of {', '.join((*FORMS, *QUANTIFIERS, *SUBJECTS))}")
        return {}

    def _forms(self) -> dict[str, Callable[[Place, dict[str, Any], Scope], dict[str, Any]]]:
        return {
            "all": self._parts, "any": self._parts, "not": self._not,
            "if": self._if, "is": self._is, "unknown": self._unknown,
        }  # fmt: skip

    def _parts(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        word = "all" if "all" in node else "any"
        self._keys(place, node, (word,), "condition")
        parts = node[word]
        if not isinstance(parts, list) or not parts:
            self.problem((*place, word), f"'{word}' is a list of conditions")
            return {}
        return {word: [self.condition((*place, word, index), part, scope) for index, part in enumerate(parts)]}

    def _not(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self._keys(place, node, ("not",), "condition")
        return {"not": self.condition((*place, "not"), node["not"], scope)}

    def _if(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self._keys(place, node, ("if", "then", "else"), "condition")
        if "then" not in node:
            self.problem(place, "'if' needs 'then'")
        return {
            word: self.condition((*place, word), node[word], scope) for word in ("if", "then", "else") if word in node
        }

    def _is(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self._keys(place, node, ("is",), "condition")
        name = node["is"]
        if name not in self.shared.terms:
            close = get_close_matches(str(name), self.shared.terms, 1)
            self.problem(
                (*place, "is"), f"there is no term '{name}'" + (f"; did you mean '{close[0]}'?" if close else "")
            )
        elif (name, scope) not in self._terms:
            self._terms.add((name, scope))
            self._borrowed((*place, "is"), self.shared.terms[name], scope)
        return {"is": name}

    def _borrowed(self, place: Place, node: Any, scope: Scope) -> None:
        """Check a term, written elsewhere, where it is used; its mistakes are reported at the place of use."""
        inner = Compiler(self.document, self.shared)
        inner.problems, inner._terms = [], self._terms
        inner.place = place
        inner.condition((), node, scope)
        self.problems += inner.problems

    def _unknown(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self._keys(place, node, ("unknown",), "condition")
        if not isinstance(node["unknown"], str):
            self.problem(place, "'unknown' is a reason")
        return {"unknown": node["unknown"]}

    def _quantified(self, place: Place, node: dict[str, Any], scope: Scope, word: str) -> dict[str, Any]:
        items, inner = self._items((*place, word), node[word], scope)
        if "that" in node:
            self._keys(place, node, (word, "that"), "condition")
            return {word: items, "that": self.condition((*place, "that"), node["that"], inner)}
        rest = {key: value for key, value in node.items() if key != word}
        return {word: items, "that": self.condition(place, rest, inner)}

    def _items(self, place: Place, node: Any, scope: Scope) -> tuple[Any, Scope]:
        """The items' plan, and the scope inside them."""
        if isinstance(node, list) or (isinstance(node, str) and node.startswith("$")):
            steps = self.path(place, node, scope)
            if None not in steps:
                self.problem(place, f"{node} is one value; a list of items ends in [*]")
            return steps, Scope(scope.types, (*scope.prefix, *steps), scope.outer)
        found = self.relations.get(node) if isinstance(node, str) else None
        if found is None:
            close = get_close_matches(str(node), self.relations, 1)
            self.problem(place, f"there is no relation '{node}'" + (f"; did you mean '{close[0]}'?" if close else ""))
            return node, Scope(())
        return node, Scope(tuple(found.get("from") or found.get("to") or ()), (), scope.outer or scope.types)

    def _test(self, place: Place, node: dict[str, Any], scope: Scope, form: str) -> dict[str, Any]:
        beside = {"count": ("that",), "distinct": ("path",)}.get(form, ())
        self._keys(place, node, (form, *beside, *OPERATORS, PRESENT, "default"), "condition")
        plan = self._subject(place, node, scope, form)
        names = [name for name in (*OPERATORS, PRESENT) if name in node]
        if not names:
            self.problem(place, f"a test needs an operator: {', '.join((*OPERATORS, PRESENT))}")
        for name in names:
            plan[name] = self._operator((*place, name), name, node[name], scope)
        if "default" in node:
            plan["default"] = self.operand((*place, "default"), node["default"], scope)
        return plan

    def _subject(self, place: Place, node: dict[str, Any], scope: Scope, form: str) -> dict[str, Any]:
        value = node[form]
        if form in ("count", "distinct"):
            items, inner = self._items((*place, form), value, scope)
            plan = {form: items}
            if form == "distinct":
                plan["path"] = self.path((*place, "path"), node.get("path"), inner)
            elif "that" in node:
                plan["that"] = self.condition((*place, "that"), node["that"], inner)
            return plan
        if form == "ratio":
            if not isinstance(value, list) or len(value) != 2:
                self.problem((*place, form), "'ratio' is a list of two paths")
                return {"ratio": [[], []]}
            return {"ratio": [self.path((*place, form), one, scope) for one in value]}
        if form == "attribute" and value not in ATTRIBUTES:
            self.problem((*place, form), f"'attribute' is one of {', '.join(ATTRIBUTES)}")
        return {form: self.path((*place, form), value, scope) if form == "path" else self._named(place, value)}

    def _named(self, place: Place, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$") and value[1:] not in self.settings:
            self.problem(place, f"there is no setting '{value[1:]}'")
        return value

    def _operator(self, place: Place, name: str, value: Any, scope: Scope) -> Any:
        if name == PRESENT:
            if not isinstance(value, bool):
                self.problem(place, "'present' is true or false")
            return value
        kind = OPERATORS[name].kind
        shown = self.settings.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value
        wrong = {
            "pair": (isinstance(shown, list) and len(shown) != 2) or not isinstance(shown, (list, dict)),
            "list": not isinstance(shown, (list, dict)),
            "number": isinstance(shown, (list, bool)) or (isinstance(shown, str) and not shown.startswith("$")),
            "scalar": isinstance(shown, list),
            "regex": not isinstance(shown, str) or not _compiles(shown),
        }
        if wrong[kind]:
            self.problem(place, f"'{name}' takes a {kind}, not {shown!r}")
        return self.operand(place, value, scope)

    def operand(self, place: Place, node: Any, scope: Scope) -> Any:
        """An operand's plan."""
        if isinstance(node, list):
            return [self.operand((*place, index), one, scope) for index, one in enumerate(node)]
        if not isinstance(node, dict):
            return self._named(place, node)
        judged = Scope(scope.outer or scope.types)
        if "path" in node:
            self._keys(place, node, ("path",), "operand")
            return {"path": self.path((*place, "path"), node["path"], judged)}
        if "multiply" in node and isinstance(node["multiply"], list):
            self._keys(place, node, ("multiply",), "operand")
            return {"multiply": self.operand((*place, "multiply"), node["multiply"], scope)}
        if "if" in node:
            return self._choice(place, node, scope)
        if "data" in node:
            return self._data(place, node, judged)
        if "unknown" in node:
            return self._unknown(place, node, scope)
        self.problem(place, "an operand is a literal, or one of path, multiply, data, if, unknown")
        return node

    def _choice(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self._keys(place, node, ("if", "then", "else"), "operand")
        plan: dict[str, Any] = {"if": self.condition((*place, "if"), node["if"], scope)}
        for word in ("then", "else"):
            if word in node:
                plan[word] = self.operand((*place, word), node[word], scope)
        if "then" not in node:
            self.problem(place, "'if' needs 'then'")
        return plan

    def _data(self, place: Place, node: dict[str, Any], judged: Scope) -> dict[str, Any]:
        self._keys(place, node, ("data", "at"), "operand")
        if node["data"] not in self.shared.data:
            self.problem(place, f"there is no data file '{node['data']}'")
        plan = {"data": node["data"]}
        if "at" in node:
            plan["at"] = self.path((*place, "at"), node["at"], judged)
        return plan

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
            self._keys(place, one, EXAMPLE, "policy's example")
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


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return True
