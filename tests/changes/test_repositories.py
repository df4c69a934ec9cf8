"""Repositories that are not whole, not one's own, or hostile."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dbguard.cli import main
from tests.changes.conftest import Repo, db, template


def test_a_shallow_clone_says_what_to_fetch(repo: Repo, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"a.yaml": template(db("One"))})
    repo.git("switch", "-q", "-c", "work")
    repo.commit({"a.yaml": template(db("One", engine="postgres"))})
    repo.git("clone", "-q", "--depth", "1", "--no-single-branch", f"file://{here}", "copy")
    monkeypatch.chdir(here / "copy")
    assert "fetch-depth: 0" in repo.refused(".", "--changed-since", "origin/main")
    assert "fetch-depth: 0" in repo.refused(".", "--changed-since", "HEAD~1")


def test_a_clone_without_contents_asks_nobody_for_them(repo: Repo, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"a.yaml": template(db("One"))})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", "--filter=blob:none", f"file://{here}", "copy")
    repo.commit({"a.yaml": template(db("One", engine="postgres"))})
    monkeypatch.chdir(here / "copy")
    Path("a.yaml").write_text(template(db("One", engine="mariadb")))
    shutil.rmtree(".git/objects/pack")
    Path(".git/objects/pack").mkdir()
    assert main(["scan", ".", "--changed-since", "HEAD"]) == 2


HOSTILE = """
[core]
	repositoryformatversion = 1
	fsmonitor = touch {ran}
	hooksPath = {hooks}
	sshCommand = touch {ran}
	pager = touch {ran}
	gitProxy = touch {ran}
	editor = touch {ran}
	alternateRefsCommand = touch {ran}
[filter "evil"]
	clean = touch {ran}; cat
	smudge = touch {ran}; cat
	process = touch {ran}
	required = true
[diff "evil"]
	textconv = touch {ran}; cat
	command = touch {ran}
[diff]
	external = touch {ran}
[merge "evil"]
	driver = touch {ran}
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[extensions]
	partialClone = origin
[remote "origin"]
	url = ext::touch {ran}
	promisor = true
	partialclonefilter = blob:none
	uploadpack = touch {ran}
[alias]
	rev-parse = !touch {ran}
	cat-file = !touch {ran}
"""


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "objects to fetch"])
def test_a_hostile_repository_runs_nothing(repo: Repo, here: Path, missing: bool) -> None:
    repo.commit({"a.yaml": template(db("One")), ".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    if missing:
        name = repo.git("rev-parse", "HEAD:a.yaml")
        Path(".git/objects", name[:2], name[2:]).unlink()
    hooks = here / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc", "fsmonitor-watchman"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {here}/ran\n")
        (hooks / hook).chmod(0o755)
    with Path(".git/config").open("a") as config:
        config.write(HOSTILE.format(ran=here / "ran", hooks=hooks))
    before = sorted(path.name for path in here.iterdir())
    if missing:
        assert "clone without --filter" in repo.refused(".", "--changed-since", "HEAD")
    else:
        assert repo.told() == ["a.yaml One"]
    assert sorted(path.name for path in here.iterdir()) == before


def test_a_repository_of_somebody_else_says_how_to_trust_it(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert "git config --global --add safe.directory" in repo.refused(".", "--changed-since", "HEAD")


def test_a_tree_that_is_not_here_is_no_empty_tree(repo: Repo) -> None:
    repo.commit({"x/a.yaml": template(db("One"))})
    name = repo.git("rev-parse", "HEAD:x")
    Path(".git/objects", name[:2], name[2:]).unlink()
    assert "not all here" in repo.refused(".", "--changed-since", "HEAD")


def test_a_tree_that_has_no_end_is_not_read_to_it(repo: Repo) -> None:
    row = f"100644 blob {repo.git('hash-object', '-w', '/dev/null')}"
    for _ in range(9):
        rows = "".join(f"{row}\tx{at}\n" for at in range(30))
        run = subprocess.run(["git", "mktree"], input=rows, capture_output=True, text=True, check=True)
        row = f"040000 tree {run.stdout.strip()}"
    tree = row.rpartition(" ")[2]
    repo.git("update-ref", "refs/heads/main", repo.git("commit-tree", tree, "-p", "HEAD", "-m", "deep"))
    assert "has more than 1000000 files" in repo.refused(".", "--changed-since", "HEAD")


def test_names_that_are_no_paths_are_not_written(
    repo: Repo, here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path_factory.mktemp("written")
    monkeypatch.setattr("tempfile.tempdir", str(written))
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], input=template(db("One")).encode(), capture_output=True, check=True
    ).stdout.strip()
    inner = subprocess.run(
        ["git", "mktree"], input=b"100644 blob " + blob + b"\tx.yaml\n", capture_output=True, check=True
    )
    rows = b"".join(
        mode + b" " + name + b"\0" + bytes.fromhex(thing.decode())
        for mode, name, thing in ((b"40000", b"..", inner.stdout.strip()), (b"100644", b"a.yaml", blob))
    )
    tree = (
        subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
            input=rows,
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    commit = repo.git("commit-tree", tree, "-p", "HEAD", "-m", "odd")
    repo.git("update-ref", "refs/heads/main", commit)
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    assert repo.told() == ["a.yaml One"]
    assert not list(written.iterdir())


def test_links_are_not_followed_out_of_the_earlier_version(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "b.yaml"
    outside.write_text(template(db("Two")))
    repo.commit({"a.yaml": template(db("One"))})
    Path("b.yaml").symlink_to(outside)
    repo.commit({})
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    assert repo.told() == ["a.yaml One", "b.yaml Two"]  # outside of the repository nothing has a history
