"""What each command may be asked: its part of the command line."""

from __future__ import annotations

import argparse
import os
from typing import NoReturn, TypedDict

from dbguard.model import SEVERITIES
from dbguard.peers import FORMS, TOOLS

WRONG = 2


class Formatter(argparse.HelpFormatter):
    """A help formatter that is told its width: argparse would import much to find it, at every start."""

    def __init__(self, prog: str) -> None:
        columns = os.environ.get("COLUMNS", "")
        super().__init__(prog, max_help_position=32, width=max(int(columns) if columns.isdecimal() else 100, 40))


class Parser(argparse.ArgumentParser):
    """A parser that tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read on; exit 2."""
        self.exit(WRONG, f"{self.prog}: {message}; see {self.prog} --help\n")


class Common(TypedDict):
    """What every parser is told."""

    allow_abbrev: bool
    formatter_class: type[argparse.HelpFormatter]


COMMON: Common = {"allow_abbrev": False, "formatter_class": Formatter}


Commands = argparse._SubParsersAction  # noqa: SLF001 - the type of add_subparsers has no public name


def scan(commands: Commands[Parser]) -> None:
    """`dbguard scan`."""
    command = commands.add_parser(
        "scan",
        help="judge CloudFormation templates",
        description="Judge templates: files, folders (recursively, honouring .gitignore), or - for standard input.",
        epilog="example: dbguard scan templates/ --parameter Env=prod --format json=report.json --format text",
        **COMMON,
    )
    command.add_argument("paths", nargs="+", metavar="PATH", help="a template, a folder of templates, or -")
    values = command.add_argument_group("what the templates are given")
    values.add_argument(
        "--parameter", action="append", default=[], metavar="K=V", help="a parameter's value, also AWS::Region=…"
    )
    values.add_argument(
        "--parameter-file",
        action="append",
        default=[],
        metavar="FILE[#ENV]",
        help="values as JSON or YAML, or samconfig.toml#ENV; each file is a set that is judged by itself",
    )
    _selection(command)
    _configuration(command)
    _output(command)
    command.add_argument(
        "--cfn-lint", action="store_true", help="report what cfn-lint says of the same databases as well"
    )
    command.add_argument(
        "--pass-over", action="store_true", help="pass over named files that are no templates, as in folders"
    )


def live(commands: Commands[Parser]) -> None:
    """`dbguard live`."""
    command = commands.add_parser(
        "live",
        help="judge live AWS accounts",
        description="Judge what runs in AWS accounts, by read-only calls; by default in the environment's own account.",
        epilog="example: dbguard live --organization --all-regions --format json=report.json --format text",
        **COMMON,
    )
    where = command.add_argument_group("which accounts and Regions")
    _account(where)
    regions = where.add_mutually_exclusive_group()
    regions.add_argument("--region", action="append", default=[], metavar="NAME", help="a Region; repeatable")
    regions.add_argument("--all-regions", action="store_true", help="every Region that is enabled for the account")
    where.add_argument("--role-arn", action="append", default=[], metavar="ARN", help="a role to assume; repeatable")
    where.add_argument("--external-id", metavar="ID", help="the external ID that the roles ask for")
    where.add_argument("--organization", action="store_true", help="every active account of the organization")
    where.add_argument("--role-name", metavar="NAME", help="the role in each account of the organization")
    where.add_argument("--mock", metavar="FILE", help="scan a mocked account made from a template, without AWS")
    what = command.add_argument_group("what is read, and how")
    what.add_argument("--service", action="append", default=[], metavar="NAME", help="only this service; repeatable")
    what.add_argument(
        "--tag", action="append", default=[], metavar="K[=V]", help="judge only resources with this tag; repeatable"
    )
    what.add_argument(
        "--executor", default="threads", metavar="WHERE", help="threads (default), threads:N or dask://HOST:PORT"
    )
    files = what.add_mutually_exclusive_group()
    files.add_argument("--snapshot", metavar="FILE", help="read everything and keep it, for dbguard scan FILE")
    files.add_argument("--resume", metavar="FILE", help="go on with a scan that was interrupted")
    what.add_argument("--print-iam-policy", action="store_true", help="print the permissions that are needed, and stop")
    _selection(command)
    _configuration(command)
    _output(command)


def drift(commands: Commands[Parser]) -> None:
    """`dbguard drift`."""
    command = commands.add_parser(
        "drift",
        help="compare a template with the stack that was made of it",
        description="Say where a template and its stack's resources in the account differ in what policies look at.",
        **COMMON,
    )
    command.add_argument("template", metavar="TEMPLATE", help="the template of the stack")
    command.add_argument("--stack", required=True, metavar="NAME", help="the stack's name or ARN")
    where = command.add_argument_group("where the stack is")
    _account(where)
    where.add_argument("--region", action="append", default=[], metavar="NAME", help="the stack's Region")
    where.add_argument("--role-arn", metavar="ARN", help="a role to assume")
    command.add_argument("--format", choices=("text", "json"), default="text")
    command.add_argument("--fail-on", choices=SEVERITIES, help="exit 1 from this severity on (default: low)")
    _selection(command)
    _configuration(command)


