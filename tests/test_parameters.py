"""Parameter files in every form that deploys, several sets in one run, and the constraints on values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbguard.cli import main
from dbguard.discover import find
from dbguard.model import VERDICTS, Finding
from dbguard.options import Options
from dbguard.parameters.files import ParameterSet
from dbguard.parameters.sets import scan as scan_sets
from dbguard.policy_library import Library
from dbguard.scan import Scan
from dbguard.sources.template.parameters import parse
from dbguard.value import AnyOther
from tests.laws.generate import ENVIRONMENTS, templates

LIBRARY = Library()


TEMPLATE = """Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Days: {Type: Number, Default: 7, MinValue: 1}
  Secret: {Type: String, Default: long enough, NoEcho: true, MinLength: 8}
  Ports: {Type: List<Number>, Default: "1,2"}
Conditions: {P: !Equals [!Ref Env, prod]}
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, StorageEncrypted: !If [P, true, false], BackupRetentionPeriod: !Ref Days}
  Open:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, StorageEncrypted: false, BackupRetentionPeriod: 7}
"""
SELECT = ("--select", "rds/storage-encrypted,rds/backup-retention-minimum")


def run(*arguments: str) -> int:
    return main(["scan", *SELECT, *arguments])


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, Any], int]:
    code = run("--format", "json", *arguments)
    return json.loads(capsys.readouterr().out), code


def files(here: Path) -> tuple[str, ...]:
    (here / "t.yaml").write_text(TEMPLATE)
    (here / "dev.json").write_text('{"Env": "dev"}')
    (here / "prod.json").write_text('[{"ParameterKey": "Env", "ParameterValue": "prod"}]')
    return "t.yaml", "--parameter-file", "dev.json", "--parameter-file", "prod.json"


def test_each_file_is_a_set_of_its_own(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, code = judged(capsys, *files(here), "--show", "all")
    assert code == 1
    found = {
        (one["resource"]["id"], one["policy"], one["verdict"]): one.get("parameters") for one in report["findings"]
    }
    assert found == {
        ("Db", "rds/storage-encrypted", "fail"): ["dev.json"],
        ("Db", "rds/storage-encrypted", "pass"): ["prod.json"],
        ("Db", "rds/backup-retention-minimum", "may-fail"): None,
        ("Open", "rds/storage-encrypted", "fail"): None,
        ("Open", "rds/backup-retention-minimum", "pass"): None,
    }
    assert report["summary"]["verdicts"] == {"fail": 2, "may-fail": 1, "unknown": 0, "pass": 2, "exempt": 0}
    assert report["summary"]["resources"] == 2
    assert all("parameters" not in one for one in report["findings"] if one["resource"]["id"] == "Open")


def test_values_of_the_command_line_are_laid_over_each_set(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, _ = judged(capsys, *files(here), "--parameter", "Env=prod", "--parameter", "Days=7")
    assert [(one["resource"]["id"], one.get("parameters")) for one in report["findings"]] == [("Open", None)]


@pytest.mark.parametrize("name", ["text", "compact", "github", "junit", "markdown", "sarif"])
def test_every_format_names_the_sets(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (here / "few.json").write_text('{"Env": "dev", "Days": 1}')
    arguments = (*files(here), "--parameter-file", "few.json")
    (here / "t.yaml").write_text(TEMPLATE.replace(", MinValue: 1", ""))
    assert run("--format", name, *arguments) == 1
    out = capsys.readouterr().out.replace("\n", " ")
    assert "with dev.json, few.json" in out  # the fail
    assert "with dev.json, prod.json" in out  # the unknown, one line in most formats
    assert "with few.json" in out


def test_one_file_or_the_same_twice_names_no_set(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(here)
    once, _ = judged(capsys, "t.yaml", "--parameter-file", "dev.json")
    twice, _ = judged(capsys, "t.yaml", "--parameter-file", "dev.json", "--parameter-file", "dev.json")
    assert once == twice
    assert not any("parameters" in one for one in once["findings"])


def test_a_gap_of_one_set_names_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = files(here)
    (here / "t.yaml").write_text(TEMPLATE.replace("Default: dev,", "Default: qa,"))
    (here / "few.json").write_text('{"Days": 1}')
    report, code = judged(capsys, *arguments, "--parameter-file", "few.json")
    assert code == 3
    (gap,) = report["gaps"]
    assert gap["kind"] == "refused-default"
    assert gap["location"] == {"file": "t.yaml", "line": 2, "column": 23}
    assert gap["detail"].endswith("(with few.json)")


def test_a_deployment_file_is_for_its_template(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (here / f"{name}.yaml").write_text(TEMPLATE)
    (here / "a.deploy").write_text("template-file-path: ./a.yaml\nparameters: {Env: prod, Days: 7}\n")
    (here / "b.deploy").write_text("template-file-path: b.yaml\nparameters: {Env: dev, Days: 7}\n")
    report, _ = judged(capsys, ".", "--parameter-file", "a.deploy", "--parameter-file", "b.deploy")
    found = [(one["location"]["file"], one["resource"]["id"], one.get("parameters")) for one in report["findings"]]
    assert found == [("a.yaml", "Open", None), ("b.yaml", "Db", None), ("b.yaml", "Open", None)]
    one, _ = judged(capsys, ".", "--parameter-file", "a.deploy")
    assert ["a.yaml" in str(found["location"]) for found in one["findings"]].count(True) == 1
    assert run("b.yaml", "--parameter-file", "a.deploy") == 2
    assert "template-file-path ./a.yaml is none of the templates scanned" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Days: 7\nEnv: qa\n", "p:2:1: parameter Env does not admit 'qa' (one of dev, prod)"),
        ("Days: 0\n", "p:1:1: parameter Days does not admit '0' (MinValue 1)"),
        ("Days: many\n", "p:1:1: parameter Days does not admit 'many' (a number)"),
        ("Days: true\n", "p:1:1: parameter Days does not admit 'true' (a number)"),
        ("Ports: [1, x]\n", "p:1:1: parameter Ports does not admit '1,x' (a number)"),
        ("Secret: hunter2\n", "p:1:1: parameter Secret does not admit its value (MinLength 8)"),
        ("Evn: dev\n", "p:1:1: no template has a parameter Evn; did you mean 'Env'"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_place(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (here / "t.yaml").write_text(TEMPLATE)
    (here / "p").write_text(text)
    (here / "q").write_text("Days: 7\n")
    for more in ((), ("--parameter-file", "q")):
        assert run("t.yaml", "--parameter-file", "p", *more) == 2
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "Env": st.sampled_from(ENVIRONMENTS),
        "Safe": st.sampled_from(["true", "false"]),
        "Days": st.sampled_from([0, 1, 7, 35]),
    },
)


def _without(one: Finding) -> str:
    return repr(one._replace(parameters=()))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(templates(), st.lists(VALUES, min_size=2, max_size=3))
def test_sets_together_say_what_each_says_alone(here: Path, template: Any, values: list[dict[str, Any]]) -> None:
    """What a joint report says of a set is what a scan with that set alone says."""
    (here / "t.json").write_text(json.dumps(template))
    sets = [ParameterSet(f"s{number}", one, dict.fromkeys(one, "s:1:1")) for number, one in enumerate(values)]
    options = Options(LIBRARY.chosen(("rds/",), (), every=False), show=frozenset(VERDICTS))
    report = scan_sets(LIBRARY, options, sets, ["t.json"], list(find(["t.json"])))
    total = dict.fromkeys(VERDICTS, 0)
    for one in report.findings:
        total[one.verdict] += 1
        assert len(one.parameters) < len(sets)
    assert report.verdicts == total
    for own in sets:
        alone = Scan(LIBRARY, options._replace(own=own)).run(["t.json"])
        here_ = [one for one in report.findings if not one.parameters or own.name in one.parameters]
        assert sorted(map(_without, here_)) == sorted(map(_without, alone.findings))
        gaps = [gap for gap in report.gaps if "(with " not in gap.detail or own.name in gap.detail]
        assert [gap.location for gap in gaps] == [gap.location for gap in alone.gaps]


PARAMETERS = st.fixed_dictionaries(
    {"Type": st.sampled_from(["String", "Number", "CommaDelimitedList", "List<Number>", "AWS::EC2::VPC::Id"])},
    optional={
        "Default": st.sampled_from(["", "a", "dev", "7", 7, 0, "a, b", "1,2"]),
        "AllowedValues": st.lists(st.sampled_from(["a", "b", "dev", 7, "1", ""]), min_size=1),
        "AllowedPattern": st.sampled_from(["^(a|dev)$", "[a-z]+", "[0-9]*", "a|", "(", "[a-z&&[^a]]", "\\p{Alpha}+"]),
        "MinLength": st.sampled_from([0, 1, "2"]),
        "MaxLength": st.sampled_from([1, 3]),
        "MinValue": st.sampled_from([0, 7, "1"]),
        "MaxValue": st.sampled_from([7, 35]),
    },
)


@given(PARAMETERS, st.lists(st.sampled_from(["a", "b", "dev", "PROD", "7", "", "99", "true"])))
def test_only_what_the_constraints_admit_is_gone_through(body: dict[str, Any], constants: list[str]) -> None:
    parameter = parse("P", body, {})
    domain = parameter.domain(constants)
    assert domain
    for value in domain:
        assert parameter.admits(value)
    others = [value for value in domain if isinstance(value, AnyOther)]
    if others and not body.get("AllowedValues"):
        plain = {str(value) for value in domain if not isinstance(value, AnyOther)}
        assert all(parameter.admits(value) == (value in plain) for value in constants)
    if "Default" in body and not parameter.admits(body["Default"]):
        assert parameter.chosen is None


@pytest.mark.parametrize("kind", ["CommaDelimitedList", "List<Number>", "List<AWS::EC2::Subnet::Id>"])
def test_lists(kind: str) -> None:
    parameter = parse("P", {"Type": kind}, {"P": "1, 2"})
    assert parameter.chosen == ["1", "2"]
    assert parameter.admits("3,4")


@pytest.mark.parametrize(
    ("inner", "listed"),
    [
        ("String", False),
        ("AWS::EC2::Image::Id", False),
        ("List<String>", True),
        ("CommaDelimitedList", True),
        ("List<AWS::EC2::Subnet::Id>", True),
    ],
)
def test_what_is_stored_is_never_taken_to_be_its_name(inner: str, listed: bool) -> None:
    body = {
        "Type": f"AWS::SSM::Parameter::Value<{inner}>",
        "Default": "/a",
        "AllowedPattern": "/b",
        "AllowedValues": ["x"],
    }
    for values in ({}, {"P": "/b"}):
        parameter = parse("P", body, values)
        assert parameter.listed is listed
        assert parameter.chosen is None
        (only,) = parameter.domain(())
        assert not isinstance(only, (str, list))


def test_a_number_without_quotes_is_the_text_it_was_written_as() -> None:
    parameter = parse("P", {"Type": "String", "Default": "5.10", "AllowedValues": [5.1, 8.0]}, {})
    assert parameter.chosen == "5.10"


def test_names_of_parameters_are_the_type_of_a_text() -> None:
    parameter = parse("P", {"Type": "AWS::SSM::Parameter::Name", "Default": "/a"}, {})
    assert not parameter.stored
    assert parameter.chosen == "/a"


def test_a_finding_with_another_scenario_is_another_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(here)
    (here / "few.json").write_text('{"Days": 7}')
    report, _ = judged(capsys, "t.yaml", "--parameter-file", "few.json", "--parameter-file", "dev.json")
    found = [one for one in report["findings"] if one["resource"]["id"] == "Db" and one["verdict"] == "fail"]
    assert [(one["parameters"], one["when"]) for one in found] == [(["few.json"], {"Env": "dev"}), (["dev.json"], None)]


@pytest.mark.parametrize(("constant", "excluded"), [("PROD", set()), ("prod-1", {"prod-1"})])
def test_a_constant_is_excluded_only_where_no_case_of_it_is_admitted(constant: str, excluded: set[str]) -> None:
    """Policies compare ignoring case, and `prod` may be given."""
    (other,) = parse("P", {"Type": "String", "AllowedPattern": "[a-z]+"}, {}).domain([constant])
    assert isinstance(other, AnyOther)
    assert other.excluded == excluded
