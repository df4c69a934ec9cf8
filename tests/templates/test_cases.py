"""A folder a case: a template, or templates in `scan`, and what dbguard finds; `UPDATE_EXPECTED=1` writes it anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dbguard.model import Location
from dbguard.options import Options
from dbguard.policy_library import Library
from dbguard.scan import Scan

CASES = Path(__file__).parent / "cases"
IDS = (
    "rds/storage-encrypted",
    "rds/backup-retention",
    "rds/backup-retention-minimum",
    "rds/read-replica-source-backups",
    "rds/read-replica-limit",
    "dynamodb/point-in-time-recovery",
    "dynamodb/customer-managed-key",
)
LIBRARY = Library()


def found(template: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    monkeypatch.chdir(template.parent)
    report = Scan(LIBRARY, Options(LIBRARY.chosen(IDS, (), every=False))).run([template.name])
    findings = [
        f"{_place(one.location, template)}: {one.verdict} {one.policy} {one.resource.id}"
        f"{_choices(' when', one.when)}{_choices(' unless', one.unless)}: {one.message}"
        for one in report.findings
    ]
    gaps = [f"{_place(gap.location, template)}: {gap.kind}: {gap.detail}" for gap in report.gaps]
    return {
        "findings": findings,
        "gaps": gaps,
        "verdicts": [f"{key} {value}" for key, value in report.verdicts.items()],
    }


def _place(location: Location | None, template: Path) -> str:
    if location is None:
        return "0"
    return str(location.line) if location.file == template.name else f"{location.file}:{location.line}"


def _choices(word: str, choices: dict[str, Any] | None) -> str:
    return f"{word} {', '.join(f'{key}={value}' for key, value in choices.items())}" if choices else ""


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (template,) = [*(CASES / case).glob("template.*"), *(CASES / case).glob("scan")]
    expected = CASES / case / "expected.json"
    seen = found(template, monkeypatch)
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(json.dumps(seen, indent=1, ensure_ascii=False) + "\n")
    assert seen == json.loads(expected.read_text())
