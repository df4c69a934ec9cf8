"""Build hook: compiles the policies into the wheel, so that no start has to read them as YAML."""

import json
import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompilePolicies(BuildHookInterface):  # type: ignore[type-arg]  # hatchling has no types for its configuration
    """Adds `dbguard/_compiled/*.json` to a wheel; an editable install compiles into the user's cache instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files of the wheel are gathered."""
        if version == "editable":
            return
        sys.path.insert(0, os.path.join(self.root, "src"))
        from dbguard.authoring.folder import compile_folder
        from dbguard.policy_library import listing

        policies = os.path.join(self.root, "policies")
        shared: dict[str, dict[str, Any]] = {"relations": {}, "terms": {}, "data": {}}
        self.folder = tempfile.TemporaryDirectory()
        for name, part in compile_folder(policies, [row[0] for row in listing(policies)], shared).items():
            path = os.path.join(self.folder.name, name)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(part, file)
            build_data["force_include"][path] = f"dbguard/_compiled/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the compiled files again."""
        if version != "editable":
            self.folder.cleanup()
