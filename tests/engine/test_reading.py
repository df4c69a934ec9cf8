"""Reading a path: absent, unresolved on the way, several values, lists in lists."""

from __future__ import annotations

from typing import Any

import pytest

from dbguard.conditions.operators import Interval, between, equals, matches, only, version_at_least, within
from dbguard.inventory import Item, Many, Resource, World, read
from dbguard.model import Subject
from dbguard.value import ABSENT, AnyOther, Reference, Text, Unresolved, equal


def found(properties: dict[str, Any], *steps: str | int | None) -> Any:
    return read(Item(World(), Resource(Subject("R", "T"), properties, {})), steps)


def values(properties: dict[str, Any], *steps: str | int | None) -> tuple[list[Any], bool]:
    many = found(properties, *steps)
    assert isinstance(many, Many)
    return [value for _, value in many.found], many.complete


IMPORTED = Unresolved("imported", ("import", "x"))


def test_a_path_ends_in_a_value_or_in_nothing() -> None:
    assert found({"A": {"B": 1}}, "A", "B") == 1
    assert found({"A": {"B": ""}}, "A", "B") is ABSENT
    assert found({"A": {"B": None}}, "A", "B") is ABSENT
    assert found({}, "A", "B") is ABSENT
    assert found({"A": [1, 2]}, "A", 1) == 2
    assert found({"A": [1, 2]}, "A", 2) is ABSENT


def test_what_hides_a_parent_hides_its_children() -> None:
    inside = found({"A": IMPORTED}, "A", "B")
    assert isinstance(inside, Unresolved)
    assert inside.present is None
    wrong = found({"A": "text"}, "A", "B")
    assert "stands where a mapping belongs" in wrong.reason


def test_several_values() -> None:
    assert values({"A": [{"B": 1}, {}, {"B": 3}]}, "A", None, "B") == ([1, ABSENT, 3], True)
    assert values({"A": IMPORTED}, "A", None) == ([], False)
    assert values({"A": [{"B": [1, 2]}, {}, {"B": [3]}]}, "A", None, "B", None) == ([1, 2, 3], True)
    assert values({"A": [{"B": [1]}, {"B": IMPORTED}]}, "A", None, "B", None) == ([1], False)
    assert found({}, "A", None) is ABSENT


@pytest.mark.parametrize(
    ("value", "operand", "answer"),
    [
        ("true", True, True), ("True", True, True), (1, True, False), (True, "true", True), ("7", 7, True),
        (7, "7", True),
        ("MySQL", "mysql", True), ("a", "b", False), (IMPORTED, "a", None), (IMPORTED, IMPORTED, True),
        (Unresolved("x"), Unresolved("x"), None), (Reference("R", None, True), "default", False),
        (Reference("R", "Anything"), "default", None), (AnyOther("P", frozenset({"a"}), defaulted=True), "a", False),
        (AnyOther("P", frozenset({"a"}), defaulted=True), "b", None), (AnyOther("P", frozenset({"a"})), "a", None),
        (AnyOther("P", frozenset(), 1, 5), 6, False), (Text(("a-", IMPORTED)), "b-c", False),
        (Text(("a-", IMPORTED)), "a-c", None),
    ],
)  # fmt: skip
def test_equality(value: Any, operand: Any, answer: bool | None) -> None:
    assert equal(value, operand) is answer
    assert equals(value, operand) is answer


def test_operators_answer_do_not_know_where_they_do_not() -> None:
    assert between("x", [1, 2]) is None
    assert between(Interval(1, 3), [1, 3]) is True
    assert between(Interval(1, 3), [1, 2]) is None
    assert between(Interval(4, 9), [1, 3]) is False
    assert between(AnyOther("P", frozenset(), 7, 35), [1, 35]) is True
    assert within(IMPORTED, ["a"]) is None
    assert within("a", ["b", IMPORTED]) is None
    assert matches(Text(("arn:key/", IMPORTED)), ":key/") is True
    assert matches(Text(("arn:", IMPORTED)), ":key/") is None
    assert matches(Text(("arn:", IMPORTED)), "^arn") is None
    assert only(["a", IMPORTED], ["a"]) is None
    assert only(["a", "c"], ["a"]) is False
    assert version_at_least("8", "8.0") is True
    assert version_at_least("8", "8.4") is None
    assert version_at_least("8.0.mysql_aurora.3.04.0", "8.1") is False
    assert version_at_least("newest", "8") is None
