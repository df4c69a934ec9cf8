"""Named edges between resources: by `Ref`, by `Fn::GetAtt`, by literal identifier or ARN.

An edge has one definition and two directions: `from`, the resources whose path names me, and `to`, the
resources that my path names. Edges that do not depend on the scenario are indexed once per inventory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dbguard.inventory import Item, Many, Resource, Steps, World, read
from dbguard.model import Path
from dbguard.operators import both
from dbguard.value import ABSENT, OPAQUE, Answer, Reference, Text, Unresolved, Value, fits, join, opaque_equal, same

# The property that holds a type's identifier, where it is not found by its usual name: see `identifier`.
IDENTIFIERS = {
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::RDS::DBParameterGroup": "DBParameterGroupName",
    "AWS::RDS::DBClusterParameterGroup": "DBClusterParameterGroupName",
    "AWS::RDS::GlobalCluster": "GlobalClusterIdentifier",
    "AWS::RDS::OptionGroup": "OptionGroupName",
    "AWS::RDS::DBProxy": "DBProxyName",
    "AWS::RDS::EventSubscription": "SubscriptionName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DAX::Cluster": "ClusterName",
    "AWS::DAX::SubnetGroup": "SubnetGroupName",
    "AWS::DAX::ParameterGroup": "ParameterGroupName",
    "AWS::Redshift::Cluster": "ClusterIdentifier",
    "AWS::Redshift::ClusterParameterGroup": "ParameterGroupName",
    "AWS::RedshiftServerless::Namespace": "NamespaceName",
    "AWS::RedshiftServerless::Workgroup": "WorkgroupName",
    "AWS::ElastiCache::CacheCluster": "ClusterName",
    "AWS::ElastiCache::ReplicationGroup": "ReplicationGroupId",
    "AWS::ElastiCache::ServerlessCache": "ServerlessCacheName",
    "AWS::ElastiCache::SubnetGroup": "CacheSubnetGroupName",
    "AWS::ElastiCache::User": "UserId",
    "AWS::ElastiCache::UserGroup": "UserGroupId",
    "AWS::MemoryDB::Cluster": "ClusterName",
    "AWS::MemoryDB::ACL": "ACLName",
    "AWS::MemoryDB::User": "UserName",
    "AWS::MemoryDB::SubnetGroup": "SubnetGroupName",
    "AWS::MemoryDB::ParameterGroup": "ParameterGroupName",
    "AWS::DocDB::DBCluster": "DBClusterIdentifier",
    "AWS::DocDB::DBInstance": "DBInstanceIdentifier",
    "AWS::DocDB::DBClusterParameterGroup": "Name",
    "AWS::DocDB::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::Neptune::DBCluster": "DBClusterIdentifier",
    "AWS::Neptune::DBInstance": "DBInstanceIdentifier",
    "AWS::Neptune::DBClusterParameterGroup": "Name",
    "AWS::Neptune::DBParameterGroup": "Name",
    "AWS::Neptune::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::DMS::ReplicationInstance": "ReplicationInstanceIdentifier",
    "AWS::DMS::Endpoint": "EndpointIdentifier",
    "AWS::Timestream::Database": "DatabaseName",
    "AWS::Timestream::Table": "TableName",
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::SecretsManager::Secret": "Name",
}
SEPARATORS = (":", "/")


class Items(NamedTuple):
    """Items that are certainly and possibly there; `outside` where more may be than can be seen."""

    certain: list[Item]
    possible: list[Item]
    outside: bool = False

    def place(self, item: Item) -> Path:
        """Where a finding about the items as a whole belongs: the resource itself."""
        return ()


class Relation(NamedTuple):
    """One edge, seen from one end."""

    incoming: bool
    types: tuple[str, ...]
    paths: tuple[Steps, ...]
    form: tuple[str | Steps, ...] | None = None  # text, paths of the item, and "{id}"
    key: Steps | None = None

    def items(self, item: Item) -> Items:
        """The resources at the other end, from the item's point of view."""
        index: Index = item.world.links
        return self._incoming(item, index) if self.incoming else self._outgoing(item, index)

    def _incoming(self, item: Item, index: Index) -> Items:
        certain: list[Item] = []
        possible: list[Item] = []
        expected = self._expected(item, item.resource)
        for resource in index.candidates(self, item.resource):
            exists = item.world.exists(resource)
            if exists is False:
                continue
            other = Item(item.world, resource, item.judged)
            answer = both(exists, self._names(other, item.resource, expected))
            if answer is not False:
                (certain if answer else possible).append(other)
        return Items(certain, possible)

    def _names(self, other: Item, target: Resource, expected: list[Value]) -> Answer:
        answer: Answer = False
        for value in references(other, self.paths):
            found = names(value, target, expected)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    def _outgoing(self, item: Item, index: Index) -> Items:
        certain: list[Item] = []
        possible: list[Item] = []
        outside = False
        for value in references(item, self.paths):
            known = False
            for resource in index.targets(self, value):
                expected = self._expected(Item(item.world, resource), resource)
                answer = both(item.world.exists(resource), names(value, resource, expected))
                known = known or answer is True
                if answer is not False:
                    (certain if answer else possible).append(Item(item.world, resource, item.judged))
            outside = outside or not known
        return Items(certain, possible, outside)

    def _expected(self, item: Item, target: Resource) -> list[Value]:
        """The texts by which the target may be named: its reference and its identifier, in the relation's form."""
        holder = Item(item.world, target)
        own = [Reference(target.id), self.identifier(holder)]
        if self.form is None:
            return own
        return [self._formed(item, name) for name in own if name is not ABSENT]

    def _formed(self, item: Item, name: Value) -> Value:
        pieces: list[Value] = []
        for piece in self.form or ():
            value = name if piece == "{id}" else piece if isinstance(piece, str) else read(item, piece)
            pieces.append("" if value is ABSENT else value)
        return join(pieces)

    def identifier(self, item: Item) -> Value:
        """The identifier that the resource was given, or absent where AWS makes one up."""
        if self.key is not None:
            return read(item, self.key)
        name = IDENTIFIERS.get(item.resource.type)
        return read(item, (name,)) if name else ABSENT


