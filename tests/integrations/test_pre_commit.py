"""The hooks, run by pre-commit itself in a repository made here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dbguard.discover import SUFFIXES

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
OPEN = "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: {Engine: mysql, StorageEncrypted: false}\n"
SAFE = OPEN.replace("false", "true")
HELM = "kind: Service\n{{- if .Values.more }}\nspec: 1\n{{- end }}\n"
NESTING = "Resources:\n  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: inner.yaml}}\n"


@pytest.fixture
def repository(here: Path) -> Path:
    """An empty git repository with the hooks as the project offers them, run from this environment."""
    git("init", "--quiet")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        hook["language"] = "system"
        hook["entry"] = f"{BIN / 'dbguard'}{hook['entry'].removeprefix('dbguard')} --select rds/storage-encrypted"
    (here / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    git("add", ".pre-commit-config.yaml")
    return here


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def run(hook: str = "dbguard", *arguments: str) -> tuple[int, str]:
    """The exit code and output of `pre-commit run`."""
    home = {**os.environ, "PRE_COMMIT_HOME": str(Path.cwd() / ".git" / "pre-commit")}
    command = [str(BIN / "pre-commit"), "run", hook, "--verbose", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=home)
    return done.returncode, done.stdout + done.stderr


def test_the_hooks_look_at_whatever_a_folder_is_scanned_for() -> None:
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()):
        assert all(re.search(hook["files"], f"a/b{one}") for suffix in SUFFIXES for one in (suffix, suffix.upper()))
        assert not re.search(hook["files"], "a.yaml/b.txt")


def test_the_name_of_a_file_is_no_option(repository: Path) -> None:
    (repository / "--version.yaml").write_text(OPEN)
    (repository / "-orun.yaml").write_text(SAFE)
    git("add", "--all")
    code, log = run()
    assert code == 1
    assert "2 files read" in log
    assert not (repository / "run.yaml").exists()


def test_staged_files_alone_are_judged_in_one_process(repository: Path) -> None:
    for number in range(40):
        (repository / f"safe {number}.yaml").write_text(SAFE)
    (repository / "chart.yaml").write_text(HELM)
    (repository / "readme.md").write_text(OPEN)
    git("add", ".")
    (repository / "open.yaml").write_text(OPEN)
    code, output = run()
    assert code == 0, output
    assert output.count("40 files read, 2 not templates, 0 unreadable") == 1


def test_findings_fail_the_commit(repository: Path) -> None:
    (repository / "open.template").write_text(OPEN)
    git("add", ".")
    code, output = run()
    assert code == 1
    assert "exit code: 1" in output
    assert "open.template:4:33" in output


def test_what_is_staged_is_judged_not_what_lies_in_the_folder(repository: Path) -> None:
    (repository / "t.yaml").write_text(OPEN)
    git("add", ".")
    (repository / "t.yaml").write_text(SAFE)
    assert run()[0] == 1


def test_a_broken_template_fails_the_commit(repository: Path) -> None:
    (repository / "broken.yaml").write_text("Resources: [\n")
    git("add", ".")
    code, output = run()
    assert code == 1
    assert "exit code: 3" in output
    assert "broken.yaml:2:1: unreadable" in output


def test_every_template_is_judged_when_one_changes(repository: Path) -> None:
    (repository / "inner.yaml").write_text(OPEN)
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "one")
    (repository / "outer.yaml").write_text(NESTING)
    git("add", ".")
    code, output = run("dbguard-repository")
    assert code == 1
    assert "inner.yaml:4:33" in output
    assert "Inner (AWS::CloudFormation::Stack) at outer.yaml" in output
    git("rm", "--quiet", "--cached", "outer.yaml")
    assert "no files to check" in run("dbguard-repository")[1]


def test_other_files_run_nothing(repository: Path) -> None:
    (repository / "readme.md").write_text(OPEN)
    git("reset", "--quiet")
    git("add", "readme.md")
    assert "no files to check" in run("dbguard", "--files", "readme.md")[1]


def test_the_manifest_is_valid() -> None:
    check = [str(BIN / "pre-commit"), "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    subprocess.run(check, check=True, capture_output=True)
