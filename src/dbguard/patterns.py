"""Patterns of paths, as .gitignore has them: of templates from a folder on, or of accounts and their Regions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

ACCOUNT = re.compile(r"[0-9]{12}/[a-z0-9-]+")


STAR = r"[^/]*"
# A star and what follows it, up to the next star: where that fits first it fits, so no other place need be tried.
STEP = re.compile(r"\[\^/\]\*((?:\\.|\[\^/\](?!\*)|[\w ~=:;,@%&#'\"!<>-])+)(?=\[\^/\]\*)")
MOST = 5  # wildcards of one pattern that are gone through in all combinations


def spec(lines: Iterable[str]) -> Any:
    """Patterns to match with in bounded time. Raises ValueError for one that is none."""
    from pathspec import GitIgnoreSpec

    try:
        found = GitIgnoreSpec.from_lines(lines)
        for one in found.patterns:
            if one.regex is not None and one.regex.pattern.count(STAR) + one.regex.pattern.count(".+") > 2:
                one.regex = re.compile(_bounded(one.regex.pattern))
    except re.error as error:
        raise ValueError(str(error)) from None
    return found


def _bounded(regex: str) -> str:
    """The same without the combinations that end in the same place."""
    found = STEP.sub(r"(?>[^/]*?\1)", regex)
    if found.count(STAR) - found.count(f"{STAR}?") + found.count(".+") > MOST:
        raise ValueError(f"it has more than {MOST} wildcards that depend on each other")
    return found


@lru_cache(256)
def _spec(patterns: tuple[str, ...]) -> Any:
    return spec(patterns)


def fits(patterns: Sequence[str], folders: Iterable[str], home: str) -> bool:
    """Whether patterns name a template, seen from the first of the folders that it lies below, or an account/Region.

    Raises ValueError for a pattern that is none.
    """
    spec = _spec(tuple(patterns))
    if ACCOUNT.fullmatch(home):
        return bool(spec.match_file(home))
    full = os.path.abspath(home)
    for folder in folders:
        inside = os.path.relpath(full, os.path.abspath(folder))
        if not inside.startswith(".."):
            return bool(spec.match_file(inside.replace(os.sep, "/")))
    return False
