"""A folder of policy files compiled: every file checked, every mistake of every file in one error."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from dbguard import policy
from dbguard.authoring.conditions import ConditionCompiler
from dbguard.authoring.file_compiler import Scope, Shared
from dbguard.authoring.policy_file import REFERENCES, PolicyCompiler
from dbguard.authoring.reads import reads
from dbguard.errors import DocumentError, PolicyError
from dbguard.policy import FACTS, FRAMEWORKS, INDEX, part_name
from dbguard.sources.document import Document, read

TOPOLOGY = "topology.yaml"
DATA = "data/"
FRAMEWORK = "frameworks/"
SPECIAL = (TOPOLOGY, DATA, FRAMEWORK)


def compile_folder(path: str, names: Iterable[str], shared: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The compiled parts of a folder: its index, and the plans of each service.

    Raises PolicyError with one line for each mistake.
    """
    problems: list[str] = []
    documents = dict(_documents(path, names, problems))
    data = {name[len(DATA) : -5]: _data(one, problems) for name, one in documents.items() if name.startswith(DATA)}
    before = Shared(shared["relations"], shared["terms"], {**shared["data"], **data})
    own = _topology(documents.get(TOPOLOGY), before, problems)
    known = Shared({**before.relations, **own["relations"]}, {**before.terms, **own["terms"]}, before.data)
    parts: dict[str, Any] = {INDEX: {"entries": [], "data": dict.fromkeys(data), **own}, FACTS: data}
    parts[policy.REFERENCES] = {}
    parts[FRAMEWORKS] = {
        name[len(FRAMEWORK) : -5]: _framework(one, problems)
        for name, one in documents.items()
        if name.startswith(FRAMEWORK)
    }
    for name, document in documents.items():
        if name.startswith(SPECIAL):
            continue
        compiler = PolicyCompiler(document, known)
        plan = compiler.policy(name.rsplit(".", 1)[0])
        problems += compiler.problems
        if not compiler.problems:
            tree = [plan.get(key) for key in ("where", "except", "expect")]
            plan["reads"] = reads(tree, {**shared["terms"], **own["terms"]}, compiler.relations)
            _keep(parts, plan, document)
    if problems:
        raise PolicyError(problems)
    return parts


def _keep(parts: dict[str, Any], plan: dict[str, Any], document: Document) -> None:
    root = document.root
    written = root.get("references", {})
    name, tier = plan["id"], root.get("tier", "recommended")
    parts[INDEX]["entries"].append(
        [
            name,
            plan["title"],
            plan["severity"],
            root.get("category", "operations"),
            tier,
            plan["select"],
            document.file,
        ]
    )
    parts[policy.REFERENCES][name] = {key: written[key] for key in REFERENCES if key in written}
    parts.setdefault(part_name(name.split("/", 1)[0], tier), {})[name] = plan


def _documents(path: str, names: Iterable[str], problems: list[str]) -> Iterator[tuple[str, Document]]:
    for name in names:
        full = os.path.join(path, name)
        shown = os.path.relpath(full)
        try:
            with open(full, "rb") as file:
                yield name, read(file.read(), shown)
        except DocumentError as error:
            problems.append(f"{shown}:{error.line}: {error.detail}")
        except OSError as error:
            problems.append(f"{shown}:1: {error.strerror}")


def _topology(document: Document | None, shared: Shared, problems: list[str]) -> dict[str, dict[str, Any]]:
    """The relations and terms of a folder, compiled; terms are checked against a type where they are used."""
    own: dict[str, dict[str, Any]] = {"relations": {}, "terms": {}}
    if document is None:
        return own
    root = document.root if isinstance(document.root, dict) else {}
    terms = root.get("terms", {})
    relations = {**shared.relations}
    compiler = ConditionCompiler(document, Shared(relations, {**shared.terms, **terms}, shared.data))
    for name, node in root.get("relations", {}).items():
        own["relations"][name] = compiler.relation(("relations", name), node, None)
    relations.update(own["relations"])
    compiler.relations.update(own["relations"])
    for name, node in terms.items():
        own["terms"][name] = compiler.condition(("terms", name), node, Scope(()))
    problems += compiler.problems
    return own


def _data(document: Document, problems: list[str]) -> dict[str, Any]:
    """A data file: dated values, with the day until which they may be judged by."""
    root = document.root if isinstance(document.root, dict) else {}
    try:
        until = date.fromisoformat(str(root["as_of"])) + timedelta(days=int(root.get("max_age_days", 400)))
    except (KeyError, ValueError):
        problems.append(f"{document.file}:1: a data file has 'as_of' (a day), 'source', 'values' and 'max_age_days'")
        return {}
    if not root.get("source") or root.get("values") is None:
        problems.append(f"{document.file}:1: a data file has 'source' and 'values'")
    return {"as_of": str(root["as_of"]), "fresh_until": until.isoformat(), "values": root.get("values", {})}


def _framework(document: Document, problems: list[str]) -> dict[str, Any]:
    """A framework's file: what it is, and its controls about databases."""
    root = document.root if isinstance(document.root, dict) else {}
    rows = root.get("controls")
    if not isinstance(rows, dict) or not rows or not all(root.get(key) for key in ("title", "as_of", "source")):
        problems.append(f"{document.file}:1: a framework has 'title', 'as_of', 'source' and 'controls'")
        return {"title": "", "controls": {}}
    if "references" in root and root["references"] not in REFERENCES:
        problems.append(f"{document.file}:1: 'references' is one of {', '.join(REFERENCES)}")
    for name, row in rows.items():
        if row is not None and not (isinstance(row, dict) and set(row) <= {"policies", "partial", "left"}):
            line = document.position(("controls", name))[0]
            problems.append(f"{document.file}:{line}: a control has 'policies', 'partial' or 'left', or nothing")
    return {"title": root["title"], "references": root.get("references"), "controls": rows}
