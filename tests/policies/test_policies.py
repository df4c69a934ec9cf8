"""Every policy proves itself: its examples hold, and notice every mutant of it."""

from __future__ import annotations

import json

import pytest

from dbguard.authoring.proof import file_document, misses
from dbguard.policy_library import Library
from tests.policies.mutation import mutants

LIBRARY = Library()
IDS = sorted(LIBRARY.entries)


@pytest.mark.parametrize("name", IDS)
def test_the_examples_hold(name: str) -> None:
    assert not [str(miss) for miss in misses(LIBRARY, name, file_document(LIBRARY, name))]


@pytest.mark.parametrize("name", IDS)
def test_the_examples_notice_every_mutant(name: str) -> None:
    document = file_document(LIBRARY, name)
    plan = json.loads(json.dumps(LIBRARY.plan(name)))
    survivors = [
        change
        for change, group in mutants(plan)
        if not any(any(misses(LIBRARY, name, document, mutant)) for mutant in group)
    ]
    assert not survivors


@pytest.mark.parametrize("name", IDS)
def test_facts_carry_their_source_and_date(name: str) -> None:
    root = file_document(LIBRARY, name).root
    assert {"category", "tier", "references", "checked"} <= set(root)
    assert all(url.startswith("https://docs.aws.amazon.com/") for url in root["references"]["docs"])


def test_a_wrong_example_is_noticed() -> None:
    document = file_document(LIBRARY, "rds/storage-encrypted")
    document.root["examples"][0]["verdicts"]["Db"] = "fail"
    (miss,) = misses(LIBRARY, "rds/storage-encrypted", document)
    assert (miss.resource, miss.stated, miss.found) == ("Db", "fail", "pass")
