"""The picture of the fleet: along the relations of the topology, in the scenario that the defaults make."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbguard.model import Member, badness
from dbguard.options import Options
from dbguard.picture import DATABASES, Picture, coloured
from dbguard.policy_library import Library
from dbguard.scan import Scan

LIBRARY = Library()
TEMPLATE = """
Parameters:
  Env: {Type: String, Default: prod, AllowedValues: [dev, prod]}
  Other: {Type: String}
Conditions:
  Dev: !Equals [!Ref Env, dev]
Resources:
  World: {Type: AWS::RDS::GlobalCluster, Properties: {GlobalClusterIdentifier: world}}
  Cluster:
    Type: AWS::RDS::DBCluster
    Properties: {Engine: aurora-mysql, GlobalClusterIdentifier: !Ref World, AvailabilityZones: [a, b]}
  Named:
    Type: AWS::RDS::DBCluster
    Condition: Dev
    Properties: {Engine: aurora-mysql, DBClusterIdentifier: named}
  Writer:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: aurora-mysql, DBClusterIdentifier: !If [Dev, !Ref Named, !Ref Cluster], AvailabilityZone: a}
  Conditional:
    Type: AWS::RDS::DBInstance
    Condition: Dev
    Properties: {Engine: aurora-mysql, DBClusterIdentifier: !Ref Named}
  Elsewhere:
    Type: AWS::RDS::DBCluster
    Properties: {Engine: aurora-mysql, GlobalClusterIdentifier: universe}
  Spread:
    Type: AWS::DynamoDB::GlobalTable
    Properties: {Replicas: [{Region: eu-west-1}, {Region: us-east-1}]}
  Open: {Type: AWS::RDS::DBInstance, Properties: {Engine: aurora-mysql, DBClusterIdentifier: !Ref Other}}
  Orders:
    Type: AWS::RDS::DBInstance
    Properties: {DBInstanceIdentifier: orders, Engine: postgres, MultiAZ: !If [Dev, false, true]}
  Copy: {Type: AWS::RDS::DBInstance, Properties: {SourceDBInstanceIdentifier: orders, PubliclyAccessible: true}}
  Far: {Type: AWS::RDS::DBInstance, Properties: {SourceDBInstanceIdentifier: "arn:aws:rds:us-east-1:1:db:far"}}
  Space: {Type: AWS::Cassandra::Keyspace}
  Rows: {Type: AWS::Cassandra::Table, Properties: {KeyspaceName: !Ref Space}}
  Topic: {Type: AWS::SNS::Topic}
