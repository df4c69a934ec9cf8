"""What `dbguard config show` says of a template is what a scan of it does, whatever layers there are."""

from __future__ import annotations

import json
import os
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dbguard.cli import main
from tests.configuration.conftest import DB

IDS = ["rds/storage-encrypted", "rds/multi-az", "rds/backup-retention", "rds/backup-retention-minimum", "rds/"]
SEVERITIES = ["critical", "medium", "info"]
FILES = ["t.yaml", "a/t.yaml", "a/b/t.yaml"]
LAYERS = st.fixed_dictionaries(
    {},
    optional={
        "select": st.lists(st.sampled_from(IDS), min_size=1, max_size=3),
        "extend-select": st.lists(st.sampled_from([*IDS, "rds/backup-window-as-required"]), min_size=1, max_size=2),
        "ignore": st.lists(st.sampled_from(IDS[:-1]), min_size=1, max_size=2),
        "severity": st.sampled_from(SEVERITIES[1:]),
        "fail-on": st.sampled_from(SEVERITIES),
        "strict": st.booleans(),
        "severities": st.dictionaries(st.sampled_from(IDS), st.sampled_from(SEVERITIES), max_size=2),
        "parameters": st.fixed_dictionaries({"Env": st.sampled_from(["dev", "prod"])}),
    },
)
CONFIGS = st.fixed_dictionaries(
    {
        "own": LAYERS,
        "prod": LAYERS,
        "within": st.lists(st.tuples(st.sampled_from(["a/**", "b/", "*.yaml", "/t.yaml"]), LAYERS), max_size=2),
    }
)
NUMBERS = count()


def written(config: dict[str, Any], extends: str) -> str:
    """A configuration as TOML."""
    lines = [extends, *rows(config["own"])]
    lines += ["[environments.prod]", *rows(config["prod"])]
    for pattern, layer in config["within"]:
        lines += ["[[per-path]]", f"path = {json.dumps(pattern)}", *rows(layer)]
    return "\n".join(lines)


def rows(layer: dict[str, Any]) -> list[str]:
    return [f"{key} = {inline(value)}" for key, value in layer.items()]


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)} = {inline(one)}' for name, one in value.items())}}}"
    return json.dumps(value)


def said(*words: str) -> tuple[int, dict[str, Any] | None]:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        code = main([*words, "--format", "json"])
    return code, json.loads(out.getvalue()) if code != 2 else None


@given(st.data(), st.booleans(), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=40)
def test_what_is_shown_is_what_is_done(
    tmp_path_factory: Any, data: st.DataObject, nearer: bool, environment: bool, locked: bool
) -> None:
    here = tmp_path_factory.getbasetemp() / f"agreement-{next(NUMBERS)}"
    for file in FILES:
        (here / file).parent.mkdir(parents=True, exist_ok=True)
        (here / file).write_text(DB)
    (here / "dbguard.toml").write_text(written(data.draw(CONFIGS), ""))
    if nearer:
        (here / "a/b/dbguard.toml").write_text(written(data.draw(CONFIGS), 'extend = "../../dbguard.toml"'))
    before = Path.cwd()
    os.chdir(here)
    try:
        agree([*(["--env", "prod"] if environment else []), *(["--locked"] if locked else [])])
    finally:
        os.chdir(before)


def agree(options: list[str]) -> None:
    code, report = said("scan", *FILES, "--show", "all", *options)
    shown = {file: said("config", "show", file, *options)[1] for file in FILES}
    if report is None:
        assert not any(one and one["policies"] for one in shown.values())
        return
    fails = False
    for file, one in shown.items():
        assert one is not None
        values = {tuple(row["key"]): row["value"] for row in one["values"]}
        found = [row for row in report["findings"] if row["location"]["file"] == file]
        alone = said("scan", file, "--show", "all", *options)[1] or {"findings": []}
        assert found == alone["findings"]
        judged = {row["policy"] for row in found}
        assert judged <= set(one["policies"])
        assert judged == {name for name in one["policies"] if name in ALWAYS} | (judged - ALWAYS)
        bad = ["critical", "high", "medium", "low", "info"]
        bad = bad[: bad.index(values["fail-on",]) + 1]
        counted = {"fail", "may-fail", "unknown"} if values["strict",] else {"fail"}
        fails |= any(row["severity"] in bad and row["verdict"] in counted for row in found)
    assert code == int(fails)


# These have a verdict on the database, whatever it is given.
ALWAYS = {"rds/storage-encrypted", "rds/multi-az", "rds/backup-retention", "rds/backup-retention-minimum"}
