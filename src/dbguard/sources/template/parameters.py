"""A template's parameters and the values that each may take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dbguard.value import OPAQUE, AnyOther, Unresolved, Value, boolean, number, text

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
    shortest: float | None = None
    longest: float | None = None

    @property
    def stored(self) -> bool:
        """Whether the value is the name of an SSM parameter that is read at deployment."""
        return self.type.startswith("AWS::SSM::Parameter::Value<")

    @property
    def listed(self) -> bool:
        """Whether the value is a list; of an SSM parameter, the value that it stores."""
        return "CommaDelimitedList" in self.type or "List<" in self.type

    @property
    def chosen(self) -> Value:
        """The value of the default scenario, or None; a default that CloudFormation refuses is none."""
        if self.stored or (self.given is None and self.default is not None and not self.admits(self.default)):
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
        listed = () if self.stored else self.allowed or self._words()
        ends = [_tidy(end) for end in (self.low, self.high) if end is not None and not self.stored]
        compared = () if listed else tuple(constants)
        for value in listed or (*compared, *ends):
            if self.admits(value):
                found.setdefault(_key(self.value(value)), self.value(value))
        if found and (listed or (self.low is not None and self.low == self.high and not self.listed)):
            return list(found.values())
        return [*found.values(), self._other(frozenset((*found, *filter(self._impossible, compared))))]

    def _words(self) -> tuple[str, ...]:
        """The values that an AllowedPattern such as `^(true|false)$` lists."""
        found = _WORDS.fullmatch(self.pattern or "") if not self.listed else None
        return tuple((found[1] or found[2]).split("|")) if found else ()

    def _impossible(self, constant: str) -> bool:
        """Whether no value can be a constant, in whatever case, since that is how policies compare."""
        forms = {constant, constant.lower(), constant.upper(), constant.title()}
        return not any(map(self.admits, forms))

    def _other(self, excluded: frozenset[str]) -> Value:
        if self.listed:
            what = f"the SSM parameter that {self.name} names" if self.stored else f"parameter {self.name}"
            return Unresolved(f"{what} is known only at deployment", ("parameter", self.name))
        return AnyOther(self.name, excluded, self.low, self.high, self.chosen is not None, self.stored)

    def admits(self, value: Value) -> bool:
        """Whether the parameter's constraints allow a value."""
        return self._broken(value) is None

    def refusal(self, value: Value) -> str | None:
        """Why a value is refused, in words, or None."""
        broken = self._broken(value)
        shown = "its value" if self.hidden else repr(text(value))
        return f"parameter {self.name} does not admit {shown} ({broken})" if broken else None

    def _broken(self, value: Value) -> str | None:
        """The constraint that a value, or a part of a list, does not keep; that of an SSM parameter is unseen."""
        if self.stored or isinstance(value, OPAQUE):
            return None
        return next(filter(None, map(self._broken_by, _listed(self.value(value)))), None)

    def _broken_by(self, value: Value) -> str | None:
        found, written = number(value), text(value)
        numeric = self.type in ("Number", "List<Number>")
        low, high = (None, None) if self.listed else (self.low, self.high)
        if self.allowed and not any(_same(value, one, numeric=numeric) for one in self.allowed):
            return f"one of {', '.join(map(text, self.allowed[:20]))}{', …' if len(self.allowed) > 20 else ''}"
        if found is None and (numeric or low is not None or high is not None):
            return "a number"
        if found is not None and low is not None and found < low:
            return f"MinValue {low:g}"
        if found is not None and high is not None and found > high:
            return f"MaxValue {high:g}"
        if self.pattern is not None and not _matches(self.pattern, written):
            return f"AllowedPattern {self.pattern}"
        return None if numeric or self.listed else self._wrong_length(len(written))

    def _wrong_length(self, length: int) -> str | None:
        if self.shortest is not None and length < self.shortest:
            return f"MinLength {self.shortest:g}"
        return f"MaxLength {self.longest:g}" if self.longest is not None and length > self.longest else None


def _same(value: Value, other: Value, *, numeric: bool) -> bool:
    """Whether a value is one of AllowedValues; of 5.10 without quotes only the number is known."""
    if text(value) == text(other):
        return True
    by_number = numeric or isinstance(value, float) or isinstance(other, float)
    return by_number and number(value) is not None and number(value) == number(other)


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [value]


def _key(value: Value) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def _tidy(value: float) -> Value:
    return int(value) if value == int(value) else value


# What Java, whose patterns these are, reads otherwise than Python: classes in classes, properties, quoting and anchors.
_JAVA = r"\[[^\]]*\[|&&|\\[pPQEGhHRvVXzZ]"
# A pattern that lists plain words.
_WORDS = re.compile(r"\^?(?:([\w -]+(?:\|[\w -]+)*)|\((?:\?:)?([\w -]*(?:\|[\w -]*)*)\))\$?", re.ASCII)


def _matches(pattern: str, value: str) -> bool:
    """Whether an AllowedPattern admits a value; one that is broken, not as in Python or may be slow admits all."""
    if len(pattern) > 500 or len(value) > 500 or re.search(_JAVA, pattern):
        return True
    from dbguard.backtracking import choices

    try:
        return choices(pattern) > 2 or re.fullmatch(pattern, value, re.ASCII) is not None
    except (re.error, OverflowError, RecursionError):
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
        pattern if isinstance(pattern, str) and pattern else None,
        given.get(name),
        boolean(body.get("NoEcho")) is True,
        number(body.get("MinLength")),
        number(body.get("MaxLength")),
    )


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float))
