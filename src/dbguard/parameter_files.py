"""Parameter values from files: the CloudFormation CLI's list, or a simple map, as JSON or YAML."""

from __future__ import annotations

from typing import Any

from dbguard.errors import DocumentError, UsageError
from dbguard.sources.document import read


def load(file: str) -> dict[str, Any]:
    """The values of a parameter file. Raises UsageError with file and line."""
    try:
        with open(file, "rb") as handle:
            root = read(handle.read(), file).root
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    except DocumentError as error:
        raise UsageError(f"{file}:{error.line}:{error.column}: {error.detail}") from error
    if isinstance(root, dict) and isinstance(root.get("Parameters"), (dict, list)):
        root = root["Parameters"]
    found = dict(root) if isinstance(root, dict) else _listed(root, file)
    for name, value in found.items():
        if isinstance(value, dict) or value is None:
            raise UsageError(f"{file}: the value of parameter {name} is not a text, number, boolean or list")
    return {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in found.items()}


def _listed(root: Any, file: str) -> dict[str, Any]:
    """The CloudFormation CLI's form: a list of ParameterKey and ParameterValue."""
    found: dict[str, Any] = {}
    for row in root if isinstance(root, list) else [root]:
        if not isinstance(row, dict) or not isinstance(row.get("ParameterKey"), str):
            raise UsageError(
                f"{file}: a parameter file is a map of names to values, or a list of ParameterKey and ParameterValue"
            )
        if row.get("UsePreviousValue") in (True, "true"):
            continue
        found[row["ParameterKey"]] = row.get("ParameterValue")
    return found
