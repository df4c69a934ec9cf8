"""The reference of the command line, as Markdown and as a manual page, made from its parser and its help."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.cli import parser
from dbguard.command_line.manual import tables
from dbguard.command_line.outline import Argument, Command, read
from dbguard.command_line.pages import PAGES

HEAD = "<!-- Generated from the command line by `make docs`. Do not edit. -->\n"


def pages() -> dict[str, str]:
    """Every generated file: its path below `docs`, and its text."""
    commands = list(read(parser()).walk())
    return {"reference.md": "".join(markdown(commands)), "dbguard.1": "".join(manual_page(commands))}


def markdown(commands: list[Command]) -> Iterator[str]:
    """All commands, one section each."""
    yield HEAD + "# The command line\n\n"
    yield "What `--help` says of each command, in one page; `man dbguard` has it as well.\n"
    for command in commands:
        page = PAGES[command.name]
        yield f"\n## {command.name}\n\n```\n{command.usage}\n```\n\n{_plain(page.about)}\n"
        if command.commands:
            yield "\n| command | |\n|---|---|\n"
            for one in command.commands:
                yield f"| [{one.name}](#{one.name.replace(' ', '-')}) | {_cell(one.summary)} |\n"
        for title, arguments in command.groups:
            yield f"\n| {title} | |\n|---|---|\n"
            yield from (f"| `{_cell(spelled(one))}` | {_cell(one.help)} |\n" for one in arguments)
        yield "\n```sh\n" + "".join(f"{line}  # {what}\n" for line, what in page.examples.items()) + "```\n"
        for title, rows in tables(page):
            yield f"\n{title.capitalize()}:\n\n"
            yield from (f"- `{name}`: {_plain(said)}\n" for name, said in rows.items())


def spelled(one: Argument) -> str:
    """An argument as it is typed: `-o, --output-file FILE`."""
    return f"{', '.join(one.flags)} {one.metavar}".strip()


def _plain(text: str) -> str:
    """A text that Markdown shows as it is: patterns and comments are no emphasis and no headings."""
    return text.replace("<", "&lt;").replace("*", r"\*").replace("# dbguard", r"\# dbguard")


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def manual_page(commands: list[Command]) -> Iterator[str]:
    """The manual page, in the macros of man(7)."""
    top, *rest = commands
    yield '.\\" Generated from the command line by `make docs`. Do not edit.\n'
    yield '.TH DBGUARD 1 "" dbguard "User Commands"\n'
    yield ".SH NAME\ndbguard \\- lint AWS databases in templates and accounts\n.SH SYNOPSIS\n"
    yield ".br\n".join(f".B {_roff(one.usage)}\n" for one in commands if not one.commands)
    yield f".SH DESCRIPTION\n{_roff(PAGES[top.name].about)}\n"
    yield from _options(top)
    for command in rest:
        yield f".SH {_roff(command.name.upper())}\n{_roff(PAGES[command.name].about)}\n"
        yield from _options(command)
        yield from _examples(command)
    for title, rows in tables(PAGES[top.name]._replace(environment=_environment())):
        yield f".SH {'EXIT STATUS' if title == 'exit codes' else title.upper()}\n"
        yield from (f".TP\n.B {_roff(name)}\n{_roff(said)}\n" for name, said in rows.items())
    yield ".SH EXAMPLES\n"
    yield from _examples(top, title="")


def _environment() -> dict[str, str]:
    """What any command looks at."""
    return {name: said for page in PAGES.values() for name, said in page.environment.items()}


def _options(command: Command) -> Iterator[str]:
    for title, arguments in command.groups:
        yield f".SS {_roff(title.capitalize())}\n"
        yield from (f".TP\n.B {_roff(spelled(one))}\n{_roff(one.help)}\n" for one in arguments)


def _examples(command: Command, title: str = ".SS Examples\n") -> Iterator[str]:
    yield title
    for line, what in PAGES[command.name].examples.items():
        yield f".TP\n.B {_roff(line)}\n{_roff(what)}\n"


def _roff(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
