"""Resources of a template made in a mocked account, each once what it refers to is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from jmespath import search

from dbguard.identifiers import IDENTIFIERS
from dbguard.mock.creation import CREATIONS, Creation, fit
from dbguard.mock.made import Made
from dbguard.mock.network import Network
from dbguard.mock.standins import wanted
from dbguard.mock.tables import seen
from dbguard.value import OPAQUE, Reference, Text, Unresolved, Value

OWN = "123456789012"  # the account that moto takes unless it is told of another
# What the API requires and a template may leave to a parameter, or to what it restores.
FILLERS = {"Engine": "aurora-mysql", "EngineFamily": "MYSQL", "EndpointType": "source", "EngineName": "mysql"}
SUBNETS = ("SubnetIds", "VpcSubnetIds")


class Builder:
    """Creates resources in one Region of the mocked account."""

    def __init__(self, region: str, account: str = OWN) -> None:
        self.region = region
        self.account = account
        self._clients: dict[str, Any] = {}
        self._answers: dict[str, Any] = {}
        self._alone: set[str] = set()  # what they are made of is out of sight
        self.names: dict[str, str] = {}  # logical to physical, as far as they are made
        self.made: dict[str, tuple[str, dict[str, Any]]] = {}  # what is made, with its type and properties

    def build(self, resources: Iterable[Made]) -> dict[str, str]:
        """Create them all; what could not be created, by logical id, with the reason."""
        known = [made for one in resources for made in seen(one, self.region)]
        self.names |= {one.id: one.id for one in known if one.type not in CREATIONS}  # roles and the like: any name
        order = list(CREATIONS)
        left = sorted((one for one in known if one.type in CREATIONS), key=lambda one: order.index(one.type))
        reasons = self._rounds(left)
        left = [one for one in left if one.id in reasons]
        self._alone = {one.id for one in left if self._way(one).outside(one.properties)}
        removed = self._stand_in(left)
        if left:
            reasons = self._rounds(left)
        self._remove(removed)
        return reasons

    def client(self, name: str) -> Any:
        """A client of the mocked account."""
        if name not in self._clients:
            self._clients[name] = boto3.client(name, region_name=self.region, **self._keys)
        return self._clients[name]

    @cached_property
    def network(self) -> Network:
        """The network in which things are made."""
        return Network(self.client("ec2"), self.region)

    @cached_property
    def _keys(self) -> dict[str, str]:
        """Fake keys; those of another account are had from moto, which tells accounts apart by them."""
        fake = {"aws_access_key_id": "mocked", "aws_secret_access_key": "mocked"}
        if self.account == OWN:
            return fake
        role = f"arn:aws:iam::{self.account}:role/mocked"
        sts = boto3.client("sts", region_name=self.region, **fake)
        found = sts.assume_role(RoleArn=role, RoleSessionName="mocked")["Credentials"]
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def _rounds(self, left: list[Made]) -> dict[str, str]:
        """Create what can be, again and again as long as it gets on: what was missing may be there the next time."""
        while True:
            reasons = {one.id: reason for one in left if (reason := self._tried(one))}
            if not reasons or len(reasons) == len(left):
                return reasons
            left = [one for one in left if one.id in reasons]

    def _stand_in(self, left: Iterable[Made]) -> list[tuple[str, str]]:
        """Make what the rest names and the template does not have; what is to go again, with the operation."""
        removed = []
        there = {(type_name, self.names[id_]) for id_, (type_name, _) in self.made.items()}
        for stand_in, made in {made.id: (stand_in, made) for one in left for stand_in, made in wanted(one)}.values():
            if (made.type, str(made.properties[stand_in.property]).lower()) in there:
                continue  # moto would put the new one in its place
            if not self._tried(made) and stand_in.removed:
                removed.append((stand_in.removed, self.names[made.id]))
            self.names.pop(made.id, None)
            self.made.pop(made.id, None)
        return removed

    def _remove(self, removed: Iterable[tuple[str, str]]) -> None:
        """Take away what snapshots were made of."""
        for operation, name in removed:
            identifier = f"{operation.removeprefix('Delete')}Identifier"
            getattr(self.client("rds"), xform_name(operation))(**{identifier: name, "SkipFinalSnapshot": True})

    def _tried(self, one: Made) -> str:
        """Why a resource cannot be created; nothing where it is."""
        try:
            self._create(one)
        except (BotoCoreError, ClientError, Missing) as error:
            return " ".join(str(error).split())
        except Exception as error:  # noqa: BLE001 - moto raises anything where it falls short
            return f"moto: {type(error).__name__}: {error}"
        return ""

    def _way(self, one: Made) -> Creation:
        """The way that is for a resource with its properties."""
        ways = CREATIONS[one.type]
        if one.id in self._alone:
            return ways[-1]
        return next(way for way in ways if not way.when or any(name in one.properties for name in way.when.split()))

    def _create(self, one: Made) -> None:
        properties = {key: self._named(value) for key, value in one.properties.items()}
        properties = {key: value for key, value in properties.items() if not _open(value)}
        creation = self._way(Made(one.id, one.type, properties))
        name = _name(one, properties, creation)
        if one.id not in self._answers:
            arguments = self._arguments(one, properties, creation, name)
            answer = getattr(self.client(creation.client), xform_name(creation.operation))(**arguments)
            self._answers[one.id] = {**arguments, **answer}
            self.names[one.id] = search(creation.physical, self._answers[one.id]) if creation.physical else name
        self.made[one.id] = one.type, properties
        self._go_on(one, properties, creation, name)

    def _arguments(self, one: Made, properties: dict[str, Any], creation: Creation, name: str) -> dict[str, Any]:
        """The arguments of the call that creates a resource."""
        if one.type == "AWS::EC2::Subnet":
            return self.network.arguments(properties)
        shape = self._shape(creation.client, creation.operation)
        arguments = {**creation.defaults, **fit(creation.prepare(properties), shape, creation.renamed)}
        arguments = {key: value for key, value in arguments.items() if key in shape.members and value is not None}
        arguments |= {creation.name: name} if creation.name else {}
        named = [key for key in SUBNETS if key in arguments]
        arguments |= {key: self.network.subnets(arguments[key]) or self.network.two() for key in named}
        if "VpcId" in arguments:
            arguments["VpcId"] = self.network.vpc  # where the subnets are
        return arguments | {key: self._filler(key) for key in shape.required_members if key not in arguments}

    def _go_on(self, one: Made, properties: dict[str, Any], creation: Creation, name: str) -> None:
        """The further calls."""
        client = self.client(creation.client)
        for after in creation.after:
            if after.property not in properties:
                continue
            shape = self._shape(creation.client, after.operation)
            own, _, path = (creation.name if after.named is None else after.named).partition("=")
            target = {own: search(path, self._answers[one.id]) if path else name} if own else {}
            for given in after.arguments(properties):
                getattr(client, xform_name(after.operation))(**target, **fit(given, shape, creation.renamed))

    def _shape(self, client: str, operation: str) -> Any:
        return self.client(client).meta.service_model.operation_model(operation).input_shape

    def _filler(self, argument: str) -> Any:
        """What the API requires and the template takes from a parameter: a network of the account, or any text."""
        if argument in SUBNETS:
            return self.network.two()
        return self.network.vpc if argument == "VpcId" else FILLERS.get(argument, "mocked")

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
    known = IDENTIFIERS.get(one.type, creation.name)
    given = properties.get(creation.property or known) or properties.get(creation.name)
    found = str(given or one.id.lower())
    return found.lower() if creation.lower else found
