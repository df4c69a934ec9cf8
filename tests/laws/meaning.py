"""What intrinsic functions mean by their documentation, over a template with parameters, mappings and conditions."""

from __future__ import annotations

import json
from base64 import b64encode
from ipaddress import ip_network
from typing import Any

from dbguard.value import text

REGION = "eu-west-1"
SECTIONS: dict[str, Any] = {
    "Parameters": {
        "Env": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]},
        "Days": {"Type": "Number", "Default": 7},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "Free": {"Type": "String"},
    },
    "Mappings": {
        "By": {"dev": {"Size": "5", "Zones": ["x", "y"]}, "prod": {"Size": "50", "Zones": ["u", "v", "w"]}},
        "Of": {REGION: {"dev": "here", "prod": "there"}},
    },
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "Week": {"Fn::Equals": [{"Ref": "Days"}, "7"]},
        "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "Week"}]},
        "Either": {"Fn::Or": [{"Condition": "Prod"}, {"Fn::Not": [{"Condition": "Week"}]}]},
    },
}
NOTHING = {"Ref": "AWS::NoValue"}

Values = dict[str, Any]


def expected(value: Any, values: Values) -> Any:
    """The value as the documentation of the functions has it; None where there is none."""
    if isinstance(value, list):
        return [found for found in (expected(one, values) for one in value) if found is not None]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in MEANING:
            return MEANING[name](argument, values)
    pairs = ((name, expected(one, values)) for name, one in value.items())
    return {name: found for name, found in pairs if found is not None}


def _ref(name: str, values: Values) -> Any:
    if name == "AWS::NoValue":
        return None
    return REGION if name == "AWS::Region" else values[name]


def _holds(condition: str, values: Values) -> bool:
    prod, week = bool(values["Env"] == "prod"), bool(values["Days"] == "7")
    return {"Prod": prod, "Week": week, "Both": prod and week, "Either": prod or not week}[condition]


def _found(argument: list[Any], values: Values) -> Any:
    level: Any = SECTIONS["Mappings"]
    for one in argument[:3]:
        key = text(expected(one, values))
        if key not in level:
            return expected(argument[3]["DefaultValue"], values)
        level = level[key]
    return level


def _sub(argument: Any, values: Values) -> str:
    template, names = argument if isinstance(argument, list) else (argument, {})
    known = {**{name: _ref(name, values) for name in (*values, "AWS::Region")}}
    known.update({name: expected(one, values) for name, one in names.items()})
    for name, one in known.items():
        if not isinstance(one, list):
            template = template.replace("${" + name + "}", text(one))
    return str(template).replace("${!", "${")


def _cidr(argument: list[Any], values: Values) -> list[str]:
    block, count, bits = (expected(one, values) for one in argument)
    network = ip_network(block)
    return [str(one) for one in network.subnets(new_prefix=32 - int(bits))][: int(count)]


MEANING: dict[str, Any] = {
    "Ref": _ref,
    "Fn::If": lambda argument, values: expected(argument[1 if _holds(argument[0], values) else 2], values),
    "Fn::FindInMap": _found,
    "Fn::Sub": _sub,
    "Fn::Join": lambda argument, values: argument[0].join(map(text, expected(argument[1], values))),
    "Fn::Select": lambda argument, values: expected(argument[1], values)[int(expected(argument[0], values))],
    "Fn::Split": lambda argument, values: text(expected(argument[1], values)).split(argument[0]),
    "Fn::Base64": lambda argument, values: b64encode(text(expected(argument, values)).encode()).decode(),
    "Fn::Length": lambda argument, values: len(expected(argument, values)),
    "Fn::ToJsonString": lambda argument, values: json.dumps(expected(argument, values), separators=(",", ":")),
    "Fn::Cidr": _cidr,
}
