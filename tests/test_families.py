"""Templates that nest or join others, as files of one scan: each is judged once, whatever names it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from dbguard.cli import main
from dbguard.sources.document import Document
from dbguard.sources.template.assembly import Assembly
from dbguard.sources.template.sections import Gaps

DB = "Resources:\n  Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, StorageEncrypted: !Ref E}}\n"
CHILD = f"Parameters: {{E: {{Type: String, Default: 'true'}}}}\n{DB}"
STACK = "  In: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {}, Parameters: {{E: 'false'}}}}}}\n"


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    main(["scan", "--select", "rds/storage-encrypted", "--format", "json", *arguments])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def files_of(found: dict[str, Any]) -> list[str]:
    return [one["location"]["file"] for one in found["findings"]]


@pytest.mark.parametrize("named", [("c.yaml", "p.yaml"), ("p.yaml", "./c.yaml"), (".",), ("link.yaml", "p.yaml", ".")])
def test_a_nested_template_is_judged_once(
    here: Path, capsys: pytest.CaptureFixture[str], named: tuple[str, ...]
) -> None:
    (here / "c.yaml").write_text(CHILD)
    (here / "p.yaml").write_text("Resources:\n" + STACK.format("c.yaml"))
    (here / "link.yaml").symlink_to("c.yaml")
    found = report(capsys, *named)
    assert files_of(found) == ["c.yaml"]
    assert found["summary"]["inputs"] == 2
    assert not found["gaps"]


def test_a_parent_in_another_encoding_is_a_parent(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "c.yaml").write_text(CHILD)
    (here / "p.yaml").write_text("Resources:\n" + STACK.format("c.yaml"), encoding="utf-16")
    found = report(capsys, ".")
    assert [one["verdict"] for one in found["findings"]] == ["fail"]
    assert found["summary"]["resources"] == 1


@pytest.mark.parametrize("value", ["!GetAtt In.Outputs.No", '!Sub "${In.Outputs.No}"'])
def test_an_output_that_a_sister_does_not_have_is_a_gap(
    here: Path, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    (here / "c.yaml").write_text(CHILD)
    sister = STACK.replace("In", "Sister").replace("'false'", "{}").format("c.yaml", value)
    (here / "p.yaml").write_text("Resources:\n" + STACK.format("c.yaml") + sister)
    (gap,) = report(capsys, ".")["gaps"]
    assert (gap["kind"], gap["location"]["line"]) == ("missing-reference", 3)
    assert "has no output No" in gap["detail"]


@pytest.mark.parametrize("url", ["p.yaml", "loop/p.yaml", "loop/loop/p.yaml"])
def test_a_template_that_nests_itself_is_judged(here: Path, capsys: pytest.CaptureFixture[str], url: str) -> None:
    (here / "p.yaml").write_text(DB.replace("!Ref E", "false") + STACK.format(url))
    (here / "loop").symlink_to(".")
    for path in (".", "p.yaml"):
        found = report(capsys, path)
        assert [Path(one).name for one in files_of(found)] == ["p.yaml"]
        assert ["is nested in itself" in gap["detail"] for gap in found["gaps"]] == [True]


def test_what_no_file_can_be_named_is_a_gap(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "p.yaml").write_text("Resources:\n" + STACK.format('"a\\0b"') + STACK.format("fifo").replace("In", "Fifo"))
    os.mkfifo(here / "fifo")
    assert [gap["location"]["line"] for gap in report(capsys, "p.yaml")["gaps"]] == [2, 3]


def test_a_parameter_of_a_joined_template_is_given(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "b.yaml").write_text(
        "Parameters: {E: {Type: String, AllowedValues: ['true', 'false'], Default: 'true'}}\n"
        "Resources: {T: {Type: AWS::DynamoDB::Table}}\nOutputs: {O: {Value: !Ref E, Export: {Name: n}}}\n"
    )
    (here / "a.yaml").write_text(DB.replace("!Ref E", "!ImportValue n"))
    assert report(capsys, ".", "--parameter", "E=true")["findings"] == []
    assert files_of(report(capsys, ".", "--parameter", "E=false")) == ["a.yaml"]
    assert main(["scan", ".", "--parameter", "E=no"]) == 2
    assert "b.yaml: parameter E does not admit 'no' (one of true, false)" in capsys.readouterr().err


def test_a_parameter_of_a_nested_template_is_not_given(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "c.yaml").write_text(CHILD)
    (here / "p.yaml").write_text("Resources:\n" + STACK.format("c.yaml"))
    assert main(["scan", ".", "--parameter", "E=true"]) == 2
    assert "parameter E is one of a nested stack: its parent gives it a value" in capsys.readouterr().err


def test_a_long_chain_of_stacks_in_a_folder_is_put_together_once(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for level in range(40):
        (here / f"{level:03}.yaml").write_text(DB.replace("!Ref E", "true") + STACK.format(f"{level - 1:03}.yaml"))
    (here / "000.yaml").write_text(DB.replace("!Ref E", "false"))
    added: list[str] = []
    add = Assembly._add

    def counted(self: Assembly, document: Document) -> Gaps:
        added.append(document.file)
        return add(self, document)

    monkeypatch.setattr(Assembly, "_add", counted)
    assert files_of(report(capsys, ".")) == ["000.yaml"]
    assert len(added) < 4 * 40


def test_a_template_in_one_long_line_is_reported_in_linear_time(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql", "MasterUserPassword": "x" * 400}}
    (here / "t.json").write_text(json.dumps({"Resources": {f"Db{at}": body for at in range(1500)}}))
    start = time.perf_counter()
    assert len(files_of(report(capsys, "t.json"))) == 1500
    assert time.perf_counter() - start < 10


def test_the_same_child_is_judged_anew_for_each_parent(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verdicts are remembered over templates that are alike; those of stacks hang on what they are given."""
    (here / "c.yaml").write_text(CHILD)
    for value in ("true", "false"):
        stack = STACK.format("c.yaml").replace("'false'", f"'{value}'")
        (here / f"{value}.yaml").write_text("Resources:\n" + stack)
    for named in (("true.yaml", "false.yaml"), ("false.yaml", "true.yaml")):
        found = report(capsys, *named)["summary"]["verdicts"]
        assert (found["pass"], found["fail"]) == (1, 1)


