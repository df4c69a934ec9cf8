"""A network for what is made: its own subnets stand in for those that a template names but does not have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BLOCK = "10.0.0.0/16"


class Network:
    """One VPC in a Region of the mocked account."""

    def __init__(self, ec2: Any, region: str) -> None:
        self._ec2 = ec2
        self.region = region
        self._vpc = ""
        self._made: list[str] = []
        self._known: dict[str, str] = {}

    @property
    def vpc(self) -> str:
        """The id of the VPC."""
        self._vpc = self._vpc or self._ec2.create_vpc(CidrBlock=BLOCK)["Vpc"]["VpcId"]
        return self._vpc

    def arguments(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """What a subnet is made with: only its zone matters to a database, and any address range serves."""
        number = len(self._made)
        self._made.append("")
        block = f"10.0.{number // 4 % 256}.{number % 4 * 64}/26"
        return {"VpcId": self.vpc, "CidrBlock": block, **self._zone(properties, number)}

    def subnets(self, names: list[Any]) -> list[Any]:
        """Ids of subnets that are there, as many as are named."""
        return [name if self._there(name) else self._instead(str(name)) for name in names]

    def two(self) -> list[str]:
        """Two subnets in different zones."""
        return [self._instead(f"{self.region}{zone}", {"AvailabilityZone": zone}) for zone in "ab"]

    def _zone(self, properties: Mapping[str, Any], number: int) -> dict[str, Any]:
        """The zone of this Region for one that may be another's."""
        zones = self._ec2.describe_availability_zones()["AvailabilityZones"]
        wanted = str(properties.get("AvailabilityZoneId") or properties.get("AvailabilityZone") or "")
        key = "ZoneId" if properties.get("AvailabilityZoneId") else "ZoneName"
        found = [one for one in zones if wanted and one[key].endswith(wanted[-1])]
        chosen = found[0] if found else zones[number % len(zones)]
        return {"AvailabilityZone": chosen["ZoneName"]}

    def _instead(self, name: str, properties: Mapping[str, Any] = {}) -> str:
        if name not in self._known:
            made = self._ec2.create_subnet(**self.arguments(properties))
            self._known[name] = made["Subnet"]["SubnetId"]
        return self._known[name]

    def _there(self, name: Any) -> bool:
        filters = [{"Name": "subnet-id", "Values": [str(name)]}]
        return bool(self._ec2.describe_subnets(Filters=filters)["Subnets"])
