"""`--locked`: what a scanned tree says of its own scan counts only as far as it makes it stricter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.configuration.conftest import DB, POLICIES, Dbguard
from tests.configuration.test_configuration import DEFAULT, Tree

WAIVED = DB.replace("MultiAZ: false", "MultiAZ: false  # dbguard: ignore[rds/multi-az] -- scratch")
WEAKENING = {
    'ignore = ["rds/"]': "'ignore' of the scanned tree does not count",
    'select = ["rds/backup-retention"]': "'select' of the scanned tree takes nothing away",
    'severity = "critical"': "'severity' of the scanned tree does not count",
    'fail-on = "critical"': "'fail-on' of the scanned tree does not count",
    'parameters = {Env = "prod"}': "'parameters.Env' of the scanned tree does not count",
    'parameter-files = "prod.json"': "'parameter-files' of the scanned tree does not count",
    '[severities]\n"rds/" = "info"': "'severities.rds/' of the scanned tree does not count",
    '[settings."rds/backup-retention-minimum"]\nmin_days = 1': "'settings.rds/backup-retention-minimum.min_days' of "
    "the scanned tree does not count",
    '[[per-path]]\npath = "*"\nignore = ["rds/"]': "'ignore' of the scanned tree does not count",
    '[[waivers]]\npolicy = "rds/"\nreason = "x"': "rds/: a waiver of the scanned tree does not count",
    'baseline = "known.json"': "'baseline' of the scanned tree does not count",
    '[waiving]\nallow = ["*"]': "'waiving.allow' of the scanned tree does not count",
}


@pytest.mark.parametrize("text", WEAKENING)
def test_a_tree_may_not_weaken_its_scan(tree: Tree, dbguard: Dbguard, text: str) -> None:
    tree({"t.yaml": DB, "dbguard.toml": text, "prod.json": '{"Env": "prod"}'})
    plain = dbguard("scan", "t.yaml", "--no-config")
    said = dbguard("scan", "t.yaml", "--locked")
    assert (said.code, said.failing) == (1, DEFAULT)
    assert said.notices == [f"locked: {WEAKENING[text]}"]
    assert said.report["findings"] == plain.report["findings"]


def test_a_tree_may_make_its_scan_stricter(tree: Tree, dbguard: Dbguard) -> None:
    config = """
extend-select = ["rds/backup-window-as-required"]
fail-on = "info"
strict = true
[severities]
"rds/multi-az" = "critical"
"""
    tree({"t.yaml": DB, "dbguard.toml": config})
    said = dbguard("scan", "t.yaml", "--locked")
    assert not said.notices
    assert {one["severity"] for one in said.report["findings"] if one["policy"] == "rds/multi-az"} == {"critical"}
    more = said.report["summary"]["policies"]
    assert more == dbguard("scan", "t.yaml", "--no-config").report["summary"]["policies"] + 1


def test_waivers_in_templates_count_where_a_file_outside_of_the_tree_says_so(tree: Tree, dbguard: Dbguard) -> None:
    tree(
        {
            "t.yaml": WAIVED,
            "dbguard.toml": "strict = true\n",
            "trusted.toml": f"select = {POLICIES}\n[waiving]\nallow = ['rds/multi-az']\n",
            "silent.toml": "[[waivers]]\npolicy = 'rds/storage-encrypted'\nreason = 'ours'\n",
        }
    )
    assert dbguard("scan", "t.yaml").report["summary"]["waived"] == 1
    assert dbguard("scan", "t.yaml", "--locked").notices == [
        "not-allowed: rds/multi-az on Db: rds/multi-az may not be waived, says --locked"
    ]
    assert dbguard("scan", "t.yaml", "--locked", "--config", "trusted.toml").failing == DEFAULT[:1]
    silent = dbguard("scan", "t.yaml", "--locked", "--config", "silent.toml")
    assert "t.yaml rds/multi-az" in silent.failing
    assert "t.yaml rds/storage-encrypted" not in silent.failing


def test_files_that_git_leaves_out_are_scanned(tree: Tree, dbguard: Dbguard) -> None:
    tree({".gitignore": "t.yaml\n", ".git/HEAD": "", "t.yaml": DB, "u.yaml": DB})
    assert dbguard("scan", ".").report["summary"]["inputs"] == 1
    assert dbguard("scan", ".", "--locked").report["summary"]["inputs"] == 2


def test_policies_of_the_tree_do_not_run(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "ours/acme/x.yaml": "broken", "dbguard.toml": 'policies = "ours"\nselect = "acme/x"\n'})
    assert dbguard("scan", "t.yaml").code == 2
    said = dbguard("scan", "t.yaml", "--locked")
    assert (said.code, said.failing) == (1, DEFAULT)
    assert "locked: 'policies' of the scanned tree does not count" in said.notices


def test_a_baseline_that_was_named_counts(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB})
    dbguard("scan", "t.yaml", "--write-baseline", "known.json")
    assert dbguard("scan", "t.yaml", "--locked", "--baseline", "known.json").code == 0
    assert Path("known.json").exists()


def test_a_manifest_of_the_cdk_hides_nothing(tree: Tree, dbguard: Dbguard) -> None:
    """Beside a manifest all is scanned but what the CDK itself writes there, and with --locked that too."""
    manifest = '{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "s.yaml"}}}}'
    empty = "Resources: {Topic: {Type: AWS::SNS::Topic}}"
    files = {"manifest.json": manifest, "cdk.out": '{"version": "36.0.0"}', "s.yaml": empty, "old.template.json": "{}"}
    tree({**files, "t.yaml": DB, "sub/t.yaml": DB, "asset.1/t.yaml": DB})
    plain = ["sub/t.yaml", "t.yaml"]
    assert sorted({one.split()[0] for one in dbguard("scan", ".").failing}) == plain
    assert sorted({one.split()[0] for one in dbguard("scan", ".", "--locked").failing}) == ["asset.1/t.yaml", *plain]


@pytest.mark.parametrize(
    "key", [r'"\x52esources"', r'"R\u0065sources"', '? "Resour\\\n  ces"\n', r'"R\U00000065sources"']
)
def test_a_template_is_found_however_its_keys_are_written(tree: Tree, dbguard: Dbguard, key: str) -> None:
    tree({"t.yaml": DB.replace("Resources", key), "u.yaml": DB, "notes.yaml": "a: |\n  run \\\n  more\n"})
    said = dbguard("scan", ".", "--select", "rds/multi-az")
    assert said.failing == ["t.yaml rds/multi-az", "u.yaml rds/multi-az"]
    assert said.code == 1
