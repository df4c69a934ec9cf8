"""The world of a template: a function of its parameters, resolved lazily in one scenario at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dbguard.inventory import Impossible, Resource, World
from dbguard.sources.template import constants, intrinsics, rules, truth, writing
from dbguard.sources.template.parameters import Parameter
from dbguard.value import ABSENT, Answer, Text, Unresolved, Value, frozen, size

if TYPE_CHECKING:
    from dbguard.sources.template.naming import Binding

LONGEST = 4096  # characters of a parameter's value, by CloudFormation's quotas
CONDITION = "condition "  # before the name of a condition that nothing settles, among the choices


class Asked(NamedTuple):
    """An answer in the scenario at hand, with the open choices that were looked at for it."""

    answer: Any
    touched: dict[str, None]
    undetermined: dict[str, None]
    varies: bool


class TemplateWorld(World):
    """A template's sections, and the scenario at hand.

    Where several templates are seen together, `bindings` are the values of one that another gives it or takes from it,
    and `exports` what they export.

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
        self.bindings: dict[str, Binding] = {}
        self.joined = False  # whether several templates are seen together
        self.exports: dict[str, Any] = {}  # the names of exported outputs as written, by the names of their bindings
        self.nests: frozenset[str] = frozenset()  # nested stacks whose templates are part of this world
        self.modules: frozenset[str] = frozenset()  # modules whose resources are part of this world
        self.followed: frozenset[str] = frozenset()  # these, and those of which is told why they are not
        self._known: dict[str, Asked] = {}
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
                self._constants = constants.collect(self.sections, self.parameters, self.bindings)
            self._domains[choice] = self.parameters[choice].domain(self._constants.get(choice, ()))
        return self._domains[choice]

    def possible(self) -> bool:
        """Whether some completion of the scenario keeps all Rules of the template."""
        return rules.hold(self)

    def signature(self) -> object:
        """The sections and given parameters that values hang on, and which resources there are.

        A world of several templates, or of which not all is told, is like no other.
        """
        if self.joined or self.incomplete:
            return object()
        parts = [frozen(self.sections[name]) for name in ("Parameters", "Mappings", "Conditions", "Rules")]
        if False in parts:
            return object()  # not the id of this world: another may have it later
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
        if isinstance(value, str) and "{{" in value:
            if "{{changeSet:KNOWN_AFTER_APPLY}}" in value:
                return Unresolved("it is known only after the change")
            if "{{resolve:" not in value:
                return value
            return Unresolved("a dynamic reference is resolved only at deployment", ("dynamic", value))
        return ABSENT if value is None else value

    def settled(self, value: Value) -> Value:
        """The same in a scenario that may not be possible, where there is no value."""
        try:
            return self.force(value)
        except Impossible as error:
            return Unresolved(str(error))

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
        return self._once(choice, lambda: self._settle(name, choice), None)  # type: ignore[no-any-return]  # an answer

    def _settle(self, name: str, choice: str) -> Answer:
        answer = truth.truth(self, self.conditions[name]) if name in self.conditions else None
        if answer is None and not self.touched and not self.undetermined:
            self.undetermined[choice] = None
        return answer

    def _once(self, key: str, find: Callable[[], Any], circle: Any) -> Any:
        """What is found under a key, once in each scenario; `circle` where it leads back to itself."""
        if key in self._asking:
            return circle
        if key not in self._known:
            self._known[key] = self._ask(key, find)
        answer, touched, undetermined, varies = self._known[key]
        self.touched.update(touched)
        self.undetermined.update(undetermined)
        self.consulted += varies
        return answer

    def _ask(self, key: str, find: Callable[[], Any]) -> Asked:
        outer, before = (self.touched, self.undetermined), self.consulted
        self.touched, self.undetermined = {}, {}
        self._asking.add(key)
        try:
            return Asked(find(), self.touched, self.undetermined, self.consulted != before)
        finally:
            outer[0].update(self.touched)
            outer[1].update(self.undetermined)
            self._asking.discard(key)
            self.touched, self.undetermined = outer

    # What other templates give and take

    def bound(self, name: str) -> Value:
        """The value that another template gives a parameter, or that an output of another has."""
        circle = Unresolved(f"{name} hangs on itself", present=None)
        return self._once(name, lambda: self._give(self.bindings[name]), circle)

    def exported(self, name: Value) -> Value | None:
        """What an output that is exported under this name holds; None where none is, or several are."""
        found = self._once(f"import {name!r}", lambda: self._exporting(name), None) if self.exports else None
        return None if found is None else self.bound(found)

    def _exporting(self, name: Value) -> str | None:
        """The output of that name: one that has it as plain text goes before those that may come to have it."""
        keys = [key for key, written in self.exports.items() if written == name] if isinstance(name, str) else []
        keys = keys or [key for key, written in self.exports.items() if truth.identical(self.force(written), name)]
        return keys[0] if len(keys) == 1 else None

    def _give(self, binding: Binding) -> Value:
        if binding.condition is not None and self.condition(binding.condition) is False:
            raise Impossible("an output does not exist")
        raw = self.given(binding)
        value = self.force(raw)
        if isinstance(value, (str, Text)) and size(value) > LONGEST:
            return Unresolved(f"it is longer than the {LONGEST} characters that one stack may give another")
        if not binding.listed or isinstance(value, list):
            return value
        found = intrinsics.split(self, [",", raw])
        return [part.strip() if isinstance(part, str) else part for part in found] if isinstance(found, list) else found

    def given(self, binding: Binding) -> Any:
        """What is bound as it is written, its default where that is no value."""
        value = binding.value
        if binding.key is not None:
            value = self.force(value)
            value = value.get(binding.key) if isinstance(value, dict) else value
        absent = binding.default is not None and self.force(value) is ABSENT
        return binding.default if absent else value

    def exists(self, resource: Resource) -> Answer:
        """Whether the resource's own Condition holds."""
        name = resource.attributes.get("Condition")
        return self.condition(name) if isinstance(name, str) else True

    def exists_named(self, name: str) -> Answer:
        """Whether the resource of that logical id exists in the scenario at hand."""
        body = self.resources.get(name)
        condition = body.get("Condition") if isinstance(body, dict) else None
        return self.condition(condition) if isinstance(condition, str) else True
