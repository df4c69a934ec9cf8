"""A stack or module inside a template, as written there: its condition, and what it gives its template's parameters."""

from __future__ import annotations

from typing import Any, NamedTuple

from dbguard.model import Path
from dbguard.sources.template.modules import is_module


class Nest(NamedTuple):
    """A stack inside another: its name in the common world, what it is given, and where that stands."""

    name: str
    body: dict[str, Any]
    place: Path
    ancestors: tuple[str, ...]  # the real paths of the files around it, the outermost first

    @property
    def condition(self) -> str | None:
        """The condition under which the stack exists."""
        found = self.body.get("Condition")
        return found if isinstance(found, str) else None

    @property
    def module(self) -> bool:
        """Whether it is a module, whose resources are the template's own."""
        return is_module(self.body)

    @property
    def prefix(self) -> str:
        """What stands before the names of its template in the common world."""
        return self.name if self.module else self.name + "/"

    @property
    def shown(self) -> str:
        """What a message calls it."""
        return f"{'module' if self.module else 'nested stack'} {self.place[-1]}"

    @property
    def arguments(self) -> Any:
        """The values that it gives the parameters of its template, as written."""
        properties = self.body.get("Properties")
        if self.module:
            return properties or {}
        return properties.get("Parameters", {}) if isinstance(properties, dict) else {}

    def argument(self, *name: str) -> Path:
        """Where the value of a parameter stands, or those of all."""
        return (*self.place, "Properties", *(() if self.module else ("Parameters",)), *name)


def unjoined(value: Any) -> Any:
    """The list that is put together with commas here, to be cut at them again by a parameter that is a list."""
    found = value.get("Fn::Join") if isinstance(value, dict) and len(value) == 1 else None
    return found[1] if isinstance(found, list) and len(found) == 2 and found[0] == "," else value


def within_condition(rule: Any, within: str | None) -> Any:
    """A rule of a template that is only deployed under a condition."""
    if within is None or not isinstance(rule, dict):
        return rule
    own = [rule["RuleCondition"]] if "RuleCondition" in rule else []
    return {**rule, "RuleCondition": {"Fn::And": [{"Condition": within}, *own]}}
