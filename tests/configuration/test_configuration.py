"""What holds for a template: the nearest file, what it extends, an environment, paths, the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbguard.configuration import file as configuration_file
from tests.configuration.conftest import DB, POLICIES, Dbguard

Tree = Callable[[dict[str, str]], Path]
SELECT = f"select = {POLICIES}\n"
DEFAULT = [f"t.yaml {name}" for name in ("rds/storage-encrypted", "rds/multi-az")]


def test_without_a_file_nothing_changes(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "pyproject.toml": '[project]\nname = "dbguard-user"\n'})
    said = dbguard("scan", "t.yaml", "--select", ",".join(POLICIES))
    assert (said.code, said.failing) == (1, DEFAULT)


@pytest.mark.parametrize("file", ["dbguard.toml", "pyproject.toml"])
def test_policies_settings_and_severities(tree: Tree, dbguard: Dbguard, file: str) -> None:
    head = "tool.dbguard." if file == "pyproject.toml" else ""
    text = f"""{f"[{head[:-1]}]" if head else ""}
extend-select = ["rds/backup-retention-minimum"]
ignore = ["rds/multi-az"]
[{head}settings."rds/backup-retention-minimum"]
min_days = 14
[{head}severities]
"rds/" = "low"
"rds/storage-encrypted" = "info"
"""
    tree({"t.yaml": DB, file: text})
    said = dbguard("scan", "t.yaml")
    assert said.failing == ["t.yaml rds/storage-encrypted", "t.yaml rds/backup-retention-minimum"]
    found = {one["policy"]: one for one in said.report["findings"]}
    assert found["rds/storage-encrypted"]["severity"] == "info"
    assert found["rds/backup-retention-minimum"]["severity"] == "low"
    assert found["rds/backup-retention-minimum"]["message"].endswith("10; it must be at least 14")


def test_a_file_beside_pyproject_wins(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "pyproject.toml": '[tool.dbguard]\nselect = "rds/"\n', "dbguard.toml": SELECT})
    assert dbguard("scan", "t.yaml").failing == DEFAULT


def test_the_nearest_file_holds_for_each_template_and_no_other(tree: Tree, dbguard: Dbguard) -> None:
    tree(
        {
            "dbguard.toml": SELECT,
            "t.yaml": DB,
            "a/dbguard.toml": 'select = ["rds/multi-az"]\n',
            "a/t.yaml": DB,
            "a/deeper/t.yaml": DB,
            "b/t.yaml": DB,
        }
    )
    said = dbguard("scan", ".")
    assert said.failing == [
        "a/deeper/t.yaml rds/multi-az",
        "a/t.yaml rds/multi-az",
        *(one.replace("t.yaml", "b/t.yaml") for one in DEFAULT),
        *DEFAULT,
    ]
    assert said.report["summary"]["policies"] == len(POLICIES)


def test_above_a_repository_no_file_is_looked_for(tree: Tree, dbguard: Dbguard) -> None:
    tree({"dbguard.toml": "select = ['rds/multi-az']\n", "repository/t.yaml": DB, "repository/.git/HEAD": ""})
    said = dbguard("scan", "repository", "--select", ",".join(POLICIES))
    assert len(said.failing) == 2


def test_policies_are_the_same_alone_and_with_others_of_another_setting(tree: Tree, dbguard: Dbguard) -> None:
    """Verdicts that are remembered for alike databases are those of the policy as it is tuned."""
    tune = '[settings."rds/backup-retention-minimum"]\nmin_days = '
    tree({"a/dbguard.toml": tune + "14", "a/t.yaml": DB, "b/dbguard.toml": tune + "7", "b/t.yaml": DB, "c.yaml": DB})
    said = dbguard("scan", ".", "--select", "rds/backup-retention-minimum")
    assert said.failing == ["a/t.yaml rds/backup-retention-minimum"]


def test_extended_files_come_first(tree: Tree, dbguard: Dbguard) -> None:
    tree(
        {
            "base/base.toml": 'extend = "top.toml"\nfail-on = "info"\nparameters = {Env = "prod"}\n',
            "base/top.toml": SELECT + 'fail-on = "critical"\nignore = ["rds/multi-az"]\n',
            "db/dbguard.toml": 'extend = "../base/base.toml"\nignore = ["rds/backup-retention"]\n',
            "db/t.yaml": DB,
        }
    )
    said = dbguard("config", "show", "db/t.yaml")
    assert (
        said.out.splitlines()[1:]
        == [
            'extend = "../base/base.toml"                # db/dbguard.toml:1',
            f"select = {POLICIES}".replace("'", '"') + "  # base/top.toml:1",
            'ignore = ["rds/multi-az"]                  # base/top.toml:3',
            'ignore = ["rds/backup-retention"]          # db/dbguard.toml:2',
            'fail-on = "info"                           # base/base.toml:2',
            "strict = false                             # default",
            'parameters.Env = "prod"                    # base/base.toml:3',
            "# 2 of 325 policies run",
        ]
        or said.out
    )
    assert dbguard("scan", "db").failing == []


def test_files_that_extend_each_other_are_refused(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": 'extend = "a.toml"\n', "a.toml": 'extend = ["dbguard.toml"]\n'})
    said = dbguard("scan", "t.yaml")
    assert said.code == 2
    assert "extends itself" in said.err
    tree({"dbguard.toml": '\nextend = "b.toml"\n'})
    assert dbguard("scan", "t.yaml").err.startswith("dbguard.toml:2: there is no file b.toml to extend")


def test_paths_have_their_own(tree: Tree, dbguard: Dbguard) -> None:
    config = (
        SELECT
        + """
