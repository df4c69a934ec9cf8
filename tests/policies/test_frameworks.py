"""Frameworks: their controls, the policies that evaluate them, and what a report says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dbguard.cli import main
from dbguard.errors import PolicyError
from dbguard.frameworks import controls, entries, load
from dbguard.policy_library import Library

LIBRARY = Library()
TEMPLATE = """
Resources:
  Open: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql, StorageEncrypted: true, PubliclyAccessible: true}}
"""


@pytest.mark.parametrize("name", sorted(LIBRARY.frameworks))
def test_every_control_is_evaluated_or_says_why_not(name: str) -> None:
    (framework,) = load(LIBRARY, [name])
    silent = [
        control for control, row in framework.rows.items() if not framework.policies[control] and "left" not in row
    ]
    assert not silent
    assert entries(LIBRARY, [framework])


@pytest.mark.parametrize("name", sorted(LIBRARY.frameworks))
def test_no_pattern_of_a_framework_fits_nothing(name: str) -> None:
    from fnmatch import filter as fitting

    rows = LIBRARY.frameworks[name]["controls"].values()
    patterns = {pattern for row in rows for pattern in (row or {}).get("policies", ())}
    assert not [pattern for pattern in patterns if not fitting(LIBRARY.entries, pattern)]


def test_the_frameworks_that_are_asked_for() -> None:
    assert set(LIBRARY.frameworks) == {"fsbp", "control-tower", "cis", "config", "well-architected"}


def test_what_becomes_of_a_control() -> None:
    frameworks = load(LIBRARY, ["cis", "well-architected"])
    found = {one.id: one for one in controls(frameworks, {"rds/public-access": {"pass", "fail"}})}
    assert (found["2.2.3"].status, found["2.2.3"].strength, found["2.2.3"].verdict) == ("evaluated", "full", "fail")
    assert (found["2.2.1"].status, found["2.2.1"].verdict) == ("no-resource", None)
    assert (found["SEC03-BP07"].strength, bool(found["SEC03-BP07"].reason)) == ("partial", True)


def report(tmp_path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    file = tmp_path / "t.yaml"
    file.write_text(TEMPLATE)
    code = main(["scan", str(file), *arguments])
    return code, capsys.readouterr().out


def test_the_report_says_which_controls_were_evaluated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = report(tmp_path, capsys, "--framework", "cis", "--format", "json")
    found = {one["id"]: one for one in json.loads(out)["controls"]}
    assert code == 1
    assert found["2.2.3"]["verdict"] == "fail"
    assert found["2.2.1"]["verdict"] == "pass"
    assert {one["policy"] for one in json.loads(out)["findings"]} <= {
        name for row in LIBRARY.frameworks["cis"]["controls"].values() for name in row["policies"]
    }


def test_the_text_says_it_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = report(tmp_path, capsys, "--framework", "cis")
    assert "cis: 4 of 4 controls evaluated, 0 of them in part" in out
    assert "fail: 2.2.2, 2.2.3" in out or "fail: 2.2.3" in out


def test_the_text_lists_what_passes_and_what_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = report(tmp_path, capsys, "--framework", "cis", "--framework", "well-architected")
    assert "  pass: 2.2.1, 2.2.2\n" in out
    assert "SEC03-BP07 (policies of IAM are not looked at)" in out


@pytest.mark.parametrize("form", ["json", "markdown", "sarif", "text"])
def test_reports_name_every_control(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = report(tmp_path, capsys, "--framework", "fsbp", "--format", form)
    assert all(control in out for control in LIBRARY.frameworks["fsbp"]["controls"])
    assert len(out.encode()) < 65_536 or form != "markdown"


def test_a_framework_narrows_what_is_selected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = report(tmp_path, capsys, "--framework", "cis", "--select", "rds/public-access", "--format", "json")
    assert json.loads(out)["summary"]["policies"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--framework", "fspb"], "there is no framework 'fspb'; did you mean 'fsbp'?"),
        (["--framework", "x"], "; there are "),
        (["--framework", "cis", "--all"], "--all has no effect beside --framework"),
        (["--framework", "cis", "--select", "dynamodb/"], "exclude them all"),
    ],
)
def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(TEMPLATE)
    assert main(["scan", str(file), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_mistakes_of_a_framework_file(tmp_path: Path) -> None:
    folder = tmp_path / "frameworks"
    folder.mkdir()
    (folder / "one.yaml").write_text("title: t\n")
    (folder / "two.yaml").write_text(
        "title: t\nas_of: 2026-11-23\nsource: [x]\nreferences: y\ncontrols:\n  A: {polices: [x]}\n"
    )
    with pytest.raises(PolicyError) as mistakes:
        Library([str(tmp_path)])
    said = str(mistakes.value)
    assert "one.yaml:1: a framework has 'title'" in said
    assert "two.yaml:1: 'references' is one of" in said
    assert "two.yaml:6: a control has" in said
