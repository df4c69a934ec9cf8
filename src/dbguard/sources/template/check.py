"""What a template refers to and does not have: each is a gap, whatever else of it is judged.

Only what a policy may look at is walked: the resources of the types at hand, conditions, rules and mappings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dbguard.model import Gap, Path
from dbguard.sources.document import Document
from dbguard.sources.template import TemplateInventory
from dbguard.sources.template.circles import circular
from dbguard.sources.template.intrinsics import FUNCTIONS
from dbguard.sources.template.sections import Gaps
from dbguard.sources.template.truth import CONDITIONS

EXPANDED_HERE = ("AWS::LanguageExtensions", "AWS::Serverless-2016-10-31")
RULE_FUNCTIONS = ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")
_HOLE = r"\$\{([^!}][^}]*)\}"


def check(inventory: TemplateInventory, types: Iterable[str], gaps: Gaps) -> None:
    """Note all that the template cannot say, in the order of the text."""
    checker = Checker(inventory, gaps)
    for document in inventory.documents:
        checker.transforms(document)
    checker.unexpanded()
    checker.defaults()
    for name in ("Conditions", "Rules"):
        checker.walk((name,), inventory.world.sections[name])
    checker.circles()
    wanted = set(types)
    for resource in inventory.resources:
        if resource.type in wanted:
            checker.resource(resource.place, resource.attributes)
    checker.others(wanted)
    checker.rules()
    gaps.found.sort(key=_order)


def _order(gap: Gap) -> tuple[str, int, int]:
    return gap.location[:3] if gap.location else (gap.target, 0, 0)


# The check of each function, by the name of a method of Checker.
NESTED = (dict, list)
CHECKS = {
    "Fn::Transform": "_transform",
    "Ref": "_ref",
    "Fn::GetAtt": "_get_att",
    "Fn::Sub": "_sub",
    "Fn::If": "_if",
    "Condition": "_condition",
    "Fn::Equals": "_pair",
    "Fn::Join": "_pair",
    "Fn::Select": "_pair",
    "Fn::Split": "_pair",
    "Fn::And": "_several",
    "Fn::Or": "_several",
    "Fn::Not": "_several",
    "Fn::FindInMap": "_find_in_map",
}


class Checker:
    """One template's walk."""

    def __init__(self, inventory: TemplateInventory, gaps: Gaps) -> None:
        self.world = inventory.world
        self.inventory = inventory
        self.gaps = gaps
        self.seen: set[int] = set()
        self.loops: set[tuple[str, int, int]] = set()

    def transforms(self, document: Document) -> None:
        """Macros that make another template out of this one."""
        root, gaps = document.root, Gaps(document)
        gaps.found = self.gaps.found
        found = root.get("Transform", [])
        for name in found if isinstance(found, list) else [found]:
            if name not in EXPANDED_HERE:
                shown = name.get("Name", "a macro") if isinstance(name, dict) else name
                detail = f"{shown} is not expanded: what it adds or changes was not judged"
                gaps.add(
                    "transform", document.unexpanded.get(document.position(("Transform",)), detail), ("Transform",)
                )
        if "Fn::Transform" in root:
            gaps.add("transform", "a macro makes parts of this template at deployment", ("Fn::Transform",))

    def unexpanded(self) -> None:
        """Blocks that only a transform expands."""
        for section in ("Parameters", "Mappings", "Conditions", "Resources"):
            for name in self.world.sections.get(section, {}):
                if str(self.gaps.document.home((section, name))[1][-1]).startswith("Fn::ForEach"):
                    self._loop((section, name))

    def defaults(self) -> None:
        """Defaults that the parameter's own constraints refuse: without another value nothing is deployed."""
        for name, parameter in self.world.parameters.items():
            if parameter.given is None and parameter.default is not None:
                refused = parameter.refusal(parameter.default)
                if refused:
                    detail = f"{refused}: CloudFormation refuses this default"
                    self.gaps.add("refused-default", detail, ("Parameters", name, "Default"))

    def resource(self, place: Path, body: Any) -> None:
        """A resource's attributes and properties."""
        condition = body.get("Condition")
        if isinstance(condition, str):
            self._condition((*place, "Condition"), condition)
        elif condition is not None:
            self.gaps.add("malformed", "a resource's Condition is the name of a condition", (*place, "Condition"))
        for name in body:
            if name in ("Properties", "DeletionPolicy", "UpdateReplacePolicy"):
                self.walk((*place, name), body[name])
            elif _made(name):
                self._function(place, name, body[name])

    def others(self, wanted: set[str]) -> None:
        """Resources that stand for other templates, which may hold databases."""
        for resource in self.inventory.resources:
            if resource.type not in wanted and resource.id in self.world.nests:
                self.walk((*resource.place, "Properties"), resource.properties)
            if resource.type in wanted or resource.id in self.world.followed:
                continue
            if resource.type == "AWS::CloudFormation::Stack":
                detail = f"nested stack {resource.subject.id} is not followed, its resources were not judged"
                self.gaps.add("nested-stack", detail, resource.place)
            elif resource.type.endswith("::MODULE") or resource.type == "AWS::CloudFormation::Macro":
                self.gaps.add(
                    "module", f"{resource.type} is not expanded, what it makes was not judged", resource.place
                )

    def rules(self) -> None:
        """Parameters that the template's own Rules refuse."""
        if self.world.ruled and not self.world.possible():
            self.gaps.add("rules", "the template's Rules refuse every value of these parameters", ("Rules",))

    def walk(self, place: Path, tree: Any) -> None:
        """Every intrinsic function in a tree, in the order of the text; shared parts once."""
        stack = [(place, tree)]
        while stack:
            at, value = stack.pop()
            if not isinstance(value, NESTED) or id(value) in self.seen:
                continue
            self.seen.add(id(value))
            if isinstance(value, list):
                inside = [((*at, index), one) for index, one in enumerate(value) if isinstance(one, NESTED)]
                stack.extend(reversed(inside))
                continue
            for name, argument in value.items():
                if len(value) == 1 or _made(name):
                    self._function(at, name, argument)
            stack.extend(((*at, name), one) for name, one in reversed(value.items()) if _inside(name, one))

    def _function(self, at: Path, name: Any, argument: Any) -> None:
        if name in CHECKS:
            getattr(self, CHECKS[name])((*at, name), argument)
        elif isinstance(name, str) and name.startswith("Fn::"):
            if name.startswith("Fn::ForEach"):
                self._loop((*at, name))
            elif name not in FUNCTIONS and name not in CONDITIONS and name not in RULE_FUNCTIONS:
                self.gaps.add("malformed", f"{name} is no intrinsic function", (*at, name))

    def _loop(self, at: Path) -> None:
        """A loop that was not expanded; one that stands in each resource that another makes counts once."""
        document, inner = self.gaps.document.home(at)
        place = document.position(inner)
        if (document.file, *place) not in self.loops:
            self.loops.add((document.file, *place))
            detail = f"{inner[-1]} is not expanded, what it makes was not judged"
            self.gaps.add("transform", document.unexpanded.get(place, detail), at)

    def _transform(self, at: Path, argument: Any) -> None:
        name = argument.get("Name", "a macro") if isinstance(argument, dict) else "a macro"
        document, inner = self.gaps.document.home(at)
        detail = f"{name} is not expanded: what it makes here was not judged"
        self.gaps.add("transform", document.unexpanded.get(document.position(inner), detail), at)

    def _ref(self, at: Path, name: Any) -> None:
        if not isinstance(name, str):
            if not isinstance(name, dict):
                self.gaps.add("malformed", "Ref takes the name of a parameter or resource", at)
        elif at[0] in ("Conditions", "Rules") and name in self.world.resources:
            self.gaps.add("malformed", f"{at[0]} take parameters, not the resource {_own(name)}", at)
        elif not self._named(name):
            self.gaps.add(
                "missing-reference", f"{_own(name)} is neither a parameter nor a resource of this template", at
            )

    def _named(self, name: str) -> bool:
        world = self.world
        made = name.replace(".", "", 1) if name.split(".", maxsplit=1)[0] in world.modules else name
        return name in world.parameters or made in world.resources or name in world.bindings

    def _get_att(self, at: Path, argument: Any) -> None:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
            self.gaps.add("malformed", "Fn::GetAtt takes a resource and an attribute", at)
        elif parts[0] not in self.world.resources:
            self.gaps.add("missing-reference", f"{_own(parts[0])} is no resource of this template", at)
        elif parts[0] in self.world.nests and ".".join(map(str, parts)) not in self.world.bindings:
            detail = f"the template of nested stack {_own(parts[0])} has no output {str(parts[1]).split('.')[-1]}"
            self.gaps.add("missing-reference", detail, at)

    def _sub(self, at: Path, argument: Any) -> None:
        text = argument[0] if isinstance(argument, list) and len(argument) == 2 else argument
        names = argument[1] if isinstance(argument, list) and len(argument) == 2 else {}
        if not isinstance(text, str) or not isinstance(names, dict):
            self.gaps.add("malformed", "Fn::Sub takes a text, or a text and a map of names", at)
            return
        for hole in re.findall(_HOLE, text):
            name = hole.strip()
            if name in names:
                continue
            if name.split(".", 1)[0] in self.world.nests:
                self._get_att(at, name)
            elif name.split(".", 1)[0] not in self.world.resources and not self._named(name):
                self.gaps.add("missing-reference", f"{name} is neither a parameter nor a resource of this template", at)

    def _if(self, at: Path, argument: Any) -> None:
        if not isinstance(argument, list) or len(argument) != 3:
            self.gaps.add("malformed", "Fn::If takes a condition and two values", at)
        elif isinstance(argument[0], str):
            self._condition((*at, 0), argument[0])

    def _condition(self, at: Path, name: Any) -> None:
        if isinstance(name, str) and name not in self.world.conditions:
            self.gaps.add("missing-condition", f"there is no condition {_own(name)} in this template", at)

    def _pair(self, at: Path, argument: Any) -> None:
        if not isinstance(argument, list) or len(argument) != 2:
            self.gaps.add("malformed", f"{at[-1]} takes a list of two", at)

    def _several(self, at: Path, argument: Any) -> None:
        if not isinstance(argument, list) or not argument:
            self.gaps.add("malformed", f"{at[-1]} takes a list of conditions", at)

    def _find_in_map(self, at: Path, argument: Any) -> None:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            self.gaps.add("malformed", "Fn::FindInMap takes a map and two keys", at)
            return
        if len(argument) == 4:
            return
        level: Any = self.world.mappings
        for index, key in enumerate(argument[:3]):
            if not isinstance(key, (str, int)):
                return
            if not isinstance(level, dict) or str(key) not in level:
                missing, shown = ("mapping", _own(str(key))) if index == 0 else ("key", key)
                self.gaps.add("missing-mapping", f"there is no {missing} {shown} in Mappings", (*at, index))
                return
            level = level[str(key)]

    def circles(self) -> None:
        """Conditions that hang on themselves."""
        for name in circular(self.world.conditions):
            detail = f"condition {_own(name)} hangs on itself, so it is neither true nor false"
            self.gaps.add("circular-condition", detail, ("Conditions", name))


def _inside(name: object, value: object) -> bool:
    """Whether to look into what stands under a key: what a loop would make is told of as a whole."""
    return isinstance(value, NESTED) and not (isinstance(name, str) and name.startswith("Fn::ForEach"))


def _made(name: object) -> bool:
    """Whether a key beside others stands for keys that are made at deployment."""
    return isinstance(name, str) and (name.startswith("Fn::ForEach") or name == "Fn::Transform")


def _own(name: str) -> str:
    """A name as its own template has it."""
    return re.split("[/#]", name)[-1]
