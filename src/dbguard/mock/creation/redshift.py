"""Redshift clusters and their groups."""

from __future__ import annotations

from collections.abc import Mapping

from dbguard.mock.creation.declaration import After, Arguments, Creation, Properties, these
from dbguard.mock.creation.rds import MASTER

COPY = {"SnapshotCopyRetentionPeriod": "RetentionPeriod"}


def _logging(properties: Properties) -> list[Arguments]:
    """Logs go to S3 unless something else is asked for."""
    return [{"LogDestinationType": "s3", **properties["LoggingProperties"]}]


_PLAIN = Creation(
    "redshift",
    "CreateCluster",
    "ClusterIdentifier",
    renamed=COPY,
    defaults={**MASTER, "NodeType": "ra3.xlplus"},
    after=(
        After("LoggingProperties", "EnableLogging", _logging),
        After("SnapshotCopyGrantName", "CreateSnapshotCopyGrant", these("SnapshotCopyGrantName"), named=""),
        After(
            "DestinationRegion",
            "EnableSnapshotCopy",
            these("DestinationRegion", "SnapshotCopyGrantName", "SnapshotCopyRetentionPeriod"),
        ),
    ),
)

CREATIONS: Mapping[str, tuple[Creation, ...]] = {
    "AWS::Redshift::ClusterSubnetGroup": (Creation("redshift", "CreateClusterSubnetGroup", "ClusterSubnetGroupName"),),
    "AWS::Redshift::ClusterParameterGroup": (
        Creation("redshift", "CreateClusterParameterGroup", "ParameterGroupName"),
    ),
    "AWS::Redshift::Cluster": (
        _PLAIN._replace(
            operation="RestoreFromClusterSnapshot", defaults={}, when="SnapshotIdentifier", outside=lambda _: True
        ),
        _PLAIN,
    ),
}
