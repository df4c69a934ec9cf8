"""Waivers of a configuration, and what it says of waivers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dbguard.configuration.waiving import refusal
from dbguard.layers import Setting
from dbguard.model import Location, Waiver
from tests.configuration.conftest import DB, POLICIES, Dbguard
from tests.configuration.test_configuration import Tree

SELECT = f"select = {POLICIES}\n"
TODAY = date.today()


def waiver(policy: str, *more: str) -> str:
    return "\n".join(["[[waivers]]", f'policy = "{policy}"', 'reason = "known"', *more, ""])


def test_waivers_are_about_paths_and_resources(tree: Tree, dbguard: Dbguard) -> None:
    config = SELECT + waiver("rds/multi-az", 'path = "a/**"') + waiver("rds/storage-encrypted", 'resource = "D?"')
    tree({"infra/dbguard.toml": config, "infra/a/t.yaml": DB, "infra/b/t.yaml": DB})
    said = dbguard("scan", "infra")
    assert said.failing == ["infra/b/t.yaml rds/multi-az"]
    assert said.report["summary"]["waived"] == 3
    assert said.notices == []


def test_a_waiver_has_an_end(tree: Tree, dbguard: Dbguard) -> None:
    rows = [("rds/multi-az", TODAY), ("rds/storage-encrypted", TODAY - timedelta(1))]
    tree({"t.yaml": DB, "dbguard.toml": SELECT + "".join(waiver(name, f"until = {day}") for name, day in rows)})
    said = dbguard("scan", "t.yaml")
    assert said.failing == ["t.yaml rds/storage-encrypted"]
    assert said.notices == [f"expired: rds/storage-encrypted: it ended on {rows[1][1]}: known"]


def test_what_is_of_no_use_is_told_where_all_was_seen_that_it_is_about(tree: Tree, dbguard: Dbguard) -> None:
    config = SELECT + waiver("rds/backup-retention", 'path = "a/t.yaml"') + waiver("rds/multi-azz")
    tree({"dbguard.toml": config + waiver("rds/backup-retention", 'path = "gone/**"'), "a/t.yaml": DB, "b.yaml": DB})
    unknown = "unknown-policy: rds/multi-azz: there is no policy 'rds/multi-azz'; did you mean 'rds/multi-az'?"
    unused = "unused: rds/backup-retention: no finding here is waived by it, take it out"
    assert dbguard("scan", ".").notices == [unused, unknown, unused]
    assert dbguard("scan", "a").notices == [unused, unknown]
    assert dbguard("scan", "a/t.yaml").notices == [unused, unknown]
    assert dbguard("scan", "b.yaml").notices == [unknown]
    narrowed = dbguard("scan", ".", "--ignore", "rds/backup-retention")
    assert narrowed.notices == [unknown]


def test_a_waiver_without_a_reason_waives_nothing(tree: Tree, dbguard: Dbguard) -> None:
    tree({"t.yaml": DB, "dbguard.toml": SELECT + '[[waivers]]\npolicy = ["rds/multi-az"]\n'})
    said = dbguard("scan", "t.yaml")
    assert said.notices == ["malformed: rds/multi-az: it gives no reason"]
    assert said.report["notices"][0]["location"]["line"] == 2
    assert len(said.failing) == 2


LATER = TODAY + timedelta(100)
RULES = {
    'allow = ["rds/storage-encrypted"]': "rds/multi-az may not be waived, says dbguard.toml:3",
    'deny = ["rds/multi-az"]': "rds/multi-az may not be waived, says dbguard.toml:3",
    'deny = "rds/*"': "rds/multi-az may not be waived, says dbguard.toml:3",
    "max-days = 90": f"it ends on {LATER}, {TODAY + timedelta(90)} is the latest today, says dbguard.toml:3",
    'places = ["config"]': "a waiver in a comment does not count, says dbguard.toml:3",
    'places = "metadata"': "a waiver in a comment does not count, says dbguard.toml:3",
    'allow = ["rds/"]\ndeny = ["aurora/"]\nmax-days = 100\nplaces = ["comment"]': "",
    'allow = "*"': "",
}


@pytest.mark.parametrize("rules", RULES)
def test_the_configuration_says_what_may_be_waived(tree: Tree, dbguard: Dbguard, rules: str) -> None:
    comment = f"MultiAZ: false  # dbguard: ignore[rds/multi-az] until={LATER} -- later"
    tree({"t.yaml": DB.replace("MultiAZ: false", comment), "dbguard.toml": f"{SELECT}[waiving]\n{rules}\n"})
    said = dbguard("scan", "t.yaml")
    assert ("t.yaml rds/multi-az" in said.failing) is bool(RULES[rules])
    assert said.notices == ([f"not-allowed: rds/multi-az on Db: {RULES[rules]}"] if RULES[rules] else [])


def test_rules_hold_for_waivers_without_an_end_for_prefixes_and_for_those_of_the_file(
    tree: Tree, dbguard: Dbguard
) -> None:
    template = DB.replace("Engine: mysql", "Engine: mysql  # dbguard: ignore[rds/*] -- all of it")
    config = SELECT + waiver("rds/storage-encrypted") + "[waiving]\nmax-days = 30\n"
    tree({"t.yaml": template, "dbguard.toml": config})
    latest = TODAY + timedelta(30)
    told = f"it has no end: add until={latest} or an earlier day, says dbguard.toml:6"
    assert dbguard("scan", "t.yaml").notices == [
        f"not-allowed: rds/storage-encrypted: {told}",
        f"not-allowed: rds/ on Db: {told}",
    ]
    tree({"dbguard.toml": SELECT + '[waiving]\ndeny = "rds/multi-az"\n'})
    assert dbguard("scan", "t.yaml").notices == [
        "not-allowed: rds/ on Db: rds/multi-az may not be waived, says dbguard.toml:3"
    ]


def test_a_time_beyond_all_days_is_no_limit(tree: Tree, dbguard: Dbguard) -> None:
    rows = waiver("rds/multi-az") + waiver("rds/storage-encrypted", "until = 9999-12-31")
    tree({"t.yaml": DB, "dbguard.toml": SELECT + rows + "[waiving]\nmax-days = 999999999999"})
    said = dbguard("scan", "t.yaml")
    assert said.failing == ["t.yaml rds/multi-az"]
    assert [one.split(":")[0] for one in said.notices] == ["not-allowed"]


def test_rules_hold_for_what_cfn_lint_finds() -> None:
    place = Location("t.yaml", 1, 1)
    no = {"allow": Setting([], "x")}
    lint, prefix = (Waiver(name, "r", None, "comment", place, "t.yaml") for name in ("cfn-lint/E3002", "cfn-lint/"))
    deny = {"deny": Setting(["cfn-lint/E3002"], "x")}
    for one in (lint, prefix):
        assert refusal(one, no, POLICIES, "2027-01-01") == f"{one.policy} may not be waived, says x"
        assert refusal(one, deny, POLICIES, "2027-01-01") == f"{one.policy} may not be waived, says x"
        assert refusal(one, {"allow": Setting(["cfn-lint/"], "x")}, POLICIES, "2027-01-01") is None
