"""What is wrong with a command line, in one line, with what was probably meant."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from dbguard.command_line.outline import read, subparsers
from dbguard.policy_library import suggestion

SHORTEST = 2  # characters of a long option: two dashes alone end the options


def told(parser: argparse.ArgumentParser, message: str, words: Sequence[str]) -> str:
    """A mistake as it is shown: an option that there is not comes before what is missing for want of it."""
    unknown = _unknown(parser, words)
    said = _no_option(parser, unknown) if unknown else _plain(message)
    return f"{parser.prog}: {said}" + ("" if "did you mean" in said else f"; see {parser.prog} --help")


def _plain(message: str) -> str:
    """What argparse says, in fewer words."""
    missing = message.removeprefix("the following arguments are required: ")
    return message.removeprefix("argument ") if missing == message else _missing(missing.split(", "))


def _missing(names: Sequence[str]) -> str:
    return f"{listed(names, 'and')} {'is' if len(names) == 1 else 'are'} missing"


def _unknown(parser: argparse.ArgumentParser, words: Sequence[str]) -> str | None:
    """The first word that looks like a long option, or stands like one before a command, and is none."""
    before = words[: words.index("--")] if "--" in words else words
    if subparsers(parser):
        names = [word.partition("=")[0] for word in before[:1] if word.startswith("-")]
        return next((name for name in names if name not in options(parser)), None)
    names = [word.partition("=")[0] for word in before if word.startswith("--") and len(word) > SHORTEST]
    return next((name for name in names if name not in options(parser)), None)


def options(parser: argparse.ArgumentParser) -> list[str]:
    """The options of a parser, as they are spelled."""
    return list(parser._option_string_actions)  # noqa: SLF001 - argparse has no public name for it


def _no_option(parser: argparse.ArgumentParser, name: str) -> str:
    known = [one for one in options(parser) if one.startswith("--") and one != "--help"]
    hint = suggestion(name, known) if name.startswith("--") else ""
    below = subparsers(parser)
    if below and not hint:
        hint = f" here; options stand behind the {str(below.metavar).lower()}"
    return f"there is no option {name}{hint}"


def left_over(parser: argparse.ArgumentParser, found: argparse.Namespace, rest: Sequence[str]) -> None:
    """Take words behind options for more of what a command takes many of; refuse, with exit code 2, all else."""
    options = [word for word in rest if word.startswith("-") and word != "-"]
    if options:
        parser.error(_no_option(parser, options[0].partition("=")[0]))
    many = next((one.dest for one in read(parser).arguments if one.many and not one.flags), None)
    if many is None:
        parser.error(f"'{rest[0]}' is one argument too many")
    getattr(found, many).extend(rest)


def choice(action: argparse.Action, value: str) -> str:
    """What is said of a value that is none of the choices."""
    known = list(map(str, action.choices or ()))
    if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - its type has no public name
        return f"there is no {str(action.metavar).lower()} '{value}'" + _command(value, known)
    name = action.option_strings[0] if action.option_strings else action.metavar
    return f"{name} takes {listed(known, 'or')}, not '{value}'{suggestion(value, known)}"


def _command(value: str, known: Sequence[str]) -> str:
    if "scan" in known and os.path.exists(value):
        return f"; did you mean 'dbguard scan {value}'?"
    return suggestion(value, known) or f"; there are {listed(known, 'and')}"


def listed(names: Iterable[str], word: str) -> str:
    """Names as a sentence has them: `a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
