"""`scan --changed-since` in real git repositories, as the check of a pull request meets it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dbguard.cli import main

DB = """
  {name}:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: {engine}
      StorageEncrypted: {encrypted}
      MultiAZ: {multi}
"""
PARENT = """
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {{TemplateURL: ./child.yaml, Parameters: {{Multi: {multi}}}}}
"""
CHILD = "Parameters: {Multi: {Type: String}, More: {Type: String, Default: a}}\n"
IDS = "rds/storage-encrypted,rds/multi-az"


def db(name: str, *, engine: str = "mysql", encrypted: str = "false", multi: str = "true") -> str:
    return DB.format(name=name, engine=engine, encrypted=encrypted, multi=multi)


def template(*resources: str, head: str = "") -> str:
    return f"{head}Resources:{''.join(resources)}"


class Repo:
    """A repository in the folder at hand, and what scans of it say."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.git("init", "-q", "-b", "main")
        self.commit({})

    def git(self, *words: str) -> str:
        run = subprocess.run(
            ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()

    def write(self, files: dict[str, str | None]) -> None:
        for name, text in files.items():
            path = Path(name)
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files: dict[str, str | None]) -> None:
        self.write(files)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", "a step")

    def scan(self, *words: str, select: str = IDS) -> tuple[int, dict[str, Any]]:
        code = main(["scan", "--select", select, "--format", "json", *(words or (".",))])
        return code, json.loads(self.capsys.readouterr().out)

    def told(self, *words: str, since: str = "HEAD", select: str = IDS) -> list[str]:
        """The resources that something is told of, with their files."""
        _, report = self.scan(*(words or (".",)), "--changed-since", since, select=select)
        places = {(one["location"]["file"], one["resource"]["id"]) for one in report["findings"]}
        return [f"{file} {name}" for file, name in sorted(places)]

    def refused(self, *words: str) -> str:
        assert main(["scan", *words]) == 2
        return self.capsys.readouterr().err


@pytest.fixture
def repo(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return Repo(capsys)
