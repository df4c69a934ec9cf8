"""What every test starts from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from dbguard.cli import DEEPEST

# Compiled policies are kept beside pytest's own cache, not in the home of whoever runs the tests.
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parent.parent / ".pytest_cache" / "dbguard")

for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):  # what reports look like does not hang on whoever runs the tests
    os.environ.pop(name, None)

sys.setrecursionlimit(DEEPEST)  # as the command line does, whichever test comes first


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
