"""What a resource changes with: whatever it refers to, in its own template and in others."""

from __future__ import annotations

import json

import pytest

from tests.changes.conftest import CHILD, PARENT, Repo, db, template

HEAD = """
Parameters:
  Env: {{Type: String, Default: {env}}}
  Other: {{Type: String, Default: x}}
Mappings: {{Sizes: {{dev: {{Multi: "{multi}"}}, prod: {{Multi: "true"}}}}}}
Conditions:
  Prod: !Equals [!Ref Env, {prod}]
  Either: !Or [!Condition Prod, !Equals [!Ref Env, stage]]
"""


def head(env: str = "dev", multi: str = "false", prod: str = "prod") -> str:
    return HEAD.format(env=env, multi=multi, prod=prod)


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        (head(env="prod"), ["Conditional", "Looked"]),
        (head(multi="true "), ["Looked"]),
        (head(prod="production"), ["Conditional", "Looked"]),  # a value more that Env may take
        (head().replace("stage", "qa"), ["Conditional", "Looked"]),
        (head().replace("Default: x", "Default: y"), []),
        (head() + "  Unused: !Equals [!Ref Other, y]\n", []),
        (
            head() + "Rules: {One: {Assertions: [{Assert: !Equals [!Ref Other, x]}]}}\n",
            ["Conditional", "Looked", "Plain"],
        ),
    ],
)
def test_what_a_resource_reaches_counts(repo: Repo, changed: str, names: list[str]) -> None:
    resources = (
        db("Plain"),
        db("Conditional", encrypted="!If [Either, true, false]"),
        db("Looked", multi="!FindInMap [Sizes, !Ref Env, Multi]"),
    )
    repo.commit({"a.yaml": template(*resources, head=head())})
    repo.write({"a.yaml": template(*resources, head=changed)})
    assert repo.told() == [f"a.yaml {name}" for name in names]


CLUSTER = """
  Cluster:
    Type: AWS::RDS::DBCluster
    Properties: {{Engine: aurora-mysql, DBClusterIdentifier: orders, BackupRetentionPeriod: {days}}}
  Member:
    Type: AWS::RDS::DBInstance
    Properties: {{Engine: aurora-mysql, DBClusterIdentifier: {name}, PubliclyAccessible: {public}}}
  Alone:
    Type: AWS::RDS::DBInstance
    Properties: {{Engine: mysql, PubliclyAccessible: true, MultiAZ: false}}
"""


@pytest.mark.parametrize("name", ["!Ref Cluster", "orders"])
def test_related_resources_count_by_reference_and_by_name(repo: Repo, name: str) -> None:
    select = "rds/,aurora/"
    repo.commit({"a.yaml": template(CLUSTER.format(days=7, name=name, public="true"))})
    repo.write({"a.yaml": template(CLUSTER.format(days=8, name=name, public="true"))})
    _, report = repo.scan(".", "--changed-since", "HEAD", select=select)
    told = {(one["policy"], one["resource"]["id"]) for one in report["findings"]}
    assert ("rds/public-access", "Member") in told
    assert "Alone" not in {name for _, name in told}


def test_a_resource_that_is_removed_changes_those_that_referred_to_it(repo: Repo) -> None:
    group = "\n  Group: {Type: AWS::RDS::DBSubnetGroup, Properties: {SubnetIds: [a, b]}}\n"
    inside = db("Inside") + "      DBSubnetGroupName: !Ref Group\n"
    repo.commit({"a.yaml": template(group, inside, db("Alone"))})
    repo.write({"a.yaml": template(inside, db("Alone"))})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert code == 3
    assert [one["kind"] for one in report["gaps"]] == ["missing-reference"]
    assert {one["resource"]["id"] for one in report["findings"]} == {"Inside"}


COUNTED = """
  Cluster: {Type: AWS::DocDB::DBCluster, Properties: {StorageEncrypted: true}}
  One: {Type: AWS::DocDB::DBInstance, Properties: {DBInstanceClass: db.r6g.large, DBClusterIdentifier: !Ref Cluster}}
"""
SECOND = """
  Two:
    Type: AWS::DocDB::DBInstance
    Condition: Prod
    Properties: {DBInstanceClass: db.r6g.large, DBClusterIdentifier: !If [Prod, !Ref Cluster, !Ref One]}
"""


def test_what_only_the_verdicts_show_is_told(repo: Repo) -> None:
    start = "Parameters: {Env: {Type: String, Default: prod}}\nConditions: {Prod: !Equals [!Ref Env, prod]}\n"
    repo.commit({"a.yaml": template(COUNTED, SECOND, head=start)})
    repo.write({"a.yaml": template(COUNTED, head=start)})
    assert repo.told(select="documentdb/multi-az") == ["a.yaml Cluster"]


