"""`--changed-since` beside waivers, baselines, the configuration and what it cannot go with."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dbguard.cli import main
from tests.changes.conftest import CHILD, IDS, PARENT, Repo, db, template


def test_gaps_without_a_file_and_what_cannot_be_opened_are_told(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "empty/x.txt": ""})
    code, report = repo.scan("a.yaml", "gone.yaml", "--changed-since", "HEAD")
    assert (code, [one["target"] for one in report["gaps"]]) == (3, ["gone.yaml"])
    code, report = repo.scan("empty", "--changed-since", "HEAD")
    assert (code, [one["kind"] for one in report["gaps"]]) == (3, ["nothing-to-scan"])


IGNORE = "\n  # dbguard: ignore[rds/storage-encrypted] -- scratch\n"


def test_a_waiver_is_not_unused_because_its_finding_is_left_out(repo: Repo) -> None:
    text = template(IGNORE, db("One").lstrip("\n"), db("Two"))
    repo.commit({"a.yaml": text})
    repo.write({"a.yaml": text.replace("Two", "Second")})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, report["summary"]["waived"], "notices" in report) == (1, 0, False)
    assert report["summary"]["left_out"]["findings"] == 0


def test_a_waiver_that_is_taken_out_tells_its_finding(repo: Repo) -> None:
    repo.commit({"a.yaml": template(IGNORE, db("One").lstrip("\n"), db("Two"))})
    repo.write({"a.yaml": template(db("One"), db("Two"))})
    assert repo.told() == ["a.yaml One"]
    repo.write({"a.yaml": template(IGNORE.replace("scratch", "other"), db("One").lstrip("\n"), db("Two"))})
    assert repo.told() == []


def test_a_baseline_is_laid_over_what_is_told(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"))})
    assert main(["scan", ".", "--select", IDS, "--write-baseline", "base.json"]) == 0
    capsys.readouterr()
    repo.write({"a.yaml": template(db("One"), db("Two", engine="postgres", multi="false"))})
    code, report = repo.scan(".", "--changed-since", "HEAD", "--baseline", "base.json")
    assert code == 1
    assert [one["policy"] for one in report["findings"]] == ["rds/multi-az"]
    assert (report["summary"]["waived"], "notices" in report) == (1, False)


def test_what_is_not_judged_is_not_missed_in_the_baseline(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    child = template(db("Given", multi="!Ref Multi"), head=CHILD)
    repo.commit({"top.yaml": template(PARENT.format(multi="true")), "child.yaml": child, "b.yaml": template(db("Two"))})
    assert main(["scan", ".", "--select", IDS, "--write-baseline", "base.json"]) == 0
    capsys.readouterr()
    repo.write({"b.yaml": template(db("Two", encrypted="true"))})
    _, report = repo.scan(".", "--changed-since", "HEAD", "--baseline", "base.json")
    assert report["summary"]["left_out"]["files"] == 2
    assert [one["detail"] for one in report["notices"]] == ["1 entry is found no more; --prune-baseline takes it out"]


def test_a_file_that_is_ignored_no_more_is_told(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "old/b.yaml": template(db("Two")), ".gitignore": "old\n"})
    repo.write({".gitignore": "older\n"})
    assert repo.told() == ["old/b.yaml Two"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["-"], "standard input"),
        ([".", "--write-baseline", "x.json"], "--write-baseline speaks of a whole code base"),
        ([".", "--baseline", "x.json", "--prune-baseline"], "--prune-baseline speaks of a whole code base"),
        ([".", "--framework", "fsbp"], "--framework speaks of a whole code base"),
    ],
)
def test_what_needs_the_whole_code_base_is_refused(repo: Repo, words: list[str], why: str) -> None:
    assert why in repo.refused(*words, "--changed-since", "HEAD")


@pytest.mark.parametrize("ref", ["nowhere", "-x", "--output=x", "", "HEAD:a.yaml", "main...HEAD"])
def test_a_revision_that_is_none_is_one_line(repo: Repo, ref: str) -> None:
    error = repo.refused(".", f"--changed-since={ref}")
    assert error.startswith("dbguard: --changed-since")
    assert error.count("\n") == 1


def test_where_there_is_no_git(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    assert "it is in no git working tree" in repo.refused(str(outside), "--changed-since", "HEAD")
    assert "are in two" in repo.refused(".", str(Path(__file__)), "--changed-since", "HEAD")
    monkeypatch.setenv("PATH", "")
    assert "needs git, which is not installed here" in repo.refused(".", "--changed-since", "HEAD")
    monkeypatch.setenv("PATH", ".")
    repo.write({"git": "#!/bin/sh\ntouch ran\n"})
    Path("git").chmod(0o755)
    assert "needs git, which is not installed here" in repo.refused(".", "--changed-since", "HEAD")
    assert not Path("ran").exists()


def test_a_repository_without_a_commit(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert main(["scan", ".", "--changed-since", "HEAD"]) == 2
    assert "there is no revision HEAD" in capsys.readouterr().err


def test_nothing_of_what_did_not_change_is_told_where_all_is_judged_again(repo: Repo) -> None:
    for name in ("tests/templates/cases", "sample_templates"):
        shutil.copytree(Path(__file__).parent.parent.parent / name, name)
    repo.commit({".gitignore": "x\n"})
    repo.write({".gitignore": "y\n"})
    code, report = repo.scan(".", "--changed-since", "HEAD", select="rds/,aurora/,dynamodb/")
    assert (code, report["findings"], report["gaps"]) == (0, [], [])
    assert report["summary"]["left_out"]["findings"] > 1000
    assert report["summary"]["left_out"]["gaps"] > 50


def test_the_configuration_of_today_holds_for_both_versions(repo: Repo) -> None:
    config = 'select = ["rds/multi-az"]\n[[per-path]]\npath = "b.yaml"\nseverities = {"rds/multi-az" = "info"}\n'
    old = template(db("One", multi="false"), db("Two", multi="false"))
    repo.commit({"db/a.yaml": old, "db/b.yaml": old, "db/dbguard.toml": 'ignore = ["rds/"]\n'})
    head = "Parameters: {Env: {Type: String}}\n"
    repo.write({"db/dbguard.toml": config})
    repo.write({f"db/{name}.yaml": template(db("One", multi="false"), db("Two", multi='"no"')) for name in "ab"})
    code = main(["scan", "db", "--changed-since", "HEAD", "--format", "json"])
    report = json.loads(repo.capsys.readouterr().out)
    told = [(one["location"]["file"], one["resource"]["id"], one["severity"]) for one in report["findings"]]
    assert (code, told) == (1, [("db/a.yaml", "Two", "medium"), ("db/b.yaml", "Two", "info")])
    repo.commit({"db/dbguard.toml": 'parameter-files = ["p.json"]\n', "db/p.json": '{"Env": "dev"}'})
    repo.commit({"db/a.yaml": template(db("One", multi="!Ref Env"), db("Two"), head=head)})
    repo.write({"db/p.json": '{"Env": "false"}'})
    assert repo.told("db", select="rds/multi-az") == ["db/a.yaml One"]


def test_what_cfn_lint_said_before_is_old(repo: Repo) -> None:
    wrong = db("One", multi="nonsense")
    repo.commit({"t.yaml": template(wrong, db("Two"))})
    repo.write({"t.yaml": template(wrong, db("Two", multi="other"))})
    main(["scan", "t.yaml", "--cfn-lint", "--changed-since", "HEAD", "--format", "json"])
    report = json.loads(repo.capsys.readouterr().out)
    told = {one["resource"]["id"] for one in report["findings"] if one["policy"].startswith("cfn-lint/")}
    assert told == {"Two"}


GIVEN = "Parameters: {Multi: {Type: String}, Other: {Type: String}}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[parameters]\nMulti = "true"\n', '[parameters]\nMulti = "false"\n'),
        ('[parameters]\nMulti = "true"\n', '[parameters]\nMulti = "true"\n[environments.e.parameters]\nMulti = "no"\n'),
        ('[[per-path]]\npath = "*"\nparameters = {Multi = "true"}\n', '[parameters]\nMulti = "false"\n'),
        ('parameter-files = ["yes.json"]\n', 'parameter-files = ["no.json"]\n'),
        ('extend = "base.toml"\n', None),
        (None, '[parameters]\nMulti = "false"\n'),
        ('\ufeff[parameters]\nMulti = "true"\n', '\ufeff[parameters]\nMulti = "false"\n'),
    ],
    ids=["all", "environment", "path", "files", "extended", "new", "mark"],
)
def test_values_that_the_configuration_gives_count(repo: Repo, old: str | None, new: str | None) -> None:
    """As those of a parameter file do; where that cannot be told apart, whatever refers to the parameter is told."""
    text = template(db("One", multi="!Ref Multi"), db("Two", multi="false"), head=GIVEN)
    values = {"yes.json": '{"Multi": "true"}', "no.json": '{"Multi": "false"}'}
    values |= {"dbguard.toml": old} if old else {}
    repo.commit({"a.yaml": text, "base.toml": '[parameters]\nMulti = "true"\n', **values})
    assert repo.told() == []
    repo.write({"dbguard.toml": new} if new else {"base.toml": '[parameters]\nMulti = "false"\n'})
    words = [".", "--env", "e"] if new and "environments" in new else ["."]
    assert repo.told(*words, select="rds/multi-az") == ["a.yaml One"]


def test_a_waiver_that_is_taken_out_of_the_configuration_tells_its_finding(repo: Repo) -> None:
    row = '[[waivers]]\npolicy = "rds/multi-az"\nresource = "{}"\nreason = "{}"\nuntil = 2999-01-01\n'
    text = template(db("One", multi="false"), db("Two", multi="false"))
    repo.commit({"a.yaml": text, "dbguard.toml": row.format("One", "x") + row.format("Tw*", "x")})
    repo.write({"dbguard.toml": row.format("One", "other words")})
    assert repo.told() == ["a.yaml Two"]
    repo.write({"dbguard.toml": row.format("*", "x")})
    assert repo.told() == []


@pytest.mark.parametrize("config", ["dbguard.toml", "pyproject.toml"])
def test_a_file_that_is_moved_to_where_another_configuration_holds_is_new(repo: Repo, config: str) -> None:
    table = "[tool.dbguard]\n" if config == "pyproject.toml" else ""
    text = template(db("One", multi="false"))
    mild, strict = f'{table}ignore = ["rds/multi-az"]\n', f'{table}select = ["rds/multi-az"]\n'
    repo.commit({f"dev/{config}": mild, "dev/a.yaml": text, f"prod/{config}": strict, "plain/b.yaml": text})
    for old, new, told in (("dev", "prod", True), ("plain", "prod", True), ("dev", "dev/inner", False)):
        name = "b.yaml" if old == "plain" else "a.yaml"
        Path(new).mkdir(exist_ok=True)
        repo.git("mv", f"{old}/{name}", f"{new}/{name}")
        assert repo.told(select="rds/") == [f"{new}/{name} One"] * told
        repo.git("reset", "-q", "--hard")
    repo.git("mv", "prod", "live")
    repo.git("mv", "dev", "live/dev")  # with its file
    assert repo.told(select="rds/") == []


def test_a_file_that_is_moved_to_where_another_rule_holds_is_new(repo: Repo) -> None:
    rules = '[[per-path]]\npath = "dev/*"\nignore = ["rds/multi-az"]\n'
    repo.commit({"dbguard.toml": rules, "dev/a.yaml": template(db("One", multi="false"))})
    Path("prod").mkdir()
    repo.git("mv", "dev/a.yaml", "prod/a.yaml")
    code = main(["scan", ".", "--changed-since", "HEAD", "--format", "compact"])
    assert (code, "rds/multi-az One" in repo.capsys.readouterr().out) == (1, True)


def test_a_file_of_the_configuration_that_cannot_be_read_gave_nothing(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One", multi="!Ref Multi"), head=GIVEN), "dbguard.toml": "[parameters\n"})
    repo.write({"dbguard.toml": '[parameters]\nMulti = "false"\n'})
    assert repo.told(select="rds/multi-az") == ["a.yaml One"]


def test_what_leaves_out_is_no_revision(repo: Repo) -> None:
    assert "there is no revision ^main" in repo.refused(".", "--changed-since", "^main")


def test_the_configuration_of_what_is_no_more_waives_nothing_elsewhere(repo: Repo) -> None:
    """A plain scan does not read a file that is the nearest to no template."""
    waiver = '[[waivers]]\npolicy = "rds/"\nreason = "x"\nuntil = 2999-01-01\n'
    repo.commit({"dev/a.yaml": template(db("Gone")), "dev/dbguard.toml": waiver, "dbguard.toml": ""})
    Path("dev/a.yaml").unlink()
    repo.write({"b.yaml": template(db("One", multi="false"))})
    assert repo.scan()[1]["summary"]["waived"] == 0
    assert repo.told(select="rds/multi-az") == ["b.yaml One"]


def test_a_nearer_configuration_takes_away_what_another_gave(repo: Repo) -> None:
    text = template(db("One", multi="!Ref Multi"), head=GIVEN)
    repo.commit({"dbguard.toml": '[parameters]\nMulti = "true"\n', "a.yaml": text, "db/b.yaml": text})
    repo.write({"db/dbguard.toml": ""})
    assert "db/b.yaml One" in repo.told(select="rds/multi-az")
    repo.commit({})
    Path("db/dbguard.toml").write_text('[parameters]\nMulti = "true"\n')
    assert repo.told(select="rds/multi-az") == []