def test_a_change_set_is_not_taken_for_a_template_that_is_alike(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A change set does not tell of the subnets that it leaves alone."""
    body = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}}
    change = {
        "LogicalResourceId": "Db",
        "ResourceType": body["Type"],
        "AfterContext": {"Properties": body["Properties"]},
    }
    (here / "a.json").write_text(json.dumps({"Resources": {"Db": body}}))
    (here / "b.json").write_text(json.dumps({"ChangeSetName": "c", "Changes": [{"ResourceChange": change}]}))
    for named in (("a.json", "b.json"), ("b.json", "a.json")):
        main(["scan", "--select", "rds/read-replica-limit", "--show", "all", "--format", "json", *named])
        found = json.loads(capsys.readouterr().out)["findings"]
        assert {one["location"]["file"]: one["verdict"] for one in found} == {"b.json": "unknown"}


def test_a_fingerprint_is_the_same_alone_and_beside_others(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.yaml").write_text("Resources:\n  Db: {Type: AWS::RDS::DBInstance, Properties: {Port: !ImportValue p}}\n")
    (here / "b.yaml").write_text(
        "Resources:\n  Db: {Type: AWS::RDS::DBInstance}\nOutputs:\n  P: {Value: 1, Export: {Name: p}}\n"
    )
    (alone,) = (one["fingerprint"] for one in report(capsys, "b.yaml")["findings"])
    assert alone in {one["fingerprint"] for one in report(capsys, ".")["findings"]}


def test_shared_parts_are_searched_for_includes_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Aliases of aliases stand for a billion values here."""
    wide = ", ".join(["*{}"] * 1000)
    levels = [f"  {name}: &{name} [{wide.format(*[before] * 1000)}]" for before, name in ("AB", "BC", "CD")]
    text = "\n".join(["Metadata:", "  A: &A [AWS::Include]", *levels, DB.replace("!Ref E", "false")])
    (here / "t.yaml").write_text(text)
    assert report(capsys, "t.yaml")["summary"]["verdicts"]["fail"] == 1
