"""Which files a scan looks at."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from dbguard.discover import Candidate, PassedOver, find, is_template
from dbguard.model import Gap

TEMPLATE = "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str = TEMPLATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def seen(*paths: str) -> list[str]:
    return [one.file for one in find(paths) if isinstance(one, Candidate)]


def test_folders_are_gone_through_in_order(tree: Path) -> None:
    for name in ("b.yaml", "a.json", "x/c.template", "x/y/d.YML", "e.txt", "f.cfn"):
        write(tree / name)
    write(tree / "compose.yaml", "services: {}\n")
    assert seen(".") == ["a.json", "b.yaml", "f.cfn", "x/c.template", "x/y/d.YML"]
    assert [one.file for one in find(["."]) if isinstance(one, PassedOver)] == ["compose.yaml"]
    assert seen("x", "x/y") == ["x/c.template", "x/y/d.YML"]


def test_named_files_are_read_whatever_their_name(tree: Path) -> None:
    write(tree / "e.txt", "services: {}\n")
    assert seen("e.txt", "e.txt") == ["e.txt"]


def test_gitignore_is_honoured(tree: Path) -> None:
    (tree / ".git").mkdir()
    write(tree / ".git" / "a.yaml")
    write(tree / ".gitignore", "build/\n*.tmp.yaml\n!keep.tmp.yaml\n")
    write(tree / "sub" / ".gitignore", "/secret.yaml\n!a.tmp.yaml\n")
    for name in (
        "build/a.yaml",
        "a.tmp.yaml",
        "keep.tmp.yaml",
        "sub/secret.yaml",
        "sub/deep/secret.yaml",
        "sub/a.tmp.yaml",
    ):
        write(tree / name)
    assert seen(".") == ["keep.tmp.yaml", "sub/a.tmp.yaml", "sub/deep/secret.yaml"]
    assert seen("sub") == ["sub/a.tmp.yaml", "sub/deep/secret.yaml"]
    assert seen("build/a.yaml") == ["build/a.yaml"]


def test_links_in_a_circle_end(tree: Path) -> None:
    write(tree / "a.yaml")
    (tree / "loop").symlink_to(tree)
    (tree / "same.yaml").symlink_to(tree / "a.yaml")
    assert seen(".") == ["a.yaml"]
    told: list[tuple[str, str]] = []
    assert list(find(["."], told=lambda *one: told.append(one)))
    assert told == [(os.path.join(".", "loop"), "a link to a folder, which is not followed")]


def test_what_cannot_be_read_is_a_gap(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    found = [one for one in find(["pipe.yaml", "missing.yaml", "nul\0.yaml"]) if isinstance(one, Gap)]
    assert [one.kind for one in found] == ["unreadable"] * 3
    assert found[1].detail == "No such file or directory"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEMPLATE.encode())))
    assert [one for one in find(["-"]) if isinstance(one, Candidate)][0].data == TEMPLATE.encode()  # noqa: RUF015


def test_utf_16_is_sniffed(tree: Path) -> None:
    (tree / "a.yaml").write_bytes(TEMPLATE.encode("utf-16"))
    assert seen(".") == ["a.yaml"]


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_what_cannot_be_told_from_its_first_bytes_is_not_passed_over(tree: Path, code: str) -> None:
    (tree / "a.yaml").write_bytes(TEMPLATE.encode(code))
    assert seen(".") == ["a.yaml"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + TEMPLATE,
        "\u2028" + TEMPLATE,
        "x: 1\x85" + TEMPLATE,
        "? Resources # a: b\n: Db:\n    Type: AWS::RDS::DBInstance\n",
        "\ufeff? Resources # a\n: Db: {Type: AWS::RDS::DBInstance}\n",
        "{a: 1, ? Resources # a\n : {Db: {Type: AWS::RDS::DBInstance}}}\n",
    ],
)
def test_keys_are_seen_however_they_are_written(tree: Path, text: str) -> None:
    (tree / "a.yaml").write_bytes(text.encode())
    assert seen(".") == ["a.yaml"]


@pytest.mark.parametrize(
    ("root", "answer"),
    [
        ({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}, True),
        ({"AWSTemplateFormatVersion": "2010-09-09"}, True),
        ({"Resources": {}, "Transform": "AWS::Serverless-2016-10-31"}, True),
        ({"Resources": {"A": {"Fn::Transform": {"Name": "Macro"}}}}, True),
        ({"Resources": {"Fn::Transform": {"Name": "AWS::Include"}}}, True),
        ({"Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}}, True),
        ({"Transform": "none of CloudFormation"}, False),
        ({"Resources": {"A": {"Type": "custom"}}}, False),
        ({"Resources": ["a"]}, False),
        ({"services": {}}, False),
        (["Resources"], False),
        ("Resources", False),
    ],
)
def test_what_a_template_is(root: object, answer: bool) -> None:
    assert is_template(root) is answer


def test_a_folder_that_is_left_out_is_read_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CDK's own .gitignore leaves cdk.out out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("cdk.out\n")
    (tmp_path / "cdk.out").mkdir()
    (tmp_path / "cdk.out" / "t.json").write_text('{"Resources": {}}')
    assert [one.file for one in find(["cdk.out"]) if isinstance(one, Candidate)] == ["cdk.out/t.json"]
    assert not list(find(["."]))
