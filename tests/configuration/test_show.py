"""`dbguard config show` agrees with what a scan does."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.configuration.conftest import DB, POLICIES, Dbguard

NAMES = st.lists(
    st.sampled_from([*POLICIES, "rds/backup-window-as-required", "rds/", "dynamodb/"]), min_size=1, max_size=3
)
SEVERITY = st.sampled_from(["critical", "high", "medium", "low", "info"])
SEVERITIES = st.dictionaries(st.sampled_from([*POLICIES, "rds/"]), SEVERITY, max_size=2)
CHOICE = {"extend-select": NAMES, "ignore": NAMES, "severity": SEVERITY, "fail-on": SEVERITY, "strict": st.booleans()}
LAYER = st.one_of(
    st.fixed_dictionaries({}, optional={**CHOICE, "select": NAMES, "severities": SEVERITIES}),
    st.fixed_dictionaries({}, optional={**CHOICE, "all": st.booleans(), "severities": SEVERITIES}),
)
WORDS = st.sampled_from([(), ("--select", "rds/"), ("--ignore", "rds/multi-az"), ("--all",), ("--severity", "high")])
BAD = ["fail", "may-fail", "unknown"]


def _toml(layer: dict[str, object]) -> str:
    def value(one: object) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{json.dumps(name)} = {json.dumps(inner)}" for name, inner in one.items()) + "}"
        return json.dumps(one)

    return "".join(f"{name} = {value(one)}\n" for name, one in layer.items())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(LAYER, LAYER, LAYER, LAYER), WORDS, st.booleans())
def test_what_is_shown_is_what_runs(
    dbguard: Dbguard, layers: tuple[dict[str, object], ...], words: tuple[str, ...], locked: bool
) -> None:
    base, own, prod, path = map(_toml, layers)
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("t.yaml").write_text(DB)
            Path("base.toml").write_text(base)
            text = f'extend = "base.toml"\n{own}[environments.prod]\n{prod}[[per-path]]\npath = "t.*"\n{path}'
            Path("dbguard.toml").write_text(text)
            asked = [*words, "--env", "prod", *(["--locked"] if locked else [])]
            shown = dbguard("config", "show", "t.yaml", "--format", "json", *asked)
            said = dbguard("scan", "t.yaml", "--show", "all", *asked)
        finally:
            os.chdir(here)
    config = json.loads(shown.out)
    if not config["policies"]:
        assert said.code == 2
        return
    report = said.report
    assert report["summary"]["policies"] == len(config["policies"])
    assert {one["policy"] for one in report["findings"]} <= set(config["policies"])
    values = {tuple(one["key"]): one["value"] for one in config["values"]}
    worst = ["critical", "high", "medium", "low", "info"]
    counted = BAD if values["strict",] else ["fail"]
    failing = [
        one
        for one in report["findings"]
        if one["verdict"] in counted and worst.index(one["severity"]) <= worst.index(values["fail-on",])
    ]
    assert said.code == (1 if failing else 0)
