"""Baselines: what they hide, and what they never hide."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from time import process_time

import pytest

from dbguard import baseline
from dbguard.cli import main
from dbguard.errors import UsageError
from dbguard.model import Trend
from tests.waivers.conftest import DB, IDS, Run, finding, report, template


@pytest.mark.parametrize(
    ("written", "found", "new"),
    [
        (["fail"], ["fail"], []),
        (["fail"], ["fail", "fail"], ["fail"]),
        (["may-fail"], ["fail"], ["fail"]),
        (["unknown"], ["may-fail"], ["may-fail"]),
        (["fail"], ["unknown"], []),
        (["fail", "unknown"], ["unknown", "fail"], []),
        (["fail", "may-fail"], ["may-fail", "may-fail", "fail"], ["fail"]),
        ([], ["fail"], ["fail"]),
        (["fail"], [], []),
    ],
)
def test_a_new_finding_is_never_hidden(written: list[str], found: list[str], new: list[str]) -> None:
    known = baseline.of(finding(verdict, line=9) for verdict in written)
    known = baseline.parse(baseline.dump(known), "b.json")
    seen, left = baseline.accept(report(*(finding(one, line=20 + at) for at, one in enumerate(found))), known)
    assert [one.verdict for one in seen.findings if one.waiver is None] == new
    assert seen.waived == len(found) - len(new)
    assert sum(seen.verdicts.values()) == len(new)
    assert left.total() == max(0, len(written) - seen.waived)


def test_a_baseline_counts_and_lists_nothing() -> None:
    known = baseline.of([finding()])
    (row,) = known
    start = process_time()
    seen, left = baseline.accept(report(finding(line=1), finding(line=2)), Counter({row: 10**12}))
    assert (seen.waived, left) == (2, Counter({row: 10**12 - 2}))
    assert process_time() - start < 1


def test_trends_tell_what_fails_by_policy_and_sum_up_baselines() -> None:
    """What is unknown asks for no change, and is no trend; what another baseline has lost is in the report already."""
    known = baseline.of([finding("fail", line=9), finding("fail", line=9), finding("unknown", line=9)])
    seen, _ = baseline.accept(report(finding("fail", line=1), finding("unknown", line=2)), known)
    policy = finding().policy
    severities = {policy: "high", "a/gone": "low", "a/quiet": "low"}
    row = next(iter(known))
    first = list(baseline.trends(seen, Counter({row: 1}), severities))
    assert first == [Trend(policy, finding().severity, 0, 1, 1)]
    others = {row._replace(policy="a/gone"): 1, row._replace(policy="a/quiet", verdict="unknown"): 4}
    idle = Counter({row: 2, **others})
    assert list(baseline.trends(seen._replace(trends=tuple(first)), idle, severities)) == [
        Trend(policy, finding().severity, 0, 1, 3),
        Trend("a/gone", "low", 0, 0, 1),
    ]


def test_a_baseline_is_written_used_and_pruned(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, DB)
    written = Run(capsys, "t.yaml", "--write-baseline", "b.json")
    assert (written.code, written.error) == (0, "dbguard: 2 findings written to b.json\n")
    template(here, "# a line more\n\n" + DB)
    again = Run(capsys, "t.yaml", "--baseline", "b.json")
    assert (again.code, again.notices, again.told(waived=False)) == (0, [], [])
    assert {json.dumps(one["waiver"]) for one in again.report["findings"]} == {json.dumps(baseline.WAIVER)}
    template(here, DB.replace("MultiAZ: false", "MultiAZ: true").replace("Period: 7", "Period: 0"))
    changed = Run(capsys, "t.yaml", "--baseline", "b.json")
    assert (changed.code, changed.told(waived=False)) == (1, ["backup-retention Db"])
    assert changed.notices == ["unused: 1 entry is found no more; --prune-baseline takes it out"]
    assert Run(capsys, "t.yaml", "--baseline", "b.json", select="rds/storage-encrypted").notices == []
    Run(capsys, "t.yaml", "--baseline", "b.json", "--prune-baseline")
    assert main(["baseline", "list", "b.json"]) == 0
    assert capsys.readouterr().out == "t.yaml: fail rds/storage-encrypted Db\n"


def test_an_incomplete_run_prunes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, DB)
    Run(capsys, "t.yaml", "--write-baseline", "b.json")
    before = (here / "b.json").read_text()
    template(here, DB.replace("false", "true"))
    run = Run(capsys, "t.yaml", "missing.yaml", "--baseline", "b.json", "--prune-baseline")
    assert run.code == 3
    assert "b.json is not pruned" in run.error
    assert (here / "b.json").read_text() == before


def test_templates_that_are_gone_leave_the_baseline(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Run(capsys, template(here, DB, "old.yaml"), template(here, DB), "--write-baseline", "b.json")
    (here / "old.yaml").unlink()
    Run(capsys, "t.yaml", "--baseline", "b.json", "--prune-baseline")
    assert "old.yaml" not in (here / "b.json").read_text()
    assert '"t.yaml"' in (here / "b.json").read_text()


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"schema": "other", "findings": []}', '{"schema": "dbguard.baseline/1"}',
     '{"schema": "dbguard.baseline/1", "findings": [{"policy": "a"}]}'],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"b\.json"):
        baseline.parse(text, "b.json")


def test_an_entry_that_merging_has_doubled_counts_once() -> None:
    text = baseline.dump(baseline.of([finding()]))
    row = text.splitlines()[1]
    assert baseline.parse(text.replace(row, f"{row},\n{row}"), "b.json").total() == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--prune-baseline"], "no effect without --baseline"),
        (["--no-waivers", "--baseline", "b.json"], "--no-waivers has no effect"),
        (["--baseline", "none.json"], "cannot read none.json"),
        (["--show", "waive"], "did you mean 'waived'"),
    ],
)
def test_options_without_effect(here: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert main(["scan", template(here, DB), *words]) == 2
    assert told in capsys.readouterr().err


def test_a_baseline_holds_wherever_the_scan_starts(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "db" / "old").mkdir(parents=True)
    (here / "db" / "old" / "t.yaml").write_text(DB)
    words = ["scan", "--select", IDS, "--format", "json"]
    assert main([*words, "db/old/t.yaml", "--write-baseline", "db/known.json"]) == 0
    assert json.loads((here / "db" / "known.json").read_text())["findings"][0]["home"] == "old/t.yaml"
    for path in ("db", "./db/old/t.yaml", str(here / "db"), "db/../db/old"):
        assert main([*words, path, "--baseline", "db/known.json"]) == 0, path
    monkeypatch.chdir(here / "db" / "old")
    assert main([*words, "t.yaml", "--baseline", "../known.json"]) == 0
    (here / "db" / "old" / "t.yaml").write_text(DB.replace("MultiAZ: false", "MultiAZ: true"))
    capsys.readouterr()
    assert main([*words, ".", "--baseline", str(here / "db" / "known.json"), "--prune-baseline"]) == 0
    assert "1 finding taken out" in capsys.readouterr().err
    assert main(["baseline", "list", "../known.json"]) == 0
    assert capsys.readouterr().out.startswith("old/t.yaml: fail rds/storage-encrypted Db")