def _account(group: argparse._ActionsContainer) -> None:
    group.add_argument("--profile", metavar="NAME", help="a profile of the AWS configuration")
    group.add_argument("--endpoint-url", metavar="URL", help="ask this address instead of AWS")
    group.add_argument("--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="for one answer (default: 10)")


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 3600:
        raise argparse.ArgumentTypeError(f"takes seconds, not '{text}'")
    return found


def _output(command: argparse.ArgumentParser) -> None:
    output = command.add_argument_group("what is shown and when the run fails")
    output.add_argument(
        "--format",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help="text (default), compact, csv, github, gitlab, html, json, junit, markdown, sarif; repeatable",
    )
    output.add_argument(
        "--show", metavar="VERDICTS", help="fail,may-fail,unknown (default), pass, exempt, waived, or all"
    )
    output.add_argument("--fail-on", choices=SEVERITIES, help="exit 1 from this severity on (default: low)")
    output.add_argument("--strict", action="store_true", help="may-fail and unknown count as fail")
    accepted = command.add_argument_group("what is accepted")
    accepted.add_argument("--no-waivers", action="store_true", help="judge as if nothing were waived")
    files = accepted.add_mutually_exclusive_group()
    files.add_argument("--baseline", metavar="FILE", help="the findings in this file count as waived")
    files.add_argument("--write-baseline", metavar="FILE", help="accept all findings of this run: write them to a file")
    accepted.add_argument("--prune-baseline", action="store_true", help="take out of --baseline what is found no more")


def _selection(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("which policies run")
    group.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="ID",
        help="only these: ids or prefixes such as rds/, with commas",
    )
    group.add_argument("--ignore", action="append", default=[], metavar="ID", help="not these: an id or a prefix")
    group.add_argument("--all", action="store_true", help="the extended policies as well as the recommended ones")
    group.add_argument(
        "--framework",
        action="append",
        default=[],
        metavar="NAME",
        help="the policies that evaluate a framework's controls: fsbp, control-tower, cis, config, well-architected",
    )
    group.add_argument("--severity", choices=SEVERITIES, help="only policies of this severity or worse")
    _folders(group)


def _configuration(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("what is configured")
    files = group.add_mutually_exclusive_group()
    files.add_argument("--config", metavar="FILE", help="read this file alone (default: the nearest dbguard.toml)")
    files.add_argument("--no-config", action="store_true", help="read no configuration file")
    group.add_argument("--env", metavar="NAME", help="an environment of the configuration, such as prod")
    group.add_argument(
        "--locked", action="store_true", help="nothing in what is scanned may weaken the scan: for others' changes"
    )


def _folders(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--policies", action="append", default=[], metavar="DIR", dest="folders", help="policies of your own"
    )


def explain(commands: Commands[Parser]) -> None:
    """`dbguard explain`."""
    command = commands.add_parser("explain", help="show what a policy asks for, and why", **COMMON)
    command.add_argument("policy", metavar="POLICY", help="a policy's id, such as rds/multi-az")
    _folders(command)


def policies(commands: Commands[Parser]) -> None:
    """`dbguard policies`."""
    command = commands.add_parser(
        "policies",
        help="list policies, name them for checks of other tools, or test them on their own examples",
        **COMMON,
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog="dbguard policies")
    listing = actions.add_parser("list", help="list policies", **COMMON)
    listing.add_argument("--format", choices=("text", "json"), default="text")
    _selection(listing)
    mapped = actions.add_parser("map", help="name the policies for checks of another tool", **COMMON)
    mapped.add_argument(
        "--from", required=True, dest="tool", metavar="TOOL", type=_tool, choices=TOOLS, help=", ".join(TOOLS)
    )
    mapped.add_argument(
        "ids", nargs="*", metavar="ID", help="the tool's ids, such as CKV_AWS_17; - reads them; all by default"
    )
    mapped.add_argument("--format", choices=("text", "json"), default="text")
    _folders(mapped)
    test = actions.add_parser("test", help="check policy files and judge their examples", **COMMON)
    test.add_argument("ids", nargs="*", metavar="ID", help="only these: an id or a prefix")
    _folders(test)


def waivers(commands: Commands[Parser]) -> None:
    """`dbguard waivers`."""
    command = commands.add_parser("waivers", help="read the suppressions of other tools as waivers", **COMMON)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", prog="dbguard waivers")
    imported = actions.add_parser(
        "import",
        help="print the waivers that say what another tool's suppressions say",
        description="Print the waivers that say what another tool's suppressions in templates say; no file is changed.",
        epilog="exit code 1: some suppressions have no policy here",
        **COMMON,
    )
    imported.add_argument(
        "--from", required=True, dest="tool", metavar="TOOL", type=_form, choices=FORMS, help=", ".join(FORMS)
    )
    imported.add_argument("paths", nargs="+", metavar="FILE", help="a template, or a folder of templates")
    imported.add_argument("--format", choices=("text", "json"), default="text")
    _folders(imported)


def _form(text: str) -> str:
    return {"cfn_guard": "guard"}.get(name := text.lower().replace("-", "_"), name)


def baseline(commands: Commands[Parser]) -> None:
    """`dbguard baseline`."""
    command = commands.add_parser(
        "baseline",
        help="list what a baseline holds",
        epilog="scan and live write, use and prune one: --write-baseline, --baseline, --prune-baseline",
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
        epilog="example: dbguard config show templates/db.yaml --env prod",
        **COMMON,
    )
    show.add_argument("path", nargs="?", default=".", metavar="PATH", help="a template or a folder (default: .)")
    show.add_argument("--format", choices=("text", "json"), default="text")
    _selection(show)
    _configuration(show)
    schema = actions.add_parser("schema", help="print the JSON Schema of dbguard.toml, for editors", **COMMON)
    _folders(schema)


def _tool(text: str) -> str:
    """A tool's name as it stands in TOOLS, however it is hyphenated."""
    plain = {name.replace("-", "").replace("_", ""): name for name in TOOLS}
    return plain.get(text.lower().replace("-", "").replace("_", ""), text)
