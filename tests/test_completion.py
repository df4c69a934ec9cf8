"""Completion in real shells; zsh and fish where they are installed."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dbguard.cli import COMMANDS, main
from dbguard.command_line.more_arguments import SHELLS
from dbguard.reporters import names

BIN = str(Path(sys.executable).parent)
ENV = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "vt100", "COLUMNS": "200"}
CONTROLS = re.compile(r"\x1b\[[?\d;]*\w|[\0\7]")
Script = Callable[[str], Path]


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Script:
    """The script for a shell, in a file."""

    def write(shell: str) -> Path:
        if not shutil.which(shell):
            pytest.skip(f"no {shell} here")
        assert main(["completion", shell]) == 0
        file = tmp_path / f"dbguard.{shell}"
        file.write_text(capsys.readouterr().out)
        return file

    return write


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_can_read_it(script: Script, shell: str) -> None:
    run = subprocess.run([shell, "-n", str(script(shell))], capture_output=True, text=True, check=True)
    assert run.stdout + run.stderr == ""


def bash(file: Path, *words: str) -> list[str]:
    quoted = " ".join(map(shlex.quote, words))
    code = f"set -u; source {file}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _dbguard"
    code += '; printf "%s\\n" "${COMPREPLY[@]-}"'
    run = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, check=True, env=ENV)
    assert run.stderr == ""
    return run.stdout.split()


LINES = {
    "dbguard sca": ["scan"],
    "dbguard policies ": ["list", "map", "test"],
    "dbguard policies list --form": ["--format"],
    "dbguard policies list --format ": ["text", "json", "ids"],
    "dbguard scan --sel": ["--select"],
    "dbguard scan --select rd": ["rds/"],
    "dbguard scan --select rds/storage-encr": ["rds/storage-encrypted"],
    "dbguard scan --select rds/multi-az,rds/storage-encr": ["rds/multi-az,rds/storage-encrypted"],
    "dbguard scan --show fail,un": ["fail,unknown"],
    "dbguard scan --severity h": ["high"],
    "dbguard scan --severity = h": ["high"],
    "dbguard scan --severity =": ["critical", "high", "medium", "low", "info"],
    "dbguard scan --format sar": ["sarif"],
    "dbguard scan --format ": names(),
    "dbguard scan --format sarif = rep": [],  # files, which bash itself offers
    "dbguard scan --parameter-file ": [],
    "dbguard live --service dynamo": ["dynamodb"],
    "dbguard live --framework ci": ["cis"],
    "dbguard live --region eu-west-": ["eu-west-1", "eu-west-2", "eu-west-3"],
    "dbguard explain rds/storage-encr": ["rds/storage-encrypted"],
    "dbguard policies test rds/storage-encr": ["rds/storage-encrypted"],
    "dbguard completion ": ["bash", "zsh", "fish"],
    "dbguard help wai": ["waivers"],
    "dbguard waivers import --from check": ["checkov"],
}


@pytest.mark.parametrize("line", LINES)
def test_bash(script: Script, line: str) -> None:
    assert bash(script("bash"), *line.split(" ")) == LINES[line]


def test_every_command_and_option_is_offered(script: Script) -> None:
    file = script("bash")
    assert bash(file, "dbguard", "") == list(COMMANDS)
    options = bash(file, "dbguard", "live", "-")
    assert {"-h", "--help", "--select", "--all-regions", "--print-iam-policy"} <= set(options)


@pytest.mark.parametrize("line", [one for one in LINES if " = " not in one and LINES[one] and not one.endswith("=")])
def test_fish(script: Script, line: str) -> None:
    command = f"source {script('fish')}; complete -C {shlex.quote(line)}"
    run = subprocess.run(["fish", "--no-config", "-c", command], capture_output=True, text=True, check=True, env=ENV)
    assert run.stderr == ""
    found = [one.partition("\t")[0] for one in run.stdout.splitlines()]
    assert sorted(found) == sorted(LINES[line])


def typed(command: list[str], setup: str, line: str, wanted: str, folder: Path) -> str:
    """What a shell on a terminal shows after a line and a Tab, as soon as it is what is wanted."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, ENV)
    os.write(terminal, f"{setup}; printf 'REA''DY\\n'\n".encode())
    shown, stage, end = "", 0, time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        shown += CONTROLS.sub("", os.read(terminal, 65536).decode(errors="replace")) if ready else ""
        if stage == 0 and "READY" in shown:
            os.write(terminal, f"{line}\t".encode())
            shown, stage = "", 1
        if stage == 1 and wanted in shown:
            break
    os.write(terminal, b"\x15exit\n")
    os.close(terminal)
    os.waitpid(child, 0)
    return shown


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("dbguard scan --format sarif=rep", "sarif=report.sarif"),
        ("dbguard scan --select rds/multi-", "rds/multi-az"),
        ("dbguard scan --select dynamo", "dynamodb/"),
        ("dbguard scan templ", "template.yaml"),
        ("dbguard polic", "dbguard policies"),
        ("dbguard policies te", "policies test"),
        ("dbguard waivers import --fr", "--from"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_on_a_terminal(script: Script, here: Path, shell: str, line: str, wanted: str) -> None:
    file = script(shell)
    (here / "report.sarif").touch()
    (here / "template.yaml").touch()
    start = {"bash": ["bash", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
    setup = f"autoload -Uz compinit; compinit -D -u; source {file}" if shell == "zsh" else f"source {file}"
    assert wanted in typed(start, setup, line, wanted, here)
