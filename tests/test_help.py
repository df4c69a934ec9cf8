"""Help that teaches: every command has its page, every example runs, and a mistake says what was meant."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from dbguard.cli import COMMANDS, main, parser
from dbguard.command_line.mistakes import listed
from dbguard.command_line.outline import Command, read
from dbguard.command_line.pages import PAGES
from dbguard.reporters import names
from tests.examples import EXAMPLES, QUICK_START, fill, needs_aws, of_page, run

TREE = read(parser())
COMMAND = {one.name: one for one in TREE.walk()}


def test_every_command_has_a_page_and_no_page_is_left_over() -> None:
    assert sorted(PAGES) == sorted(COMMAND)
    assert [one.words[0] for one in TREE.commands] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMAND)
def test_help_teaches(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as stop:
        main([*COMMAND[name].words, "--help"])
    out = capsys.readouterr().out
    assert stop.value.code == 0
    assert out.startswith(f"usage: {name} ")
    assert max(map(len, out.splitlines())) <= 100
    assert "\nexamples:\n  # " in out
    assert 1 <= len(PAGES[name].examples) <= 4
    assert "\nexit codes:\n  0 " in out
    assert all(one.help for one in COMMAND[name].arguments)
    assert all(one.summary in out for one in COMMAND[name].commands)
    assert main(["help", *COMMAND[name].words]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize("command", [one for one in EXAMPLES if not needs_aws(one)])
def test_every_example_runs(command: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(here)
    capsys.readouterr()
    code = run(command)
    said = capsys.readouterr()
    assert code in (0, 1), said.err
    assert said.out


def test_the_quick_start_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(here)
    commands = [one for one in of_page(QUICK_START) if not needs_aws(one)]
    assert len(commands) > 15
    for command in commands:
        capsys.readouterr()
        assert run(command) in {0, 1}, (command, capsys.readouterr().err)
    for file in (
        "dbguard.sarif",
        "gl-code-quality-report.json",
        "audit.csv",
        "cis.json",
        "baseline.json",
        "report.txt",
    ):
        assert (here / file).stat().st_size, file


def test_each_use_takes_ten_lines_at_most() -> None:
    for section in QUICK_START.read_text().split("\n## ")[1:]:
        code = section.split("```")[1::2]
        assert sum(block.count("\n") - 1 for block in code) <= 10, section


def test_alone_it_shows_the_commands_and_a_first_step_and_is_not_clean(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    said = capsys.readouterr()
    assert stop.value.code == 2
    assert said.out == ""
    assert "dbguard scan template.yaml" in said.err
    assert all(f"\n  {name} " in said.err for name in COMMANDS)


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([option])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith("dbguard 0.")


MISTAKES = {
    "t.yaml": "dbguard: there is no command 't.yaml'; did you mean 'dbguard scan t.yaml'?",
    "frobnicate": f"dbguard: there is no command 'frobnicate'; there are {listed(COMMANDS, 'and')}; see dbguard --help",
    "explain x": "dbguard: there is no policy 'x'; dbguard policies list names them",
    "scna": "dbguard: there is no command 'scna'; did you mean 'scan'?",
    "policies lst": "dbguard policies: there is no action 'lst'; did you mean 'list'?",
    "help policies tset": "dbguard: dbguard policies has no command 'tset'; did you mean 'test'?",
    "scan --slect rds/ t.yaml": "dbguard scan: there is no option --slect; did you mean '--select'?",
    "scan --formt=json": "dbguard scan: there is no option --formt; did you mean '--format'?",
    "live --al-regions": "dbguard live: there is no option --al-regions; did you mean '--all-regions'?",
    "scan -z t.yaml": "dbguard scan: there is no option -z; see dbguard scan --help",
    "scan -- --slect": None,
    "-q scan t.yaml": "dbguard: there is no option -q here; options stand behind the command; see dbguard --help",
    "-o x scan t.yaml": "dbguard: there is no option -o here; options stand behind the command; see dbguard --help",
    "--verison": "dbguard: there is no option --verison; did you mean '--version'?",
    "policies --all list": "dbguard policies: there is no option --all here; options stand behind the action; "
    "see dbguard policies --help",
    "drift": "dbguard drift: TEMPLATE and --stack are missing; see dbguard drift --help",
    "drift t.yaml --stack s": "dbguard: no Region: give --region, or set AWS_REGION",
    "live": "dbguard: no Region: give --region or --all-regions, or set AWS_REGION",
    "scan t.yaml --no-waivers --show waived": "dbguard: --show waived has no effect beside --no-waivers, "
    "with which nothing is waived",
    "explain 'a\x1b[31m\nb'": r"dbguard: there is no policy 'a\x1b[31m\nb'; dbguard policies list names them",
    "scan t.yaml --fail-on '\n\x1b'": "dbguard scan: --fail-on takes critical, high, medium, low or info, not "
    r"'\n\x1b'; see dbguard scan --help",
    "scan": "dbguard scan: PATH is missing; see dbguard scan --help",
    "scan t.yaml --select": "dbguard scan: --select: expected one argument; see dbguard scan --help",
    "scan t.yaml --format sarfi": "dbguard: there is no format 'sarfi'; did you mean 'sarif'?",
    "policies list --format jsn": "dbguard policies list: --format takes text, json or ids, not 'jsn'; "
    "did you mean 'json'?",
    "scan t.yaml --severity hgih": "dbguard scan: --severity takes critical, high, medium, low or info, not 'hgih'; "
    "did you mean 'high'?",
    "scan t.yaml --fail-on HIGH": "dbguard scan: --fail-on takes critical, high, medium, low or info, not 'HIGH'; "
    "did you mean 'high'?",
    "scan t.yaml --show unkown": "dbguard: --show takes fail, may-fail, unknown, exempt, pass, waived or all, "
    "not 'unkown'; did you mean 'unknown'?",
    "scan t.yaml --select rds/multiaz": "dbguard: there is no policy 'rds/multiaz'; did you mean 'rds/multi-az'?",
    "scan t.yaml --ignore auroa/": "dbguard: there is no policy 'auroa/'; did you mean 'aurora/'?",
    "explain rds/backup-retnetion": "dbguard: there is no policy 'rds/backup-retnetion'; "
    "did you mean 'rds/backup-retention'?",
    "explain multi-az": "dbguard: there is no policy 'multi-az'; did you mean 'rds/multi-az'?",
    "live --service dynamo": "dbguard: --service: there is no service 'dynamo'; did you mean 'dynamodb'?",
    "scan t.yaml --framework ciss": "dbguard: there is no framework 'ciss'; did you mean 'cis'?",
    "waivers import --from chekov t.yaml": "dbguard waivers import: --from takes cdk_nag, cfn_nag, checkov or guard, "
    "not 'chekov'; did you mean 'checkov'?",
    "policies test --all rds/multi-az": "dbguard policies test: there is no option --all; "
    "see dbguard policies test --help",
    "baseline list a b": "dbguard baseline list: 'b' is one argument too many; see dbguard baseline list --help",
    "completion bsh": "dbguard completion: SHELL takes bash, zsh or fish, not 'bsh'; did you mean 'bash'?",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_says_what_was_meant(
    command: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "t.yaml").touch()
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(here / "none"))
    code = run(f"dbguard {command}")
    said = capsys.readouterr()
    if (wanted := MISTAKES[command]) is None:  # behind -- everything is a path
        assert code == 3
        assert "--slect: unreadable: No such file" in said.out
        return
    assert code == 2
    assert said.err == f"{wanted}\n"
    assert said.out == ""


@pytest.mark.parametrize("command", ["scan", "live"])
def test_help_names_every_format(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", command]) == 0
    assert f"{', '.join(names())}; text by default" in " ".join(capsys.readouterr().out.split())


def test_arguments_as_data() -> None:
    scan: Command = COMMAND["dbguard scan"]
    (select,) = [one for one in scan.arguments if one.dest == "select"]
    assert select.flags == ("--select",)
    assert (select.metavar, select.many, select.required) == ("ID", True, False)
    assert scan.usage == "dbguard scan [OPTION ...] PATH ..."
    assert COMMAND["dbguard drift"].usage == "dbguard drift [OPTION ...] --stack NAME TEMPLATE"
    assert COMMAND["dbguard policies map"].usage == "dbguard policies map [OPTION ...] --from TOOL [ID ...]"


def test_help_is_plain_where_argparse_has_colours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["help", "scan"]) == 0
    plain, asked = capsys.readouterr().out, []

    def made(self: argparse.ArgumentParser) -> argparse.HelpFormatter:  # as from Python 3.14 on
        formatter = self.formatter_class(prog=self.prog)
        formatter._set_color(True, file=None)  # type: ignore[attr-defined]  # not there before
        return formatter

    monkeypatch.setattr(
        argparse.HelpFormatter, "_set_color", lambda _, color, **more: asked.append((color, more)), raising=False
    )
    monkeypatch.setattr(argparse.ArgumentParser, "_get_formatter", made)
    assert main(["help", "scan"]) == 0
    assert capsys.readouterr().out == plain
    assert set(map(str, asked)) == {"(False, {'file': None})"}
