"""The example in the docs is shown as the docs say, and they name every key."""

from __future__ import annotations

import re
from pathlib import Path

from dbguard.configuration.keys import FILE, WAIVER, WAIVING
from tests.configuration.conftest import DB, Dbguard
from tests.configuration.test_configuration import Tree

PAGE = (Path(__file__).parent.parent.parent / "docs" / "configuration.md").read_text()


def test_the_example_is_shown_as_the_docs_say(tree: Tree, dbguard: Dbguard) -> None:
    config, *_ = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    shown, *_ = re.findall(r"\n```\n\$ dbguard (.*?)```", PAGE, re.DOTALL)
    words, _, expected = shown.partition("\n")
    tree({"dbguard.toml": config, "legacy/db.yaml": DB, "parameters/prod.json": '{"Env": "prod"}'})
    assert dbguard(*words.split()).out == expected
    assert dbguard("scan", "legacy", "--env", "prod").code == 1


def test_every_key_is_told() -> None:
    told = set(re.findall(r"`\[{0,2}([a-z-]+)", PAGE))
    assert not [key for key in (*FILE, *WAIVER, *WAIVING) if key not in told]
