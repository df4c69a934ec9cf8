"""The examples that help texts and pages show, and a folder in which they run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from dbguard.cli import main
from dbguard.command_line.pages import PAGES
from tests.test_cli import PORT

SAMPLES = Path(__file__).parent.parent / "sample_templates"
EXAMPLES = sorted({command for page in PAGES.values() for command in page.examples})
QUICK_START = Path(__file__).parent.parent / "docs" / "quick-start.md"
BRANCH = "refs/remotes/origin/main"
AWS = ("dbguard live", "dbguard drift")


def of_page(page: Path) -> list[str]:
    """The commands in the code of a page, in their order."""
    code = re.findall(r"^```(?:sh|yaml)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [
        one.strip()
        for block in code
        for one in re.findall(r"^\W*(?:\w+: )?(dbguard [a-z][^#\n]*)", block, re.MULTILINE)
    ]


def needs_aws(command: str) -> bool:
    """Whether it asks an account."""
    return command.startswith(AWS) and "--mock" not in command


def fill(folder: Path) -> None:
    """Put the files there that the examples name."""
    shutil.copy(SAMPLES / "rds-insecure.yaml", folder / "template.yaml")
    shutil.copy(SAMPLES / "aurora-insecure.yaml", folder / "other.yaml")
    (folder / "templates").mkdir()
    shutil.copy(SAMPLES / "rds-insecure.yaml", folder / "templates")
    text = (SAMPLES / "aurora-insecure.yaml").read_text()
    skipped = "  Orders:\n    # checkov:skip=CKV_AWS_96:made anew each night\n"
    (folder / "templates" / "aurora.yaml").write_text(text.replace("  Orders:\n", skipped))
    (folder / "mine" / "house").mkdir(parents=True)
    (folder / "mine" / "house" / "port.yaml").write_text(PORT)
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"], ["update-ref", BRANCH, "HEAD"]):
        subprocess.run(["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words], cwd=folder, check=True)
    if main(["scan", "templates", "--write-baseline", "baseline.json", "--format", "json=first.json"]) != 0:
        raise AssertionError


def run(command: str) -> int:
    """Run an example, without what only a shell understands; returns the exit code."""
    words = shlex.split(command.partition(" > ")[0])
    assert words[0] == "dbguard"
    try:
        return main(words[1:])
    except SystemExit as stop:
        return int(stop.code or 0)