"""


def drawn(text: str) -> dict[str, Member]:
    picture = Picture(LIBRARY.topology)
    report = Scan(LIBRARY, Options(list(LIBRARY.entries.values()), picture=picture)).run_on([("a.yaml", text.encode())])
    return {one.id: one for one in coloured(picture.members(), report.findings)}


@pytest.fixture(scope="module")
def members() -> dict[str, Member]:
    return drawn(TEMPLATE)


def test_only_databases_are_drawn(members: dict[str, Member]) -> None:
    assert "Topic" not in members
    assert {"World", "Cluster", "Writer", "Orders", "Copy", "Rows"} <= set(members)
    assert {one.home for one in members.values()} == {"a.yaml"}


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("Cluster", ("AWS::RDS::GlobalCluster/World",)),
        ("Writer", ("AWS::RDS::DBCluster/Cluster",)),
        ("Conditional", ("AWS::RDS::DBCluster/Named",)),
        ("Elsewhere", ("AWS::RDS::GlobalCluster/universe",)),
        ("Open", ()),
        ("Rows", ("AWS::Cassandra::Keyspace/Space",)),
        ("Orders", ()),
    ],
)
def test_what_a_database_is_a_member_of(members: dict[str, Member], name: str, inside: tuple[str, ...]) -> None:
    assert members[name].inside == inside


def test_what_a_database_is_a_replica_of(members: dict[str, Member]) -> None:
    assert members["Copy"].sources == ("AWS::RDS::DBInstance/Orders",)
    assert members["Far"].sources == ("arn:aws:rds:us-east-1:1:db:far",)
    assert not members["Orders"].sources


def test_the_zones_are_those_of_the_default_scenario(members: dict[str, Member]) -> None:
    names = ("Cluster", "Writer", "Orders", "Copy", "Spread")
    assert [members[name].zone for name in names] == ["a, b", "a", "Multi-AZ", "", "eu-west-1, us-east-1"]


def test_the_worst_verdict_is_kept(members: dict[str, Member]) -> None:
    assert (members["Copy"].verdict, members["Copy"].severity) == ("fail", "critical")
    assert badness(("may-fail", "critical")) < badness(("fail", "high")) < badness(("unknown", "critical"))
    assert badness(("unknown", "low")) < badness(("pass", "critical")) < badness(("exempt", "critical"))


def test_drawing_changes_no_verdict() -> None:
    entries = list(LIBRARY.entries.values())
    reports = [
        Scan(LIBRARY, Options(entries, picture=picture)).run_on([("a.yaml", TEMPLATE.encode())])
        for picture in (None, Picture(LIBRARY.topology))
    ]
    findings = tuple(one._replace(around=()) for one in reports[1].findings)
    assert reports[0] == reports[1]._replace(findings=findings)


def test_every_relation_is_one_of_the_topology_and_every_database_is_judged() -> None:
    for relations in DATABASES.values():
        assert {name for names in relations for name in names} <= set(LIBRARY.topology.relations)
    assert set(DATABASES) <= {name for entry in LIBRARY.entries.values() for name in entry.types}


def test_a_page_shows_the_worse_of_two_sets_of_parameters(tmp_path: Path) -> None:
    from dbguard.cli import main

    (tmp_path / "a.yaml").write_text(
        "Parameters: {Public: {Type: String}}\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n"
        "    Properties: {Engine: postgres, PubliclyAccessible: !Ref Public}\n"
    )
    files = []
    for value in ("true", "false"):
        file = tmp_path / f"{value}.json"
        file.write_text(f'[{{"ParameterKey": "Public", "ParameterValue": "{value}"}}]')
        files += ["--parameter-file", str(file)]
    page = tmp_path / "page.html"
    select = ["--select", "rds/public-access", "--format", f"html={page}"]
    assert main(["scan", str(tmp_path / "a.yaml"), *files, *select]) == 1
    text = page.read_text(encoding="utf-8")
    assert 'aria-label="Db, RDS DBInstance, critical fail"' in text
    assert 'id="why-rds/public-access"' in text


def test_what_is_waived_colours_nothing() -> None:
    picture = Picture(LIBRARY.topology)
    entries = [LIBRARY.entries[name] for name in ("rds/public-access", "rds/multi-az")]
    text = """
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, PubliclyAccessible: true, MultiAZ: false}
  Other: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, PubliclyAccessible: true, MultiAZ: true}}
"""
    report = Scan(LIBRARY, Options(entries, picture=picture)).run_on([("a.yaml", text.encode())])

    def colours(*waived: str) -> dict[str, str]:
        found = [one._replace(waiver={} if one.policy in waived else None) for one in report.findings]
        return {one.id: one.verdict + one.severity for one in coloured(picture.members(), found)}

    assert colours() == {"Db": "failcritical", "Other": "failcritical"}
    assert colours("rds/public-access")["Db"] == f"fail{LIBRARY.entries['rds/multi-az'].severity}"
    assert colours("rds/public-access")["Other"].startswith("waived")
    assert colours("rds/public-access", "rds/multi-az")["Db"].startswith("waived")


def test_what_others_find_colours_too() -> None:
    picture = Picture(LIBRARY.topology)
    text = "Resources: {Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, PubliclyAccessible: true}}}"
    entries = [LIBRARY.entries["rds/public-access"]]
    report = Scan(LIBRARY, Options(entries, picture=picture)).run_on([("a.yaml", text.encode())])
    other = report.findings[0]._replace(policy="cfn-lint/E3002", severity="high")
    (drawn,) = coloured(picture.members(), [report.findings[0]._replace(waiver={}), other])
    assert (drawn.verdict, drawn.severity) == ("fail", "high")