def references(item: Item, paths: tuple[Steps, ...]) -> Iterator[Value]:
    """The values at some paths, one by one; an unresolved list counts as one unresolved value."""
    for steps in paths:
        value = read(item, steps)
        if isinstance(value, Many):
            yield from (found for _, found in value.found if found is not ABSENT)
            if not value.complete:
                yield Unresolved("the list is known only at deployment")
        elif value is not ABSENT:
            yield value


def names(value: Value, target: Resource, expected: list[Value]) -> Answer:
    """Whether a value names the target, which is known under the expected texts."""
    answer: Answer = False
    for text in expected:
        found = _is(value, text)
        if found:
            return True
        if found is None:
            answer = None
    if answer is False and target.subject.arn and isinstance(value, str):
        return value == target.subject.arn
    return answer


def _is(value: Value, expected: Value) -> Answer:
    if expected is ABSENT:
        return False  # a name that AWS makes up at deployment cannot be written down before
    if isinstance(value, Reference) or isinstance(expected, Reference):
        return _is_reference(value, expected)
    if isinstance(value, str) and isinstance(expected, str):
        if value.lower() == expected.lower():
            return True
        return None if value.startswith("arn:") and value.lower().endswith(_tails(expected)) else False
    if isinstance(value, Unresolved) and value.external:
        return False
    if isinstance(value, Text) and value.parts[0].__class__ is str and value.parts[0].startswith("arn:"):
        return _is_last(value, expected)
    if isinstance(value, OPAQUE) or isinstance(expected, OPAQUE):
        return opaque_equal(value, expected, fold=True)
    return False


def _is_reference(value: Value, expected: Value) -> Answer:
    if isinstance(value, Reference) and isinstance(expected, Reference):
        return value.id == expected.id
    if isinstance(value, Text) and isinstance(expected, Reference):
        return _is_last(value, expected)
    return False


def _is_last(value: Text, expected: Value) -> Answer:
    """Whether partly known text, such as an ARN put together, ends with the expected name."""
    last, before = value.parts[-1], value.parts[-2]
    if isinstance(expected, Reference):
        joined = isinstance(before, str) and before.endswith(SEPARATORS)
        return isinstance(last, Reference) and last.id == expected.id and joined
    if same(last, expected):
        return True
    if isinstance(last, str) and isinstance(expected, str):
        return last.lower().endswith(_tails(expected)) or (None if fits(value, expected) else False)
    return None if isinstance(last, OPAQUE) and not isinstance(last, Reference) else False


