"""The help of a command: its page, its options by groups, examples, exit codes and environment."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from textwrap import fill, wrap

from dbguard.command_line.outline import groups, subparsers, usage
from dbguard.command_line.pages import PAGES, Page


def text(parser: argparse.ArgumentParser, width: int) -> str:
    """The help of a parser, this many columns wide."""
    page = PAGES.get(parser.prog, Page(parser.description or ""))
    parts = [
        fill(f"usage: {usage(parser)}", width, subsequent_indent="    ", break_on_hyphens=False),
        fill(page.about, width, break_on_hyphens=False),
        *_commands(parser, width),
        _options(parser),
        *_examples(page, width),
        *(_table(title, rows, width) for title, rows in tables(page)),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def tables(page: Page) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What follows the examples, by its title."""
    if page.exits:
        yield "exit codes", {str(code): page.exits[code] for code in sorted(page.exits)}
    if page.environment:
        yield "environment", page.environment


def _commands(parser: argparse.ArgumentParser, width: int) -> Iterator[str]:
    below = subparsers(parser)
    if below:
        actions = below._get_subactions()  # noqa: SLF001 - argparse has no public name for it
        yield _table("commands", {one.dest: one.help or "" for one in actions}, width)


def _options(parser: argparse.ArgumentParser) -> str:
    """All groups of options, as argparse lays them out."""
    formatter = parser._get_formatter()  # noqa: SLF001 - from Python 3.14 on it alone makes one that is whole
    for title, actions in groups(parser):
        formatter.start_section(title)
        formatter.add_arguments(actions)
        formatter.end_section()
    return formatter.format_help()


def _examples(page: Page, width: int) -> Iterator[str]:
    if page.examples:
        lines = [f"  # {fill(what, width - 4)}\n  {command}" for command, what in page.examples.items()]
        yield "\n".join(["examples:", *lines])


def _table(title: str, rows: Mapping[str, str], width: int) -> str:
    """Names, and beside them what is said of each."""
    column = max(map(len, rows)) + 4
    lines = [f"{title}:"]
    for name, said in rows.items():
        first, *more = wrap(said, width - column, break_on_hyphens=False) or [""]
        lines += [f"  {name:{column - 4}}  {first}", *(" " * column + one for one in more)]
    return "\n".join(lines)
