"""A template, what a scan of it says, and findings to lay waivers over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbguard.cli import main
from dbguard.model import Coverage, Finding, Location, Report, Subject
from dbguard.policy_library import Library

if TYPE_CHECKING:
    import pytest

IDS = "rds/storage-encrypted,rds/multi-az,rds/backup-retention"
TYPES = {name: entry.types for name, entry in Library().entries.items()}
DB = """Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: mysql
      StorageEncrypted: false
      MultiAZ: false
      BackupRetentionPeriod: 7
"""
ENCRYPTED = "# dbguard: ignore[rds/storage-encrypted] -- scratch"
AZ = "# dbguard: ignore[rds/multi-az] -- scratch"
FLOW = f"""Resources: {{Db: {{Type: AWS::RDS::DBInstance,
  Properties: {{Engine: mysql, StorageEncrypted: true,
    MultiAZ: false, {AZ}
    BackupRetentionPeriod: 7}}}}}}
"""


class Run:
    """What a scan says: its exit code, and the report with what is waived."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *words: str, select: str = IDS) -> None:
        show = "fail,may-fail,unknown" + ("" if "--no-waivers" in words else ",waived")
        self.code = main(["scan", "--select", select, "--format", "json", "--show", show, *words])
        out = capsys.readouterr()
        self.report: dict[str, Any] = json.loads(out.out)
        self.error = out.err

    def told(self, *, waived: bool) -> list[str]:
        found = [one for one in self.report["findings"] if bool(one["waiver"]) is waived]
        return [f"{one['policy'].partition('/')[2]} {one['resource']['id']}" for one in found]

    @property
    def notices(self) -> list[str]:
        return [f"{one['kind']}: {one['detail']}" for one in self.report.get("notices", [])]


def template(here: Path, text: str, name: str = "t.yaml") -> str:
    (here / name).write_text(text)
    return name


def above(text: str, key: str, comment: str) -> str:
    """The text with a comment on a line of its own above a key, at its depth."""
    return re.sub(rf"(?m)^( *){key}:", lambda found: f"{found[1]}{comment}\n{found[0]}", text, count=1)


def behind(text: str, key: str, comment: str) -> str:
    return re.sub(rf"(?m)^( *{key}:.*)$", rf"\1  {comment}", text, count=1)


def finding(verdict: str = "fail", *, name: str = "Db", line: int = 1) -> Finding:
    place = Location("t.yaml", line, 1, f"Resources.{name}")
    return Finding(
        "rds/multi-az", verdict, "high", "", "", "", Subject(name, "AWS::RDS::DBInstance"), place,
        fingerprint=f"rds/multi-az:t.yaml:{name}:MultiAZ", judged_at=place,
    )  # fmt: skip


def report(*findings: Finding) -> Report:
    verdicts = {name: [one.verdict for one in findings].count(name) for name in ("fail", "may-fail", "unknown")}
    return Report("0", findings, (), Coverage(), verdicts, homes=frozenset({"t.yaml"}))
