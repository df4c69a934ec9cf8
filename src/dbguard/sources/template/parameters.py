"""A template's parameters and the values that each may take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dbguard.value import AnyOther, Unresolved, Value, boolean, number, text

PSEUDO = (
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)


OWN = ("AWS::StackId", "AWS::StackName")  # each stack has its own


class Parameter(NamedTuple):
    """One parameter, or a pseudo parameter: what is known of its value before deployment."""

    name: str
    type: str = "String"
    default: Value = None
    allowed: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    pattern: str | None = None
    given: Value = None
    hidden: bool = False

    @property
    def stored(self) -> bool:
        """Whether the value is the name of an SSM parameter that is read at deployment."""
        return self.type.startswith("AWS::SSM::Parameter::Value")

    @property
    def listed(self) -> bool:
        """Whether the value is a list."""
        return (
            self.type == "CommaDelimitedList" or self.type.startswith("List<") or self.type.endswith("<List<String>>")
        )

    @property
    def chosen(self) -> Value:
        """The value of the default scenario, or None."""
        if self.stored:
            return None
        return self.value(self.default if self.given is None else self.given)

    def value(self, raw: Value) -> Value:
        """A value as `Ref` returns it."""
        if raw is None or isinstance(raw, AnyOther) or not self.listed or isinstance(raw, list):
            return raw
        return [part.strip() for part in text(raw).split(",")] if text(raw) else []

    def domain(self, constants: Iterable[str]) -> list[Value]:
        """The values to go through, the default first; `constants` are what conditions compare it with."""
        if self.given is not None and not self.stored:
            return [self.value(self.given)]
        found: dict[str, Value] = {}
        chosen = self.chosen
        if chosen is not None:
            found[_key(chosen)] = chosen
        if self.allowed and not self.stored:
            for value in self.allowed:
                found.setdefault(_key(self.value(value)), self.value(value))
            return list(found.values())
        ends = [_tidy(end) for end in (self.low, self.high) if end is not None]
        for value in (*(name for name in constants if self.admits(name)), *ends):
            found.setdefault(_key(self.value(value)), self.value(value))
        return [*found.values(), self._other(frozenset(found))]

    def _other(self, excluded: frozenset[str]) -> Value:
        if self.listed:
            return Unresolved(f"parameter {self.name} is known only at deployment", ("parameter", self.name))
        return AnyOther(self.name, excluded, self.low, self.high, self.chosen is not None)

    def admits(self, value: Value) -> bool:
        """Whether the parameter's constraints allow a value."""
        if self.stored:
            return True
        found = number(value)
        if found is None and (self.type == "Number" or self.low is not None or self.high is not None):
            return False
        if found is not None and (
            (self.low is not None and found < self.low) or (self.high is not None and found > self.high)
        ):
            return False
        if self.allowed:
            return all(text(one) in map(text, self.allowed) for one in _listed(self.value(value)))
        return self.pattern is None or _matches(self.pattern, text(value))


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def _key(value: Value) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def _tidy(value: float) -> Value:
    return int(value) if value == int(value) else value


# A quantifier on a group that itself holds a quantifier: the form of nearly every pattern that backtracks for ever.
_RISKY = r"[+*}]\)?[+*{]|\([^)]*[+*}|][^)]*\)[+*{]"


def _matches(pattern: str, value: str) -> bool:
    """Whether an AllowedPattern admits a value; a pattern that may take for ever or is broken admits all."""
    if len(pattern) > 500 or len(value) > 500 or re.search(_RISKY, pattern):
        return True
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True


def pseudo(given: Mapping[str, Value], prefix: str) -> dict[str, Parameter]:
    """The pseudo parameters, or those that a stack behind a prefix has for itself."""
    if prefix:
        return {prefix + name: Parameter(prefix + name) for name in OWN}
    kinds = {"AWS::NotificationARNs": "CommaDelimitedList"}
    return {name: Parameter(name, kinds.get(name, "String"), given=given.get(name)) for name in PSEUDO}


def parse(name: str, body: Any, given: Mapping[str, Value]) -> Parameter:
    """A parameter of the `Parameters` section; what is malformed in it is left out."""
    if not isinstance(body, dict):
        return Parameter(name, given=given.get(name))
    allowed = body.get("AllowedValues")
    pattern = body.get("AllowedPattern")
    default = body.get("Default")
    return Parameter(
        name,
        str(body.get("Type", "String")),
        None if isinstance(default, dict) else default,
        tuple(value for value in allowed if _plain(value)) if isinstance(allowed, list) else (),
        number(body.get("MinValue")),
        number(body.get("MaxValue")),
        pattern if isinstance(pattern, str) else None,
        given.get(name),
        boolean(body.get("NoEcho")) is True,
    )


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float))
