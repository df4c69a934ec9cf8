"""Environments, and the values that templates are given."""

from __future__ import annotations

from pathlib import Path

from tests.configuration.conftest import DB, Dbguard
from tests.configuration.test_configuration import DEFAULT, SELECT, Tree


def test_environments_pick_values_and_strictness(tree: Tree, dbguard: Dbguard) -> None:
    text = """
select = ["rds/storage-encrypted", "rds/multi-az"]
[severities]
"rds/multi-az" = "low"
[environments.dev]
fail-on = "high"
parameters = {Env = "prod"}
[environments.prod]
strict = true
parameter-files = ["params/prod.json"]
"""
    tree({"t.yaml": DB, "dbguard.toml": text, "params/prod.json": '{"Env": "dev"}'})
    assert dbguard("scan", "t.yaml").code == 1
    lax = dbguard("scan", "t.yaml", "--env", "dev")
    assert (lax.code, lax.failing) == (0, ["t.yaml rds/multi-az"])
    strict = dbguard("scan", "t.yaml", "--env", "prod")
    assert (strict.code, strict.failing) == (1, DEFAULT)
    assert all(not one["when"] for one in strict.report["findings"])
    wrong = dbguard("scan", "t.yaml", "--env", "prd")
    assert (wrong.code, wrong.err) == (
        2,
        "dbguard: --env: dbguard.toml has no environment 'prd'; did you mean 'prod'?\n",
    )
    assert "no configuration file" in dbguard("scan", "t.yaml", "--env", "prod", "--no-config").err


def test_strict_counts_what_is_not_sure(tree: Tree, dbguard: Dbguard) -> None:
    template = DB.replace("Default: dev", "Default: prod").replace("MultiAZ: false", "MultiAZ: true")
    tree({"t.yaml": template, "dbguard.toml": SELECT + "[environments.prod]\nstrict = true\n"})
    assert [dbguard("scan", "t.yaml", *words).code for words in ((), ("--env", "prod"), ("--strict",))] == [0, 1, 1]


def test_values_are_laid_over_each_other(tree: Tree, dbguard: Dbguard) -> None:
    """Values, then files, then values of an environment; a file of the command line over all, its values over that."""
    config = """
select = ["rds/storage-encrypted"]
parameters = {Env = "prod"}
[environments.file]
parameter-files = "dev.json"
[environments.both]
parameter-files = "dev.json"
parameters = {Env = "prod"}
"""
    tree({"t.yaml": DB, "dbguard.toml": config, "dev.json": '{"Env": "dev"}', "prod.json": '{"Env": "prod"}'})

    def fails(*words: str) -> bool:
        return bool(dbguard("scan", "t.yaml", *words).failing)

    assert not fails()
    assert fails("--env", "file")
    assert not fails("--env", "both")
    assert not fails("--env", "file", "--parameter-file", "prod.json")
    assert fails("--env", "both", "--parameter-file", "dev.json")
    assert not fails("--env", "both", "--parameter-file", "dev.json", "--parameter", "Env=prod")


def test_several_files_of_values_are_sets_for_their_templates(tree: Tree, dbguard: Dbguard) -> None:
    select = 'select = ["rds/storage-encrypted"]\n'
    tree(
        {
            "a/dbguard.toml": select + 'parameter-files = ["dev.json", "prod.json"]\n',
            "a/dev.json": '{"Env": "dev"}',
            "a/prod.json": '{"Env": "prod"}',
            "a/t.yaml": DB,
            "b/dbguard.toml": select + 'parameter-files = "prod.json"\n',
            "b/prod.json": '{"Env": "prod"}',
            "b/t.yaml": DB,
        }
    )
    said = dbguard("scan", ".")
    assert said.failing == ["a/t.yaml rds/storage-encrypted"]
    assert said.report["findings"][0]["parameters"] == ["a/dev.json"]


def test_values_that_no_template_here_has_are_passed_over(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": 'parameters = {Other = 1, Env = "dev"}\nparameter-files = "p.json"\n'})
    (Path("p.json")).write_text('{"More": "x"}')
    assert dbguard("scan", "t.yaml", "--select", "rds/multi-az").code == 1
    tree({"dbguard.toml": '\nparameters = {Env = "qa"}\n'})
    refused = dbguard("scan", "t.yaml")
    assert (refused.code, refused.err.partition(": dbguard.toml:2: ")[0]) == (2, "dbguard")
