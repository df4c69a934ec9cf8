"""Registry modules whose fragment is at hand: the project of a module holds its type's name and its template fragment.

A module's resources become the template's own, each under the module's logical id followed by its own, and its
parameters are what the module's Properties say
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

PROJECT = ".rpdk-config"  # beside it, the folder `fragments` with one file
MOST_FOLDERS = 2_000
LEFT_OUT = (".git", ".venv", "node_modules", "__pycache__")


def is_module(body: Any) -> bool:
    """Whether a resource stands for a module."""
    kind = body.get("Type") if isinstance(body, dict) else None
    return isinstance(kind, str) and kind.endswith("::MODULE")


def fragment_of(kind: str, beside: str) -> str | None:
    """The fragment of a module's type, in a project somewhere in the repository that a template is in."""
    for folder in _folders(_root(os.path.dirname(beside))):
        if _type_of(os.path.join(folder, PROJECT)) == kind:
            fragments = os.path.join(folder, "fragments")
            found = sorted(os.listdir(fragments)) if os.path.isdir(fragments) else []
            file = os.path.join(fragments, found[0]) if found else None
            return file and (file if os.path.isabs(beside) else os.path.relpath(file)).replace(os.sep, "/")
    return None


def _root(folder: str) -> str:
    """The repository's root as seen from here, or the folder itself where there is none."""
    above = folder
    for _ in range(len(os.path.abspath(folder).split(os.sep))):
        if os.path.exists(os.path.join(above, ".git")):
            return above
        above = os.path.join(above, "..")
    return folder


def _folders(root: str) -> Iterator[str]:
    for count, (folder, names, files) in enumerate(os.walk(root or ".")):
        names[:] = sorted(name for name in names if name not in LEFT_OUT)
        if PROJECT in files:
            yield folder
        if count > MOST_FOLDERS:
            return


def _type_of(file: str) -> object:
    try:
        with open(file, encoding="utf-8") as handle:
            found = json.loads(handle.read(100_000))
    except (OSError, ValueError, RecursionError):
        return None
    return found.get("typeName") if isinstance(found, dict) else None
