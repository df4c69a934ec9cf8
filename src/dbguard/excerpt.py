"""Lines of a template for a report to show, with passwords and tokens left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from dbguard.conditions.subject import SECRETS, is_secret
from dbguard.inventory import Inventory, Resource
from dbguard.model import Path

BEFORE, LONG = 3, 400  # lines above the one that is meant, and columns of each, that are shown
SHORTEST = 4  # characters of a word that is looked for elsewhere, for shorter ones are part of others
# A password or token in a line of a template, as far as it stands there in plain text.
SECRET = r"""(?i)(\w{0,32}(?:password|authtoken)s?)(["']?\s*:\s*)("[^"]*"|'[^']*'|\[[^\]]*\]|[^\s!{\["',}][^,}]*)"""
# The same where its quotes end in another line.
UNENDED = r"""(?i)(\w{0,32}(?:password|authtoken)s?)(["']?\s*:\s*)("[^"]*|'[^']*)$"""
# Its name with all that follows in the line; text that ends in no quote, and what has to go on below.
NAMED = r"""(?i)(\w{0,32}(?:password|authtoken)s?)["']?\s*:(?:\s+|$)(.*)"""
QUOTED = r"""(?:[!&]\S*\s+)*(?:"[^"]*|'[^']*)$"""
OPEN = r"(?:[!&]\S*\s*)*(?:\[[^\]]*|\{[^}]*)?$"
ANYWHERE = -1


@lru_cache(maxsize=16)  # JSON may be all on one line, which every finding then shows
def masked(line: str) -> str:
    """A line of a template with its secrets left out."""
    folded = line.lower()
    if not any(word in folded for word in SECRETS):
        return line
    return re.sub(UNENDED, _hidden, re.sub(SECRET, _hidden, line))


def _hidden(found: re.Match[str]) -> str:
    """The same line with the secret left out; what it refers to may stay."""
    name, between, value = found.groups()
    open_ = "{{resolve:" in value or value.startswith("[!") or not is_secret((name,))
    return found[0] if open_ else f"{name}{between}…"


def around(inventory: Inventory, place: Path, resource: Resource) -> tuple[tuple[int, str], ...]:
    """The lines of a resource around a place, with their numbers; none where there is no text."""
    if inventory.source is None:
        return ()
    at, lines = inventory.source.lines_at(place, resource.place)
    words = sorted(set(_words(resource.attributes)), key=len, reverse=True)
    shown = [(number, _without(words, line)[:LONG]) for number, line in _safe(lines) if number >= at - BEFORE]
    while shown and not shown[-1][1].strip():
        shown.pop()
    return tuple(shown) if len(shown) > 1 else ()


def _words(value: object) -> Iterator[str]:
    """The words of all secrets in plain text, however they are written."""
    for name, inner in (
        value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    ):
        if not is_secret((name,)):
            yield from _words(inner)
        for one in inner if isinstance(inner, list) else [inner]:
            if is_secret((name,)) and isinstance(one, str):
                yield from (word for word in one.split() if len(word) >= SHORTEST)


def _without(words: Iterable[str], line: str) -> str:
    for word in words:
        line = line.replace(word, "…")
    return line


def _safe(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines with their secrets left out, also those that a secret goes on in."""
    deep, sure = 0, True  # what is indented by so much belongs to a secret, and whether that was seen; 0 where none is
    for number, line in lines:
        indent = len(line) - len(line.lstrip())
        if deep and line.strip() and (indent >= deep or not sure):
            deep, sure = (deep if indent >= deep else ANYWHERE), True
            yield number, line[:indent] + "…"
        elif deep and not line.strip():
            yield number, ""
        else:
            yield number, masked(line)
            deep, sure = _open(line)


def _open(line: str) -> tuple[int, bool]:
    """How far lines below are indented where a secret of this line goes on, and whether it need not."""
    if len(line) > LONG:
        return (ANYWHERE if any(word in line.lower() for word in SECRETS) else 0), True
    found = next((one for one in re.finditer(NAMED, line) if is_secret((one[1],))), None)
    if found is None:
        return 0, True
    if re.match(QUOTED, found[2]):
        return ANYWHERE, True
    quote = line[: found.start()].endswith(('"', "'"))
    return found.start() - quote + 1, not re.match(OPEN, found[2])
