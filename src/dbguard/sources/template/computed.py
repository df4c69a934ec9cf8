"""Intrinsic functions that compute: encoding, counting, cutting address ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbguard.value import OPAQUE, Unresolved, Value, describe, number, text

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld


def malformed(name: str, wanted: str) -> Unresolved:
    """The value of a function whose arguments are wrong."""
    return Unresolved(f"{name} takes {wanted}", present=None)


def arguments(argument: Any, least: int, most: int) -> list[Any] | None:
    """The arguments of a function that takes a list of them, as written."""
    return argument if isinstance(argument, list) and least <= len(argument) <= most else None


def written(value: Any) -> Any:
    """Raw data in which nothing is resolved, as an identity."""
    return value if not isinstance(value, (dict, list)) else str(value)[:2000]


def base64(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Base64`: text encoded."""
    value = world.force(argument)
    if isinstance(value, OPAQUE):
        return Unresolved(f"Fn::Base64 of {describe(value)}")
    from base64 import b64encode

    return b64encode(text(value).encode("utf-8", "surrogatepass")).decode()


def length(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Length`: how many elements a list has."""
    value = world.deep(argument)
    return len(value) if isinstance(value, list) else Unresolved(f"Fn::Length of {describe(value)}")


def to_json_string(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::ToJsonString`: data as JSON text."""
    value = world.deep(argument)
    if not _all_plain(value):
        return Unresolved("Fn::ToJsonString is known only at deployment")
    import json

    return json.dumps(value, separators=(",", ":"))


def _all_plain(value: Value) -> bool:
    if isinstance(value, dict):
        return all(map(_all_plain, value.values()))
    if isinstance(value, list):
        return all(map(_all_plain, value))
    return not isinstance(value, OPAQUE)


def cidr(world: TemplateWorld, argument: Any) -> Value:
    """`Fn::Cidr`: blocks cut out of an address range."""
    found = arguments(argument, 2, 3)
    if found is None:
        return malformed("Fn::Cidr", "a block, a count and a number of bits")
    block = world.force(found[0])
    count, bits = number(world.force(found[1])), number(world.force(found[2]) if len(found) == 3 else 8)
    if not isinstance(block, str) or count is None or bits is None or not 0 < count <= 256:
        return Unresolved("Fn::Cidr is known only at deployment", ("cidr", written(found)))
    from ipaddress import ip_network
    from itertools import islice

    try:
        network = ip_network(block, strict=False)
        return [str(one) for one in islice(network.subnets(new_prefix=network.max_prefixlen - int(bits)), int(count))]
    except ValueError:
        return malformed("Fn::Cidr", "a block that holds the parts")
