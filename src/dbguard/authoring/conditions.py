"""Conditions and relations of a policy file to plans; every mistake is noted with its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from dbguard.authoring.file_compiler import Place, Scope
from dbguard.authoring.relations import RelationCompiler, ends
from dbguard.conditions.operators import OPERATORS, PRESENT

SUBJECTS = (
    "count",
    "distinct",
    "sum",
    "ratio",
    "difference",
    "days_since",
    "days_until",
    "written",
    "attribute",
    "tag",
    "path",
)
DATES = ("days_since", "days_until")
QUANTIFIERS = ("every", "some")
ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "Type")
FORMS = ("all", "any", "not", "if", "is", "unknown", "source")


class ConditionCompiler(RelationCompiler):
    """Compiles the conditions of one file."""

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
        self.keys(place, node, (*FORMS, *QUANTIFIERS, *SUBJECTS, *OPERATORS, PRESENT, "default"), "condition")
        self.problem(place, f"a condition needs one of {', '.join((*FORMS, *QUANTIFIERS, *SUBJECTS))}")
        return {}

    def _forms(self) -> dict[str, Callable[[Place, dict[str, Any], Scope], dict[str, Any]]]:
        return {
            "all": self._parts, "any": self._parts, "not": self._not,
            "if": self._if, "is": self._is, "unknown": self._unknown, "source": self._source,
        }  # fmt: skip

    def _parts(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        word = "all" if "all" in node else "any"
        self.keys(place, node, (word,), "condition")
        parts = node[word]
        if not isinstance(parts, list) or not parts:
            self.problem((*place, word), f"'{word}' is a list of conditions")
            return {}
        return {word: [self.condition((*place, word, index), part, scope) for index, part in enumerate(parts)]}

    def _not(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("not",), "condition")
        return {"not": self.condition((*place, "not"), node["not"], scope)}

    def _if(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("if", "then", "else"), "condition")
        if "then" not in node:
            self.problem(place, "'if' needs 'then'")
        return {
            word: self.condition((*place, word), node[word], scope) for word in ("if", "then", "else") if word in node
        }

    def _is(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("is",), "condition")
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
        inner = ConditionCompiler(self.document, self.shared)
        inner.problems, inner._terms = [], self._terms
        inner.place = place
        inner.condition((), node, scope)
        self.problems += inner.problems

    def _unknown(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("unknown",), "condition")
        if not isinstance(node["unknown"], str):
            self.problem(place, "'unknown' is a reason")
        return {"unknown": node["unknown"]}

    def _source(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("source",), "condition")
        if node["source"] not in ("template", "account"):
            self.problem(place, "'source' is template or account")
        return {"source": node["source"]}

    def _quantified(self, place: Place, node: dict[str, Any], scope: Scope, word: str) -> dict[str, Any]:
        items, inner = self._items((*place, word), node[word], scope)
        if "that" in node:
            self.keys(place, node, (word, "that"), "condition")
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
        return node, Scope(ends(found), (), scope.outer or scope.types)

    def _test(self, place: Place, node: dict[str, Any], scope: Scope, form: str) -> dict[str, Any]:
        beside = {"count": ("that",), "distinct": ("path",), "sum": ("path",)}.get(form, ())
        self.keys(place, node, (form, *beside, *OPERATORS, PRESENT, "default"), "condition")
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
        if form in ("count", "distinct", "sum"):
            items, inner = self._items((*place, form), value, scope)
            plan = {form: items}
            if form == "sum":
                named = node.get("path")
                paths = named if isinstance(named, list) else [named]
                plan["of"] = [self.path((*place, "path"), one, inner) for one in paths]
            elif form == "distinct":
                plan["path"] = self.path((*place, "path"), node.get("path"), inner)
            elif "that" in node:
                plan["that"] = self.condition((*place, "that"), node["that"], inner)
            return plan
        if form in ("ratio", "difference"):
            if not isinstance(value, list) or len(value) != 2:
                self.problem((*place, form), f"'{form}' is a list of two paths")
                return {form: [[], []]}
            return {form: [self.path((*place, form), one, scope) for one in value]}
        if form in DATES and isinstance(value, dict):
            return {form: self.operand((*place, form), value, scope)}
        if form in ("path", "written", *DATES):
            return {form: self.path((*place, form), value, scope)}
        if form == "attribute" and value not in ATTRIBUTES:
            self.problem((*place, form), f"'attribute' is one of {', '.join(ATTRIBUTES)}")
        return {form: self.setting(place, value)}

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
            return self.setting(place, node)
        forms = {
            "path": self._property, "if": self._choice, "data": self._data, "unknown": self._unknown, "tag": self._tag,
            "attribute": self._attribute, "multiply": self._product, "values": self._values,
        }  # fmt: skip
        for name, compiled in forms.items():
            if name in node:
                return compiled(place, node, scope)
        self.problem(place, f"an operand is a literal, or one of {', '.join(forms)}")
        return node

    def _property(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("path", "default"), "operand")
        # A term is for many types: where it says what to take instead, not each of them has the property.
        loose = "default" in node and self.place is not None
        judged = None if loose else Scope(scope.outer or scope.types)
        plan = {"path": self.path((*place, "path"), node["path"], judged)}
        if "default" in node:
            plan["default"] = self.operand((*place, "default"), node["default"], scope)
        return plan

    def _key(self, place: Place, node: Any, scope: Scope) -> Any:
        return self.operand(place, node, scope) if isinstance(node, dict) else self.path(place, node, scope)

    def _attribute(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("attribute",), "operand")
        if node["attribute"] not in ATTRIBUTES:
            self.problem(place, f"'attribute' is one of {', '.join(ATTRIBUTES)}")
        return {"attribute": node["attribute"]}

    def _tag(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("tag",), "operand")
        return {"tag": self.setting((*place, "tag"), node["tag"])}

    def _product(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("multiply",), "operand")
        return {"multiply": self.operand((*place, "multiply"), node["multiply"], scope)}

    def _values(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("values",), "operand")
        paths = node["values"] if isinstance(node["values"], list) else [node["values"]]
        judged = Scope(scope.outer or scope.types)
        return {"values": [self.path((*place, "values"), one, judged) for one in paths]}

    def _choice(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("if", "then", "else"), "operand")
        plan: dict[str, Any] = {"if": self.condition((*place, "if"), node["if"], scope)}
        for word in ("then", "else"):
            if word in node:
                plan[word] = self.operand((*place, word), node[word], scope)
        if "then" not in node:
            self.problem(place, "'if' needs 'then'")
        return plan

    def _data(self, place: Place, node: dict[str, Any], scope: Scope) -> dict[str, Any]:
        self.keys(place, node, ("data", "at", "otherwise"), "operand")
        if node["data"] not in self.shared.data:
            self.problem(place, f"there is no data file '{node['data']}'")
        plan: dict[str, Any] = {"data": node["data"]}
        if "at" in node:
            keys = node["at"] if isinstance(node["at"], list) else [node["at"]]
            plan["at"] = [self._key((*place, "at"), key, scope) for key in keys]
        if "otherwise" in node:
            plan["otherwise"] = self.operand((*place, "otherwise"), node["otherwise"], scope)
        return plan


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except re.error:
        return False
    return True
