"""Patterns of paths: as git has them, in bounded time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from dbguard.patterns import spec

PART = st.text("ab*?./", min_size=1, max_size=9)


@given(PART, st.text("ab./", min_size=1, max_size=12))
def test_bounded_patterns_mean_the_same(pattern: str, path: str) -> None:
    try:
        bounded = spec([pattern])
    except ValueError:
        return
    assert bounded.match_file(path) == GitIgnoreSpec.from_lines([pattern]).match_file(path)


def test_no_pattern_of_a_stranger_takes_long() -> None:
    begin = time.process_time()
    assert not spec(["*a" * 30 + "*b"]).match_file("a" * 250)
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("pattern", ["[z-a]", "!", "*[a]" * 30 + "*b"])
def test_what_is_no_pattern_or_takes_too_long_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        spec([pattern])
