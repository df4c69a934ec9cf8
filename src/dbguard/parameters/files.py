"""Sets of parameter values from files: what the CLI, CodePipeline, Git sync and SAM deploy with, or a plain map."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from dbguard.errors import DocumentError, UsageError
from dbguard.model import Path
from dbguard.sources.document import Document, read

SECTIONS = ("Parameters", "parameters")
BESIDE = {"tags", "stackpolicy", "template-file-path"}  # what a deployment file has beside its parameters
CONTEXT = ("cdk.json", ".cdk.json", "cdk.context.json")
Row = tuple[str, Any, Path]  # a parameter, its value, and where that stands


class ParameterSet(NamedTuple):
    """The values that one file, or one environment in it, deploys with."""

    name: str
    values: dict[str, Any]
    places: dict[str, str]  # of each value, as file:line:column
    template: str | None = None  # the only template that they are for
    within: Callable[[str], bool] | None = None  # the templates whose configuration names them

    def on(self, file: str) -> bool:
        """Whether they are for this template; what is read from standard input has no name to tell by."""
        if self.within and not self.within(file):
            return False
        if self.template is None or file == "<stdin>":
            return True
        wanted = os.path.normpath(self.template).replace(os.sep, "/").lstrip("/")
        found = os.path.abspath(file).replace(os.sep, "/")
        return found.endswith(f"/{wanted}")


def load(name: str) -> ParameterSet:
    """The values of a parameter file, FILE or FILE#ENVIRONMENT. Raises UsageError with file and line."""
    file, mark, environment = name.rpartition("#")
    if not mark or os.path.exists(name):
        file, environment = name, ""
    base = os.path.basename(file).lower()
    if base.endswith(".toml") or base.startswith("samconfig"):
        from dbguard.parameters import samconfig

        return ParameterSet(name, *checked(samconfig.load(file, environment)))
    if environment:
        raise UsageError(f"{file} has no environments, only samconfig files have: leave #{environment} away")
    return plain(file)


def plain(file: str) -> ParameterSet:
    """The values of a JSON or YAML file. Raises UsageError with file and line."""
    document = parsed(contents(file), file)
    _no_context(document.root, file)
    template = document.root.get("template-file-path") if isinstance(document.root, dict) else None
    rows = [(key, value, place(document, path)) for key, value, path in _rows(document)]
    return ParameterSet(file, *checked(rows), template if isinstance(template, str) else None)


def contents(file: str) -> bytes:
    """The bytes of a file. Raises UsageError."""
    try:
        with open(file, "rb") as handle:
            return handle.read()
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def parsed(data: bytes, file: str) -> Document:
    """JSON or YAML. Raises UsageError."""
    try:
        return read(data, file)
    except DocumentError as error:
        raise UsageError(f"{file}:{error.line}:{error.column}: {error.detail}") from error


def place(document: Document, path: Path) -> str:
    """A place in a document, as file:line:column."""
    line, column = document.position(path)
    return f"{document.file}:{line}:{column}"


def checked(rows: list[tuple[str, Any, str]]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values and their places. Raises UsageError for what CloudFormation takes as no value."""
    for name, value, where in rows:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, (str, int, float)) for part in parts):
            raise UsageError(f"{where}: the value of parameter {name} is not a text, number, boolean or list")
    values = {name: ",".join(map(_text, one)) if isinstance(one, list) else one for name, one, _ in rows}
    return values, {name: where for name, _, where in rows}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _no_context(root: Any, file: str) -> None:
    """The CDK's context is what its app reads when it makes templates: nothing of it is a parameter's value."""
    app = isinstance(root, dict) and "app" in root and isinstance(root.get("context"), dict)
    if app or os.path.basename(file) in CONTEXT:
        raise UsageError(
            f"{file}: CDK context gives no parameter a value, it shapes what cdk synth makes: "
            "scan cdk.out, with --parameter for what cdk deploy --parameters is given"
        )


def _rows(document: Document) -> Iterator[Row]:
    """The parameters of a map or list, at the root or below `Parameters`."""
    found, path = document.root, ()  # type: tuple[Any, Path]
    if isinstance(found, dict):
        section = next((name for name in SECTIONS if isinstance(found.get(name), (dict, list))), None)
        if section:
            found, path = found[section], (section,)
        elif found.keys() and {name.lower() for name in found} <= BESIDE | {"parameters"}:
            return
    if isinstance(found, dict) and "ParameterKey" not in found:
        yield from ((str(name), value, (*path, name)) for name, value in found.items())
        return
    listed = isinstance(found, list)
    for index, row in enumerate(found if listed else [found]):
        yield from _row(row, (*path, index) if listed else path, document)


def _row(row: Any, path: Path, document: Document) -> Iterator[Row]:
    """One of the CLI's list: ParameterKey and ParameterValue, or `Name=value`."""
    if isinstance(row, str) and row.partition("=")[0] and "=" in row:
        name, _, value = row.partition("=")
        yield name, value, path
    elif isinstance(row, dict) and isinstance(row.get("ParameterKey"), str):
        if row.get("UsePreviousValue") not in (True, "true"):
            yield row["ParameterKey"], row.get("ParameterValue"), (*path, "ParameterValue")
    else:
        form = "a parameter file is a map of names to values, or a list of ParameterKey and ParameterValue"
        raise UsageError(f"{place(document, path)}: {form}")
