"""Completion for fish, 3.0 and newer."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.command_line.completion import FILES, FOLDERS, FORMATS, POLICIES, WORDS, Values, values
from dbguard.command_line.outline import Argument, Command

HEAD = """\
# Completion of dbguard for fish: put this file into ~/.config/fish/completions.

function __dbguard_at
    set -l at
    for word in (commandline -opc)[2..-1]
        if contains -- (string join -- ' ' $at $word) $__dbguard_commands
            set at $at $word
        end
    end
    test "$at" = "$argv"
end

function __dbguard_policies
    set -q __dbguard_ids; or set -g __dbguard_ids (dbguard policies list --format ids 2>/dev/null)
    if string match -q '*/*' -- (string replace -r '.*,' '' -- (commandline -ct))
        printf '%s\\n' $__dbguard_ids
    else
        string replace -r '/.*' / $__dbguard_ids | sort -u
    end
end

complete -c dbguard -f
"""


def script(command: Command) -> Iterator[str]:
    """The script, in pieces."""
    every = list(command.walk())
    yield HEAD
    yield f"set -g __dbguard_commands {' '.join(_quoted(' '.join(one.words)) for one in every if one.words)}\n"
    for one in every:
        at = f"complete -c dbguard -n {_quoted(' '.join(('__dbguard_at', *one.words)))}"
        for below in one.commands:
            yield f"{at} -a {below.words[-1]} -d {_quoted(below.summary)}\n"
        for argument in one.arguments:
            yield f"{at} {_argument(one, argument)}\n"


def _argument(command: Command, one: Argument) -> str:
    """What is said of an argument to `complete`."""
    offer = _offer(values(command, one))
    if not one.flags:
        return offer.replace("-x", "").replace("-r", "").strip() or "-f"
    flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in one.flags)
    return f"{flags} -d {_quoted(one.help)}" + (f" {offer}" if one.metavar else "")


def _offer(found: Values) -> str:
    words = " ".join(found.words)
    if found.kind == POLICIES:
        return "-x -a " + (
            "'(__fish_complete_list , __dbguard_policies)'" if found.commas else "'(__dbguard_policies)'"
        )
    if found.kind in {WORDS, FORMATS}:
        listed = f'(__fish_complete_list , "printf %s\\\\n {words}")' if found.commas else words
        return f"-x -a {_quoted(listed)}"
    return {FILES: "-r -F", FOLDERS: "-x -a '(__fish_complete_directories)'"}.get(found.kind, "-x")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
