"""The pages in Markdown: every link leads somewhere, and the table of the house names every module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbguard.cli import parser
from dbguard.command_line.outline import read
from dbguard.reporters import names

ROOT = Path(__file__).parent.parent
PAGES = {path.relative_to(ROOT).as_posix(): path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]}
BY_HAND = [name for name in PAGES if not name.startswith("docs/policies/")]


def prose(page: Path) -> str:
    """A page without its code."""
    return re.sub(r"```.*?```|`[^`\n]*`", "`x`", page.read_text(), flags=re.DOTALL)


def anchors(page: Path) -> Iterator[str]:
    """What GitHub makes of headings: a second one of the same name is not looked for, so it must not be there."""
    for heading in re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    ):
        yield re.sub(r"[^\w\- ]", "", re.sub(r"\]\(.*?\)", "", heading).lower()).replace(" ", "-")


def dangling(page: Path) -> Iterator[str]:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        file, _, anchor = link.partition("#")
        if "://" in file:
            continue
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    assert list(dangling(PAGES[name])) == []


@pytest.mark.parametrize("name", BY_HAND)
def test_no_heading_is_there_twice(name: str) -> None:
    there = list(anchors(PAGES[name]))
    assert sorted(there) == sorted(set(there))


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One word, two\n[a](#one-word-two) [b](#two) [c](page.md#one) [d](other.md) `[e](x.md)`\n")
    assert list(dangling(page)) == ["#two", "page.md#one", "other.md"]


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if "://" not in link]
        there = {(page.parent / link).resolve() for link in links if link.endswith(".md")}
        ahead += there - reached - set(ahead)
    assert [name for name, page in PAGES.items() if page not in reached] == []


def test_the_house_has_a_room_for_every_module() -> None:
    house = (ROOT / "docs" / "concepts.md").read_text().partition("## The house")[2].partition("\n## ")[0]
    named = {
        word.strip("/") for row in re.findall(r"^\| (`.*?) \|", house, re.MULTILINE) for word in row.split("`") if word
    }
    source = ROOT / "src" / "dbguard"
    there = {path.stem for path in source.iterdir() if not path.name.startswith("_")}
    assert sorted(there - named) == []
    assert [name for name in named - {" "} if not list(source.glob(f"{name}*"))] == []


def test_the_pages_name_every_format() -> None:
    assert [name for name in names() if f"| `{name}` |" not in (ROOT / "docs" / "reports.md").read_text()] == []
    (row,) = re.findall(r"^\| `--format.*", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [name for name in names() if f"`{name}`" not in row] == []


FOREIGN = {"--append-rules", "--filter", "--include-property-values"}  # of cfn-lint, git, and the CLI of AWS


@pytest.mark.parametrize("name", BY_HAND)
def test_every_option_that_a_page_names_is_one(name: str) -> None:
    known = {flag for command in read(parser()).walk() for one in command.arguments for flag in one.flags}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", PAGES[name].read_text()))
    assert sorted(named - known - FOREIGN) == []