def test_what_a_parent_gives_counts_in_the_child(repo: Repo) -> None:
    child = template(db("Given", multi="!Ref Multi"), db("Plain"), head=CHILD)
    repo.commit({"top.yaml": template(PARENT.format(multi="true")), "child.yaml": child})
    assert repo.told() == []
    repo.write({"top.yaml": template(PARENT.format(multi="false"))})
    assert repo.told() == ["child.yaml Given"]
    repo.git("checkout", "-q", ".")
    repo.write({"child.yaml": template(db("Given", multi="!Ref Multi"), db("Plain", engine="postgres"), head=CHILD)})
    assert repo.told() == ["child.yaml Plain"]


def test_a_child_that_stands_alone_now_is_judged(repo: Repo) -> None:
    child = template(
        db("Given", multi="!Ref Multi", encrypted="true"), head=CHILD.replace("String}", "String, Default: 'false'}")
    )
    repo.commit({"top.yaml": template(PARENT.format(multi="true")), "child.yaml": child})
    repo.write({"top.yaml": template(db("Mine", encrypted="true"))})
    assert repo.told() == ["child.yaml Given"]


def test_a_child_whose_name_is_put_together_is_judged_when_it_stands_alone(repo: Repo) -> None:
    defaults = CHILD.replace("String}", "String, Default: 'false'}", 1)
    start = "Parameters: {Env: {Type: String, Default: chi}}\n"
    top = PARENT.format(multi="true").replace("./child.yaml", "!Sub './${Env}ld.yaml'")
    child = template(db("Given", multi="!Ref Multi", encrypted="true"), head=defaults)
    repo.commit({"top.yaml": template(top, head=start), "child.yaml": child})
    repo.write({"top.yaml": template(db("Mine", encrypted="true"), head=start)})
    assert repo.told() == ["child.yaml Given"]


@pytest.mark.parametrize("order", ["az", "za"])
def test_what_another_template_exports_counts(repo: Repo, order: str) -> None:
    importing, exporting = (f"{letter}.yaml" for letter in order)
    out = "Outputs: {{Multi: {{Value: {value}, Export: {{Name: multi}}}}}}\nParameters: {{Env: {{Type: String}}}}\n"
    resources = (db("Imported", multi="!ImportValue multi"), db("Plain"))
    text = template(*resources, head="Parameters: {Env: {Type: String}}\n")
    key = template(db("Key", multi="!If [A, true, true]", encrypted="true"), head=out.format(value="'true'"))
    repo.commit({importing: text, exporting: key})
    assert repo.told() == []
    repo.write(
        {
            exporting: template(
                db("Key", multi="!If [A, true, true]", encrypted="true"), head=out.format(value="'false'")
            )
        }
    )
    assert repo.told() == [f"{importing} Imported"]


def test_an_included_file_counts(repo: Repo) -> None:
    include = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/more.txt}}"
    inside = db("One").replace("MultiAZ: true", include)
    repo.commit({"a.yaml": template(inside, db("Two")), "parts/more.txt": "MultiAZ: true\n"})
    assert repo.told() == []
    repo.write({"parts/more.txt": "MultiAZ: false\n"})
    assert repo.told() == ["a.yaml One", "parts/more.txt One"]


@pytest.mark.parametrize("name", ["part.yaml", "part.txt"])
def test_a_child_that_only_an_included_file_nested_is_judged_when_it_stands_alone(repo: Repo, name: str) -> None:
    include = f"\n  Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {name}}}}}\n"
    defaults = CHILD.replace("String}", "String, Default: 'false'}", 1)
    child = template(db("Given", multi="!Ref Multi", encrypted="true"), head=defaults)
    repo.commit({"top.yaml": template(include), name: PARENT.format(multi="true"), "child.yaml": child})
    assert repo.told() == []
    repo.write({name: db("Mine", encrypted="true")})
    assert repo.told() == ["child.yaml Given"]


def test_a_module_counts(repo: Repo) -> None:
    fragment = {
        "Resources": {"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql", "MultiAZ": True}}}
    }
    project = {
        "m/.rpdk-config": json.dumps({"typeName": "My::Db::One::MODULE"}),
        "m/fragments/f.json": json.dumps(fragment),
    }
    module = "\n  Made: {Type: My::Db::One::MODULE}\n"
    repo.commit({"a.yaml": template(module, db("Two")), **project})
    assert repo.told("a.yaml") == []
    fragment["Resources"]["Db"]["Properties"]["Engine"] = "postgres"  # type: ignore[index]  # plain data
    repo.write({"m/fragments/f.json": json.dumps(fragment)})
    assert repo.told("a.yaml") == ["m/fragments/f.json MadeDb"]