[[per-path]]
path = "legacy/**"
ignore = ["rds/multi-az"]
severities = {"rds/storage-encrypted" = "info"}
fail-on = "low"
[[per-path]]
path = ["*.dev.yaml", "nowhere/"]
ignore = ["rds/storage-encrypted"]
"""
    )
    tree({"t.yaml": DB, "dbguard.toml": config, "legacy/t.yaml": DB, "legacy/t.dev.yaml": DB})
    said = dbguard("scan", ".")
    assert said.failing == ["legacy/t.yaml rds/storage-encrypted", *DEFAULT]
    assert dbguard("scan", "legacy").code == 0


def test_paths_start_from_the_folder_of_their_file_or_of_the_one_that_extends_it(tree: Tree, dbguard: Dbguard) -> None:
    rule = '\n[[per-path]]\npath = "legacy/*"\nignore = ["rds/multi-az"]\n'
    tree(
        {
            "shared/base.toml": SELECT + rule,
            "db/dbguard.toml": 'extend = "../shared/base.toml"\n',
            "db/legacy/t.yaml": DB,
            "db/t.yaml": DB,
        }
    )
    said = dbguard("scan", "db")
    assert [one for one in said.failing if "multi-az" in one] == ["db/t.yaml rds/multi-az"]


def test_the_command_line_has_the_last_word(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": 'ignore = ["rds/"]\nfail-on = "critical"\nseverity = "high"\n'})
    assert "no policy is left to run" in dbguard("scan", "t.yaml", "--select", "rds/multi-az").err
    named = dbguard("scan", "t.yaml", "--select", "rds/multi-az", "--severity", "info", "--fail-on", "low")
    assert (named.code, named.failing) == (1, ["t.yaml rds/multi-az"])
    tree({"dbguard.toml": 'select = ["rds/multi-az", "rds/storage-encrypted"]\n'})
    assert dbguard("scan", "t.yaml", "--ignore", "rds/multi-az").failing == ["t.yaml rds/storage-encrypted"]
    every = dbguard("config", "show", "--all", "--ignore", "rds/").out.splitlines()[-1]
    assert int(every.split()[1]) > 150


def test_config_names_the_only_file_and_none_is_none(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": 'ignore = ["rds/"]\n', "other/x.toml": 'select = "rds/multi-az"\n'})
    assert dbguard("scan", "t.yaml").failing == []
    assert dbguard("scan", "t.yaml", "--config", "other/x.toml").failing == ["t.yaml rds/multi-az"]
    assert len(dbguard("scan", "t.yaml", "--no-config").failing) == 2
    assert dbguard("scan", "t.yaml", "--config", "no.toml").code == 2
    assert "not allowed with" in dbguard("scan", "t.yaml", "--config", "x", "--no-config").err


def test_policies_of_a_file_run_where_it_holds(tree: Tree, dbguard: Dbguard) -> None:
    own = """
