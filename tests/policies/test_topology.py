"""The terms of topology.yaml: some policy's examples notice every mutant of each."""

from __future__ import annotations

import json

import pytest

from dbguard.authoring.proof import file_document, misses
from dbguard.policy_library import Library
from tests.policies.mutation import mutants

LIBRARY = Library()
TERMS = LIBRARY.topology.terms
PLANS = {name: json.dumps(LIBRARY.plan(name)) for name in LIBRARY.entries}


def users(term: str) -> list[str]:
    """The policies that use a term, themselves or by way of other terms."""
    names = {term}
    while more := {name for name in TERMS if name not in names and _uses(json.dumps(TERMS[name]), names)}:
        names |= more
    return [policy for policy, plan in PLANS.items() if _uses(plan, names)]


def _uses(plan: str, terms: set[str]) -> bool:
    return any(f'"is": "{term}"' in plan for term in terms)


def noticed(term: str, mutant: object) -> bool:
    """Whether an example of a policy has another verdict with the term changed."""
    topology = LIBRARY.topology
    library = Library()
    library.topology = topology._replace(terms={**TERMS, term: mutant})
    return any(any(misses(library, name, file_document(library, name))) for name in users(term))


@pytest.mark.parametrize("term", sorted(TERMS))
def test_the_examples_notice_every_mutant_of_a_term(term: str) -> None:
    assert users(term)
    survivors = [
        change
        for change, group in mutants({"expect": TERMS[term]})
        if not any(noticed(term, mutant["expect"]) for mutant in group)
    ]
    assert not survivors
    assert not noticed(term, TERMS[term])
