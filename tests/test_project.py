"""What the project says of itself is true: the README's run, the generated pages, the samples, the wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

import pytest

from dbguard import docs
from dbguard.cli import main
from dbguard.command_line import reference
from dbguard.policy_library import Library

ROOT = Path(__file__).parent.parent
RUN = re.compile(r"<!-- run: dbguard (.*) -->\n```console\n(.*?)```\n", re.DOTALL)


def test_the_run_in_the_readme_is_a_real_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "README.md").read_text()
    found = RUN.search(text)
    assert found
    main(found[1].split())
    shown = f"$ dbguard {found[1]}\n{capsys.readouterr().out}"
    if os.environ.get("UPDATE_EXPECTED"):
        (ROOT / "README.md").write_text(text.replace(found[2], shown) if found[2] else _filled(text, shown))
    assert shown == RUN.search((ROOT / "README.md").read_text())[2]  # type: ignore[index]  # found above


def _filled(text: str, shown: str) -> str:
    return text.replace("```console\n```", f"```console\n{shown}```")


def test_the_generated_pages_are_current() -> None:
    folder = ROOT / "docs" / "policies"
    wanted = docs.pages(Library())
    there = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.md")}
    assert sorted(there) == sorted(wanted)
    assert [name for name in wanted if wanted[name] != there[name]] == []


def test_the_reference_is_current() -> None:
    for name, text in reference.pages().items():
        assert (ROOT / "docs" / name).read_text() == text, f"{name}: run make docs"


@pytest.mark.parametrize("reader", [["mandoc", "-Tlint", "-Werror"], ["groff", "-man", "-ww", "-z", "-Tutf8"]])
def test_the_manual_page_is_one(reader: list[str]) -> None:
    if not shutil.which(reader[0]):
        pytest.skip(f"no {reader[0]} here")
    run = subprocess.run([*reader, str(ROOT / "docs" / "dbguard.1")], capture_output=True, text=True, check=True)
    assert run.stdout + run.stderr == ""


@pytest.mark.parametrize("service", ["rds", "aurora", "dynamodb", "redshift", "elasticache"])
def test_the_samples_are_what_they_say(
    service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT / "sample_templates")
    assert main(["scan", f"{service}-exemplary.yaml", "--strict"]) == 0, capsys.readouterr().out
    assert main(["scan", f"{service}-insecure.yaml"]) == 1
    assert "passes when" in capsys.readouterr().out


BUILD = """
import sys
before = set(sys.modules)
from pathlib import Path
from build_policies import CompilePolicies
CompilePolicies(sys.argv[1], {}, None, None, sys.argv[2], "wheel").initialize("standard", {"force_include": {}})
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""


def test_the_build_asks_for_all_that_it_imports(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILD, str(ROOT), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    homes = metadata.packages_distributions()
    used = {canonical(homes[name][0]) for name in run.stdout.split() if name in homes}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    there = {canonical(one.metadata["Name"]): one.requires or [] for one in metadata.distributions()}
    assert "pyyaml" in used
    assert used - needed(project["build-system"]["requires"], there) <= {"dbguard"}


def needed(requirements: Iterable[str], there: Mapping[str, list[str]]) -> set[str]:
    """Packages, and all that is installed with them."""
    names = {canonical(one) for one in requirements if "extra ==" not in one} & there.keys()
    return names.union(*(needed(there[name], there) for name in names))


def canonical(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")


def test_the_wheel_scans_in_an_empty_environment(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(install, check=True)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import dbguard; print(dbguard.__file__); "
    code += "from dbguard.cli import main; sys.exit(main(['scan', *sys.argv[2:]]))"
    sample = str(ROOT / "sample_templates" / "rds-insecure.yaml")
    page = tmp_path / "page.html"
    cache = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = subprocess.run(
        [sys.executable, "-I", "-c", code, str(target), sample, "--format", "text", "--format", f"html={page}"],
        capture_output=True, text=True, check=False, env=cache,
    )  # fmt: skip
    assert run.returncode == 1, run.stderr
    assert str(target) in run.stdout
    assert "rds/storage-encrypted" in run.stdout
    assert 'id="why-rds/storage-encrypted"' in page.read_text(encoding="utf-8")
    assert (target / "dbguard" / "_compiled" / "index.json").is_file()
    assert (target / "share" / "man" / "man1" / "dbguard.1").is_file()
    assert not (tmp_path / "cache").exists()
