"""The GitHub action and the GitLab component: their own shell lines, run as the services run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
COMPONENT = ROOT / "templates" / "dbguard.yml"
OPEN = "Resources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: {Engine: mysql, StorageEncrypted: false}\n"
SAFE = OPEN.replace("false", "true")
SELECT = "--select=rds/storage-encrypted"


@pytest.fixture
def folder(here: Path) -> Path:
    """Templates of every sort, and an environment in which dbguard stands where it would be installed."""
    (here / "a folder").mkdir()
    (here / "a folder" / "open.yaml").write_text(OPEN)
    (here / "safe.yaml").write_text(SAFE)
    (here / "broken.yaml").write_text("Resources: [\n")
    (here / "home" / "dbguard" / "bin").mkdir(parents=True)
    (here / "home" / "dbguard" / "bin" / "dbguard").symlink_to(Path(sys.executable).with_name("dbguard"))
    return here


def shell(script: str, environment: dict[str, str], program: str = "bash") -> tuple[int, str]:
    options = {"bash": ["--noprofile", "--norc", "-eo", "pipefail"], "sh": ["-e"]}[program]
    command = [program, *options, "-c", script]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **environment}
    )
    return done.returncode, done.stdout + done.stderr


def act(**given: str) -> tuple[int, str, dict[str, str]]:
    """What the action's second step does: its exit code, its log, and its outputs."""
    step = ACTION["runs"]["steps"][1]
    inputs = {name: row["default"] for name, row in ACTION["inputs"].items()}
    inputs.update({name.replace("_", "-"): value for name, value in given.items()})
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)
        for name, text in step["env"].items()
    }
    files = {"GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_OUTPUT": "output"}
    Path("output").write_text("")
    code, log = shell(step["run"], {**environment, **files, "RUNNER_TEMP": "home"})
    plain = re.sub(r"<<END-OF-NAME\n(.*)\nEND-OF-NAME", r"=\1", Path("output").read_text())
    return code, log, dict(line.split("=", 1) for line in plain.splitlines())


def test_the_action_annotates_summarizes_and_fails(folder: Path) -> None:
    code, log, outputs = act(paths="a folder\nsafe.yaml", args=SELECT)
    assert (code, outputs) == (1, {"exit-code": "1"})
    assert "::error file=a folder/open.yaml,line=4,col=33," in log
    assert "2 files read" in log
    assert "rds/storage-encrypted" in (folder / "summary.md").read_text()


def test_every_input_of_the_action_is_honoured(folder: Path) -> None:
    assert act(paths="safe.yaml", args=SELECT)[0] == 0
    assert act(paths="a folder", args=SELECT, fail_on="critical")[0] == 0
    assert act(paths="a folder", args=f"{SELECT}\n--show\npass")[0] == 1
    code, _, outputs = act(paths="a folder", args=SELECT, sarif_file="a report.sarif")
    assert (code, outputs) == (1, {"exit-code": "1", "sarif-file": "a report.sarif"})
    assert json.loads((folder / "a report.sarif").read_text())["version"] == "2.1.0"


def test_the_action_keeps_what_is_incomplete_apart(folder: Path) -> None:
    code, log, outputs = act(args=SELECT)
    assert (code, outputs["exit-code"]) == (3, "3")
    assert "::error file=broken.yaml" in log


def test_inputs_of_the_action_are_never_code(folder: Path) -> None:
    evil = "$(touch ran); `touch ran`; \" ' ${{ x }}"
    code, log, _ = act(paths=evil, args=SELECT, sarif_file=f"{evil}.sarif")
    assert code == 3
    assert "nothing-to-scan" in log or "No such file" in log
    act(paths="--version", args=SELECT, fail_on=evil)
    assert not (folder / "ran").exists()
    assert act(paths="--version", args=SELECT)[0] == 3  # a path, no option
    forged = act(paths="a folder", args=SELECT, sarif_file="x\nEND-OF-NAME\nexit-code=0\nx<<END-OF-NAME\nx")
    assert (forged[0], forged[2]) == (2, {})
    assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"])
    assert not any("uses" in step for step in ACTION["runs"]["steps"])


RECORDER = f"""#!/bin/sh
echo "$@" >> asked
mkdir -p "$4/bin"
cp "$0" "$4/bin/python"
exec {sys.executable} "$@" --help
"""


def recorder(folder: Path) -> dict[str, str]:
    """A python3 that notes what it is asked, on the path before every other; modules of its names are scanned."""
    for module in ("venv", "pip", "ensurepip"):
        (folder / f"{module}.py").write_text("open('ran', 'w')\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").write_text(RECORDER)
    (folder / "bin" / "python3").chmod(0o755)
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}


def test_the_action_installs_itself(folder: Path) -> None:
    step = ACTION["runs"]["steps"][0]
    code, log = shell(step["run"], {**recorder(folder), "RUNNER_TEMP": "home", "GITHUB_ACTION_PATH": "/the action"})
    assert code == 0, log
    asked = (folder / "asked").read_text().splitlines()
    assert asked[0] == "-I -m venv home/dbguard"
    assert asked[1].startswith("-I -m pip install ")
    assert asked[1].endswith(" /the action")
    assert not (folder / "ran").exists()


def component(**given: str) -> dict[str, Any]:
    """The component's job, with inputs filled in as GitLab does before it reads the file."""
    head, _, body = COMPONENT.read_text().partition("\n---\n")
    inputs = {name: row.get("default", "") for name, row in yaml.safe_load(head)["spec"]["inputs"].items()}
    assert not given.keys() - inputs.keys()
    inputs.update(given)
    filled = re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: inputs[found[1]], body)
    (job,) = yaml.safe_load(filled).values()
    found: dict[str, Any] = job
    return found


