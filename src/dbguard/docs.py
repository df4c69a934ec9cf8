"""The generated pages: of the policies, from their files, and of the command line; run as `python -m dbguard.docs`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from dbguard import frameworks
from dbguard.authoring.proof import file_document
from dbguard.policy_library import Library

PEERS = {
    "security_hub": "Security Hub",
    "control_tower": "Control Tower",
    "aws_config": "AWS Config",
    "checkov": "checkov",
    "cfn_nag": "cfn_nag",
    "cdk_nag": "cdk-nag",
    "prowler": "Prowler",
    "trivy": "Trivy",
    "guard_registry": "Guard registry",
    "cfn_lint": "cfn-lint",
    "steampipe": "Steampipe",
    "custodian": "Cloud Custodian",
    "cloudformation_validate": "cloudformation-validate",
    "config_samples": "AWS Config rules samples",
    "cfripper": "cfripper",
    "thrifty": "AWS Thrifty",
}
HEAD = "<!-- Generated from the policy files by `make docs`. Do not edit. -->\n"


def page(library: Library, name: str) -> Iterator[str]:
    """A policy's page, as Markdown that reads well in a terminal too."""
    entry = library.entries[name]
    document = file_document(library, name)
    root: dict[str, Any] = document.root
    yield f"# {name}\n\n**{entry.title}**\n\n"
    tier = "on by default" if entry.tier == "recommended" else "extended: on with `--all`, or when selected by name"
    checked = f" · facts checked {root['checked']}" if "checked" in root else ""
    yield f"{entry.severity} severity · {entry.category} · {tier}{checked}\n\n"
    yield f"Judges {', '.join(f'`{one}`' for one in entry.types)}"
    yield (
        f", in {'templates' if root['only'] == 'template' else 'live accounts'} only.\n\n"
        if "only" in root
        else ".\n\n"
    )
    yield f"## Why\n\n{_text(root['why'])}\n\n## Fix\n\n{_text(root['fix'])}\n\n"
    yield from _exemptions(root)
    yield from _settings(root)
    yield from _written(document.lines, document.position(("expect",))[0])
    yield from _examples(root)
    yield from _references(root.get("references", {}))
    yield from _frameworks(library, name)


def _text(value: str) -> str:
    return " ".join(value.split())


def _exemptions(root: dict[str, Any]) -> Iterator[str]:
    if root.get("except"):
        yield "## Exempt\n\n"
        yield from (f"- {_text(one['because'])}\n" for one in root["except"])
        yield "\n"


def _settings(root: dict[str, Any]) -> Iterator[str]:
    if root.get("settings"):
        yield "## Settings\n\n"
        yield from (f"- `{key}`, by default `{value}`\n" for key, value in root["settings"].items())
        yield "\n"


def _written(lines: list[str], start: int) -> Iterator[str]:
    """The expectation, as the policy file has it."""
    yield "## What is asked\n\n```yaml\n"
    yield f"{lines[start - 1]}\n"
    for line in lines[start:]:
        if line and not line.startswith((" ", "-", "#")):
            break
        yield f"{line}\n" if line.strip() else ""
    yield "```\n\n"


def _examples(root: dict[str, Any]) -> Iterator[str]:
    yield "## Proven by\n\n"
    for one in root["examples"]:
        verdicts = ", ".join(f"{name} {verdict}" for name, verdict in one["verdicts"].items())
        yield f"- {one['name']}: {verdicts}\n"
    yield "\n"


def _references(references: dict[str, list[str]]) -> Iterator[str]:
    yield "## References\n\n"
    for note in references.get("notes", ()):
        yield f'- the notes say: "{note}"\n'
    for url in references.get("docs", ()):
        yield f"- <{url}>\n"
    for peer, label in PEERS.items():
        if references.get(peer):
            yield f"- {label}: {', '.join(references[peer])}\n"


def _frameworks(library: Library, name: str) -> Iterator[str]:
    """The controls that the policy evaluates, alone or with others, and what is left out of them."""
    rows = frameworks.of_policies(library).get(name, ())
    if rows:
        yield "\n## Evaluates\n\n"
        for framework, control, partial in rows:
            yield f"- {framework} {control}: {f'partial, {partial}' if partial else 'full'}\n"


def index(library: Library) -> Iterator[str]:
    """The table of all policies."""
    yield HEAD + "# Policies\n\n"
    entries = library.entries.values()
    extended = sum(entry.tier == "extended" for entry in entries)
    yield f"{len(library.entries)} policies, {extended} of them extended (run with `--all`, or selected by name). "
    yield "[peers.md](peers.md) says which checks of other tools each of them answers to.\n\n"
    yield "| policy | severity | category | what is right |\n|---|---|---|---|\n"
    for entry in entries:
        mark = "" if entry.tier == "recommended" else " (extended)"
        yield f"| [{entry.id}]({entry.id}.md) | {entry.severity} | {entry.category} | {entry.title}{mark} |\n"


# The columns of the table: a peer's ids stand under its name.
COLUMNS = (
    "security_hub",
    "control_tower",
    "aws_config",
    "checkov",
    "cfn_nag",
    "cdk_nag",
    "prowler",
    "trivy",
    "cfn_lint",
)
REST = tuple(peer for peer in PEERS if peer not in COLUMNS)


def peers(library: Library) -> Iterator[str]:
    """The table of policies and the checks of other tools that they answer to."""
    yield HEAD + "# Policies and the checks of other tools\n\n"
    yield "What stands in brackets behind an id is where that check is another one. "
    yield "`dbguard policies map --from TOOL ID` answers the other way round.\n\n"
    heads = ("policy", *(PEERS[peer] for peer in COLUMNS), "others")
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    for name, references in library.references.items():
        cells = [", ".join(references.get(peer, ())) for peer in COLUMNS]
        cells.append(
            "; ".join(f"{PEERS[peer]}: {', '.join(references[peer])}" for peer in REST if references.get(peer))
        )
        yield f"| [{name}]({name}.md) | {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"


def pages(library: Library) -> dict[str, str]:
    """Every generated file: its path below `docs/policies`, and its text."""
    found = {f"{name}.md": HEAD + "".join(page(library, name)) for name in library.entries}
    found["README.md"] = "".join(index(library))
    found["peers.md"] = "".join(peers(library))
    return found


def main(arguments: Iterable[str]) -> int:
    """Write the pages below a folder, and remove pages of policies that are gone."""
    from dbguard.command_line import reference

    folder = next(iter(arguments), "docs")
    wanted = pages(Library())
    for name, text in {**{f"policies/{name}": text for name, text in wanted.items()}, **reference.pages()}.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for root, _, files in os.walk(policies := os.path.join(folder, "policies")):
        for name in files:
            path = os.path.join(root, name)
            if os.path.relpath(path, policies).replace(os.sep, "/") not in wanted:
                os.remove(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
