"""Resources of a template made in a mocked account, each once what it refers to is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from jmespath import search

from dbguard.identifiers import IDENTIFIERS
from dbguard.mock.creation import CREATIONS, Creation, fit
from dbguard.value import OPAQUE, Reference, Text, Unresolved, Value

ROUNDS = 5  # of creating what was refused before, because what it needs was not there yet
# A global table is, in each of its Regions, a table with the settings of that Region's replica.
OF_REPLICA = ("DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "SSESpecification", "TableClass")


class Made(NamedTuple):
    """A resource to make: its properties are resolved, but for references to others."""

    id: str
    type: str
    properties: dict[str, Any]


class Builder:
    """Creates resources in one Region of the mocked account."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._clients: dict[str, Any] = {}
        self._network: dict[str, Any] = {}
        self.names: dict[str, str] = {}  # logical to physical, as far as they are made

    def build(self, resources: Iterable[Made]) -> dict[str, str]:
        """Create them all; what could not be created, by logical id, with the reason."""
        known = [_as_table(one, self.region) for one in resources]
        left = [one for one in known if one.type in CREATIONS]
        self.names |= {one.id: one.id for one in known if one.type not in CREATIONS}  # roles and the like: any name
        reasons: dict[str, str] = {}
        for _ in range(ROUNDS):
            reasons = {}
            for one in left:
                try:
                    self._create(one)
                except (BotoCoreError, ClientError, Missing) as error:
                    reasons[one.id] = " ".join(str(error).split())
                except Exception as error:  # noqa: BLE001 - moto raises anything where it falls short
                    reasons[one.id] = f"moto: {type(error).__name__}: {error}"
            left = [one for one in left if one.id in reasons]
        return reasons

    def client(self, name: str) -> Any:
        """A client of the mocked account."""
        if name not in self._clients:
            self._clients[name] = boto3.client(name, region_name=self.region)
        return self._clients[name]

    def _create(self, one: Made) -> None:
        properties = {key: self._named(value) for key, value in one.properties.items()}
        properties = {key: value for key, value in properties.items() if not _open(value)}
        creation = next(way for way in CREATIONS[one.type] if not way.when or way.when in properties)
        client = self.client(creation.client)
        shape = client.meta.service_model.operation_model(creation.operation).input_shape
        name = _name(one, properties, creation)
        arguments = {**creation.defaults, **fit(creation.prepare(properties), shape, creation.renamed)}
        arguments |= {creation.name: name} if creation.name else {}
        arguments |= {key: self._filler(key) for key in shape.required_members if key not in arguments}
        if one.id not in self.names:
            answer = getattr(client, xform_name(creation.operation))(**arguments)
            self.names[one.id] = search(creation.physical, {**arguments, **answer}) if creation.physical else name
        for after in creation.after:
            if after.property in properties:
                wanted = client.meta.service_model.operation_model(after.operation).input_shape
                given = fit(after.arguments(properties), wanted, creation.renamed)
                getattr(client, xform_name(after.operation))(**({creation.name: name} if after.named else {}), **given)

    def _filler(self, argument: str) -> Any:
        """What the API requires and the template takes from a parameter: a network of the account, or any text."""
        if argument in {"VpcId", "SubnetIds"} and not self._network:
            ec2 = self.client("ec2")
            vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            rows = [(f"10.0.{200 + at}.0/24", f"{self.region}{zone}") for at, zone in enumerate("ab")]
            made = [
                ec2.create_subnet(VpcId=vpc, CidrBlock=c, AvailabilityZone=z)["Subnet"]["SubnetId"] for c, z in rows
            ]
            self._network = {"VpcId": vpc, "SubnetIds": made}
        return self._network.get(argument, "mocked")

    def _named(self, value: Value) -> Value:
        """A value with references as the names that they have. Raises Missing for one that is not made yet."""
        if isinstance(value, Reference):
            if value.id not in self.names:
                raise Missing(f"{value.id} is not there")
            return self.names[value.id]
        if isinstance(value, Unresolved) and isinstance(value.key, tuple) and value.key[0] == "zone":
            return f"{self.region}{'abcdef'[int(value.key[-1]) % 6]}"  # the Region's zones, of which the order is known
        if isinstance(value, Text):
            parts = [self._named(part) for part in value.parts]
            return value if any(map(_open, parts)) else "".join(map(str, parts))
        if isinstance(value, dict):
            return {key: self._named(inner) for key, inner in value.items()}
        return [self._named(inner) for inner in value] if isinstance(value, list) else value


class Missing(Exception):  # noqa: N818 - an outcome, not an error
    """What a resource refers to is not there."""


def _open(value: Value) -> bool:
    if isinstance(value, dict):
        return any(map(_open, value.values()))
    return any(map(_open, value)) if isinstance(value, list) else isinstance(value, OPAQUE)


def _name(one: Made, properties: Mapping[str, Any], creation: Creation) -> str:
    named = IDENTIFIERS.get(one.type, creation.name)
    return str(properties.get(creation.property or named) or properties.get(creation.name) or one.id.lower())


AS_TABLE = {"AWS::DynamoDB::GlobalTable": "AWS::DynamoDB::Table"}


def _as_table(one: Made, region: str) -> Made:
    if one.type not in AS_TABLE:
        return one
    replicas = one.properties.get("Replicas")
    own = [row for row in replicas if row.get("Region") == region] if isinstance(replicas, list) else []
    settings = {key: own[0][key] for key in OF_REPLICA if own and key in own[0]}
    return Made(one.id, AS_TABLE[one.type], {**one.properties, **settings})
