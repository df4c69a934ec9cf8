"""What the builder takes: resources of a template with their properties resolved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from dbguard.value import Reference, Value


class Made(NamedTuple):
    """A resource to make: its properties are resolved, but for references to others."""

    id: str
    type: str
    properties: dict[str, Any]


def referring(resources: Iterable[Made]) -> list[Made]:
    """The same resources, where a plain text that names another of them has become a reference to it."""
    listed = list(resources)
    names = {one.id for one in listed}

    def found(value: Value, own: str) -> Value:
        if isinstance(value, dict):
            return {key: found(inner, own) for key, inner in value.items()}
        if isinstance(value, list):
            return [found(inner, own) for inner in value]
        return Reference(value, names=True) if isinstance(value, str) and value in names - {own} else value

    kept = ("Tags", "Parameters")  # text of one's own, whatever it says
    return [
        Made(one.id, one.type, {k: v if k in kept else found(v, one.id) for k, v in one.properties.items()})
        for one in listed
    ]
