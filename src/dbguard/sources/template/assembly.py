"""Templates put together into one world: nested stacks whose templates are at hand, and stacks joined by exports.

Every name of a template stands behind the prefix of its stack (see `naming`), parameters of a nested stack are bound to
what its parent writes, and outputs to what the child writes, so that scenarios and relations cross stacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dbguard.errors import DocumentError
from dbguard.model import Path
from dbguard.sources.document import Document, Part
from dbguard.sources.template import Fetch, nests
from dbguard.sources.template.modules import fragment_of
from dbguard.sources.template.naming import Binding, Renamer
from dbguard.sources.template.nest import Nest, unjoined, within_condition
from dbguard.sources.template.parameters import OWN, Parameter, parse, pseudo
from dbguard.sources.template.sections import SECTIONS, Gaps, sections_of
from dbguard.sources.template.urls import elsewhere, real, template_of
from dbguard.sources.template.world import TemplateWorld
from dbguard.value import Value

MOST_STACKS = 500  # in one template with all that it nests; CloudFormation itself takes 2,500 in one change


def assemble(
    documents: Sequence[tuple[Document, Mapping[str, Value]]], fetch: Fetch | None
) -> tuple[TemplateWorld, Gaps, list[Document]]:
    """Some templates, each with the values given to it, in one world; what is wrong with them; all whose text it is."""
    assembly = Assembly(fetch)
    for number, (document, given) in enumerate(documents):
        assembly.root(document, given, f"{document.file}#" if number else "")
    gaps = Gaps(documents[0][0].with_parts(assembly.parts))
    gaps.found = [gap for some in assembly.gaps for gap in some.found]
    return assembly.world(), gaps, assembly.documents


def _plain(nest: Nest, world: TemplateWorld) -> dict[str, Value]:
    """What a nested template is given, as far as it is plain by default: loops in it may go over that."""
    arguments = nest.arguments
    values = {name: world.settled(one) for name, one in arguments.items()} if isinstance(arguments, dict) else {}
    return {name: value for name, value in values.items() if isinstance(value, (str, int, float, bool))}


def _template_of(nest: Nest, beside: str, world: TemplateWorld) -> tuple[str | None, str]:
    if not nest.module:
        return template_of(nest.body, beside, world)
    return fragment_of(nest.body["Type"], beside), f"is not expanded: {nest.body['Type']} has no fragment here"


class Assembly:
    """Some templates as one."""

    def __init__(self, fetch: Fetch | None) -> None:
        self.fetch = fetch
        self.sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
        self.parameters: dict[str, Parameter] = {}
        self.bindings: dict[str, Binding] = {}
        self.exports: dict[str, Any] = {}
        self.parts: dict[Path, Part] = {}
        self.documents: list[Document] = []
        self.followed: set[str] = set()
        self.nests: set[str] = set()
        self.modules: set[str] = set()
        self.gaps: list[Gaps] = []

    def world(self) -> TemplateWorld:
        """The common world."""
        found = TemplateWorld(self.sections, self.parameters)
        found.bindings, found.exports, found.followed = self.bindings, self.exports, frozenset(self.followed)
        found.nests = frozenset(self.nests)
        found.modules = frozenset(self.modules)
        found.joined = True
        return found

    def root(self, document: Document, given: Mapping[str, Value], prefix: str) -> None:
        """Add a template that is deployed by itself."""
        gaps = self._add(document)
        sections = sections_of(document, gaps)
        self.parameters.update(pseudo(given, prefix))
        for name, body in sections["Parameters"].items():
            self.parameters[prefix + name] = parse(prefix + name, body, {prefix + name: given.get(name)})
            self._place(document, "Parameters", name, prefix)
        self._template(document, sections, Renamer(prefix), None, ())

    def _add(self, document: Document) -> Gaps:
        gaps = Gaps(document)
        self.documents.append(document)
        self.gaps.append(gaps)
        return gaps

    def _template(
        self,
        document: Document,
        sections: Mapping[str, dict[str, Any]],
        renamer: Renamer,
        within: str | None,
        ancestors: tuple[str, ...],
    ) -> None:
        """Everything of a template but its parameters, and the stacks inside it."""
        for name, body in sections["Mappings"].items():
            self._put(document, "Mappings", name, renamer, body)
        for name, body in sections["Conditions"].items():
            self._put(document, "Conditions", name, renamer, renamer.tree(body))
        for name, body in sections["Rules"].items():
            self._put(document, "Rules", name, renamer, within_condition(renamer.tree(body), within))
        for name, body in sections["Resources"].items():
            found = renamer.resource(body, within) if isinstance(body, dict) else body
            self._put(document, "Resources", name, renamer, found)
            self._both(found, within)
        self._exports(document.root, renamer, within)
        self._nests(document, sections, renamer, (*ancestors, real(document.file)))

    def _put(self, document: Document, section: str, name: str, renamer: Renamer, body: Any) -> None:
        full = renamer.prefix + name
        self.sections[section][full] = body
        self._place(document, section, name, renamer.prefix)

    def _place(self, document: Document, section: str, name: str, prefix: str) -> None:
        if prefix:
            self.parts[section, prefix + name] = (document, (section, name))

    def _both(self, body: Any, within: str | None) -> None:
        """Define the condition of a resource that has one of its own, in a stack that has one."""
        name = body.get("Condition") if isinstance(body, dict) else None
        if within is not None and isinstance(name, str) and name != within:
            own = name.removeprefix(f"{within} and ")
            self.sections["Conditions"][name] = {"Fn::And": [{"Condition": within}, {"Condition": own}]}

    def _exports(self, root: Any, renamer: Renamer, within: str | None) -> None:
        for name, body in outputs(root).items():
            export = body.get("Export")
            if isinstance(export, dict) and "Name" in export:
                key = f"export {renamer.prefix}{name}"
                self.exports[key] = renamer.tree(export["Name"])
                self.bindings[key] = self._output(body, renamer, within)

    def _output(self, body: Mapping[str, Any], renamer: Renamer, within: str | None) -> Binding:
        own = body.get("Condition")
        condition = renamer.condition(own) if isinstance(own, str) else None
        return Binding(renamer.tree(body.get("Value")), condition=condition or within)

    def _nests(
        self, document: Document, sections: Mapping[str, dict[str, Any]], renamer: Renamer, ancestors: tuple[str, ...]
    ) -> None:
        stacks = [name for name, body in sections["Resources"].items() if nests(body)]
        if not stacks or self.fetch is None:
            return
        world = self.world()
        world.assign(world.defaults())
        for name in stacks:
            full = renamer.prefix + name
            nest = Nest(full, self.sections["Resources"][full], ("Resources", name), ancestors)
            self.followed.add(full)
            for problem in (self._nest(document, nest, world), *self._elsewhere(document, nest, world)):
                if problem:
                    kind = "module" if nest.module else "nested-stack"
                    self._gaps(document).add(kind, f"{nest.shown} {problem}", nest.place)

    def _elsewhere(self, document: Document, nest: Nest, world: TemplateWorld) -> list[str]:
        """Which other templates a stack has in other scenarios: they are told and not judged there."""
        if nest.module:
            return []
        usual = template_of(nest.body, document.file, world)
        others = dict.fromkeys(one for one in elsewhere(nest.body, document.file, world) if one != usual)
        world.assign(world.defaults())
        here = "is {}, which was not judged here"
        return [f"with other parameters {here.format(file) if file else problem}" for file, problem in others]

    def _gaps(self, document: Document) -> Gaps:
        return next(gaps for gaps in self.gaps if gaps.document is document)

    def _nest(self, document: Document, nest: Nest, world: TemplateWorld) -> str:
        """Look into a nested stack; returns what stands in the way."""
        if len(self.documents) > MOST_STACKS:
            return f"is not followed: there are more than {MOST_STACKS} stacks inside each other"
        file, problem = _template_of(nest, document.file, world)
        if file is None:
            return problem
        if real(file) in nest.ancestors:
            return f"is not followed: {file} is nested in itself"
        try:
            child = self._fetched(file, _plain(nest, world))
            self._inside(child, nest, document)
        except DocumentError as error:
            place = f"{file}:{error.line}:{error.column}" if error.line > 1 or error.column > 1 else file
            return f"cannot be read: {place}: {error.detail}"
        return ""

    def _fetched(self, file: str, given: Mapping[str, Value]) -> Document:
        found = self.fetch(file, given) if self.fetch else None
        if found is None or not isinstance(found.root, dict) or "Resources" not in found.root:
            raise DocumentError("malformed", "is no CloudFormation template")
        return found

    def _inside(self, child: Document, nest: Nest, parent: Document) -> None:
        gaps = self._add(child)
        sections = sections_of(child, gaps)
        (self.modules if nest.module else self.nests).add(nest.name)
        renamer = Renamer(nest.prefix, () if nest.module else OWN)
        if not nest.module:
            self.parameters.update(pseudo({}, nest.prefix))
        self._bind(sections["Parameters"], nest, self._gaps(parent))
        for name, body in outputs(child.root).items():
            self.bindings[f"{nest.name}.Outputs.{name}"] = self._output(body, renamer, nest.condition)
        self._template(child, sections, renamer, nest.condition, nest.ancestors)

    def _bind(self, declared: Mapping[str, Any], nest: Nest, gaps: Gaps) -> None:
        """Give a nested stack's parameters what its parent writes, else their defaults."""
        arguments = nest.arguments
        if not isinstance(arguments, dict):
            gaps.add("malformed", f"Parameters of {nest.place[-1]} is not a mapping", nest.argument())
            arguments = {}
        for name, body in declared.items():
            parameter = parse(nest.prefix + name, body, {})
            self._parameter(nest, name, parameter, _written(arguments, name), gaps)
        for name in arguments:
            if name not in declared and not name.startswith("Fn::"):
                detail = f"{nest.shown} gives a parameter {name}, which its template does not have"
                gaps.add("malformed", detail, nest.argument(name))

    def _parameter(self, nest: Nest, name: str, parameter: Parameter, written: Binding, gaps: Gaps) -> None:
        value = parameter.default if written.value is None else written.value
        plain = isinstance(value, (str, int, float, bool))
        if plain and written.value is not None and not parameter.admits(value):
            gaps.add("malformed", f"parameter {name} of {nest.shown} does not admit this value", nest.argument(name))
        if value is None or parameter.stored:
            self.parameters[parameter.name] = parameter._replace(given=value if plain else None)
            if value is None:
                detail = f"{nest.shown} gives no value for parameter {name}, which has no default"
                gaps.add("malformed", detail, nest.place)
            return
        binding = written._replace(value=unjoined(value), listed=parameter.listed, hidden=parameter.hidden)
        self.bindings[parameter.name] = binding._replace(default=parameter.default)
        if parameter.allowed and not plain and not parameter.listed:
            asserted = {"Fn::Contains": [list(parameter.allowed), {"Ref": parameter.name}]}
            rule = within_condition({"Assertions": [{"Assert": asserted}]}, nest.condition)
            self.sections["Rules"][f"values of {parameter.name}"] = rule


def _written(arguments: dict[str, Any], name: str) -> Binding:
    """What a stack gives one parameter: in a mapping, or in one that a function makes."""
    if name in arguments:
        return Binding(arguments[name])
    made = next((one for one in arguments if one.startswith("Fn::")), None)
    return Binding(made and {made: arguments[made]}, key=name)


def outputs(root: Any) -> dict[str, dict[str, Any]]:
    """The outputs of a template that have the right shape."""
    found = root.get("Outputs") if isinstance(root, dict) else None
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: body for name, body in pairs if isinstance(body, dict)}
