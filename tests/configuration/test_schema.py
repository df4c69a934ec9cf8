"""The JSON Schema of configurations, and `dbguard config show`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from dbguard.configuration.keys import FILE, problems
from dbguard.configuration.schema import schema
from dbguard.policy_library import Library
from tests.configuration.conftest import DB, Dbguard
from tests.configuration.test_configuration import Tree
from tests.configuration.test_mistakes import MISTAKES

SCHEMA = schema(Library())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
# What the schema cannot know: own policies and files, and TOML's days, which editors take for text.
BEYOND = (
    'path = "!"',
    "rds/multi-azz",
    "rdx/",
    "all = true",
    'key = "',
    '"rds/"]',
    "nowhere",
    "select = ",
    "T10:00",
    '"rds/m',
)
WHOLE = """
extend = ["base.toml"]
policies = "ours"
baseline = "known.json"
select = ["rds/", "acme/engine"]
extend-select = "dynamodb/"
ignore = ["rds/multi-az"]
all = false
severity = "medium"
fail-on = "high"
strict = true
parameters = {Env = "prod", Days = 7, Zones = ["a", "b"]}
parameter-files = ["prod.json", "samconfig.toml#prod"]
[settings."rds/backup-retention-minimum"]
min_days = 14
[severities]
"rds/" = "low"
[environments.prod]
strict = true
[[per-path]]
path = "legacy/**"
ignore = ["rds/"]
[[waivers]]
policy = ["rds/multi-az", "rds/*"]
path = "legacy/*"
resource = "Db*"
reason = "known"
until = "2027-03-01"
[waiving]
allow = "*"
deny = ["rds/public-access"]
max-days = 180
places = ["config"]
"""


def test_every_key_is_in_the_schema_and_in_the_example() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    root = tomllib.loads(WHOLE)
    assert set(SCHEMA["properties"]) == set(FILE) == set(root)
    assert not list(VALIDATOR.iter_errors(root))
    assert not list(problems(root))


@pytest.mark.parametrize("text", [one for one in MISTAKES if not any(word in one for word in BEYOND)])
def test_the_schema_refuses_what_the_reader_refuses(text: str) -> None:
    assert list(VALIDATOR.iter_errors(tomllib.loads(text)))


def test_the_schema_in_the_docs_is_the_one_that_is_printed(dbguard: Dbguard) -> None:
    printed = dbguard("config", "schema").out
    assert json.loads(printed) == SCHEMA
    assert (Path(__file__).parent.parent.parent / "docs" / "dbguard.schema.json").read_text() == printed


def test_show_says_where_each_value_comes_from(tree: Tree, dbguard: Dbguard) -> None:
    config = """fail-on = "high"
[environments.prod]
fail-on = "low"
[[per-path]]
path = "t.yaml"
severities = {"rds/multi-az" = "info"}
"""
    tree({"dbguard.toml": config, "t.yaml": DB, "u.yaml": DB})
    said = dbguard("config", "show", "t.yaml", "--env", "prod", "--ignore", "rds/,aurora/")
    lines = said.out.splitlines()
    assert lines[:-1] == [
        "# t.yaml: dbguard.toml, environment prod",
        'ignore = ["rds/", "aurora/"]        # --ignore',
        'fail-on = "low"                     # dbguard.toml:3',
        "strict = false                      # default",
        'severities."rds/multi-az" = "info"  # dbguard.toml:6',
    ]
    assert 'fail-on = "high"' in dbguard("config", "show", "u.yaml").out
    plain = json.loads(dbguard("config", "show", ".", "--format", "json").out)
    assert plain["files"] == ["dbguard.toml"]
    assert {"key": ["fail-on"], "value": "high", "from": "dbguard.toml:1"} in plain["values"]
    assert "rds/multi-az" in plain["policies"]
    assert "there is no nowhere" in dbguard("config", "show", "nowhere").err


def test_what_is_shown_is_toml(tree: Tree, dbguard: Dbguard) -> None:
    tree(
        {"dbguard.toml": WHOLE.replace('extend = ["base.toml"]\npolicies = "ours"', "").replace(', "acme/engine"', "")}
    )
    Path("known.json").write_text('{"schema": "dbguard.baseline/1", "findings": []}')
    said = dbguard("config", "show", "--env", "prod")
    assert said.code == 0, said.err
    root = tomllib.loads(said.out)
    assert root["settings"] == {"rds/backup-retention-minimum": {"min_days": 14}}
    assert root["parameters"] == {"Env": "prod", "Days": 7, "Zones": ["a", "b"]}
