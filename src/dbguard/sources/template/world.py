"""The world of a template: a function of its parameters, resolved lazily in one scenario at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbguard.inventory import Resource, World
from dbguard.sources.template import constants, intrinsics, rules, truth, writing
from dbguard.sources.template.parameters import Parameter
from dbguard.value import ABSENT, Answer, Unresolved, Value, frozen

CONDITION = "condition "  # before the name of a condition that nothing settles, among the choices


class TemplateWorld(World):
    """A template's sections, and the scenario at hand.

    A choice that is not made in the scenario makes what hangs on it unresolved, and is noted in `touched`;
    conditions that no parameter settles are noted in `undetermined`.
    """

    def __init__(self, sections: Mapping[str, dict[str, Any]], parameters: dict[str, Parameter]) -> None:
        super().__init__()
        self.sections = sections
        self.parameters = parameters
        self.mappings = sections["Mappings"]
        self.conditions = sections["Conditions"]
        self.rules = sections["Rules"]
        self.ruled = bool(self.rules)
        self.resources = sections["Resources"]
        self.choices: dict[str, Value] = {}
        self._known: dict[str, tuple[Answer, dict[str, None], dict[str, None]]] = {}
        self._asking: set[str] = set()
        self._constants: dict[str, dict[str, None]] | None = None
        chosen = {name: parameter.chosen for name, parameter in parameters.items()}
        self._defaults = {name: value for name, value in chosen.items() if value is not None}
        self._domains: dict[str, list[Value]] = {}

    # The scenario

    def assign(self, choices: Mapping[str, Value]) -> None:
        """Enter the scenario that these choices make."""
        if choices != self.choices:
            self.choices = dict(choices)
            self._known = {}
        self.touched = {}
        self.undetermined = {}

    def defaults(self) -> dict[str, Value]:
        """The value of every parameter that was given one or has a default."""
        return self._defaults

    def domain(self, choice: str) -> list[Value]:
        """The values that a parameter, or an open condition, can take."""
        if choice.startswith(CONDITION):
            return [True, False]
        if choice not in self._domains:
            if self._constants is None:
                self._constants = constants.collect(self.sections, self.parameters)
            self._domains[choice] = self.parameters[choice].domain(self._constants.get(choice, ()))
        return self._domains[choice]

    def possible(self) -> bool:
        """Whether some completion of the scenario keeps all Rules of the template."""
        return rules.hold(self)

    def signature(self) -> object:
        """The sections and given parameters that values hang on, and which resources there are."""
        parts = [frozen(self.sections[name]) for name in ("Parameters", "Mappings", "Conditions", "Rules")]
        if False in parts:
            return id(self)
        names = ((name, body) for name, body in self.resources.items() if isinstance(body, dict))
        found = tuple((name, frozen(body.get("Type")), frozen(body.get("Condition"))) for name, body in names)
        given = tuple((one.name, frozen(one.given)) for one in self.parameters.values() if one.given is not None)
        return (*parts, found, given)

    # Values

    def force(self, value: Value) -> Value:
        """The value with the intrinsic functions at its top resolved; what is inside stays as written."""
        while isinstance(value, dict) and len(value) == 1:
            name = next(iter(value))
            function = intrinsics.FUNCTIONS.get(name)
            if function is None:
                if name.startswith("Fn::"):
                    return Unresolved(f"{name} is not resolved")
                return value
            value = function(self, value[name])
        if isinstance(value, str) and "{{resolve:" in value:
            return Unresolved("a dynamic reference is resolved only at deployment", ("dynamic", value))
        return ABSENT if value is None else value

    def written(self, raw: Value) -> Value:
        """How raw data is written, see `writing`."""
        return writing.way(self, raw)

    def deep(self, value: Value) -> Value:
        """The value with all that is inside resolved as well."""
        value = self.force(value)
        if isinstance(value, list):
            return [found for found in map(self.deep, value) if found is not ABSENT]
        if isinstance(value, dict):
            pairs = ((name, self.deep(inner)) for name, inner in value.items())
            return {name: found for name, found in pairs if found is not ABSENT}
        return value

    def parameter(self, name: str) -> Value:
        """The value of a parameter in the scenario at hand."""
        parameter = self.parameters[name]
        if parameter.given is not None and not parameter.stored:
            return parameter.chosen
        self.consulted += 1
        if name in self.choices:
            return self.choices[name]
        self.touched[name] = None
        return Unresolved(f"parameter {name} is known only at deployment", ("parameter", name))

    # Conditions

    def condition(self, name: str) -> Answer:
        """The truth of a named condition in the scenario at hand."""
        self.consulted += 1
        choice = CONDITION + name
        if choice in self.choices:
            return bool(self.choices[choice])
        if name in self._asking:
            return None
        if name not in self._known:
            self._known[name] = self._ask(name, choice)
        answer, touched, undetermined = self._known[name]
        self.touched.update(touched)
        self.undetermined.update(undetermined)
        return answer

    def _ask(self, name: str, choice: str) -> tuple[Answer, dict[str, None], dict[str, None]]:
        outer = self.touched, self.undetermined
        self.touched, self.undetermined = {}, {}
        self._asking.add(name)
        answer = truth.truth(self, self.conditions[name]) if name in self.conditions else None
        self._asking.discard(name)
        if answer is None and not self.touched and not self.undetermined:
            self.undetermined[choice] = None
        touched, undetermined = self.touched, self.undetermined
        self.touched, self.undetermined = outer
        return answer, touched, undetermined

    def exists(self, resource: Resource) -> Answer:
        """Whether the resource's own Condition holds."""
        name = resource.attributes.get("Condition")
        return self.condition(name) if isinstance(name, str) else True

    def exists_named(self, name: str) -> Answer:
        """Whether the resource of that logical id exists in the scenario at hand."""
        body = self.resources.get(name)
        condition = body.get("Condition") if isinstance(body, dict) else None
        return self.condition(condition) if isinstance(condition, str) else True
