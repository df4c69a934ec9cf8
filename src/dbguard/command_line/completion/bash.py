"""Completion for bash, 3.2 and newer."""

from __future__ import annotations

from collections.abc import Iterator

from dbguard.command_line.completion import FILES, FOLDERS, FORMATS, NOTHING, POLICIES, Values, values
from dbguard.command_line.outline import Argument, Command

HEAD = """\
# Completion of dbguard for bash: source this file in ~/.bashrc.

_dbguard_words() {
    local one
    while IFS= read -r one; do COMPREPLY+=("$1$one"); done < <(compgen -W "$2" -- "${cur#"$1"}")
}

_dbguard_list() {
    local head=
    [[ $cur == *,* ]] && head=${cur%,*},
    _dbguard_words "$head" "$1"
}

_dbguard_policies() {
    local last=${cur##*,} words= one
    [[ -n ${_dbguard_ids-} ]] || _dbguard_ids=$("${COMP_WORDS[0]}" policies list --format ids 2>/dev/null)
    if [[ $last == */* ]]; then
        words=$_dbguard_ids
    else
        for one in $_dbguard_ids; do
            [[ " $words" == *" ${one%%/*}/ "* ]] || words+="${one%%/*}/ "
        done
        compopt -o nospace 2>/dev/null
    fi
    _dbguard_list "$words"
}

_dbguard() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=dbguard i
    COMPREPLY=()
    if [[ $cur == "=" ]]; then
        cur=
    elif [[ $prev == "=" ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$command ${COMP_WORDS[i]}" in
"""
MIDDLE = """\
                command+=" ${COMP_WORDS[i]}" ;;
        esac
    done
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == "=" || ${COMP_WORDS[COMP_CWORD]} == "=" ]] && [[ $prev != -* ]]; then
        return # NAME=FILE
    fi
    case "$command $prev" in
"""
TAIL = """\
    esac
    compopt +o default 2>/dev/null
    if [[ $cur == -* ]]; then
        case $command in
"""
END = """\
    esac
}

complete -o default -F _dbguard dbguard
"""


def script(command: Command) -> Iterator[str]:
    """The script, in pieces; where it offers nothing bash offers files."""
    every = list(command.walk())
    yield HEAD
    yield f"            {' | '.join(_quoted(one.name) for one in every if one.words)})\n"
    yield MIDDLE
    for found, places in _options(every).items():
        yield f"        {' | '.join(map(_quoted, places))}) {_offer(found)}return ;;\n"
    yield TAIL
    for one in every:
        flags = " ".join(flag for argument in one.arguments for flag in argument.flags)
        yield f'            {_quoted(one.name)}) _dbguard_words "" "{flags}" ;;\n'
    yield "        esac\n        return\n    fi\n    case $command in\n"
    for one in every:
        yield f"        {_quoted(one.name)}) {_place(one)};;\n"
    yield END


def _options(every: list[Command]) -> dict[Values, list[str]]:
    """The places behind options, by what they take."""
    found: dict[Values, list[str]] = {}
    for command in every:
        for one in command.arguments:
            if one.metavar:
                places = [f"{command.name} {flag}" for flag in one.flags]
                found.setdefault(values(command, one), []).extend(places)
    return {kind: places for kind, places in found.items() if places}


def _offer(found: Values) -> str:
    if found.kind == POLICIES:
        return "compopt +o default 2>/dev/null; _dbguard_policies; "
    if found.kind == FORMATS:
        return f'compopt -o nospace 2>/dev/null; _dbguard_words "" "{" ".join(found.words)}"; '
    if found.kind == FOLDERS:
        return "compopt -o dirnames +o default 2>/dev/null; "
    if found.kind in {FILES, NOTHING}:
        return "" if found.kind == FILES else "compopt +o default 2>/dev/null; "
    listed = "_dbguard_list" if found.commas else '_dbguard_words ""'
    return f'compopt +o default 2>/dev/null; {listed} "{" ".join(found.words)}"; '


def _place(command: Command) -> str:
    """What is offered where neither an option nor its value is."""
    if command.commands:
        return f'_dbguard_words "" "{" ".join(one.words[-1] for one in command.commands)}" '
    place: Argument | None = next((one for one in command.arguments if not one.flags), None)
    found = values(command, place) if place else Values(NOTHING)
    return "compopt -o default 2>/dev/null " if found.kind == FILES else _offer(found)


def _quoted(text: str) -> str:
    return f'"{text}"'
