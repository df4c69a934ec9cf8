"""A tree with templates in it, and what a scan there says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dbguard.cli import main

DB = """Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Conditions:
  Prod: !Equals [!Ref Env, prod]
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      StorageEncrypted: !If [Prod, true, false]
      MultiAZ: false
      BackupRetentionPeriod: 10
      PubliclyAccessible: false
"""
POLICIES = ["rds/storage-encrypted", "rds/multi-az", "rds/backup-retention", "rds/backup-retention-minimum"]


class Said:
    """What a command says: the exit code, and what it writes."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def failing(self) -> list[str]:
        """The findings that are not waived, by template."""
        found = [one for one in self.report["findings"] if one["waiver"] is None and one["policy"] in POLICIES]
        return [f"{one['location']['file']} {one['policy']}" for one in found]

    @property
    def notices(self) -> list[str]:
        return [f"{one['kind']}: {one['detail']}" for one in self.report.get("notices", ())]


Dbguard = Callable[..., Said]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Path]:
    """A folder with files, which is the working folder from then on."""

    def make(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make


@pytest.fixture
def dbguard(capsys: pytest.CaptureFixture[str]) -> Dbguard:
    """Runs a command; a scan says what it finds as JSON."""

    def run(*words: str) -> Said:
        try:
            code = main([*words, "--format", "json"] if words[0] == "scan" else list(words))
        except SystemExit as error:  # argparse
            code = int(str(error.code))
        out = capsys.readouterr()
        return Said(code, out.out, out.err)

    return run
