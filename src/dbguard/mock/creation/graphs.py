"""DocumentDB and Neptune, which share the API of RDS."""

from __future__ import annotations

from collections.abc import Mapping

from dbguard.mock.creation.declaration import Creation
from dbguard.mock.creation.rds import cluster, group, member, snapshot

SCALING = "ServerlessV2ScalingConfiguration"
NEPTUNE = {"DBPort": "Port", "ServerlessScalingConfiguration": SCALING}

CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::DocDB::DBSubnetGroup": (
        Creation("docdb", "CreateDBSubnetGroup", "DBSubnetGroupName", defaults={"DBSubnetGroupDescription": "mocked"}),
    ),
    "AWS::DocDB::DBClusterParameterGroup": (group("docdb", "DBClusterParameterGroup", "Name"),),
    # moto refuses the engine `docdb`: a patch relabels what is made as Aurora MySQL.
    "AWS::DocDB::DBCluster": cluster("docdb", "aurora-mysql"),
    "AWS::DocDB::DBInstance": (member("docdb", "aurora-mysql"),),
    "AWS::DocDB::DBClusterSnapshot": (snapshot("docdb", "DBClusterSnapshot", "DBClusterIdentifier"),),
    "AWS::Neptune::DBSubnetGroup": (
        Creation(
            "neptune", "CreateDBSubnetGroup", "DBSubnetGroupName", defaults={"DBSubnetGroupDescription": "mocked"}
        ),
    ),
    "AWS::Neptune::DBClusterParameterGroup": (group("neptune", "DBClusterParameterGroup", "Name"),),
    "AWS::Neptune::DBParameterGroup": (group("neptune", "DBParameterGroup", "Name"),),
    "AWS::Neptune::DBCluster": cluster("neptune", "neptune", NEPTUNE),
    "AWS::Neptune::DBInstance": (member("neptune", "neptune"),),
    "AWS::Neptune::DBClusterSnapshot": (snapshot("neptune", "DBClusterSnapshot", "DBClusterIdentifier"),),
}