title: Databases are MySQL
severity: low
category: operations
tier: recommended
why: We know it.
fix: Set Engine to mysql.
select: AWS::RDS::DBInstance
expect: {path: $.Engine, equals: postgres}
references: {docs: ["https://example.com"]}
checked: 2026-11
examples:
  - name: one
    verdicts: {Db: pass}
    resources: {Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres}}}
  - name: other
    verdicts: {Db: fail}
    resources: {Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: mysql}}}
  - name: unsure
    verdicts: {Db: unknown}
    resources: {Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: !ImportValue engine}}}
"""
    config = 'policies = ["../ours"]\nselect = ["acme/engine"]\n'
    tree({"ours/acme/engine.yaml": own, "a/dbguard.toml": config, "a/t.yaml": DB, "b/t.yaml": DB})
    said = dbguard("scan", ".")
    assert not said.err
    found = [one["location"]["file"] for one in said.report["findings"] if one["policy"] == "acme/engine"]
    assert found == ["a/t.yaml"]
    asked = dbguard("scan", ".", "--select", "acme/")
    assert [one["location"]["file"] for one in asked.report["findings"]] == ["a/t.yaml"]


def test_nothing_left_to_run_is_said(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": 'select = ["rds/multi-az"]\nignore = ["rds/multi-az"]\n'})
    said = dbguard("scan", "t.yaml")
    assert said.code == 2
    assert said.err.startswith("dbguard: no policy is left to run: --select, --ignore, --severity, the configuration")


def test_a_baseline_of_the_configuration(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": SELECT + 'baseline = "known.json"\n'})
    assert "cannot read known.json" in dbguard("scan", "t.yaml").err
    assert dbguard("scan", "t.yaml", "--write-baseline", "known.json").code == 0
    assert dbguard("scan", "t.yaml").code == 0
    Path("t.yaml").write_text(DB.replace("MultiAZ: false", "MultiAZ: true"))
    assert dbguard("scan", "t.yaml").notices == [
        "unused: 1 entry is found no more; --prune-baseline takes it out",
    ]
    assert dbguard("scan", "t.yaml", "--prune-baseline").notices == []
    assert dbguard("scan", "t.yaml").notices == []
    assert dbguard("scan", "t.yaml", "--no-waivers").code == 1


def test_live_accounts_have_theirs(tree: Tree, dbguard: Dbguard) -> None:
    config = """
select = ["rds/multi-az", "rds/storage-encrypted"]
[[per-path]]
path = "123456789012/*"
ignore = ["rds/multi-az"]
[[waivers]]
policy = "rds/storage-encrypted"
path = "*/eu-west-1"
reason = "moved next month"
"""
    tree({"t.yaml": DB, "dbguard.toml": config})
    assert dbguard("live", "--mock", "t.yaml", "--no-config", "--select", "rds/multi-az").code == 1
    said = dbguard("live", "--mock", "t.yaml")
    assert said.code == 0, said.out
    assert "1 waived" in said.out


def test_a_file_that_is_extended_by_several_is_laid_once(tree: Tree, dbguard: Dbguard) -> None:
    files = {f"c{at}.toml": f'extend = ["c{at + 1}.toml", "c{at + 1}.toml"]' for at in range(15)}
    files |= {"c15.toml": 'fail-on = "low"', "b.toml": 'extend = "c0.toml"\nfail-on = "critical"'}
    tree({"t.yaml": DB, "dbguard.toml": 'extend = ["b.toml", "c0.toml"]', **files})
    assert dbguard("scan", "t.yaml", "--select", "rds/multi-az").code == 0
    found = configuration_file.load("dbguard.toml")
    assert [layer.name for layer in found.layers] == [
        "c15.toml",
        *(f"c{at}.toml" for at in reversed(range(15))),
        "b.toml",
        "dbguard.toml",
    ]