def _tails(name: str) -> tuple[str, ...]:
    return tuple(separator + name.lower() for separator in SEPARATORS)


class Index:
    """Which resources may stand at the other end of a relation, found once and checked in each scenario."""

    def __init__(self, world: World, by_type: dict[str, list[Resource]], by_id: dict[str, Resource]) -> None:
        self.world, self.by_type, self.by_id = world, by_type, by_id
        self._incoming: dict[Relation, tuple[dict[str, list[Resource]], list[Resource]]] = {}
        self._named: dict[Relation, tuple[dict[str, list[Resource]], list[Resource]]] = {}

    def candidates(self, relation: Relation, target: Resource) -> list[Resource]:
        """The resources whose path may name the target."""
        if relation not in self._incoming:
            self._incoming[relation] = self._index_incoming(relation)
        linked, written = self._incoming[relation]
        found = linked.get(target.id, [])
        if written and (target.subject.arn or relation.identifier(Item(self.world, target)) is not ABSENT):
            return found + [one for one in written if one not in found]
        return found

    def _index_incoming(self, relation: Relation) -> tuple[dict[str, list[Resource]], list[Resource]]:
        linked: dict[str, list[Resource]] = {}
        written: list[Resource] = []
        for resource in self._of(relation.types):
            ids: set[str] = set()
            plain = False
            for steps in relation.paths:
                raw = _raw(resource.properties, steps)
                plain = _scan(raw, ids, self.by_id) or plain
            for name in ids:
                linked.setdefault(name, []).append(resource)
            if plain:
                written.append(resource)
        return linked, written

    def targets(self, relation: Relation, value: Value) -> list[Resource]:
        """The resources that a value may name."""
        if isinstance(value, Reference):
            target = self.by_id.get(value.id)
            return [target] if target is not None and target.type in relation.types else []
        if relation not in self._named:
            self._named[relation] = self._index_named(relation)
        named, floating = self._named[relation]
        if isinstance(value, str):
            last = value.lower().replace("/", ":").rsplit(":", 1)[-1]
            return named.get(value.lower(), named.get(last, [])) + floating
        return [resource for resource in self._of(relation.types) if not isinstance(value, Unresolved) or value.key]

    def _index_named(self, relation: Relation) -> tuple[dict[str, list[Resource]], list[Resource]]:
        named: dict[str, list[Resource]] = {}
        floating: list[Resource] = []
        for resource in self._of(relation.types):
            before = self.world.consulted
            name = relation.identifier(Item(self.world, resource))
            if self.world.consulted != before or isinstance(name, OPAQUE):
                floating.append(resource)
            elif isinstance(name, str):
                named.setdefault(name.lower(), []).append(resource)
        return named, floating

    def _of(self, types: tuple[str, ...]) -> list[Resource]:
        return [resource for name in types for resource in self.by_type.get(name, ())]


def _raw(value: Any, steps: Steps) -> Any:
    """What is written at a path, or at the intrinsic function that stands in its way."""
    for step in steps:
        if step is None:
            return value
        if not isinstance(value, dict) or (isinstance(step, str) and step not in value):
            return value if isinstance(value, dict) and len(value) == 1 else None
        value = value[step] if isinstance(step, str) else value
    return value


def _scan(raw: Any, ids: set[str], by_id: dict[str, Resource]) -> bool:
    """Collect the resources that raw data refers to; whether it may also name one by text."""
    stack, plain = [raw], False
    for _ in range(10_000):
        if not stack:
            return plain
        value = stack.pop()
        if isinstance(value, dict):
            if len(value) == 1 and value.get("Ref") in by_id:
                ids.add(value["Ref"])
            else:
                stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif value is not None:
            plain = True
            ids.update(name for name in _words(str(value)) if name in by_id)
    ids.update(by_id)
    return True


def _words(value: str) -> Iterator[str]:
    yield value
    yield value.split(".", 1)[0]
    for piece in value.split("${")[1:]:
        yield piece.split("}", 1)[0].split(".", 1)[0].strip()
