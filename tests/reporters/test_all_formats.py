"""All formats of one run, read by what reads them, with and without what is waived."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from dbguard.cli import main
from dbguard.model import Notice
from dbguard.reporters import names

from .sample import CLEAN, RICH
from .test_html import Page
from .test_reporters import rendered

TEMPLATE = """
Resources:
  Waived:
    Type: AWS::RDS::DBInstance
    # dbguard: ignore[rds/storage-encrypted] until=2099-01-01 -- moved in spring
    Properties: {Engine: postgres, StorageEncrypted: false, BackupRetentionPeriod: 3}
  Known:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, StorageEncrypted: false, BackupRetentionPeriod: 7}
"""
NEW = """
  New:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, StorageEncrypted: false, BackupRetentionPeriod: 7}
"""
SELECT = ["--select", "rds/storage-encrypted,rds/backup-retention-minimum"]
Reports = dict[str, str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Reports]:
    """A scan in all formats at once: a finding is waived, two are in the baseline, one of them is gone, one is new."""
    monkeypatch.chdir(tmp_path)
    template = tmp_path / "t.yaml"
    template.write_text(TEMPLATE)
    assert main(["scan", "t.yaml", *SELECT, "--write-baseline", "b.json"]) == 0
    template.write_text(TEMPLATE.replace("BackupRetentionPeriod: 3", "BackupRetentionPeriod: 7") + NEW)
    capsys.readouterr()

    def reports(*more: str) -> Reports:
        files = [f"--format={name}={name}.out" for name in names()]
        assert main(["scan", "t.yaml", *SELECT, "--baseline", "b.json", *files, "--format", "compact", *more]) == 1
        found = {name: (tmp_path / f"{name}.out").read_bytes().decode() for name in names()}
        assert capsys.readouterr().out == found["compact"]
        return found

    return reports


WAIVED = ("--show", "fail,waived")


@pytest.mark.parametrize("more", [(), WAIVED], ids=["without waived", "with waived"])
def test_every_format_has_what_is_asked_for(run: Callable[..., Reports], more: tuple[str, ...]) -> None:
    reports, waived = run(*more), 2 if more else 0
    for name in ("compact", "text"):
        assert reports[name].count("New") == 1
        assert reports[name].count("waived fail") >= waived
        assert bool(waived) == ("moved in spring" in reports[name])
    assert [one["waiver"] is None for one in json.loads(reports["json"])["findings"]].count(False) == waived
    assert sum(f"::{level} " in reports["github"] for level in ("error", "notice")) == 1 + bool(waived)
    assert reports["markdown"].count("<details>") == bool(waived)


@pytest.mark.parametrize("more", [(), WAIVED], ids=["without waived", "with waived"])
def test_sarif_suppresses(run: Callable[..., Reports], more: tuple[str, ...]) -> None:
    log = json.loads(run(*more)["sarif"])
    schema = json.loads((Path(__file__).parent / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(log)
    kinds = [one["suppressions"][0]["kind"] for one in log["runs"][0]["results"] if "suppressions" in one]
    assert sorted(kinds) == (["external", "inSource"] if more else [])


@pytest.mark.parametrize("more", [(), WAIVED], ids=["without waived", "with waived"])
def test_junit_skips_what_is_waived(run: Callable[..., Reports], more: tuple[str, ...]) -> None:
    root = ElementTree.fromstring(run(*more)["junit"].encode())
    assert len(root.findall(".//failure")) == 1
    waived = [one for one in root.iter("skipped") if (one.get("type") or "").startswith("waived")]
    assert len(waived) == (2 if more else 0)


@pytest.mark.parametrize("more", [(), WAIVED], ids=["without waived", "with waived"])
def test_gitlab_has_what_is_waived_as_information(run: Callable[..., Reports], more: tuple[str, ...]) -> None:
    entries = json.loads(run(*more)["gitlab"])
    fields = {"description", "check_name", "fingerprint", "severity", "location"}
    assert {frozenset(one) for one in entries} == {frozenset(fields)}
    waived = [one for one in entries if one["description"].startswith("waived, ")]
    assert [one["severity"] for one in waived] == ["info"] * (2 if more else 0)
    assert {one["location"]["path"] for one in entries} == {"t.yaml", "b.json"}


@pytest.mark.parametrize("more", [(), WAIVED], ids=["without waived", "with waived"])
def test_a_table_names_what_is_waived_and_until_when(run: Callable[..., Reports], more: tuple[str, ...]) -> None:
    rows = list(csv.DictReader(run(*more)["csv"].splitlines(), strict=True))
    told = sorted((row["waiver"], row["waived_until"]) for row in rows if row["waiver"])
    assert told == ([("in the baseline", ""), ("moved in spring", "2099-01-01")] if more else [])


@pytest.mark.parametrize("more", [(), WAIVED, ("--show", "pass")], ids=["without waived", "with waived", "other"])
def test_the_page_always_has_what_is_waived(run: Callable[..., Reports], more: tuple[str, ...]) -> None:
    text = run(*more)["html"]
    page = Page(text)
    states = [one["data-verdict"] for tag, one in page.found if tag == "article"]
    assert states.count("waived") == 2
    assert "1 new, 1 still there, 1 gone." in page.text
    assert 'aria-label="Known, RDS DBInstance, waived"' in text
    assert 'aria-label="New, RDS DBInstance, high fail"' in text


def test_a_format_that_there_is_not_is_refused_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", ".", "--format", "htm"]) == 2
    assert "there is no format 'htm'; did you mean 'html'?" in capsys.readouterr().err
    assert main(["scan", ".", "--format", "nosuch=x"]) == 2
    assert "there is no format 'nosuch'; there are compact, csv" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["compact", "csv", "github", "html", "junit", "markdown", "text"])
def test_a_notice_says_what_it_is_about_and_is_called_one_wherever_there_is_a_word(name: str) -> None:
    """A locked setting is no waiver, so the word is the same for all of them."""
    locked = Notice("dbguard.toml", "locked", "'ignore' of the scanned tree does not count", None)
    text = rendered(name, CLEAN._replace(notices=(*RICH.notices[:1], locked)))
    assert "expired waiver" in text
    assert "locked waiver" not in text
    assert "notice" in text.lower()
