"""What the commands that judge may be asked: their part of the command line."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any, TypedDict

from dbguard.model import SEVERITIES

if TYPE_CHECKING:
    from dbguard.cli import Parser


class Formatter(argparse.HelpFormatter):
    """A help formatter that is told its width: argparse would import much to find it, at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=columns())

    def _set_color(self, _: bool, **more: Any) -> None:
        """Keep help plain: Python 3.14 would colour these lines alone, and calls this of every formatter."""
        super()._set_color(False, **more)  # type: ignore[misc]  # not there before

    def _split_lines(self, text: str, width: int) -> list[str]:
        from textwrap import wrap

        return wrap(text, width, break_on_hyphens=False)


def columns() -> int:
    """How wide help is: as wide as the environment says, else as the terminal, up to 100."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and len(named) < 5:
        return max(int(named), 40)
    try:
        return max(40, min(os.get_terminal_size(1).columns or 100, 100))
    except OSError:
        return 100


class Common(TypedDict):
    """What every parser is told."""

    allow_abbrev: bool
    formatter_class: type[argparse.HelpFormatter]


COLOR = "auto (default: on a terminal), always or never"
COMMON: Common = {"allow_abbrev": False, "formatter_class": Formatter}


Commands = argparse._SubParsersAction  # noqa: SLF001 - the type of add_subparsers has no public name


def scan(commands: Commands[Parser]) -> None:
    """`dbguard scan`."""
    command = commands.add_parser(
        "scan",
        help="judge CloudFormation templates",
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
    selection(command)
    configuration(command)
    _output(command)
    _telling(command)
    command.add_argument(
        "--cfn-lint", action="store_true", help="report what cfn-lint says of the same databases as well"
    )
    command.add_argument(
        "--changed-since",
        metavar="REF",
        help="tell only what changed since a branch, tag or commit of git; what is new is told wherever it is",
    )
    command.add_argument(
        "--pass-over", action="store_true", help="pass over named files that are no templates, as in folders"
    )


def live(commands: Commands[Parser]) -> None:
    """`dbguard live`."""
    command = commands.add_parser(
        "live",
        help="judge live AWS accounts",
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
    selection(command)
    configuration(command)
    _output(command)
    _telling(command)


def drift(commands: Commands[Parser]) -> None:
    """`dbguard drift`."""
    command = commands.add_parser(
        "drift",
        help="compare a template with the stack that was made of it",
        **COMMON,
    )
    command.add_argument("template", metavar="TEMPLATE", help="the template of the stack")
    command.add_argument("--stack", required=True, metavar="NAME", help="the stack's name or ARN")
    where = command.add_argument_group("where the stack is")
    _account(where)
    where.add_argument("--region", action="append", default=[], metavar="NAME", help="the stack's Region")
    where.add_argument("--role-arn", metavar="ARN", help="a role to assume")
    command.add_argument(
        "--format", choices=("text", "json"), default="text", metavar="FORMAT", help="text (default) or json"
    )
    command.add_argument(
        "--fail-on", choices=SEVERITIES, metavar="SEVERITY", help="exit 1 from this severity on (default: low)"
    )
    selection(command)
    configuration(command)
    _telling(command)


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
    output.add_argument("-o", "--output-file", metavar="FILE", help="where the report goes, if there is one --format")
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help=COLOR)
    output.add_argument(
        "--show", metavar="VERDICTS", help="fail,may-fail,unknown (default), pass, exempt, waived, or all"
    )
    output.add_argument(
        "--fail-on", choices=SEVERITIES, metavar="SEVERITY", help="exit 1 from this severity on (default: low)"
    )
    output.add_argument("--strict", action="store_true", help="may-fail and unknown count as fail")
    accepted = command.add_argument_group("what is accepted")
    accepted.add_argument("--no-waivers", action="store_true", help="judge as if nothing were waived")
    files = accepted.add_mutually_exclusive_group()
    files.add_argument("--baseline", metavar="FILE", help="the findings in this file count as waived")
    files.add_argument("--write-baseline", metavar="FILE", help="accept all findings of this run: write them to a file")
    accepted.add_argument("--prune-baseline", action="store_true", help="take out of --baseline what is found no more")


def _telling(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("what is told beside it").add_mutually_exclusive_group()
    group.add_argument("-q", "--quiet", action="store_true", help="findings and gaps alone: no summary, no progress")
    group.add_argument("-v", "--verbose", action="store_true", help="what is read, passed over and run, and how long")


def selection(command: argparse.ArgumentParser) -> None:
    """Which policies run."""
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
    group.add_argument(
        "--severity",
        choices=SEVERITIES,
        metavar="SEVERITY",
        help="only policies of this severity or worse: critical, high, medium, low, info",
    )
    folders(group)


def configuration(command: argparse.ArgumentParser) -> None:
    """Which configuration counts."""
    group = command.add_argument_group("what is configured")
    files = group.add_mutually_exclusive_group()
    files.add_argument("--config", metavar="FILE", help="read this file alone (default: the nearest dbguard.toml)")
    files.add_argument("--no-config", action="store_true", help="read no configuration file")
    group.add_argument("--env", metavar="NAME", help="an environment of the configuration, such as prod")
    group.add_argument(
        "--locked", action="store_true", help="nothing in what is scanned may weaken the scan: for others' changes"
    )


def folders(group: argparse._ActionsContainer) -> None:
    """Policies of the user's own."""
    group.add_argument(
        "--policies", action="append", default=[], metavar="DIR", dest="folders", help="policies of your own"
    )
