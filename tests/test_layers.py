"""Imports point one way, start-up imports stay small, and a scan opens no connection."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "dbguard"
# Each room may import from the rooms before it, and from its own.
ROOMS = (
    {"dbguard", "dbguard.model", "dbguard.errors", "dbguard.identifiers", "dbguard.peers"},
    {"dbguard.backtracking", "dbguard.value", "dbguard.nearest", "dbguard.patterns"},
    {"dbguard.inventory", "dbguard.conditions.operators"},
    {"dbguard.conditions.relation"},
    {"dbguard.conditions.links", "dbguard.conditions.gathered", "dbguard.conditions.backups"},
    {"dbguard.conditions.subject"},
    {"dbguard.conditions.derived"},
    {"dbguard.conditions.condition"},
    {"dbguard.conditions.logic", "dbguard.conditions.operands"},
    {"dbguard.policy"},
    {"dbguard.engine"},
    {"dbguard.sources"},
    {
        "dbguard.discover",
        "dbguard.excerpt",
        "dbguard.finding",
        "dbguard.memo",
        "dbguard.parameters.files",
        "dbguard.parameters.samconfig",
        "dbguard.suppressions",
    },
    {
        "dbguard.policy_library",
        "dbguard.picture",
        "dbguard.families",
        "dbguard.authoring",
        "dbguard.drift",
        "dbguard.waiver",
    },
    {"dbguard.history.changes"},
    {"dbguard.history.earlier"},
    {"dbguard.settlement"},
    {"dbguard.frameworks", "dbguard.baseline", "dbguard.layers", "dbguard.profile", "dbguard.watch"},
    {"dbguard.configuration", "dbguard.options"},
    {
        "dbguard.scan",
        "dbguard.parameters.sets",
        "dbguard.reporters",
        "dbguard.facts",
        "dbguard.mock",
        "dbguard.executors",
        "dbguard.progress",
        "dbguard.verbose",
    },
    {"dbguard.command_line.outline", "dbguard.command_line.pages"},
    {"dbguard.command_line.manual", "dbguard.command_line.mistakes"},
    {
        "dbguard.command_line.arguments",
        "dbguard.command_line.more_arguments",
        "dbguard.cli",
        "dbguard.commands",
        "dbguard.command_line.completion",
        "dbguard.docs",
        "dbguard.integrations",
        "dbguard.command_line.reference",
        "dbguard.__main__",
    },
)
MODULES = sorted(SOURCE.rglob("*.py"))


def room(module: str) -> int:
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        for number, names in enumerate(ROOMS):
            if ".".join(parts[:end]) in names and (end > 1 or len(parts) == 1):
                return number
    raise AssertionError(f"{module} has no room: give it one")


def name_of(path: Path) -> str:
    parts = ["dbguard", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dbguard"):
            for alias in node.names:
                inner = SOURCE.joinpath(*node.module.split(".")[1:], alias.name)
                is_module = inner.with_suffix(".py").exists() or inner.is_dir()
                yield f"{node.module}.{alias.name}" if is_module else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("dbguard"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    here = name_of(path)
    wrong = [other for other in imported(path) if room(other) > room(here)]
    assert not wrong


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 40, node.name


SCAN = """
import socket, sys
def refuse(*arguments, **names):
    raise AssertionError("a connection")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from dbguard.cli import main
try:
    main(["scan", *sys.argv[1:]])
finally:
    heavy = {"cfnlint", "boto3", "botocore", "jsonpath_ng", "rich", "dataclasses", "pathlib"} & set(sys.modules)
    print("LOADED", sorted(heavy))
"""


def test_a_scan_imports_nothing_heavy_and_opens_no_connection() -> None:
    template = SOURCE.parent.parent / "sample_templates" / "rds-insecure.yaml"
    run = subprocess.run([sys.executable, "-c", SCAN, str(template)], capture_output=True, text=True, check=False)
    again = subprocess.run([sys.executable, "-c", SCAN, str(template)], capture_output=True, text=True, check=False)
    assert not run.stderr
    assert again.stdout.splitlines()[-1] == "LOADED []"
