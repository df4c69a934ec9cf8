"""Which files changed: on branches, under other names, in other places."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dbguard.cli import main
from tests.changes.conftest import CHILD, PARENT, Repo, db, template


def test_only_the_resource_that_changed_is_told(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two")), "b.yaml": template(db("Three"))})
    repo.write({"a.yaml": template(db("One"), db("Two", engine="postgres"))})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert code == 1
    assert [one["resource"]["id"] for one in report["findings"]] == ["Two"]
    assert report["summary"]["verdicts"] == {"fail": 1, "may-fail": 0, "unknown": 0, "pass": 1, "exempt": 0}
    assert report["summary"]["left_out"] == {"since": "HEAD", "findings": 1, "gaps": 0, "files": 1}
    assert "left_out" not in repo.scan(".")[1]["summary"]


@pytest.mark.parametrize(
    "text",
    [
        "# a word\n\n" + template(db("Two"), db("One")),
        template(db("One"), db("Two")).replace("\n", "\r\n"),
        template(db("One"), db("Two")).replace("mysql", "'mysql'  # of old"),
        json.dumps(
            {
                "Resources": {
                    name: {
                        "Properties": {"MultiAZ": True, "Engine": "mysql", "StorageEncrypted": False},
                        "Type": "AWS::RDS::DBInstance",
                    }
                    for name in ("One", "Two")
                }
            }
        ),
    ],
    ids=["moved", "line ends", "quoted", "another notation"],
)
def test_what_is_only_written_otherwise_did_not_change(repo: Repo, text: str) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"))})
    repo.write({"a.yaml": text})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, report["findings"]) == (0, [])
    assert report["summary"]["left_out"]["findings"] == 2


def test_nothing_changed_is_clean_and_says_so(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit({"a.yaml": template(db("One"))})
    assert main(["scan", ".", "--changed-since", "HEAD"]) == 0
    out = capsys.readouterr().out
    assert "Nothing that is judged here changed since HEAD." in out
    assert "0 findings on what did not change since HEAD left out, 1 unchanged file not judged" in out
    assert main(["scan", ".", "--changed-since", "HEAD", "--format", "markdown"]) == 0
    assert "nothing that is judged here changed" in capsys.readouterr().out


def test_a_branch_is_compared_from_where_it_parted(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"))})
    repo.git("switch", "-q", "-c", "work")
    repo.commit({"a.yaml": template(db("One", engine="postgres"), db("Two"))})
    repo.git("switch", "-q", "main")
    repo.commit({"a.yaml": template(db("One"), db("Two", engine="postgres"))})
    repo.git("switch", "-q", "work")
    assert repo.told(since="main") == ["a.yaml One"]
    assert repo.told(since="HEAD~1") == ["a.yaml One"]
    assert repo.told(since=repo.git("rev-parse", "HEAD")) == []
    repo.git("merge", "-q", "-X", "ours", "main")  # as a pull request is checked out
    assert repo.told(since="main") == ["a.yaml One"]


def test_staged_unstaged_and_untracked_files_changed(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "b.yaml": template(db("Two"))})
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    repo.git("add", "-A")
    repo.write({"b.yaml": template(db("Two", engine="postgres")), "c/c.yaml": template(db("Three"))})
    assert repo.told() == ["a.yaml One", "b.yaml Two", "c/c.yaml Three"]


def test_files_may_be_named_from_anywhere(repo: Repo, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"x/a.yaml": template(db("One"), db("Two")), "x/b.yaml": template(db("Three")), "y/z": ""})
    repo.write({"x/a.yaml": template(db("One"), db("Two", engine="postgres"))})
    assert repo.told("x/a.yaml", "x/b.yaml") == ["x/a.yaml Two"]
    assert repo.told(str(here / "x")) == [f"{here}/x/a.yaml Two"]
    (here / "link").symlink_to(here / "x")
    assert repo.told("link/a.yaml") == ["link/a.yaml Two"]
    monkeypatch.chdir(here / "y")
    monkeypatch.setenv("GIT_DIR", ".git")  # as a hook is told it
    assert repo.told("../x") == ["../x/a.yaml Two"]


@pytest.mark.parametrize("words", [["init", "-q", "--object-format=sha256", "sub"], ["worktree", "add", "-q", "sub"]])
def test_other_kinds_of_repositories(repo: Repo, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    repo.git(*words)
    monkeypatch.chdir("sub")
    repo.commit({"a.yaml": template(db("One"), db("Two")), "b.yaml": template(db("Three"))})
    repo.write({"a.yaml": template(db("One"), db("Two", engine="postgres"))})
    assert repo.told() == ["a.yaml Two"]
    assert repo.scan(".", "--changed-since", "HEAD")[1]["summary"]["left_out"]["files"] == 1


def test_a_resource_that_is_too_large_to_compare_counts_as_changed(repo: Repo) -> None:
    large = f"      Tags: [{', '.join(['a'] * 25_000)}]\n"
    repo.commit({"a.yaml": template(db("Large") + large, db("One"))})
    assert repo.told() == []
    repo.write({"a.yaml": template(db("Large") + large, db("One")) + "# a word\n"})
    assert repo.told() == ["a.yaml Large"]


def test_a_file_that_is_renamed_did_not_change(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"), db("Three"))})
    repo.git("mv", "a.yaml", "b.yaml")
    assert repo.told() == []
    repo.write({"b.yaml": template(db("One"), db("Two"), db("Three", engine="postgres"))})
    assert repo.told() == ["b.yaml Three"]
    assert repo.told("b.yaml") == ["b.yaml Three"]


def test_an_exporting_template_that_is_renamed_did_not_change(repo: Repo) -> None:
    out = "Outputs: {Multi: {Value: 'false', Export: {Name: multi}}}\n"
    files: dict[str, str | None] = {
        "a.yaml": template(db("One", multi="!ImportValue multi")),
        "b.yaml": template(db("Two"), head=out),
    }
    repo.commit(files)
    repo.git("mv", "b.yaml", "c.yaml")
    assert repo.told() == []


def test_a_child_may_be_renamed_with_what_names_it(repo: Repo) -> None:
    child = template(db("Given", multi="!Ref Multi"), db("Plain"), head=CHILD)
    top = template(PARENT.format(multi="true"))
    repo.commit({"top.yaml": top, "child.yaml": child})
    repo.write({"top.yaml": top.replace("./child", "parts/kid"), "child.yaml": None, "parts/kid.yaml": child})
    assert repo.told() == []
    repo.write({"top.yaml": top})  # which names nothing now, so that the child stands alone
    assert repo.told() == ["parts/kid.yaml Given", "parts/kid.yaml Plain"]


def test_a_file_may_come_from_a_folder_that_is_not_scanned(repo: Repo) -> None:
    repo.commit({"x/a.yaml": template(db("One"), db("Two")), "y/b.yaml": template(db("Three"))})
    repo.write({"x/a.yaml": None, "y/a.yaml": template(db("One"), db("Two", engine="postgres"))})
    assert repo.told("y") == ["y/a.yaml Two"]


def test_a_file_that_is_a_pipe_now_is_not_waited_for(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "b.yaml": template(db("Two"))})
    Path("b.yaml").unlink()
    os.mkfifo("b.yaml")
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, [one["target"] for one in report["gaps"]]) == (3, ["b.yaml"])


def test_an_earlier_version_that_cannot_be_judged_makes_all_new(repo: Repo) -> None:
    start = "Parameters: {Multi: {Type: String}}\n"
    text = template(db("One", multi="!Ref Multi"), head=start)
    repo.commit({"a.yaml": "Resources: [\n", "b.yaml": template(db("Two")), "p.json": "["})
    repo.write({"a.yaml": text, "p.json": '{"Multi": "true"}'})
    assert repo.told(".", "--parameter-file", "p.json") == ["a.yaml One"]
