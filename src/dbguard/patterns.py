"""Patterns of paths, as .gitignore has them: of templates from a folder on, or of accounts and their Regions."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

ACCOUNT = re.compile(r"[0-9]{12}/[a-z0-9-]+")


@lru_cache(256)
def _spec(patterns: tuple[str, ...]) -> Any:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


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
