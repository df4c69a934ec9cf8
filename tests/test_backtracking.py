"""Regular expressions that may take for ever are told from those that do not."""

from __future__ import annotations

import re
from time import process_time

import pytest

from dbguard.backtracking import FOREVER, choices
from dbguard.conditions.operators import LONGEST, matches
from dbguard.sources.template.parameters import parse


@pytest.mark.parametrize(
    "expression",
    [
        "(a+)+$",
        "((a+))+",
        "(a|a)*",
        "(a|aa)*",
        "(a*)*",
        r"^(\w+\s?)*$",
        "(a?){30}",
        "(a{1,9}){1,9}b",
        "(?i:a+)+",
        "(é+)+",
    ],
)
def test_a_loop_of_choices_takes_for_ever(expression: str) -> None:
    assert choices(expression) == FOREVER


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        (r"^db\.(t4g|r7g)\.", 0),
        ("^[a-z]+(-[a-z]+)*$", 0),
        ("[^,]+(,[^,]+)*", 0),
        (r"(\d{1,3}\.){3}\d{1,3}", 0),
        ("[a-zA-Z][a-zA-Z0-9]*", 0),
        ("(?:a++)+", 0),
        ("foo.*bar", 1),
        (".*a.*b.*c", 3),
        ("a?" * 20 + "a" * 20, 20),
    ],
)
def test_what_ends_soon(expression: str, number: int) -> None:
    assert choices(expression) == number


@pytest.mark.parametrize("pattern", ["((a+))+", ".*.*.*.*.*.*x", "(a?a?)+b", "a{99999999999}", "[a-z]*[a-z]*b"])
def test_an_allowed_pattern_holds_no_scan_up(pattern: str) -> None:
    start = process_time()
    parse("P", {"AllowedPattern": pattern, "Default": "a" * 499 + "!"}, {}).refusal("a" * 499 + "!")
    assert process_time() - start < 5


def test_texts_that_are_too_long_are_not_searched() -> None:
    start = process_time()
    assert matches("b" * 100_000, "[a-z]+Z$") is None
    assert matches("b" * LONGEST, "[a-z]+Z$") is False
    assert process_time() - start < 5
    with pytest.raises(re.error):
        choices("(")
