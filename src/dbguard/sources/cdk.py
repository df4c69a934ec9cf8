"""Cloud assemblies of the AWS CDK (`cdk.out`): which templates are stacks, where they go, what wrote their resources.

The manifest's form is that of the CDK's cloud-assembly schema; stages are assemblies inside the assembly.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dbguard.errors import DocumentError
from dbguard.model import Gap, Location
from dbguard.sources.document import contents

MANIFEST, MARK = "manifest.json", "cdk.out"  # the second is a file of that name inside the folder
_FRAME = re.compile(r"\(?([^()\s]+):(\d+):(\d+)\)?$")
_ENVIRONMENT = re.compile(r"aws://([^/]+)/([^/]+)")


class Stack(NamedTuple):
    """A stack of an assembly: its template, what the environment says, and its constructs' source lines by path."""

    file: str
    environment: dict[str, str]
    constructs: dict[str, Location]


def is_assembly(files: list[str]) -> bool:
    """Whether a folder with these files is a cloud assembly."""
    return MANIFEST in files and MARK in files


def stacks(folder: str) -> Iterator[Stack | Gap]:
    """The stacks of an assembly, and what of it cannot be read."""
    manifest = _shown(folder, MANIFEST)
    try:
        artifacts = _artifacts(manifest)
    except DocumentError as error:
        yield Gap(manifest, error.kind, error.detail, Location(manifest, error.line, error.column))
        return
    for name, artifact in artifacts.items():
        if isinstance(artifact, dict) and artifact.get("type") == "aws:cloudformation:stack":
            properties = artifact.get("properties")
            file = properties.get("templateFile") if isinstance(properties, dict) else None
            if isinstance(file, str):
                yield Stack(os.path.join(folder, file), _environment(artifact), _constructs(folder, artifact))
            else:
                yield Gap(manifest, "malformed", f"stack {name} names no template", Location(manifest, 1, 1))
        elif isinstance(artifact, dict) and artifact.get("type") == "cdk:cloud-assembly":
            properties = artifact.get("properties")
            inner = properties.get("directoryName") if isinstance(properties, dict) else None
            if not isinstance(inner, str) or not os.path.isfile(os.path.join(folder, inner, MANIFEST)):
                yield Gap(manifest, "unreadable", f"stage {name} has no assembly here", Location(manifest, 1, 1))


def _artifacts(manifest: str) -> dict[str, Any]:
    found = _json(manifest).get("artifacts")
    if not isinstance(found, dict):
        raise DocumentError("malformed", "the manifest has no artifacts")
    return found


def _shown(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, name)).replace(os.sep, "/")


def _json(file: str) -> dict[str, Any]:
    try:
        found = json.loads(contents(file))
    except (ValueError, RecursionError) as error:
        raise DocumentError("unreadable", f"broken JSON: {error}") from None
    if not isinstance(found, dict):
        raise DocumentError("malformed", "it is no mapping")
    return found


def _environment(artifact: Mapping[str, Any]) -> dict[str, str]:
    """The account and Region that a stack is for, as far as the author said them."""
    found = _ENVIRONMENT.fullmatch(str(artifact.get("environment")))
    pairs = zip(("AWS::AccountId", "AWS::Region"), found.groups() if found else (), strict=False)
    return {name: value for name, value in pairs if not value.startswith("unknown-")}


def _constructs(folder: str, artifact: Mapping[str, Any]) -> dict[str, Location]:
    """Where each construct was made, for those whose trace was recorded."""
    metadata = artifact.get("metadata")
    apart = artifact.get("additionalMetadataFile")
    if isinstance(apart, str):
        try:
            metadata = _json(os.path.join(folder, apart))
        except DocumentError:
            metadata = None  # it only says where things were made
    found: dict[str, Location] = {}
    for path, entries in metadata.items() if isinstance(metadata, dict) else ():
        for entry in entries if isinstance(entries, list) else ():
            trace = entry.get("trace") if isinstance(entry, dict) else None
            place = next(filter(None, map(_frame, trace)), None) if isinstance(trace, list) else None
            if place:
                found.setdefault(path.removeprefix("/"), place)
    return found


def _frame(line: object) -> Location | None:
    """The author's line in a stack trace, by the first frame outside of installed packages."""
    found = _FRAME.search(str(line))
    if found is None or "node_modules" in found[1] or "site-packages" in found[1] or found[1].startswith("node:"):
        return None
    file = found[1] if not os.path.isabs(found[1]) else os.path.relpath(found[1])
    return Location(file.replace(os.sep, "/"), int(found[2]), int(found[3]))
