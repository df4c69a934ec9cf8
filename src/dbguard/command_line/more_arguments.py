"""What all other commands may be asked; no scan reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbguard.command_line.arguments import COMMON, Commands, configuration, folders, selection
from dbguard.peers import FORMS, TOOLS

if TYPE_CHECKING:
    from dbguard.cli import Parser

SHELLS = ("bash", "zsh", "fish")


def explain(commands: Commands[Parser]) -> None:
    """`dbguard explain`."""
    command = commands.add_parser("explain", help="show what a policy asks for, and why", **COMMON)
    command.add_argument("policy", metavar="POLICY", help="a policy's id, such as rds/multi-az")
    folders(command)


def policies(commands: Commands[Parser]) -> None:
    """`dbguard policies`."""
    command = commands.add_parser(
        "policies",
        help="list policies, find those for another tool's checks, or test them",
        **COMMON,
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog="dbguard policies")
    listing = actions.add_parser("list", help="list policies", **COMMON)
    listing.add_argument(
        "--format", choices=("text", "json", "ids"), default="text", metavar="FORMAT", help="text, json or ids"
    )
    selection(listing)
    mapped = actions.add_parser("map", help="name the policies for checks of another tool", **COMMON)
    mapped.add_argument(
        "--from", required=True, dest="tool", metavar="TOOL", type=_tool, choices=TOOLS, help=", ".join(TOOLS)
    )
    mapped.add_argument(
        "ids", nargs="*", metavar="ID", help="the tool's ids, such as CKV_AWS_17; - reads them; all by default"
    )
    mapped.add_argument(
        "--format", choices=("text", "json"), default="text", metavar="FORMAT", help="text (default) or json"
    )
    folders(mapped)
    test = actions.add_parser("test", help="check policy files and judge their examples", **COMMON)
    test.add_argument("ids", nargs="*", metavar="ID", help="only these: an id or a prefix")
    folders(test)


def waivers(commands: Commands[Parser]) -> None:
    """`dbguard waivers`."""
    command = commands.add_parser("waivers", help="read the suppressions of other tools as waivers", **COMMON)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog="dbguard waivers")
    imported = actions.add_parser(
        "import",
        help="print the waivers that say what another tool's suppressions say",
        **COMMON,
    )
    imported.add_argument(
        "--from", required=True, dest="tool", metavar="TOOL", type=_form, choices=FORMS, help=", ".join(FORMS)
    )
    imported.add_argument("paths", nargs="+", metavar="FILE", help="a template, or a folder of templates")
    imported.add_argument(
        "--format", choices=("text", "json"), default="text", metavar="FORMAT", help="text (default) or json"
    )
    folders(imported)


def _form(text: str) -> str:
    return {"cfn_guard": "guard"}.get(name := text.lower().replace("-", "_"), name)


def baseline(commands: Commands[Parser]) -> None:
    """`dbguard baseline`."""
    command = commands.add_parser(
        "baseline",
        help="list what a baseline holds",
        **COMMON,
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog="dbguard baseline")
    listing = actions.add_parser("list", help="list its findings", **COMMON)
    listing.add_argument("file", metavar="FILE", help="the baseline")


def config(commands: Commands[Parser]) -> None:
    """`dbguard config`."""
    command = commands.add_parser("config", help="show what is configured, and where that is said", **COMMON)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog="dbguard config")
    show = actions.add_parser(
        "show",
        help="show what holds for a template, and where each value comes from",
        **COMMON,
    )
    show.add_argument("path", nargs="?", default=".", metavar="PATH", help="a template or a folder (default: .)")
    show.add_argument(
        "--format", choices=("text", "json"), default="text", metavar="FORMAT", help="text (default) or json"
    )
    selection(show)
    configuration(show)
    schema = actions.add_parser("schema", help="print the JSON Schema of dbguard.toml, for editors", **COMMON)
    folders(schema)


def _tool(text: str) -> str:
    """A tool's name as it stands in TOOLS, however it is hyphenated."""
    plain = {name.replace("-", "").replace("_", ""): name for name in TOOLS}
    return plain.get(text.lower().replace("-", "").replace("_", ""), text)


def completion(commands: Commands[Parser]) -> None:
    """`dbguard completion`."""
    command = commands.add_parser("completion", help="print a script that completes commands in your shell", **COMMON)
    command.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")


def help(commands: Commands[Parser]) -> None:  # noqa: A001 - named as the command is
    """`dbguard help`."""
    command = commands.add_parser("help", help="show the help of a command", **COMMON)
    command.add_argument("words", nargs="*", metavar="COMMAND", help="a command, such as scan or policies list")
