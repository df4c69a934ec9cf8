"""The picture of the fleet: which databases were judged, what each belongs to and replicates, and how it fares.

It is drawn in the scenario that the defaults make, along the named relations of the topology.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbguard.conditions.relation import Relation, references
from dbguard.finding import locate
from dbguard.inventory import Impossible, Inventory, Item, Resource, read
from dbguard.model import WAIVABLE, WAIVED, Finding, Location, Member, badness
from dbguard.policy import Topology, relation
from dbguard.value import Reference

Names = tuple[str, ...]
NOTHING: tuple[Names, Names] = ((), ())
# The databases, each with the relations to what it is a member of, and to what it is a replica of.
DATABASES: dict[str, tuple[Names, Names]] = {
    "AWS::RDS::DBInstance": (("rds/cluster",), ("rds/source", "rds/source-cluster")),
    "AWS::RDS::DBCluster": (("rds/global-cluster",), ("rds/cluster-source",)),
    "AWS::RDS::GlobalCluster": NOTHING,
    "AWS::DocDB::DBInstance": (("documentdb/cluster",), ()),
    "AWS::DocDB::DBCluster": (("documentdb/global-cluster",), ()),
    "AWS::DocDB::GlobalCluster": NOTHING,
    "AWS::Neptune::DBInstance": (("neptune/cluster",), ()),
    "AWS::Neptune::DBCluster": (("neptune/global-cluster",), ()),
    "AWS::Neptune::GlobalCluster": NOTHING,
    "AWS::DynamoDB::Table": NOTHING,
    "AWS::DynamoDB::GlobalTable": NOTHING,
    "AWS::DAX::Cluster": NOTHING,
    "AWS::Redshift::Cluster": NOTHING,
    "AWS::RedshiftServerless::Workgroup": (("redshift-serverless/namespace",), ()),
    "AWS::RedshiftServerless::Namespace": NOTHING,
    "AWS::ElastiCache::ReplicationGroup": (("elasticache/global-datastore",), ()),
    "AWS::ElastiCache::GlobalReplicationGroup": NOTHING,
    "AWS::ElastiCache::CacheCluster": NOTHING,
    "AWS::ElastiCache::ServerlessCache": NOTHING,
    "AWS::MemoryDB::Cluster": (("memorydb/multi-region-cluster",), ()),
    "AWS::MemoryDB::MultiRegionCluster": NOTHING,
    "AWS::Timestream::Table": (("timestream/database",), ()),
    "AWS::Timestream::Database": NOTHING,
    "AWS::Timestream::InfluxDBCluster": NOTHING,
    "AWS::Timestream::InfluxDBInstance": NOTHING,
    "AWS::Cassandra::Table": (("keyspaces/keyspace",), ()),
    "AWS::Cassandra::Keyspace": NOTHING,
}
# Where a database says in which Availability Zones it is, or that it is in more than one.
ZONES = (
    "AvailabilityZone",
    "AvailabilityZones",
    "PreferredAvailabilityZone",
    "PreferredAvailabilityZones",
    "PreferredCacheClusterAZs",
)
SPREAD = ("MultiAZ", "MultiAZEnabled")
REGIONS = "Replicas"  # of a global table


class Picture:
    """Collects members over all inventories of a run; where one is judged twice, the worse verdict is kept."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._relations: dict[str, Relation] = {}
        self._worst: dict[str, tuple[str, str]] = {}  # verdict and severity, by type and id, in this inventory
        self._members: dict[tuple[str, str], Member] = {}

    def members(self) -> tuple[Member, ...]:
        """All of them, by home and in the order of their text."""
        return tuple(sorted(self._members.values(), key=_order))

    def note(self, resource: Resource, verdict: str, severity: str) -> None:
        """Remember a verdict on a resource of the inventory at hand."""
        if resource.type in DATABASES:
            name = f"{resource.type}/{resource.id}"
            self._worst[name] = _worse((verdict, severity), self._worst.get(name))

    def draw(self, inventory: Inventory) -> None:
        """Draw the resources of an inventory that verdicts were noted on."""
        for resource in inventory.resources:
            worst = self._worst.get(f"{resource.type}/{resource.id}")
            if worst:
                self._add(self._member(resource, inventory, worst))
        self._worst = {}

    def _add(self, member: Member) -> None:
        key = (member.home, member.name)
        known = self._members.get(key)
        worst = _worse((member.verdict, member.severity), (known.verdict, known.severity) if known else None)
        self._members[key] = member._replace(verdict=worst[0], severity=worst[1])

    def _member(self, resource: Resource, inventory: Inventory, worst: tuple[str, str]) -> Member:
        item = Item(inventory.world, resource)
        inventory.world.assign(inventory.world.defaults())
        inside, sources = DATABASES[resource.type]
        return Member(
            inventory.name,
            resource.id,
            resource.subject,
            locate(inventory, resource.place),
            ", ".join(dict.fromkeys(_zones(item))),
            self._ends(inside, item, inventory),
            self._ends(sources, item, inventory),
            *worst,
        )

    def _ends(self, names: Names, item: Item, inventory: Inventory) -> Names:
        """What stands at the other ends of some relations; of what the defaults leave out, what it names anyhow."""
        edges = [self._relation(name) for name in names]
        for choices in (inventory.world.defaults(), {}):
            inventory.world.assign(choices)
            found = {name for edge in edges for name in _others(edge, item, inventory)}
            if found:
                return tuple(sorted(found))
        return ()

    def _relation(self, name: str) -> Relation:
        if name not in self._relations:
            self._relations[name] = relation(self._topology.relations[name])
        return self._relations[name]