def test_the_fragment_of_a_module_that_is_used_no_more_is_judged_alone(repo: Repo) -> None:
    db_ = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql", "MultiAZ": {"Ref": "Multi"}}}
    fragment = {"Parameters": {"Multi": {"Type": "String", "Default": "false"}}, "Resources": {"Db": db_}}
    project = {
        "m/.rpdk-config": json.dumps({"typeName": "My::Db::One::MODULE"}),
        "m/fragments/f.json": json.dumps(fragment),
    }
    module = "\n  Made: {Type: My::Db::One::MODULE, Properties: {Multi: 'true'}}\n"
    repo.commit({"a.yaml": template(module, db("Two")), **project})
    assert repo.told(select="rds/multi-az") == []
    repo.write({"a.yaml": template(db("Two"))})
    assert repo.told(select="rds/multi-az") == ["m/fragments/f.json Db"]


def test_a_name_more_in_a_loop_is_a_resource_more(repo: Repo) -> None:
    loop = "\n  Fn::ForEach::Dbs: [Name, [{names}], {{'Db${{Name}}': {body}}}]\n"
    body = "{Type: AWS::RDS::DBInstance, Properties: {Engine: mysql}}"
    start = "Transform: AWS::LanguageExtensions\n"
    repo.commit({"a.yaml": template(loop.format(names="A, B", body=body), db("Two"), head=start)})
    repo.write({"a.yaml": template(loop.format(names="A, B, C", body=body), db("Two"), head=start)})
    assert repo.told() == ["a.yaml DbC"]
    repo.write(
        {"a.yaml": template(loop.format(names="A, B", body=body.replace("mysql", "postgres")), db("Two"), head=start)}
    )
    assert repo.told() == ["a.yaml DbA", "a.yaml DbB"]


def test_globals_count_where_they_reach(repo: Repo) -> None:
    start = (
        "Transform: AWS::Serverless-2016-10-31\nGlobals: {{SimpleTable: {{SSESpecification: {{SSEEnabled: {on}}}}}}}\n"
    )
    table = "\n  Table: {Type: AWS::Serverless::SimpleTable}\n"
    repo.commit({"a.yaml": template(table, db("Two"), head=start.format(on="true"))})
    repo.write({"a.yaml": template(table, db("Two"), head=start.format(on="false"))})
    assert repo.told(select="dynamodb/,rds/") == ["a.yaml Table"]


def test_a_parameter_file_counts(repo: Repo) -> None:
    given, start = "--parameter-file", "Parameters: {Multi: {Type: String}, Other: {Type: String}}\n"
    text = template(db("Given", multi="!Ref Multi"), db("Plain"), head=start)
    repo.commit(
        {"a.yaml": text, "p.json": '{"Multi": "true", "Other": "a"}', "q.json": '{"Multi": "true", "Other": "a"}'}
    )
    assert repo.told("a.yaml", given, "p.json") == []
    repo.write({"p.json": '{"Multi": "false", "Other": "a"}'})
    assert repo.told("a.yaml", given, "p.json") == ["a.yaml Given"]
    assert repo.told("a.yaml", given, "q.json") == []
    _, report = repo.scan("a.yaml", given, "p.json", given, "q.json", "--changed-since", "HEAD")
    assert {one["resource"]["id"]: one.get("parameters") for one in report["findings"]} == {"Given": ["p.json"]} | {}


def test_parameters_are_known_by_the_files_that_are_not_judged(repo: Repo) -> None:
    text = template(db("One", multi="!Ref Multi"), head="Parameters: {Multi: {Type: String}}\n")
    repo.commit({"a.yaml": text, "b.yaml": template(db("Two"))})
    assert repo.told(".", "--parameter", "Multi=true") == []
    assert "no template has a parameter Mulch" in repo.refused(
        ".", "--parameter", "Mulch=true", "--changed-since", "HEAD"
    )


def test_gaps_elsewhere_are_counted_and_those_of_changed_files_told(repo: Repo) -> None:
    broken = template(db("One", multi="!Ref Nothing"))
    repo.commit({"a.yaml": broken, "b.yaml": template(db("Two"))})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, report["gaps"], report["summary"]["left_out"]["files"]) == (0, [], 2)
    repo.write({"b.yaml": template(db("Two", multi="!Ref Nobody"))})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, [one["target"] for one in report["gaps"]]) == (3, ["b.yaml"])
    repo.write({"a.yaml": broken + "# a word\n"})
    _, report = repo.scan(".", "--changed-since", "HEAD")
    assert [one["target"] for one in report["gaps"]] == ["a.yaml", "b.yaml"]
    repo.write({"c.yaml": "Resources: [\n"})
    _, report = repo.scan("c.yaml", "--changed-since", "HEAD")
    assert [one["kind"] for one in report["gaps"]] == ["unreadable"]
