"""JSONPath in policies: parsed by jsonpath-ng ahead of time into plain steps."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dbguard.inventory import Steps


class PathError(ValueError):
    """A path that is no JSONPath, or uses more of it than policies may."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Steps:
    """The steps of a path such as `$.Replicas[*].Region`: names, indexes, and None for `[*]`."""
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.parser import parse as parse_jsonpath

    if not text.startswith("$"):
        raise PathError(f"path {text!r} must begin with $")
    try:
        return tuple(_steps(parse_jsonpath(text)))
    except JSONPathError as error:
        raise PathError(f"path {text!r} cannot be read: {' '.join(str(error).split())}") from error


def _steps(node: Any) -> list[str | int | None]:
    from jsonpath_ng.jsonpath import Child, Fields, Index, Root, Slice, Wildcard

    if isinstance(node, Root):
        return []
    if isinstance(node, Child):
        return _steps(node.left) + _steps(node.right)
    if isinstance(node, Fields) and len(node.fields) == 1:
        return [None if node.fields[0] == "*" else node.fields[0]]
    if isinstance(node, Index) and len(node.indices) == 1:
        return [node.indices[0]]
    if isinstance(node, Wildcard) or (isinstance(node, Slice) and node.start is node.end is node.step is None):
        return [None]
    raise PathError(f"{node} is more than a policy's path may hold: names, [0] and [*]")