def coloured(members: Iterable[Member], findings: Iterable[Finding]) -> Iterator[Member]:
    """The members in the colour of their worst finding that is not waived, whoever found it."""
    rows: dict[object, list[Finding]] = {}
    for one in findings:
        rows.setdefault((one.resource, one.judged_at), []).append(one)
    for member in members:
        about = rows.get((member.resource, member.location), [])
        left = [(one.verdict, one.severity) for one in about if one.verdict in WAIVABLE and one.waiver is None]
        waived = [(WAIVED, member.severity) for one in about if one.waiver is not None]
        verdict, severity = min(left, key=badness) if left else (*waived, (member.verdict, member.severity))[0]
        yield member._replace(verdict=verdict, severity=severity)


def _others(edge: Relation, item: Item, inventory: Inventory) -> list[str]:
    try:
        certain = [f"{one.resource.type}/{one.resource.id}" for one in edge.items(item).certain]
        values = references(item, edge.paths)
        return certain or [name for value in values for name in _named(value, inventory, edge.types[0])]
    except Impossible:
        return []


def _named(value: object, inventory: Inventory, kind: str) -> Iterator[str]:
    """The resource that a reference is to, or the ARN or name of one elsewhere."""
    if isinstance(value, Reference) and value.id in inventory.by_id:
        yield f"{inventory.by_id[value.id].type}/{value.id}"
    elif isinstance(value, str) and value:
        yield value if value.startswith("arn:") else f"{kind}/{value}"


def _zones(item: Item) -> Iterator[str]:
    for name in (*ZONES, *SPREAD, REGIONS):
        try:
            value = item.world.deep(read(item, (name,)))
        except Impossible:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and name in ZONES:
                yield one
            if isinstance(one, dict) and name == REGIONS and isinstance(one.get("Region"), str):
                yield one["Region"]
        if name in SPREAD and (value is True or value == "true"):
            yield "Multi-AZ"


def _worse(one: tuple[str, str], other: tuple[str, str] | None) -> tuple[str, str]:
    return min(one, other or one, key=badness)


def _order(member: Member) -> tuple[str, str, int, str]:
    location: Location | None = member.location
    return (member.home, location.file, location.line, member.id) if location else (member.home, "", 0, member.id)
