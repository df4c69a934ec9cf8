"""Data files: as the installed cfn-lint has them, and too old to judge by after a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbguard import facts
from dbguard.authoring.proof import file_document, misses
from dbguard.conditions.operands import Table
from dbguard.policy import build
from dbguard.policy_library import CHECKOUT, Library
from dbguard.sources.document import read

LIBRARY = Library()


@pytest.mark.parametrize("source", facts.SOURCES, ids=lambda source: source.name)
def test_the_data_files_are_what_cfn_lint_holds(source: facts.Facts) -> None:
    text = (Path(CHECKOUT) / "data" / f"{source.name}.yaml").read_text()
    if read(text.encode(), "data").root["as_of"] != facts.day():
        pytest.skip("another release of cfn-lint is installed: make data would write them anew")
    assert text == facts.render(source)


def test_a_version_that_stands_for_newer_ones_is_not_deprecated() -> None:
    old = facts.values(facts.DEPRECATED)
    assert "8.0" not in old["aurora-mysql"]
    assert "8.0.11" in old["mysql"]


@pytest.mark.parametrize("name", ["dax/node-type-valid", "elasticache/node-type-valid", "rds/instance-class-valid"])
def test_what_is_too_old_makes_no_finding(name: str) -> None:
    document = file_document(LIBRARY, name)
    for example in document.root["examples"]:
        example["today"] = "2036-01-01"
    found = {miss.found for miss in misses(LIBRARY, name, document)}
    assert found <= {"unknown"}
    assert found


def test_the_reason_says_how_old() -> None:
    policy = build(LIBRARY.plan("dax/node-type-valid"), LIBRARY.topology._replace(today="2036-01-01"))
    assert policy.id == "dax/node-type-valid"
    assert "too old to judge by" in str(policy_reasons(policy))


def policy_reasons(policy: object) -> list[str]:
    """Every reason that the policy's conditions hold ready."""
    seen: list[str] = []
    stack: list[object] = [policy]
    for _ in range(10_000):
        if not stack:
            break
        one = stack.pop()
        closure = getattr(one, "__closure__", None) or ()
        stack.extend(cell.cell_contents for cell in closure)
        reason = getattr(one, "reason", None)
        seen += [reason] if isinstance(reason, str) else []
        if isinstance(one, (list, tuple)):
            stack.extend(one)
        for name in ("expect", "parts", "part", "checks", "question", "then", "otherwise"):
            stack.extend([getattr(one, name)] if hasattr(one, name) else [])
    return seen


def test_a_table_is_looked_up_key_by_key() -> None:
    values = {"mysql": {"8.0": "2026-07-31", "8": "x"}, "Redis": 6379}

    def looked_up(*keys: object) -> object:
        finds = [lambda item, key=key: key for key in keys]
        found: object = Table("t", values, finds, None)(None)  # type: ignore[arg-type]  # keys that need no item
        return found

    assert looked_up("MySQL", "8.0.35") == "2026-07-31"
    assert looked_up("mysql", "8.4.1") == "x"
    assert looked_up("redis", "7") == 6379
    assert "is not in the data of t" in str(looked_up("mysql", "9"))
