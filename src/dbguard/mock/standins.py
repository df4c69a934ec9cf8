"""What resources name and the template does not have, as it belongs to another stack: moto refuses them without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dbguard.mock.made import Made

SOURCE = "mocked-source"  # of a snapshot that does not say of what it was made


class StandIn(NamedTuple):
    """A resource to make under the name that another one gives."""

    type: str
    property: str  # which names it
    properties: Mapping[str, Any] = {}
    removed: str = ""  # the operation that takes it away again: a snapshot outlives what it was made of


_SUBNETS = StandIn("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName")
_OPTIONS = StandIn("AWS::RDS::OptionGroup", "OptionGroupName", {"EngineName": "mysql", "MajorEngineVersion": "8.0"})
_PARAMETERS = StandIn("AWS::RDS::DBParameterGroup", "DBParameterGroupName", {"Family": "mysql8.0"})
_CLUSTER = StandIn("AWS::RDS::DBCluster", "DBClusterIdentifier", {"Engine": "aurora-mysql"}, "DeleteDBCluster")
_GROUPS = (_SUBNETS, _OPTIONS, _PARAMETERS)

NEEDED: Mapping[str, tuple[StandIn, ...]] = {
    "AWS::RDS::DBInstance": _GROUPS,
    "AWS::RDS::DBCluster": (_SUBNETS,),
    "AWS::RDS::DBSnapshot": (
        StandIn("AWS::RDS::DBInstance", "DBInstanceIdentifier", {"Engine": "mysql"}, "DeleteDBInstance"),
    ),
    "AWS::RDS::DBClusterSnapshot": (_CLUSTER,),
    "AWS::DocDB::DBClusterSnapshot": (_CLUSTER,),
    "AWS::Neptune::DBClusterSnapshot": (_CLUSTER,),
    "AWS::MemoryDB::Cluster": (StandIn("AWS::MemoryDB::SubnetGroup", "SubnetGroupName"),),
}


def wanted(one: Made) -> Iterator[tuple[StandIn, Made]]:
    """What a resource needs that may be missing, as resources to make."""
    for stand_in in NEEDED.get(one.type, ()):
        name = one.properties.get(stand_in.property) or (SOURCE if stand_in.removed else "")
        if isinstance(name, str) and name and not name.startswith(("arn:", "default.", "default:")):
            given = {**stand_in.properties, stand_in.property: name}
            yield stand_in, Made(f"{stand_in.type} {name}", stand_in.type, given)
