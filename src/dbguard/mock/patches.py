"""Where moto drops what it is given, or reads it back otherwise than AWS does: set right on moto's own objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import boto3
from moto.backends import get_backend

from dbguard.mock.build import Made
from dbguard.value import boolean

NO_KEY = "default_kms_key_id"  # what moto writes where no key was given


def apply(region: str, resources: Iterable[Made], names: Mapping[str, str]) -> None:
    """Mend what was made in a Region of resources under their physical names."""
    given = {(one.type, names.get(one.id, "")): one.properties for one in resources}
    key = _managed_key(region, "alias/aws/rds")
    for at, made in enumerate(_made("rds", region, "databases")):
        _instance(
            made, given.get(("AWS::RDS::DBInstance", made.db_instance_identifier), {}), f"{region}{'abc'[at % 3]}"
        )
    for made in _made("rds", region, "clusters"):
        _cluster(made, given.get(("AWS::RDS::DBCluster", made.db_cluster_identifier), {}))
    for made in (*_made("rds", region, "clusters"), *_made("rds", region, "databases")):
        member = getattr(made, "db_instance_identifier", None) and made.db_cluster_identifier
        if not member and made.kms_key_id == NO_KEY:
            made.kms_key_id = key if made.storage_encrypted else None
    for made in _made("redshift", region, "clusters"):
        _warehouse(made, given.get(("AWS::Redshift::Cluster", made.cluster_identifier), {}))


def _instance(made: Any, properties: Mapping[str, Any], zone: str) -> None:
    if made.db_cluster_identifier and "AvailabilityZone" not in properties:
        made.availability_zone = zone  # AWS spreads the members of a cluster


def _cluster(made: Any, properties: Mapping[str, Any]) -> None:
    if "PubliclyAccessible" in properties:
        made.publicly_accessible = boolean(properties["PubliclyAccessible"])  # moto drops it
    if made.engine.startswith("aurora") and not made.storage_encrypted and "StorageEncrypted" not in properties:
        made.storage_encryption_type = "sse-rds"  # a key that AWS owns is the default, which moto does not know


def _warehouse(made: Any, properties: Mapping[str, Any]) -> None:
    if "Encrypted" not in properties:
        made.encrypted = "true"  # the default, which moto does not know
    if "MultiAZ" in properties:
        made.multi_az = "Enabled" if boolean(properties["MultiAZ"]) else "Disabled"  # moto drops it


def _managed_key(region: str, alias: str) -> str:
    """The ARN of the key behind an alias of AWS, which moto takes for a customer's."""
    found = boto3.client("kms", region_name=region).describe_key(KeyId=alias)["KeyMetadata"]
    for made in _made("kms", region, "keys"):
        if made.id == found["KeyId"]:
            made.key_manager = "AWS"
    return str(found["Arn"])


def _made(service: str, region: str, kind: str) -> Iterator[Any]:
    backends: Any = get_backend(service)  # type: ignore[call-overload]  # the name is one of moto's own
    for account in backends.values():
        if region in account:
            yield from getattr(account[region], kind).values()
