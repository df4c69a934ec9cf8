"""Other tools: what policies they have in common with dbguard, by the references of the policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# The tools whose ids policies refer to, with the keys of those references. Control Tower's are rules of cfn-guard.
CFN_LINT = "cfn-lint/"  # what the names of its rules stand behind in reports and waivers
TOOLS = {
    "cdk-nag": ("cdk_nag",),
    "cfn-guard": ("guard_registry", "control_tower"),
    "cfn-lint": ("cfn_lint",),
    "cfn_nag": ("cfn_nag",),
    "cfripper": ("cfripper",),
    "checkov": ("checkov",),
    "config": ("aws_config", "config_samples"),
    "control-tower": ("control_tower",),
    "custodian": ("custodian",),
    "prowler": ("prowler",),
    "security-hub": ("security_hub",),
    "steampipe": ("steampipe", "thrifty"),
    "trivy": ("trivy",),
}
# The tools whose suppressions are read, with their names above.
FORMS = {"cdk_nag": "cdk-nag", "cfn_nag": "cfn_nag", "checkov": "checkov", "guard": "cfn-guard"}


class Names:
    """The checks of a tool by all that they may be called, with the policies that state the same."""

    def __init__(self, tool: str, references: Mapping[str, Mapping[str, list[str]]]) -> None:
        self.known: dict[str, list[str]] = {}  # by the id that policies refer to
        self._spelled: dict[str, list[str]] = {}
        for policy, found in references.items():
            for one in (one for key in TOOLS[tool] for one in found.get(key, ())):
                self.known.setdefault(one.split(" ", 1)[0].rstrip(","), []).append(policy)
                for name in _spellings(one):
                    self._spelled.setdefault(name, []).append(policy)

    def policies(self, name: str) -> list[str]:
        """The policies for an id as its tool writes it; Trivy's may begin with AVD-, cdk-nag's with a pack."""
        name = _plain(name).removeprefix("avd-")
        found = self._spelled.get(name) or self._spelled.get(name.rsplit("-", 1)[-1], [])
        return list(dict.fromkeys(found))


def _spellings(reference: str) -> Iterator[str]:
    """What a check may be called: its id, and the name of a rule behind it or at the end of its packs' names."""
    name = _plain(reference.split(" ", 1)[0].rstrip(","))
    yield name
    yield from (
        word.lower() for word in re.findall(r"[A-Z][A-Za-z]*[a-z][A-Z]\w{4,}", reference) if word.lower() != name
    )


def _plain(name: str) -> str:
    """An id in one spelling: AWS writes the same rule with hyphens and with underscores."""
    return name.lower().replace("_", "-")
