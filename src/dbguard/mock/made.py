"""What the builder takes: resources of a template with their properties resolved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from dbguard.identifiers import IDENTIFIERS
from dbguard.value import Reference, Value

# Properties whose text is one's own, though it may read like the name of another resource.
OWN = (
    "AttributeDefinitions",
    "DBName",
    "DatabaseName",
    "Engine",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "MasterUsername",
    "Parameters",
    "Tags",
)


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

    return [
        one._replace(
            properties={
                name: value if name in (*OWN, IDENTIFIERS.get(one.type)) else found(value, one.id)
                for name, value in one.properties.items()
            }
        )
        for one in listed
    ]
