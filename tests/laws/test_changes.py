"""Whatever is edited, a finding that the earlier version does not have is told, and what changed explains it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbguard.cli import main
from dbguard.commands.changed import Watched
from dbguard.history.changes import Told, Version, altered
from dbguard.model import VERDICTS, Finding
from dbguard.options import Options
from dbguard.policy_library import Library
from tests.laws.generate import Template, conditions, resources, templates

LIBRARY = Library()
POLICIES = LIBRARY.chosen(["rds/"], [], every=False)
# Those that look at nothing beside a resource: related ones are known by the verdicts of both versions alone.
PLAIN = [one for one in POLICIES if (reads := LIBRARY.policy(one.id, None).reads) and not reads.types]
NAMES = ("Env", "Safe", "Days")
Files = dict[str, str]


@st.composite
def edited(draw: st.DrawFn, before: Template) -> Template:
    """The same template after a few edits."""
    found: Template = json.loads(json.dumps(before))
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(found["Resources"])))
        kind = draw(st.sampled_from(["body", "gone", "parameter", "allowed", "condition", "mapping", "rule", "new"]))
        if kind == "body":
            found["Resources"][name] = draw(resources())
        elif kind == "gone" and len(found["Resources"]) > 1:
            del found["Resources"][name]
        elif kind == "parameter":
            found["Parameters"]["Env"]["Default"] = draw(st.sampled_from(["dev", "qa", "prod"]))
        elif kind == "allowed":
            found["Parameters"]["Days"].pop("AllowedValues", None)
        elif kind == "condition":
            found["Conditions"][draw(conditions)] = {"Fn::Equals": [{"Ref": "Days"}, draw(st.sampled_from([0, 3, 7]))]}
        elif kind == "mapping":
            found["Mappings"]["By"]["prod"]["Days"] = draw(st.integers(0, 9))
        elif kind == "rule":
            asserted = {"Fn::Equals": [{"Ref": "Env"}, draw(st.sampled_from(["dev", "prod"]))]}
            found["Rules"] = {"One": {"Assertions": [{"Assert": asserted}]}}
        else:
            found["Resources"]["New"] = draw(resources())
    return found


def alone(template: Template, _: str) -> Files:
    return {"child.json": json.dumps(template)}


def nested(template: Template, multi: str) -> Files:
    """Two stacks of the template, one of which is given a value of its own."""
    stacks = {
        name: {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "child.json", "Parameters": {**{one: {"Ref": one} for one in NAMES}, **own}},
        }
        for name, own in (("One", {}), ("Two", {"Safe": multi}))
    }
    parent = {"Parameters": template["Parameters"], "Resources": stacks}
    return {"child.json": json.dumps(template), "top.json": json.dumps(parent)}


def joined(template: Template, multi: str) -> Files:
    """The template beside another that imports what it exports."""
    out = {"Outputs": {"Safe": {"Value": {"Ref": "Safe"}, "Export": {"Name": "safe"}}}}
    db = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql", "MultiAZ": {"Fn::ImportValue": "safe"}}}
    plain = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql", "MultiAZ": multi}}
    beside = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Importing": db, "Plain": plain}}
    return {"child.json": json.dumps({**template, **out}), "beside.json": json.dumps(beside)}


LAYOUTS = (alone, nested, joined)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Files, Files]:
    """Files before and after an edit; the way in which they are put together may change as well."""
    before = draw(templates())
    layout = draw(st.sampled_from(LAYOUTS))
    other = draw(st.sampled_from(LAYOUTS)) if draw(st.integers(0, 3)) == 0 else layout
    beside = {f"quiet/{name}": text for name, text in draw(st.sampled_from(LAYOUTS))(draw(templates()), "true").items()}
    after = before if draw(st.integers(0, 3)) == 0 else draw(edited(before))
    old, new = layout(before, "true"), other(after, draw(st.sampled_from(["true", "false"])))
    return {**old, **beside}, {**new, **beside}


def write(folder: Path, files: Files) -> None:
    (folder / "quiet").mkdir(exist_ok=True)
    for old in folder.rglob("*.json"):
        old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text)


def key(one: Finding) -> tuple[str, ...]:
    return one.fingerprint.rpartition(":")[0], one.verdict


@given(histories())
@settings(deadline=None, max_examples=40)
def test_what_changed_explains_every_new_finding(history: tuple[Files, Files]) -> None:
    with TemporaryDirectory() as folder:
        versions = [Version(os.path.realpath(folder)) for _ in history]
        reports = []
        for files, version in zip(history, versions, strict=True):
            write(Path(folder), files)
            options = Options(PLAIN, show=frozenset(VERDICTS))
            reports.append(Watched(LIBRARY, options, version).run([folder]))
        known = {key(one) for one in reports[0].findings}
        everything = Everything()
        nodes = altered(versions[0], versions[1])
        told = Told(versions[0], versions[1], nodes, everything, frozenset(), lambda _: False, frozenset())
        for one in reports[1].findings:
            assert key(one) in known or told.finding(one)


class Everything(frozenset[object]):
    """Holds everything, so that nothing is told for not having been there."""

    def __contains__(self, one: object) -> bool:
        return True


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    here, before = tmp_path_factory.mktemp("repository"), Path.cwd()
    subprocess.run(["git", "init", "-q", str(here)], check=True)
    os.chdir(here)
    yield here
    os.chdir(before)


def committed(files: Files, *, commit: bool) -> None:
    write(Path(), files)
    if commit:
        git = ("git", "-c", "user.name=T", "-c", "user.email=t@example.org")
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "a step"], check=True)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> set[tuple[str, ...]]:
    """What a scan tells: policy, file, resource, verdict, property and value."""
    main(["scan", ".", "--select", "rds/", "--format", "json", *words])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["findings"]
    return {(one["fingerprint"], one["verdict"], one["message"]) for one in found}


@given(histories())
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_new_finding_is_never_hidden(
    repository: Path, capsys: pytest.CaptureFixture[str], history: tuple[Files, Files]
) -> None:
    old, new = history
    committed(old, commit=True)
    before = told(capsys)
    committed(new, commit=False)
    whole, part = told(capsys), told(capsys, "--changed-since", "HEAD")
    assert whole - before <= part <= whole
