"""Refreshes the data files of `policies/data` that the installed cfn-lint holds: `python -m dbguard.facts`.

cfn-lint ships what AWS's APIs list in each Region (engine versions, instance classes, node types) with the day on
which it asked. Only its files are read. A value counts where any Region has it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from dbguard.authoring.schema import folder
from dbguard.policy_library import CHECKOUT

WIDTH = 118
GENERATED = "Written by python -m dbguard.facts."


class Facts(NamedTuple):
    """One data file: what it is, where cfn-lint has it, under which property, and for how many days it holds."""

    name: str
    about: str
    file: str
    property: str
    key: str | None = None
    days: int = 180


VERSIONS = Facts(
    "rds-engine-versions",
    "Engine versions that RDS and Aurora list, deprecated ones among them",
    "aws_rds_dbinstance/engine_version.json",
    "EngineVersion",
    "Engine",
    100,
)
DEPRECATED = Facts(
    "rds-engine-versions-deprecated",
    "Engine versions that RDS and Aurora list as deprecated",
    "aws_rds_dbinstance/engine_version_deprecated.json",
    "EngineVersion",
    "Engine",
    400,
)
SOURCES = (
    Facts(
        "rds-instance-classes",
        "DB instance classes that an engine can be ordered with, in any Region and license model",
        "aws_rds_dbinstance/dbinstanceclass_enum.json",
        "DBInstanceClass",
        "Engine",
    ),
    Facts(
        "rds-cluster-instance-classes",
        "DB instance classes of Multi-AZ DB clusters, in any Region",
        "aws_rds_dbcluster/dbclusterinstanceclass_enum.json",
        "DBClusterInstanceClass",
        "Engine",
    ),
    VERSIONS,
    DEPRECATED,
    Facts(
        "elasticache-engine-versions",
        "Engine versions that ElastiCache lists",
        "aws_elasticache_cachecluster/engine_version.json",
        "EngineVersion",
        "Engine",
        100,
    ),
    Facts(
        "elasticache-node-types",
        "Node types of ElastiCache, in any Region",
        "aws_elasticache_cachecluster/cachenodetype_enum.json",
        "",
    ),
    Facts("dax-node-types", "Node types of DAX, in any Region", "aws_dax_cluster/nodetype_enum.json", ""),
    Facts(
        "documentdb-instance-classes",
        "Instance classes of DocumentDB, in any Region",
        "aws_docdb_dbinstance/dbinstanceclass_enum.json",
        "",
    ),
    Facts(
        "neptune-instance-classes",
        "Instance classes of Neptune, in any Region",
        "aws_neptune_dbinstance/dbinstanceclass_enum.json",
        "",
    ),
)


def day() -> str:
    """The day on which cfn-lint asked AWS."""
    with open(os.path.join(folder(), "version.json"), encoding="utf-8") as file:
        return str(json.load(file)["schema_date"])[:10]


def values(source: Facts) -> Any:
    """The values of a data file: a list, or a list for each engine."""
    with open(os.path.join(folder(), "extensions", *source.file.split("/")), encoding="utf-8") as file:
        root = json.load(file)
    found: dict[str, set[str]] = {}
    for key, listed in _lists(root, source):
        found.setdefault(key, set()).update(listed)
    if source.key is None:
        return sorted({one for listed in found.values() for one in listed})
    if source is DEPRECATED:
        every = dict(values(VERSIONS))
        for key, old in found.items():
            living = set(every[key]) - old
            old -= {one for one in old if _stands_for_newer(one, living)}
    return {key: sorted(listed) for key, listed in sorted(found.items())}


def _stands_for_newer(version: str, living: set[str]) -> bool:
    """Whether a version is short for one that is not deprecated: `8.0` for `8.0.mysql_aurora.3.10.0`."""
    return any(one.startswith(version + ".") for one in living)


def _lists(node: Any, source: Facts) -> Iterator[tuple[str, list[str]]]:
    """Every list of values in a schema, with the engine that it is for."""
    if source.key is None:
        yield from (("", one["enum"]) for one in node.values() if isinstance(one, dict))
        return
    for one in [node] if "allOf" in node else node.values():
        for rule in one["allOf"]:
            asked = rule["if"]["properties"]
            key = asked.get(source.key, {}).get("const")
            told = rule.get("then", {}).get("properties", {}) if isinstance(rule.get("then"), dict) else {}
            listed = told.get(source.property, {}).get("enum") or asked.get(source.property, {}).get("enum")
            if key and listed:
                yield key, listed


def render(source: Facts) -> str:
    """The data file's text."""
    lines = [
        f"# {source.about}. {GENERATED}",
        f"as_of: {day()}",
        f"max_age_days: {source.days}",
        f'source: ["cfn-lint, data/schemas/extensions/{source.file}: AWS\'s APIs of that day"]',
    ]
    found = values(source)
    if isinstance(found, list):
        lines += ["values:", *_wrapped(found, "  ")]
    else:
        lines.append("values:")
        for key, listed in found.items():
            lines += [f"  {key}:", *_wrapped(listed, "    ")]
    return "\n".join(lines) + "\n"


def _wrapped(listed: list[str], indent: str) -> Iterator[str]:
    """A list in flow style, in lines that fit a page."""
    line = indent + "["
    for at, one in enumerate(listed):
        piece = f'"{one}"' if one[0].isdigit() else one
        piece += "]" if at == len(listed) - 1 else ", "
        if len(line) + len(piece) > WIDTH:
            yield line.rstrip()
            line = indent + " "
        line += piece
    yield line


def main() -> None:
    """Write every data file."""
    for source in SOURCES:
        with open(os.path.join(CHECKOUT, "data", f"{source.name}.yaml"), "w", encoding="utf-8") as file:
            file.write(render(source))
    sys.stdout.write(f"{len(SOURCES)} data files of {day()}\n")


if __name__ == "__main__":
    main()
