"""What a run shows beside its findings, and where: colours, quiet, verbose, progress, files, order, and its end."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbguard import reporters
from dbguard.cli import main
from dbguard.progress import Templates
from dbguard.reporters import names
from tests.test_cli import OPEN, SAFE, SELECT

COMMAND = [sys.executable, "-m", "dbguard"]
COLORED = "\x1b["


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    (here / "open.yaml").write_text(OPEN)


def scan(*arguments: str) -> int:
    return main(["scan", *SELECT, "open.yaml", *arguments])


def on_terminal(*arguments: str, **env: str) -> tuple[str, str]:
    """What a scan shows on a terminal: standard output, and standard error."""
    shown = []
    pairs = [pty.openpty(), pty.openpty()]
    run = subprocess.Popen(
        [*COMMAND, "scan", *SELECT, *arguments], stdout=pairs[0][1], stderr=pairs[1][1], env={**os.environ, **env}
    )
    for ours, theirs in pairs:
        os.close(theirs)
        shown.append("".join(_all(ours)))
        os.close(ours)
    run.wait()
    return shown[0], shown[1]


def _all(terminal: int) -> Iterator[str]:
    while True:
        try:
            yield os.read(terminal, 65536).decode()
        except OSError:  # the other end is closed
            return


@pytest.mark.parametrize(
    ("env", "arguments", "colored"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": ""}, [], True),  # https://no-color.org: "when present and not an empty string"
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, [], False),
        ({"TERM": "dumb"}, [], False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, [], True),
        ({}, ["--color", "never"], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({}, ["--format", "compact"], False),
    ],
)
def test_colours_on_a_terminal(env: dict[str, str], arguments: list[str], colored: bool) -> None:
    out, err = on_terminal("open.yaml", *arguments, **env)
    assert "storage-encrypted" in out
    assert (COLORED in out) == colored
    assert err == ""


@pytest.mark.parametrize(
    ("env", "arguments", "colored"),
    [
        ({}, [], False),
        ({"FORCE_COLOR": ""}, [], False),
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
        ({}, ["--color", "always"], True),
    ],
)
def test_colours_elsewhere(
    env: dict[str, str],
    arguments: list[str],
    colored: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert scan(*arguments) == 1
    assert (COLORED in capsys.readouterr().out) == colored


@pytest.mark.parametrize("form", names())
def test_no_file_has_colours_that_nobody_asked_for(form: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert scan("--format", f"{form}=report") == 1
    assert COLORED not in (here / "report").read_text()


@pytest.mark.parametrize("form", sorted({*names()} - {"text"}))
def test_only_text_has_colours(form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert scan("--format", form) == 1
    assert COLORED not in capsys.readouterr().out


def test_the_width_is_that_of_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    scan("--quiet")
    assert 60 < max(map(len, capsys.readouterr().out.splitlines())) <= 70


@pytest.mark.parametrize("form", ["text", "compact", "github"])
def test_quiet_shows_findings_and_gaps_alone(form: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "broken.yaml").write_text("Resources: [")
    (here / "safe.yaml").write_text(SAFE)
    assert scan("broken.yaml", "--format", form) == 3
    whole = capsys.readouterr().out
    assert scan("broken.yaml", "--format", form, "-q") == 3
    said = capsys.readouterr()
    assert whole.startswith(said.out)
    assert "broken.yaml" in said.out
    assert "rds/storage-encrypted" in said.out
    assert "files read" not in said.out
    assert said.err == ""
    assert main(["scan", "-q", *SELECT, "safe.yaml", "--format", form]) == 0
    assert capsys.readouterr().out == ""


def test_quiet_changes_no_file_and_no_format_for_programs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in names():
        assert scan("--format", f"{form}=whole") == scan("-q", "--format", f"{form}=quiet") == 1
        assert (here / "whole").read_bytes() == (here / "quiet").read_bytes(), form
    scan("--format", "json")
    whole = capsys.readouterr().out
    scan("--format", "json", "--quiet")
    assert capsys.readouterr().out == whole


def test_quiet_writes_a_baseline_without_a_word(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan("-q", "--write-baseline", "b.json") == 0
    assert capsys.readouterr() == ("", "")
    assert (here / "b.json").exists()


def test_verbose_tells_what_is_read_and_run_and_why_not(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / ".git").mkdir()
    (here / ".gitignore").write_text("build/\n")
    (here / "build").mkdir()
    (here / "compose.yaml").write_text("services: {}\n")
    (here / "other.yaml").write_text("Resources: 1\n")
    (here / "prod.json").write_text('{"Secret": "hunter2"}')
    (here / "open.yaml").write_text("Parameters: {Secret: {Type: String, NoEcho: true}}\n" + OPEN)
    (here / "gone.yaml").symlink_to("nowhere")
    scan()
    whole = capsys.readouterr().out
    assert scan("-v", ".", "--parameter-file", "prod.json") == 3
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert whole.splitlines()[0] in said.out
    assert lines[0].startswith("dbguard 0.")
    at = lines.index("configuration: none")
    assert lines[at + 1].startswith("1 of ")
    assert lines[at + 2] == "  rds: storage-encrypted"
    assert lines[at + 3] == "parameters of prod.json: Secret"
    assert f"read: open.yaml, {(here / 'open.yaml').stat().st_size} bytes" in lines
    assert "passed over: compose.yaml, without a key of templates" in lines
    assert "passed over: other.yaml, no template" in lines
    assert "cannot read: gone.yaml, No such file or directory" in lines
    assert f"not read: ./build, left out by {here}/.gitignore" in lines
    assert lines[-1].startswith("start ")
    assert "judging " in lines[-1]
    assert "hunter2" not in said.err


def test_verbose_tells_the_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dbguard.toml").write_text('fail-on = "critical"\n')
    assert scan("-v") == 0
    assert "\nconfiguration: dbguard.toml\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-q", "-v"], "-v/--verbose: not allowed with argument -q/--quiet"),
        (["--color", "always", "--format", "json"], "--color has no effect"),
        (["--color", "alwys"], "did you mean 'always'?"),
        (["-o", "r", "--format", "json=j"], "--output-file has no effect: every --format names its own file"),
        (
            ["-o", "r", "--format", "json", "--format", "sarif"],
            "--output-file takes one report, there are 2: write --format json=FILE and --format sarif=FILE",
        ),
        (["-o", "no/where/r"], "cannot write no/where/r: there is no folder no/where; make it first"),
        (["--format", "json=no/r"], "cannot write no/r: there is no folder no; make it first"),
        (["-o", "."], "cannot write .: it is a folder"),
        (["--format", "json=r", "--format", "sarif=r"], "two reports go to r: give each its own file"),
        (["--format", "json=r", "--format", "json=./r"], "two reports go to r: give each its own file"),
        (["--format", "text", "--format", "json"], "2 reports go to standard output: write --format json=FILE"),
        (["--format", "sarif", "--format", "sarif"], "2 reports go to standard output: write --format sarif=FILE"),
        (["--write-baseline", "no/b"], "cannot write no/b: there is no folder no; make it first"),
    ],
)
def test_what_has_no_effect_or_no_place_is_refused_first(
    arguments: list[str], words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(here.iterdir())
    try:
        code = scan(*arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1
    assert sorted(here.iterdir()) == before


def test_a_dash_is_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan("--format", "compact=-", "-o", "-") == 1
    assert "open.yaml:4:" in capsys.readouterr().out
    assert [path.name for path in here.iterdir()] == ["open.yaml"]


@pytest.mark.parametrize("option", ["-o", "--output-file"])
def test_output_file_takes_the_one_report_without_a_file(
    option: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scan()
    shown = capsys.readouterr().out
    assert scan(option, "report.txt") == 1
    assert capsys.readouterr().out == ""
    assert (here / "report.txt").read_text() == shown
    assert scan(option, "r.json", "--format", "json", "--format", "compact=c.txt") == 1
    assert json.loads((here / "r.json").read_text())["schema"] == "dbguard.report/1"
    assert "open.yaml:4:" in (here / "c.txt").read_text()


def test_a_file_keeps_its_place_and_its_rights(here: Path) -> None:
    (here / "kept.json").write_text("old")
    (here / "kept.json").chmod(0o600)
    (here / "link.json").symlink_to("kept.json")
    assert scan("--format", "json=link.json") == 1
    assert (here / "link.json").is_symlink()
    assert (here / "kept.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((here / "kept.json").read_text())["complete"]
    assert scan("-o", os.devnull) == 1
    assert not Path(os.devnull).is_file()


def test_a_file_that_is_mounted_is_written_in_place(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*arguments: Any) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(os, "replace", busy)
    (here / "j.json").write_text("old")
    assert scan("--format", "json=j.json") == 1
    assert json.loads((here / "j.json").read_text())["complete"]
    assert scan("--format", "json=new.json") == 2
    assert sorted(path.name for path in here.iterdir()) == ["j.json", "open.yaml"]


def test_a_report_that_cannot_be_written_loses_nothing_else(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> Iterator[str]:
        yield "half"
        raise OSError(28, "No space left on device")

    (here / "s.sarif").write_text("old")
    monkeypatch.setattr(reporters.load("sarif"), "render", full)
    assert scan("--format", "sarif=s.sarif", "--format", "json=j.json", "--format", "compact") == 2
    said = capsys.readouterr()
    assert said.err == "dbguard: cannot write s.sarif: No space left on device\n"
    assert "open.yaml:4:" in said.out
    assert json.loads((here / "j.json").read_text())["complete"]
    assert (here / "s.sarif").read_text() == "old"
    assert sorted(path.name for path in here.iterdir()) == ["j.json", "open.yaml", "s.sarif"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_that_is_wiped(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbguard.progress.FIRST", 0.0)
    monkeypatch.setattr("dbguard.progress.EVERY", 0.0)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    (here / f"{'long' * 60}.yaml").write_text(OPEN)
    assert main(["scan", *SELECT, "."]) == 1
    lines = terminal.getvalue().split("\r\x1b[K")
    assert "1 files read" in lines
    assert "2/2 files · open.yaml · 2 resources" in lines
    assert lines[-1] == ""
    assert max(map(len, lines)) < 80
    assert "\n" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("name", "value", "arguments"), [("CI", "true", []), ("TERM", "dumb", []), ("X", "", ["--quiet"])]
)
def test_no_progress_where_it_would_be_noise(
    name: str, value: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr("dbguard.progress.FIRST", 0.0)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert scan(*arguments) == 1
    assert terminal.getvalue() == ""


def test_no_progress_in_the_first_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("dbguard.progress.monotonic", lambda: now)
    line = Templates(terminal := Terminal())
    now = 100.9
    line.tick(1)
    assert terminal.getvalue() == ""
    now = 101.1
    line.tick(2)
    assert "2 resources" in terminal.getvalue()
    now = 101.2
    line.tick(3)
    assert "3 resources" not in terminal.getvalue()


def everything(*arguments: str, **env: str) -> str:
    run = subprocess.run(
        [*COMMAND, "scan", "--all", "--format", "json", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, **env},
    )  # fmt: skip
    assert run.returncode == 3, run.stderr
    return run.stdout


@pytest.fixture
def tree(here: Path) -> Path:
    """A folder of templates, with gaps of several kinds."""
    for number in range(6):
        folder = here / f"f{number % 2}" / f"g{number}"
        folder.mkdir(parents=True)
        (folder / "a.yaml").write_text(OPEN)
        (folder / "b.yaml").write_text(OPEN.replace("mysql", "!ImportValue engine"))
        (folder / "broken.yaml").write_text("Resources: [")
    return here


def test_the_order_hangs_on_nothing_but_the_names(tree: Path) -> None:
    wanted = everything("f0", "f1", PYTHONHASHSEED="0")
    assert everything("f0", "f1", PYTHONHASHSEED="1") == wanted
    assert everything("f1", "f0", PYTHONHASHSEED="2") == wanted


def test_the_order_of_a_folder_is_not_that_of_the_file_system(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in names():
        monkeypatch.undo()
        main(["scan", str(tree), "--format", form])
        wanted = capsys.readouterr().out
        walk = os.walk
        shuffled = random.Random(form)

        def mixed(*arguments: Any, walk: Any = walk, shuffled: Any = shuffled, **more: Any) -> Iterator[Any]:
            for folder, folders, files in walk(*arguments, **more):
                shuffled.shuffle(folders)
                shuffled.shuffle(files)
                yield folder, folders, files

        monkeypatch.setattr("dbguard.discover.os.walk", mixed)
        main(["scan", str(tree), "--format", form])
        assert capsys.readouterr().out == wanted, form


def test_ctrl_c_ends_it_as_a_shell_expects() -> None:
    command = [*COMMAND, "scan", "-v", *SELECT, "-"]
    run = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stderr
    assert run.stderr.readline().startswith("dbguard 0.")
    time.sleep(0.3)  # until it waits for its input
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=30)
    assert run.returncode == -signal.SIGINT
    assert err == "dbguard: interrupted\n"


@pytest.mark.parametrize("arguments", [["scan", "open.yaml"], ["--help"], ["explain", "rds/multi-az"], ["--version"]])
def test_a_reader_that_is_gone_is_no_mistake(arguments: list[str]) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    run = subprocess.run([*COMMAND, *arguments], stdout=ours, stderr=subprocess.PIPE, check=False, text=True)
    os.close(ours)
    assert run.stderr == ""
    assert run.returncode in {0, 3}  # 0 where argparse keeps it to itself


def test_files_are_written_before_a_reader_can_go(here: Path) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    command = [*COMMAND, "scan", "open.yaml", "--format", "text", "--format", "json=j.json"]
    subprocess.run(command, stdout=ours, check=False)
    os.close(ours)
    assert json.loads((here / "j.json").read_text())["complete"]


@pytest.mark.parametrize(
    ("arguments", "code"), [("scan -", 3), ("scan - open.yaml", 3), ("policies map --from checkov -", 2)]
)
def test_closed_standard_input_is_told(arguments: str, code: int) -> None:
    command = f'"{sys.executable}" -m dbguard {arguments} <&-'
    run = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True)
    assert run.returncode == code
    assert "standard input is closed" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


def test_ids_on_standard_input_need_not_be_text() -> None:
    command = [*COMMAND, "policies", "map", "--from", "checkov", "-"]
    run = subprocess.run(command, input=b"\xff CKV_AWS_17\n", check=False, capture_output=True)
    assert run.returncode == 1
    assert b"CKV_AWS_17" in run.stdout


def test_closed_streams_are_no_mistake() -> None:
    run = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -m dbguard scan -v open.yaml >&- 2>&-'], check=False, capture_output=True
    )
    assert run.returncode == 1


@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["scan", "open.yaml"], ["policies", "list"], ["completion", "bash"]])
def test_a_full_disk_behind_standard_output_is_told_in_one_line(arguments: list[str], buffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": buffered}
    with open("/dev/full", "w", encoding="utf-8") as full:
        command = [*COMMAND, *arguments]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, text=True, env=environment)
    assert (run.returncode, run.stderr.splitlines()[-1:]) == (
        2,
        ["dbguard: cannot write the output: No space left on device"],
    )
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("arguments", [["scan", "open.yaml", "--select", "nope"], ["scan", "open.yaml", "-v"]])
def test_a_full_disk_behind_standard_error_is_no_finding(arguments: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        run = subprocess.run([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=full, check=False)
    assert run.returncode == 2