def work(
    program: str = "sh", part: str = "script", more: dict[str, str] | None = None, **given: str
) -> tuple[int, str]:
    job = component(**given)
    values = {name: one["value"] if isinstance(one, dict) else one for name, one in job["variables"].items()}
    return shell("\n".join(job[part]), {**values, "DBGUARD_HOME": "home/dbguard", **(more or {})}, program)


@pytest.mark.parametrize("program", ["sh", "bash"])
def test_the_component_reports_and_fails(folder: Path, program: str) -> None:
    (folder / "open.yaml").write_text(OPEN)
    code, log = work(program, paths="open.yaml safe.yaml", args=SELECT)
    assert code == 1
    assert "high[rds/storage-encrypted]" in log
    reports = component()["artifacts"]["reports"]
    (entry,) = json.loads((folder / reports["codequality"]).read_text())
    assert entry["location"] == {"path": "open.yaml", "lines": {"begin": 4}}
    assert ElementTree.parse(folder / reports["junit"]).getroot().tag == "testsuites"


def test_every_input_of_the_component_is_honoured(folder: Path) -> None:
    assert work(paths="safe.yaml", args=SELECT)[0] == 0
    assert work(args=SELECT)[0] == 3
    (folder / "open.yaml").write_text(OPEN)
    assert work(paths="open.yaml", args=f"{SELECT} --fail-on critical")[0] == 0
    job = component(image="python:3.12", stage="lint")
    assert (job["image"], job["stage"]) == ("python:3.12", "lint")
    code, log = work(part="before_script", more=recorder(folder), package="git+https://example.com/dbguard@v1")
    assert code == 0, log
    assert (folder / "asked").read_text().endswith(" git+https://example.com/dbguard@v1\n")
    assert not (folder / "ran").exists()


def test_inputs_of_the_component_are_never_code(folder: Path) -> None:
    code, _ = work(paths="$(touch${IFS}ran) `touch ran` ;touch ran --version *.yaml", args=SELECT)
    assert code == 3
    assert not (folder / "ran").exists()
    text = COMPONENT.read_text().partition("\n---\n")[2]
    job = yaml.safe_load(text)["$[[ inputs.job ]]"]
    assert "[[" not in shlex.join([*job["before_script"], *job["script"]])


def test_the_files_fit_the_schemas_of_the_services(here: Path) -> None:
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema"]
    (here / "job.yml").write_text(yaml.safe_dump({"dbguard": component()}))
    (here / "spec.yml").write_text(COMPONENT.read_text().partition("\n---\n")[0])
    for schema, file in (
        ("vendor.github-actions", str(ROOT / "action.yml")),
        ("vendor.gitlab-ci", "job.yml"),
        ("vendor.gitlab-ci", "spec.yml"),
    ):
        run = subprocess.run([*check, schema, file], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout


def samples(language: str = "yaml") -> list[str]:
    """The pieces of configuration in the documentation."""
    page = (ROOT / "docs" / "integrations.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_action_and_the_workflow_in_the_documentation_are_sound(here: Path) -> None:
    (text,) = (one for one in samples() if "jobs:" in one)
    text = text.replace("<this repository>@<commit>", f"example/dbguard@{'0' * 40}")
    (here / "workflow.yml").write_text(text)
    check = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.github-workflows"]
    run = subprocess.run([*check, "workflow.yml"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    audit = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--pedantic", "workflow.yml"]
    run = subprocess.run([*audit, str(ROOT / "action.yml")], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    uses = re.findall(r"uses: (.*)", text)
    assert len(uses) == 3
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in uses)
    (ours,) = (step for step in yaml.safe_load(text)["jobs"]["dbguard"]["steps"] if step["uses"].startswith("example/"))
    assert ours["with"].keys() <= ACTION["inputs"].keys()


def test_every_input_is_documented() -> None:
    page = (ROOT / "docs" / "integrations.md").read_text()
    (include,) = (yaml.safe_load(one)["include"][0] for one in samples() if "component:" in one)
    spec = yaml.safe_load(COMPONENT.read_text().partition("\n---\n")[0])["spec"]["inputs"]
    assert {name for name, row in spec.items() if "default" not in row} <= include["inputs"].keys() <= spec.keys()
    assert [name for name in (*spec, *ACTION["inputs"]) if f"`{name}`" not in page] == []


def test_the_hook_in_the_documentation_is_one() -> None:
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    (config,) = (yaml.safe_load(one) for one in samples() if "repos:" in one)
    assert {hook["id"] for hook in config["repos"][0]["hooks"]} <= hooks


def test_the_workflow_for_pull_requests_tells_what_changed(folder: Path) -> None:
    page = (ROOT / "docs" / "pull-requests.md").read_text()
    (text,) = (one for one in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "jobs:" in one)
    checkout, ours = yaml.safe_load(text)["jobs"]["dbguard"]["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    arguments = ours["with"]["args"].replace("${{ github.base_ref }}", "main")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "-q"], ["add", "safe.yaml", "broken.yaml"], ["commit", "-qm", "a"], ["tag", "origin/main"]):
        subprocess.run([*git, *words], check=True)
    code, log, _ = act(paths="a folder\nsafe.yaml", args=f"{arguments}\n{SELECT}")
    assert code == 1
    assert "1 unchanged file not judged" in log


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{one.name}" for one in (ROOT / "docs").glob("*.md"))])
def test_no_page_installs_from_an_index_what_is_not_there(page: str) -> None:
    assert not re.search(r"pip install [\"']?dbguard", (ROOT / page).read_text())
