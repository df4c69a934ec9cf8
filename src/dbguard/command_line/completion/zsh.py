"""Completion for zsh."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.command_line.completion import FILES, FOLDERS, FORMATS, POLICIES, WORDS, Values, values
from dbguard.command_line.outline import Argument, Command

HEAD = """\
#compdef dbguard
# Completion of dbguard for zsh: put this file as _dbguard in a folder of $fpath.

_dbguard_ids() {
    (( ${+_dbguard_known} )) || typeset -ga _dbguard_known=(
        ${(f)"$(_call_program policies dbguard policies list --format ids)"}
    )
    _multi_parts "$@" / _dbguard_known
}

_dbguard_policies() {
    _sequence _dbguard_ids
}

_dbguard_formats() {
    if compset -P '*='; then
        _files
    else
        compadd -S '' -- "$@"
    fi
}

"""
END = """\
if [[ $funcstack[1] == _dbguard ]]; then
    _dbguard "$@"
else
    compdef _dbguard dbguard
fi
"""


def script(command: Command) -> Iterator[str]:
    """The script, in pieces."""
    yield HEAD
    for one in command.walk():
        yield from _commands(one) if one.commands else _arguments(one)
    yield END


def _name(command: Command) -> str:
    return "_".join(("_dbguard", *(("command", *command.words) if command.words else ())))


def _commands(command: Command) -> Iterator[str]:
    """A function for a command that has others below it."""
    yield f"{_name(command)}() {{\n    local context curcontext=$curcontext state line\n    local -a commands\n"
    yield "    typeset -A opt_args\n    _arguments -C \\\n"
    yield from (f"        {_spec(command, one)} \\\n" for one in command.arguments)
    yield "        '1:command:->command' '*::argument:->argument'\n    case $state in\n        command)\n"
    yield "            commands=(\n"
    for one in command.commands:
        yield f"                {_quoted(f'{one.words[-1]}:{one.summary}')}\n"
    yield "            )\n            _describe command commands ;;\n        argument)\n            case $line[1] in\n"
    for one in command.commands:
        yield f"                {one.words[-1]}) {_name(one)} ;;\n"
    yield "            esac ;;\n    esac\n}\n\n"


def _arguments(command: Command) -> Iterator[str]:
    """A function for a command that has none below it."""
    specs = " \\\n        ".join(_spec(command, one) for one in command.arguments)
    yield f"{_name(command)}() {{\n    _arguments -s \\\n        {specs}\n}}\n\n"


def _spec(command: Command, one: Argument) -> str:
    """An argument as _arguments takes it."""
    told = one.help.replace("[", r"\[").replace("]", r"\]").replace(":", r"\:")
    name = one.metavar.replace("[", "(").replace("]", ")").replace(":", " ")
    if not one.flags:
        return _quoted(f"{'*' if one.many else ''}:{name}:{_action(values(command, one))}")
    action = f":{name}:{_action(values(command, one))}" if one.metavar else ""
    many = "*" if one.many else ""
    parts = []
    for flag in one.flags:
        apart = f"({' '.join(one.flags)})" if len(one.flags) > 1 and not many else ""
        mark = ("=" if flag.startswith("--") else "+") if action else ""
        parts.append(_quoted(f"{apart}{many}{flag}{mark}[{told}]{action}"))
    return " ".join(parts)


def _action(found: Values) -> str:
    words = " ".join(found.words)
    if found.kind == POLICIES:
        return "_dbguard_policies" if found.commas else "_dbguard_ids"
    if found.kind == FORMATS:
        return f"_dbguard_formats {words}"
    if found.kind == WORDS:
        return f"_values -s , value {words}" if found.commas else f"({words})"
    return {FILES: "_files", FOLDERS: "_files -/"}.get(found.kind, " ")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
