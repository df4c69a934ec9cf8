"""What each reporter writes, whole, beside the expected files.

After a wanted change: `UPDATE_EXPECTED=1 pytest tests/reporters`, then read the difference.
`sarif-2.1.0-rtm.5.json` is the schema of the OASIS standard, as published in the npm package @microsoft/jest-sarif.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from dbguard import reporters
from dbguard.cli import main
from dbguard.errors import UsageError
from dbguard.model import VERDICTS, WAIVED, Gap, Location, Report, Subject
from dbguard.reporters import Options, dump, load, names, shown

from .sample import (
    ACCOUNT,
    CLEAN,
    ENCRYPTED,
    EVIL,
    EXEMPTED,
    FRAMEWORK,
    HOSTILE,
    KEY,
    MEMBERS,
    MULTI_AZ,
    NOTHING,
    PASSED,
    PUBLIC,
    RICH,
)

HERE = Path(__file__).parent
EVERYTHING = frozenset((*VERDICTS, WAIVED))
CASES: dict[str, tuple[Report, Options]] = {
    "rich": (RICH, Options()),
    "everything": (RICH, Options(show=EVERYTHING, width=120)),
    "clean": (CLEAN, Options()),
    "nothing": (NOTHING, Options()),
    "account": (ACCOUNT, Options()),
    "framework": (FRAMEWORK, Options()),
}


def rendered(name: str, report: Report, options: Options | None = None) -> str:
    return "".join(load(name).render(report, options or Options()))


def bare(page: str) -> str:
    """A page without its style and its script, which are files of their own."""
    for asset in ("html.css", "html.js"):
        page = page.replace((Path(reporters.__path__[0]) / asset).read_text(encoding="utf-8"), asset)
    return re.sub(r"'sha256-[^']+'", "'sha256'", page)


def same_as_file(name: str, text: str) -> None:
    file = HERE / "expected" / name
    text = bare(text) if name.endswith(".html") else text
    if os.environ.get("UPDATE_EXPECTED"):
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_bytes().decode()


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("case", CASES)
def test_whole_output(case: str, name: str) -> None:
    same_as_file(f"{case}.{name}", rendered(name, *CASES[case]))


@pytest.mark.parametrize("report", [RICH, CLEAN], ids=["rich", "clean"])
def test_whole_output_in_colour(report: Report) -> None:
    name = "colour.text" if report is RICH else "colour-clean.text"
    same_as_file(name, rendered("text", report, Options(color=True, width=80)))


@pytest.mark.parametrize("name", names())
def test_nothing_that_a_terminal_obeys_comes_out_raw(name: str) -> None:
    text = rendered(name, RICH, Options(show=EVERYTHING))
    text = text.replace("\r\n", "\n") if name == "csv" else text
    assert {char for char in text if not char.isprintable()} <= {"\n", "\u200b"}
    assert text.endswith("\n")


@pytest.mark.parametrize("case", CASES)
def test_a_row_of_csv_is_a_gap_or_a_finding_and_no_formula(case: str) -> None:
    rows = list(csv.DictReader(rendered("csv", *CASES[case]).splitlines()))
    report, options = CASES[case]
    assert [row["kind"] for row in rows][: len(report.gaps)] == ["gap"] * len(report.gaps)
    assert [row["kind"] for row in rows].count("notice") == len(report.notices)
    assert len(rows) == len(report.gaps) + len(report.notices) + len(shown(report, options))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_csv_keeps_spreadsheets_from_calculating() -> None:
    finding = ENCRYPTED._replace(title="=HYPERLINK(1)")
    (row,) = csv.DictReader(rendered("csv", CLEAN._replace(findings=(finding,))).splitlines())
    assert row["title"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("case", CASES)
def test_gitlab_has_every_finding_and_gap_once(case: str) -> None:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""
    report, options = CASES[case]
    entries = json.loads(rendered("gitlab", report, options))
    wrong = [finding for finding in shown(report, options) if finding.verdict not in ("pass", "exempt")]
    assert len(entries) == len(report.gaps) + len(report.notices) + len(wrong)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    for entry in entries:
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert all((entry["description"], entry["check_name"], entry["location"]["path"]))
        assert entry["location"]["lines"]["begin"] >= 1
        assert not entry["location"]["path"].startswith(("/", "./"))


@pytest.mark.parametrize("name", ["compact", "csv", "github", "gitlab", "html", "junit"])
def test_findings_name_their_controls(name: str) -> None:
    text = rendered(name, FRAMEWORK)
    assert text.count("fsbp RDS.3, cis Evil") == 1
    assert "fsbp RDS.4" not in text
    assert "fsbp" not in rendered(name, RICH)


@pytest.mark.parametrize("name", ["text", "compact", "github", "markdown"])
@pytest.mark.parametrize("case", CASES)
def test_the_last_line_says_what_was_seen(case: str, name: str) -> None:
    last = rendered(name, *CASES[case]).splitlines()[-1]
    seen = ("account", "Region", "scanned") if case == "account" else ("read", "not templates", "unreadable")
    words = (*seen, "resource", "run", "waived", "gap", *VERDICTS)
    assert [word for word in words if word not in last] == []


def test_an_unknown_format_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="there is no format 'sariff'; did you mean 'sarif'"):
        load("sariff")
    with pytest.raises(UsageError, match="there are compact, csv, github, gitlab, html, json"):
        load("__init__")


def test_every_format_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    docs = (HERE.parent.parent / "docs" / "reports.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(\w+)` \|", docs, re.MULTILINE)) == names()
    with pytest.raises(SystemExit):
        main(["scan", "--help"])
    told = capsys.readouterr().out
    assert [name for name in names() if name not in told] == []


def test_only_the_format_asked_for_is_imported() -> None:
    code = "import sys; from dbguard.reporters import load; load('compact'); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    loaded = {module for module in modules if module.startswith("dbguard.reporters.")}
    assert loaded == {"dbguard.reporters.compact", "dbguard.reporters._controls"}
    assert {"json", "dataclasses", "pathlib", "textwrap", "unicodedata"}.isdisjoint(modules)


SOURCES = [
    ("  Encrypted: false", 3, "Encrypted: false"),
    ("  Encrypted: false   # for now", 3, "Encrypted: false"),
    ('  "Encrypted": false,', 3, '"Encrypted": false'),
    ('  "Properties": {', 3, '"Properties"'),
    ("  Db:", 3, "Db"),
    ("  - Encrypted: !If [A, true, false]", 5, "Encrypted: !If [A, true, false]"),
    ("\t\tEncrypted: false", 3, "Encrypted: false"),
    ("{Größe表: {Encrypted: false, Other: 1}}", 11, "Encrypted: false"),
    ('{"A": ' + '"x", "B": ' * 50 + '"Encrypted": false}', 507, '"Encrypted": false'),
    ('{"Encrypted": false, ' + '"A": "x", ' * 50 + "}", 2, '"Encrypted": false'),
    ("  short", 40, ""),
]


@pytest.mark.parametrize(("source", "column", "marked"), SOURCES, ids=[marked for _, _, marked in SOURCES])
def test_the_place_is_underlined(source: str, column: int, marked: str) -> None:
    """The columns above the carets hold what is meant; a wide character takes two columns."""
    finding = ENCRYPTED._replace(location=Location("a.yaml", 1, column), source_line=source)
    lines = rendered("text", CLEAN._replace(findings=(finding,)), Options(width=80)).splitlines()
    carets = next(number for number, line in enumerate(lines) if "^" in line)
    line = lines[carets - 1].replace("表", "表 ")
    start, end = lines[carets].index("^"), len(lines[carets])
    assert line[start:end] == marked
    assert len(line) <= 80


@pytest.mark.parametrize("source", ["a" + " " * 300_000 + "b", "a: " + " #" * 150_000, "a" + ":," * 150_000 + "b"])
def test_an_endless_line_costs_little(source: str) -> None:
    finding = ENCRYPTED._replace(location=Location("a.yaml", 1, 1), source_line=source)
    assert len(rendered("text", CLEAN._replace(findings=(finding,)))) < 1000


def test_long_values_are_cut_and_long_sentences_wrapped() -> None:
    finding = ENCRYPTED._replace(message="word " * 100_000, fix="word " * 60)
    lines = rendered("text", CLEAN._replace(findings=(finding,)), Options(width=80)).splitlines()
    assert max(len(line) for line in lines[:-1]) <= 80
    assert len(lines) < 40


def test_json_is_the_contract() -> None:
    text = rendered("json", RICH)
    report = json.loads(text)
    assert dump(report) + "\n" == text
    assert list(report) == ["schema", "version", "complete", "summary", "findings", "gaps", "notices"]
    assert list(report["summary"]) == ["inputs", "resources", "policies", "verdicts", "waived"]
    assert list(report["summary"]["verdicts"]) == ["fail", "may-fail", "unknown", "pass", "exempt"]
    assert list(report["findings"][0]) == [
        "policy",
        "verdict",
        "severity",
        "title",
        "message",
        "fix",
        "resource",
        "location",
        "related",
        "when",
        "unless",
        "reason",
        "waiver",
        "fingerprint",
    ]
    assert list(report["gaps"][0]) == ["target", "kind", "detail", "location"]
    assert {finding["verdict"] for finding in report["findings"]} == {"fail", "may-fail", "unknown"}


class AnyOther(tuple[str, ...]):
    """A value that stands for several, as the engine has them."""

    __slots__ = ()

    def __str__(self) -> str:
        return "any other value"


def test_json_puts_values_that_are_not_plain_in_words() -> None:
    finding = MULTI_AZ._replace(when={"Env": AnyOther(("dev",)), "Days": 7, "On": True})
    report = json.loads(rendered("json", CLEAN._replace(findings=(finding,))))
    assert report["findings"][0]["when"] == {"Env": "any other value", "Days": 7, "On": True}


def _sarif(case: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(rendered("sarif", *CASES[case]))
    return log


@pytest.mark.parametrize("case", CASES)
def test_sarif_is_valid(case: str) -> None:
    schema = json.loads((HERE / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(schema, format_checker=checker).validate(_sarif(case))


def test_sarif_has_what_github_asks_for() -> None:
    run = _sarif("everything")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["help"]["markdown"]
        assert 0 < float(rule["properties"]["security-severity"]) < 10
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert place["region"]["startLine"] >= 1
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert result["partialFingerprints"]["primaryLocationLineHash"]
    assert [bool(result.get("suppressions")) for result in run["results"]].count(True) == 1


def test_sarif_of_an_absolute_path() -> None:
    finding = ENCRYPTED._replace(location=Location("/home/me/a b.yaml", 0, 0))
    log = json.loads(rendered("sarif", CLEAN._replace(findings=(finding,))))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///home/me/a%20b.yaml"}
    assert place["region"]["startLine"] == 1


def test_sarif_of_an_absolute_path_below_is_relative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    finding = ENCRYPTED._replace(location=Location(str(tmp_path / "a" / "b.yaml"), 1, 1))
    log = json.loads(rendered("sarif", CLEAN._replace(findings=(finding,))))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a/b.yaml", "uriBaseId": "%SRCROOT%"}


COMMANDS = [
    "::error::owned",
    " ::add-mask::a",
    "a " * 60 + "::stop-commands::x",
    "b" * 98 + "::error::x",
    "a ##[error]owned",
]


@pytest.mark.parametrize("text", COMMANDS)
@pytest.mark.parametrize("name", [name for name in names() if name != "github"])
def test_no_line_is_a_command_to_a_workflow(name: str, text: str) -> None:
    """As the runner reads lines: `::` at their start, after blanks, or `##[` anywhere; any format may go to the log."""
    finding = EVIL._replace(
        message=text, reason=text, fix=text, title=text, when={text: text}, source_line=text, parameters=(text,)
    )
    finding = finding._replace(
        resource=Subject(text, text, text, text, text, text), location=Location(text, 1, 1, text)
    )
    report = RICH._replace(
        findings=(finding, finding._replace(location=None), finding._replace(waiver={"reason": text})),
        gaps=(Gap(text, text, text), Gap(text, text, text, Location(text, 1, 1))),
        notices=(),
        members=(MEMBERS[-1]._replace(home=text, zone=text),),
        why=((text, text),),
    )
    for width in range(60, 120):
        lines = rendered(name, report, Options(show=EVERYTHING, width=width)).splitlines()
        assert [line for line in lines if line.lstrip().startswith("::") or "##[" in line] == []
        if name != "text":
            break


def test_github_gets_the_worst_first_and_is_told_what_it_leaves_out() -> None:
    many = CLEAN._replace(findings=(*[MULTI_AZ] * 3, *[ENCRYPTED] * 12, *[ENCRYPTED._replace(severity="critical")] * 2))
    lines = rendered("github", many).splitlines()
    assert ["critical" in line for line in lines[:3]] == [True, True, False]
    assert [line.split(" ")[0] for line in lines[:-2]] == ["::error"] * 14 + ["::notice"] * 3
    assert lines[-2].startswith("not annotated: 4 errors, for GitHub shows 10")
    assert "not annotated" not in rendered("github", CLEAN._replace(findings=(ENCRYPTED,) * 10))


def test_github_commands_cannot_be_injected() -> None:
    finding = EVIL._replace(message="a\n::add-mask::b\r::error::c%0A::d")
    lines = rendered("github", CLEAN._replace(findings=(finding,))).splitlines()
    assert len(lines) == 2
    properties = lines[0].removeprefix("::notice ").split("::")[0]
    assert [part.partition("=")[0] for part in properties.split(",")] == ["file", "line", "col", "title"]


@pytest.mark.parametrize("case", CASES)
def test_csv_is_a_table(case: str) -> None:
    report, options = CASES[case]
    rows = list(csv.reader(io.StringIO(rendered("csv", report, options), newline=""), strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert [row[0] for row in rows] == [
        "kind",
        *["gap"] * len(report.gaps),
        *["notice"] * len(report.notices),
        *["finding"] * len(shown(report, options)),
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " \t=1", "\r=1", "＝1", "a;=1", "a; @x", "|x", "%0A"])
def test_no_cell_is_a_formula(text: str) -> None:
    finding = EVIL._replace(
        message=text, reason=text, fix=text, title=text, when={text: text}, source_line=text, parameters=(text,)
    )._replace(resource=Subject(text, text, text, text, text, text), location=Location(text, 1, 1, text))
    table = rendered("csv", CLEAN._replace(findings=(finding,), gaps=(Gap(text, text, text),)))
    cells = [piece for row in csv.reader(io.StringIO(table, newline="")) for cell in row for piece in cell.split(";")]
    assert [cell for cell in cells if cell.strip() and cell.strip()[0] in "=+-@|%＝＋－＠"] == []


def test_gitlab_sees_an_incomplete_run_and_nothing_that_passes() -> None:
    gap = Gap("bad.yaml", "unreadable", "no")
    entries = json.loads(
        rendered("gitlab", CLEAN._replace(gaps=(gap,), findings=(PASSED, EXEMPTED)), CASES["everything"][1])
    )
    assert [(entry["check_name"], entry["severity"]) for entry in entries] == [("gap/unreadable", "critical")]


def test_gitlab_fingerprints_are_stable_and_apart() -> None:
    """The same finding on another line keeps its fingerprint; two that are alike have two."""
    moved = ENCRYPTED._replace(location=Location("templates/app.yaml", 99, 1))
    before = json.loads(rendered("gitlab", CLEAN._replace(findings=(ENCRYPTED,))))
    after = json.loads(rendered("gitlab", CLEAN._replace(findings=(moved, moved))))
    assert before[0]["fingerprint"] == after[0]["fingerprint"] != after[1]["fingerprint"]


def test_gitlab_paths_are_relative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    finding = ENCRYPTED._replace(location=Location(str(tmp_path / "a" / "b.yaml"), 0, 0))
    entry = json.loads(rendered("gitlab", CLEAN._replace(findings=(finding,))))[0]
    assert entry["location"] == {"path": "a/b.yaml", "lines": {"begin": 1}}


# What Jenkins takes, by its schema `junit-10.xsd` of the xUnit plugin: attributes, and the elements inside.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package", "file"},
        {"testcase", "properties", "system-out", "system-err"},
    ),
    "testcase": ({"name", "classname", "time", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    **dict.fromkeys(("skipped", "error", "failure"), ({"type", "message"}, set[str]())),
    "system-out": (set[str](), set[str]()),
}


@pytest.mark.parametrize("case", CASES)
def test_junit_is_what_jenkins_and_gitlab_take(case: str) -> None:
    """GitLab knows a case by its class and name, and shows what stands inside: docs.gitlab.com/ci/testing"""
    root = ElementTree.fromstring(rendered("junit", *CASES[case]).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, inner = JUNIT[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= inner
        assert element.tag in ("testsuites", "testsuite", "testcase") or (element.text or "").strip()
    names = [(one.get("classname"), one.get("name")) for one in root.iter("testcase")]
    assert len(set(names)) == len(names)
    report, options = CASES[case]
    assert len(names) == (len(report.gaps) or 1) + len(report.notices) + len(shown(report, options))


@pytest.mark.parametrize("case", CASES)
def test_junit_counts_what_it_holds(case: str) -> None:
    root = ElementTree.fromstring(rendered("junit", *CASES[case]).encode())
    for suite in root:
        held = {kind: len(suite.findall(f"testcase/{kind}")) for kind in ("failure", "error", "skipped")}
        said = {kind: suite.get(kind if kind == "skipped" else f"{kind}s") for kind in held}
        assert said == {kind: str(number) for kind, number in held.items()}
        assert suite.get("tests") == str(len(suite))


@pytest.mark.parametrize("name", ["expected", HOSTILE * 20], ids=["plain", "hostile"])
def test_markdown_fits_a_comment(name: str) -> None:
    finding = ENCRYPTED._replace(message=name)
    many = RICH._replace(
        findings=(*RICH.findings, *[finding] * 5000), gaps=RICH.gaps * 1000, notices=RICH.notices * 1000
    )
    text = rendered("markdown", many, Options(show=EVERYTHING))
    assert len(text.encode()) < 65_536
    assert "left out here" in text
    assert text.splitlines()[-1].startswith("3 files read")


@pytest.mark.parametrize("text", ["@all", "octo/repo#12", "#12", "GH-12", "http://a.example", "www.a.example", "a@b.c"])
def test_markdown_neither_links_nor_tells_anybody(text: str) -> None:
    """GitHub looks for these in text, but not within code; a notice is a line of text."""
    finding = ENCRYPTED._replace(message=f"Value {text}; it must be true")
    page = rendered("markdown", CLEAN._replace(findings=(finding,)))
    assert text not in page
    assert text in page.replace("\u200b", "")
    assert "&#x27;so&#x27;" in rendered("markdown", CLEAN._replace(findings=(ENCRYPTED._replace(message="not 'so'"),)))


def test_sarif_keeps_the_worst_of_more_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbguard.reporters.sarif.MOST", 2)
    log = json.loads(rendered("sarif", CLEAN._replace(findings=(KEY, ENCRYPTED, MULTI_AZ, PUBLIC))))
    run = log["runs"][0]
    assert {one["ruleId"] for one in run["results"]} == {"rds/storage-encrypted", "rds/public-access"}
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["rds/public-access", "rds/storage-encrypted"]
    told = run["invocations"][0]["toolExecutionNotifications"]
    assert [one["message"]["text"].partition(",")[0] for one in told] == ["2 results left out"]
    assert run["invocations"][0]["executionSuccessful"]


def test_a_rule_of_sarif_is_as_severe_as_its_worst_finding_waived_or_not() -> None:
    waived = {"reason": "x", "until": None, "where": "comment"}
    findings = (ENCRYPTED._replace(severity="low"), ENCRYPTED, ENCRYPTED._replace(severity="low", waiver=waived))
    show = Options(show=EVERYTHING)
    for some, level, score in ((findings, "error", "8.0"), ((ENCRYPTED._replace(waiver=waived),), "error", "8.0")):
        log = json.loads(rendered("sarif", CLEAN._replace(findings=some), show))
        (rule,) = log["runs"][0]["tool"]["driver"]["rules"]
        assert rule["defaultConfiguration"]["level"] == level
        assert rule["properties"]["security-severity"] == score
