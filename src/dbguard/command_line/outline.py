"""The command line as data, read from its parser: what help, completion and reference are made of."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from dbguard.reporters import names


class Argument(NamedTuple):
    """An option, or a positional argument, which has no flags."""

    flags: tuple[str, ...]
    dest: str
    metavar: str  # empty for an option that takes no value
    help: str
    choices: tuple[str, ...]
    many: bool  # whether it may be given, or take values, several times
    required: bool


class Command(NamedTuple):
    """A command with its groups of arguments and the commands below it."""

    words: tuple[str, ...]  # without the program's name
    summary: str
    usage: str
    groups: tuple[tuple[str, tuple[Argument, ...]], ...]
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """What is typed: `dbguard policies list`."""
        return " ".join(("dbguard", *self.words))

    @property
    def arguments(self) -> Iterator[Argument]:
        """All arguments."""
        return (one for _, group in self.groups for one in group)

    def walk(self) -> Iterator[Command]:
        """The command, and all below it."""
        yield self
        for one in self.commands:
            yield from one.walk()


def read(parser: argparse.ArgumentParser, words: tuple[str, ...] = (), summary: str = "") -> Command:
    """A parser as data, with the parsers of the commands below it."""
    below = subparsers(parser)
    commands = []
    if below:
        summaries = {one.dest: one.help or "" for one in below._get_subactions()}  # noqa: SLF001 - has no public name
        commands = [read(one, (*words, name), summaries.get(name, "")) for name, one in below.choices.items()]
    titled = ((title, tuple(_argument(one) for one in actions)) for title, actions in groups(parser))
    return Command(words, summary, usage(parser), tuple(titled), tuple(commands))


def subparsers(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    """What leads to the parsers of the commands below, if there are any."""
    actions = parser._actions  # noqa: SLF001 - has no public name
    return next((one for one in actions if isinstance(one, argparse._SubParsersAction)), None)  # noqa: SLF001


def groups(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[argparse.Action]]]:
    """The titles of the groups with their arguments; empty ones, and commands below, are left out.

    Which formats there are is known by their modules, too late for the parser itself.
    """
    for group in sorted(parser._action_groups, key=lambda one: one.title == "options"):  # noqa: SLF001 - as above
        actions = [one for one in group._group_actions if not _is_apart(one)]  # noqa: SLF001 - as above
        for one in actions:
            if one.dest == "format" and not one.choices:
                one.help = f"{', '.join(names())}; text by default; repeatable"
        if actions:
            yield (group.title or "").replace("positional arguments", "arguments"), actions


def _is_apart(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS  # noqa: SLF001 - as above


def _argument(action: argparse.Action) -> Argument:
    choices = tuple(map(str, action.choices or ()))
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if not metavar and action.nargs != 0:
        metavar = f"{{{','.join(choices)}}}" if choices else action.dest.upper()
    many = action.nargs in {"*", "+"} or isinstance(action, argparse._AppendAction)  # noqa: SLF001 - as above
    flags = tuple(action.option_strings)
    required = action.required and action.nargs not in {"*", "?"}
    return Argument(flags, action.dest, metavar, action.help or "", choices, many, required)


def usage(parser: argparse.ArgumentParser) -> str:
    """How it is called, without what may be left out."""
    below = subparsers(parser)
    every = [_argument(one) for _, actions in groups(parser) for one in actions]
    words = [f"{one.flags[0]} {one.metavar}" for one in every if one.flags and one.required]
    for one in every:
        if not one.flags:
            more = f"{one.metavar} ..." if one.many else one.metavar
            words.append(more if one.required else f"[{more}]")
    rest = [f"{below.metavar} ..."] if below else ["[OPTION ...]", *words]
    return " ".join([parser.prog, *rest])
