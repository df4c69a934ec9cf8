"""`scan --changed-since` in real git repositories, as the check of a pull request meets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dbguard.cli import main

DB = """
  {name}:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: {engine}
      StorageEncrypted: {encrypted}
      MultiAZ: {multi}
"""
IDS = "rds/storage-encrypted,rds/multi-az"


def db(name: str, *, engine: str = "mysql", encrypted: str = "false", multi: str = "true") -> str:
    return DB.format(name=name, engine=engine, encrypted=encrypted, multi=multi)


def template(*resources: str, head: str = "") -> str:
    return f"{head}Resources:{''.join(resources)}"


class Repo:
    """A repository in the folder at hand, and what scans of it say."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.git("init", "-q", "-b", "main")
        self.commit({})

    def git(self, *words: str) -> str:
        run = subprocess.run(
            ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout.strip()

    def write(self, files: dict[str, str | None]) -> None:
        for name, text in files.items():
            path = Path(name)
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files: dict[str, str | None]) -> None:
        self.write(files)
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", "a step")

    def scan(self, *words: str, select: str = IDS) -> tuple[int, dict[str, Any]]:
        code = main(["scan", "--select", select, "--format", "json", *(words or (".",))])
        return code, json.loads(self.capsys.readouterr().out)

    def told(self, *words: str, since: str = "HEAD", select: str = IDS) -> list[str]:
        """The resources that something is told of, with their files."""
        _, report = self.scan(*(words or (".",)), "--changed-since", since, select=select)
        places = {(one["location"]["file"], one["resource"]["id"]) for one in report["findings"]}
        return [f"{file} {name}" for file, name in sorted(places)]

    def refused(self, *words: str) -> str:
        assert main(["scan", *words]) == 2
        return self.capsys.readouterr().err


@pytest.fixture
def repo(here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return Repo(capsys)


def test_only_the_resource_that_changed_is_told(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two")), "b.yaml": template(db("Three"))})
    repo.write({"a.yaml": template(db("One"), db("Two", engine="postgres"))})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert code == 1
    assert [one["resource"]["id"] for one in report["findings"]] == ["Two"]
    assert report["summary"]["verdicts"] == {"fail": 1, "may-fail": 0, "unknown": 0, "pass": 1, "exempt": 0}
    assert report["summary"]["left_out"] == {"since": "HEAD", "findings": 1, "gaps": 0, "files": 1}
    assert "left_out" not in repo.scan(".")[1]["summary"]


@pytest.mark.parametrize(
    "text",
    [
        "# a word\n\n" + template(db("Two"), db("One")),
        template(db("One"), db("Two")).replace("\n", "\r\n"),
        template(db("One"), db("Two")).replace("mysql", "'mysql'  # of old"),
        json.dumps(
            {
                "Resources": {
                    name: {
                        "Properties": {"MultiAZ": True, "Engine": "mysql", "StorageEncrypted": False},
                        "Type": "AWS::RDS::DBInstance",
                    }
                    for name in ("One", "Two")
                }
            }
        ),
    ],
    ids=["moved", "line ends", "quoted", "another notation"],
)
def test_what_is_only_written_otherwise_did_not_change(repo: Repo, text: str) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"))})
    repo.write({"a.yaml": text})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, report["findings"]) == (0, [])
    assert report["summary"]["left_out"]["findings"] == 2


def test_nothing_changed_is_clean_and_says_so(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit({"a.yaml": template(db("One"))})
    assert main(["scan", ".", "--changed-since", "HEAD"]) == 0
    out = capsys.readouterr().out
    assert "Nothing that is judged here changed since HEAD." in out
    assert "0 findings on what did not change since HEAD left out, 1 unchanged file not judged" in out
    assert main(["scan", ".", "--changed-since", "HEAD", "--format", "markdown"]) == 0
    assert "nothing that is judged here changed" in capsys.readouterr().out


def test_a_branch_is_compared_from_where_it_parted(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"))})
    repo.git("switch", "-q", "-c", "work")
    repo.commit({"a.yaml": template(db("One", engine="postgres"), db("Two"))})
    repo.git("switch", "-q", "main")
    repo.commit({"a.yaml": template(db("One"), db("Two", engine="postgres"))})
    repo.git("switch", "-q", "work")
    assert repo.told(since="main") == ["a.yaml One"]
    assert repo.told(since="HEAD~1") == ["a.yaml One"]
    assert repo.told(since=repo.git("rev-parse", "HEAD")) == []
    repo.git("merge", "-q", "-X", "ours", "main")  # as a pull request is checked out
    assert repo.told(since="main") == ["a.yaml One"]


def test_staged_unstaged_and_untracked_files_changed(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "b.yaml": template(db("Two"))})
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    repo.git("add", "-A")
    repo.write({"b.yaml": template(db("Two", engine="postgres")), "c/c.yaml": template(db("Three"))})
    assert repo.told() == ["a.yaml One", "b.yaml Two", "c/c.yaml Three"]


def test_files_may_be_named_from_anywhere(repo: Repo, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"x/a.yaml": template(db("One"), db("Two")), "x/b.yaml": template(db("Three")), "y/z": ""})
    repo.write({"x/a.yaml": template(db("One"), db("Two", engine="postgres"))})
    assert repo.told("x/a.yaml", "x/b.yaml") == ["x/a.yaml Two"]
    assert repo.told(str(here / "x")) == [f"{here}/x/a.yaml Two"]
    (here / "link").symlink_to(here / "x")
    assert repo.told("link/a.yaml") == ["link/a.yaml Two"]
    monkeypatch.chdir(here / "y")
    monkeypatch.setenv("GIT_DIR", ".git")  # as a hook is told it
    assert repo.told("../x") == ["../x/a.yaml Two"]


@pytest.mark.parametrize("words", [["init", "-q", "--object-format=sha256", "sub"], ["worktree", "add", "-q", "sub"]])
def test_other_kinds_of_repositories(repo: Repo, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    repo.git(*words)
    monkeypatch.chdir("sub")
    repo.commit({"a.yaml": template(db("One"), db("Two")), "b.yaml": template(db("Three"))})
    repo.write({"a.yaml": template(db("One"), db("Two", engine="postgres"))})
    assert repo.told() == ["a.yaml Two"]
    assert repo.scan(".", "--changed-since", "HEAD")[1]["summary"]["left_out"]["files"] == 1


def test_a_resource_that_is_too_large_to_compare_counts_as_changed(repo: Repo) -> None:
    large = f"      Tags: [{', '.join(['a'] * 25_000)}]\n"
    repo.commit({"a.yaml": template(db("Large") + large, db("One"))})
    assert repo.told() == []
    repo.write({"a.yaml": template(db("Large") + large, db("One")) + "# a word\n"})
    assert repo.told() == ["a.yaml Large"]


def test_a_file_that_is_renamed_did_not_change(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"), db("Three"))})
    repo.git("mv", "a.yaml", "b.yaml")
    assert repo.told() == []
    repo.write({"b.yaml": template(db("One"), db("Two"), db("Three", engine="postgres"))})
    assert repo.told() == ["b.yaml Three"]
    assert repo.told("b.yaml") == ["b.yaml Three"]


def test_an_exporting_template_that_is_renamed_did_not_change(repo: Repo) -> None:
    out = "Outputs: {Multi: {Value: 'false', Export: {Name: multi}}}\n"
    files: dict[str, str | None] = {
        "a.yaml": template(db("One", multi="!ImportValue multi")),
        "b.yaml": template(db("Two"), head=out),
    }
    repo.commit(files)
    repo.git("mv", "b.yaml", "c.yaml")
    assert repo.told() == []


def test_a_child_may_be_renamed_with_what_names_it(repo: Repo) -> None:
    child = template(db("Given", multi="!Ref Multi"), db("Plain"), head=CHILD)
    top = template(PARENT.format(multi="true"))
    repo.commit({"top.yaml": top, "child.yaml": child})
    repo.write({"top.yaml": top.replace("./child", "parts/kid"), "child.yaml": None, "parts/kid.yaml": child})
    assert repo.told() == []
    repo.write({"top.yaml": top})  # which names nothing now, so that the child stands alone
    assert repo.told() == ["parts/kid.yaml Given", "parts/kid.yaml Plain"]


def test_a_file_may_come_from_a_folder_that_is_not_scanned(repo: Repo) -> None:
    repo.commit({"x/a.yaml": template(db("One"), db("Two")), "y/b.yaml": template(db("Three"))})
    repo.write({"x/a.yaml": None, "y/a.yaml": template(db("One"), db("Two", engine="postgres"))})
    assert repo.told("y") == ["y/a.yaml Two"]


def test_a_file_that_is_a_pipe_now_is_not_waited_for(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "b.yaml": template(db("Two"))})
    Path("b.yaml").unlink()
    os.mkfifo("b.yaml")
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, [one["target"] for one in report["gaps"]]) == (3, ["b.yaml"])


def test_an_earlier_version_that_cannot_be_judged_makes_all_new(repo: Repo) -> None:
    start = "Parameters: {Multi: {Type: String}}\n"
    text = template(db("One", multi="!Ref Multi"), head=start)
    repo.commit({"a.yaml": "Resources: [\n", "b.yaml": template(db("Two")), "p.json": "["})
    repo.write({"a.yaml": text, "p.json": '{"Multi": "true"}'})
    assert repo.told(".", "--parameter-file", "p.json") == ["a.yaml One"]


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


PARENT = """
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {{TemplateURL: ./child.yaml, Parameters: {{Multi: {multi}}}}}
"""
CHILD = "Parameters: {Multi: {Type: String}, More: {Type: String, Default: a}}\n"


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


def test_gaps_without_a_file_and_what_cannot_be_opened_are_told(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "empty/x.txt": ""})
    code, report = repo.scan("a.yaml", "gone.yaml", "--changed-since", "HEAD")
    assert (code, [one["target"] for one in report["gaps"]]) == (3, ["gone.yaml"])
    code, report = repo.scan("empty", "--changed-since", "HEAD")
    assert (code, [one["kind"] for one in report["gaps"]]) == (3, ["nothing-to-scan"])


IGNORE = "\n  # dbguard: ignore[rds/storage-encrypted] -- scratch\n"


def test_a_waiver_is_not_unused_because_its_finding_is_left_out(repo: Repo) -> None:
    text = template(IGNORE, db("One").lstrip("\n"), db("Two"))
    repo.commit({"a.yaml": text})
    repo.write({"a.yaml": text.replace("Two", "Second")})
    code, report = repo.scan(".", "--changed-since", "HEAD")
    assert (code, report["summary"]["waived"], "notices" in report) == (1, 0, False)
    assert report["summary"]["left_out"]["findings"] == 0


def test_a_waiver_that_is_taken_out_tells_its_finding(repo: Repo) -> None:
    repo.commit({"a.yaml": template(IGNORE, db("One").lstrip("\n"), db("Two"))})
    repo.write({"a.yaml": template(db("One"), db("Two"))})
    assert repo.told() == ["a.yaml One"]
    repo.write({"a.yaml": template(IGNORE.replace("scratch", "other"), db("One").lstrip("\n"), db("Two"))})
    assert repo.told() == []


def test_a_baseline_is_laid_over_what_is_told(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit({"a.yaml": template(db("One"), db("Two"))})
    assert main(["scan", ".", "--select", IDS, "--write-baseline", "base.json"]) == 0
    capsys.readouterr()
    repo.write({"a.yaml": template(db("One"), db("Two", engine="postgres", multi="false"))})
    code, report = repo.scan(".", "--changed-since", "HEAD", "--baseline", "base.json")
    assert code == 1
    assert [one["policy"] for one in report["findings"]] == ["rds/multi-az"]
    assert (report["summary"]["waived"], "notices" in report) == (1, False)


def test_what_is_not_judged_is_not_missed_in_the_baseline(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    child = template(db("Given", multi="!Ref Multi"), head=CHILD)
    repo.commit({"top.yaml": template(PARENT.format(multi="true")), "child.yaml": child, "b.yaml": template(db("Two"))})
    assert main(["scan", ".", "--select", IDS, "--write-baseline", "base.json"]) == 0
    capsys.readouterr()
    repo.write({"b.yaml": template(db("Two", encrypted="true"))})
    _, report = repo.scan(".", "--changed-since", "HEAD", "--baseline", "base.json")
    assert report["summary"]["left_out"]["files"] == 2
    assert [one["detail"] for one in report["notices"]] == ["1 entry is found no more; --prune-baseline takes it out"]


def test_a_file_that_is_ignored_no_more_is_told(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One")), "old/b.yaml": template(db("Two")), ".gitignore": "old\n"})
    repo.write({".gitignore": "older\n"})
    assert repo.told() == ["old/b.yaml Two"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["-"], "standard input"),
        ([".", "--write-baseline", "x.json"], "--write-baseline speaks of a whole code base"),
        ([".", "--baseline", "x.json", "--prune-baseline"], "--prune-baseline speaks of a whole code base"),
        ([".", "--framework", "fsbp"], "--framework speaks of a whole code base"),
    ],
)
def test_what_needs_the_whole_code_base_is_refused(repo: Repo, words: list[str], why: str) -> None:
    assert why in repo.refused(*words, "--changed-since", "HEAD")


@pytest.mark.parametrize("ref", ["nowhere", "-x", "--output=x", "", "HEAD:a.yaml", "main...HEAD"])
def test_a_revision_that_is_none_is_one_line(repo: Repo, ref: str) -> None:
    error = repo.refused(".", f"--changed-since={ref}")
    assert error.startswith("dbguard: --changed-since")
    assert error.count("\n") == 1


def test_where_there_is_no_git(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    assert "it is in no git working tree" in repo.refused(str(outside), "--changed-since", "HEAD")
    assert "are in two" in repo.refused(".", str(Path(__file__)), "--changed-since", "HEAD")
    monkeypatch.setenv("PATH", "")
    assert "needs git, which is not installed here" in repo.refused(".", "--changed-since", "HEAD")
    monkeypatch.setenv("PATH", ".")
    repo.write({"git": "#!/bin/sh\ntouch ran\n"})
    Path("git").chmod(0o755)
    assert "needs git, which is not installed here" in repo.refused(".", "--changed-since", "HEAD")
    assert not Path("ran").exists()


def test_a_repository_without_a_commit(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", "."], check=True)
    assert main(["scan", ".", "--changed-since", "HEAD"]) == 2
    assert "there is no revision HEAD" in capsys.readouterr().err


def test_nothing_of_what_did_not_change_is_told_where_all_is_judged_again(repo: Repo) -> None:
    for name in ("tests/templates/cases", "sample_templates"):
        shutil.copytree(Path(__file__).parent.parent / name, name)
    repo.commit({".gitignore": "x\n"})
    repo.write({".gitignore": "y\n"})
    code, report = repo.scan(".", "--changed-since", "HEAD", select="rds/,aurora/,dynamodb/")
    assert (code, report["findings"], report["gaps"]) == (0, [], [])
    assert report["summary"]["left_out"]["findings"] > 1000
    assert report["summary"]["left_out"]["gaps"] > 50


def test_a_shallow_clone_says_what_to_fetch(repo: Repo, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"a.yaml": template(db("One"))})
    repo.git("switch", "-q", "-c", "work")
    repo.commit({"a.yaml": template(db("One", engine="postgres"))})
    repo.git("clone", "-q", "--depth", "1", "--no-single-branch", f"file://{here}", "copy")
    monkeypatch.chdir(here / "copy")
    assert "fetch-depth: 0" in repo.refused(".", "--changed-since", "origin/main")
    assert "fetch-depth: 0" in repo.refused(".", "--changed-since", "HEAD~1")


def test_a_clone_without_contents_asks_nobody_for_them(repo: Repo, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"a.yaml": template(db("One"))})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", "--filter=blob:none", f"file://{here}", "copy")
    repo.commit({"a.yaml": template(db("One", engine="postgres"))})
    monkeypatch.chdir(here / "copy")
    Path("a.yaml").write_text(template(db("One", engine="mariadb")))
    shutil.rmtree(".git/objects/pack")
    Path(".git/objects/pack").mkdir()
    assert main(["scan", ".", "--changed-since", "HEAD"]) == 2


HOSTILE = """
[core]
	repositoryformatversion = 1
	fsmonitor = touch {ran}
	hooksPath = {hooks}
	sshCommand = touch {ran}
	pager = touch {ran}
	gitProxy = touch {ran}
	editor = touch {ran}
	alternateRefsCommand = touch {ran}
[filter "evil"]
	clean = touch {ran}; cat
	smudge = touch {ran}; cat
	process = touch {ran}
	required = true
[diff "evil"]
	textconv = touch {ran}; cat
	command = touch {ran}
[diff]
	external = touch {ran}
[merge "evil"]
	driver = touch {ran}
[protocol]
	allow = always
[protocol "ext"]
	allow = always
[extensions]
	partialClone = origin
[remote "origin"]
	url = ext::touch {ran}
	promisor = true
	partialclonefilter = blob:none
	uploadpack = touch {ran}
[alias]
	rev-parse = !touch {ran}
	cat-file = !touch {ran}
"""


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "objects to fetch"])
def test_a_hostile_repository_runs_nothing(repo: Repo, here: Path, missing: bool) -> None:
    repo.commit({"a.yaml": template(db("One")), ".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    if missing:
        name = repo.git("rev-parse", "HEAD:a.yaml")
        Path(".git/objects", name[:2], name[2:]).unlink()
    hooks = here / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc", "fsmonitor-watchman"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {here}/ran\n")
        (hooks / hook).chmod(0o755)
    with Path(".git/config").open("a") as config:
        config.write(HOSTILE.format(ran=here / "ran", hooks=hooks))
    before = sorted(path.name for path in here.iterdir())
    if missing:
        assert "clone without --filter" in repo.refused(".", "--changed-since", "HEAD")
    else:
        assert repo.told() == ["a.yaml One"]
    assert sorted(path.name for path in here.iterdir()) == before


def test_a_repository_of_somebody_else_says_how_to_trust_it(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert "git config --global --add safe.directory" in repo.refused(".", "--changed-since", "HEAD")


def test_a_tree_that_is_not_here_is_no_empty_tree(repo: Repo) -> None:
    repo.commit({"x/a.yaml": template(db("One"))})
    name = repo.git("rev-parse", "HEAD:x")
    Path(".git/objects", name[:2], name[2:]).unlink()
    assert "not all here" in repo.refused(".", "--changed-since", "HEAD")


def test_a_tree_that_has_no_end_is_not_read_to_it(repo: Repo) -> None:
    row = f"100644 blob {repo.git('hash-object', '-w', '/dev/null')}"
    for _ in range(9):
        rows = "".join(f"{row}\tx{at}\n" for at in range(30))
        run = subprocess.run(["git", "mktree"], input=rows, capture_output=True, text=True, check=True)
        row = f"040000 tree {run.stdout.strip()}"
    tree = row.rpartition(" ")[2]
    repo.git("update-ref", "refs/heads/main", repo.git("commit-tree", tree, "-p", "HEAD", "-m", "deep"))
    assert "has more than 1000000 files" in repo.refused(".", "--changed-since", "HEAD")


def test_names_that_are_no_paths_are_not_written(
    repo: Repo, here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path_factory.mktemp("written")
    monkeypatch.setattr("tempfile.tempdir", str(written))
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], input=template(db("One")).encode(), capture_output=True, check=True
    ).stdout.strip()
    inner = subprocess.run(
        ["git", "mktree"], input=b"100644 blob " + blob + b"\tx.yaml\n", capture_output=True, check=True
    )
    rows = b"".join(
        mode + b" " + name + b"\0" + bytes.fromhex(thing.decode())
        for mode, name, thing in ((b"40000", b"..", inner.stdout.strip()), (b"100644", b"a.yaml", blob))
    )
    tree = (
        subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
            input=rows,
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    commit = repo.git("commit-tree", tree, "-p", "HEAD", "-m", "odd")
    repo.git("update-ref", "refs/heads/main", commit)
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    assert repo.told() == ["a.yaml One"]
    assert not list(written.iterdir())


def test_links_are_not_followed_out_of_the_earlier_version(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "b.yaml"
    outside.write_text(template(db("Two")))
    repo.commit({"a.yaml": template(db("One"))})
    Path("b.yaml").symlink_to(outside)
    repo.commit({})
    repo.write({"a.yaml": template(db("One", engine="postgres"))})
    assert repo.told() == ["a.yaml One", "b.yaml Two"]  # outside of the repository nothing has a history


def test_the_configuration_of_today_holds_for_both_versions(repo: Repo) -> None:
    config = 'select = ["rds/multi-az"]\n[[per-path]]\npath = "b.yaml"\nseverities = {"rds/multi-az" = "info"}\n'
    old = template(db("One", multi="false"), db("Two", multi="false"))
    repo.commit({"db/a.yaml": old, "db/b.yaml": old, "db/dbguard.toml": 'ignore = ["rds/"]\n'})
    head = "Parameters: {Env: {Type: String}}\n"
    repo.write({"db/dbguard.toml": config})
    repo.write({f"db/{name}.yaml": template(db("One", multi="false"), db("Two", multi='"no"')) for name in "ab"})
    code = main(["scan", "db", "--changed-since", "HEAD", "--format", "json"])
    report = json.loads(repo.capsys.readouterr().out)
    told = [(one["location"]["file"], one["resource"]["id"], one["severity"]) for one in report["findings"]]
    assert (code, told) == (1, [("db/a.yaml", "Two", "medium"), ("db/b.yaml", "Two", "info")])
    repo.commit({"db/dbguard.toml": 'parameter-files = ["p.json"]\n', "db/p.json": '{"Env": "dev"}'})
    repo.commit({"db/a.yaml": template(db("One", multi="!Ref Env"), db("Two"), head=head)})
    repo.write({"db/p.json": '{"Env": "false"}'})
    assert repo.told("db", select="rds/multi-az") == ["db/a.yaml One"]


def test_what_cfn_lint_said_before_is_old(repo: Repo) -> None:
    wrong = db("One", multi="nonsense")
    repo.commit({"t.yaml": template(wrong, db("Two"))})
    repo.write({"t.yaml": template(wrong, db("Two", multi="other"))})
    main(["scan", "t.yaml", "--cfn-lint", "--changed-since", "HEAD", "--format", "json"])
    report = json.loads(repo.capsys.readouterr().out)
    told = {one["resource"]["id"] for one in report["findings"] if one["policy"].startswith("cfn-lint/")}
    assert told == {"Two"}


GIVEN = "Parameters: {Multi: {Type: String}, Other: {Type: String}}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('[parameters]\nMulti = "true"\n', '[parameters]\nMulti = "false"\n'),
        ('[parameters]\nMulti = "true"\n', '[parameters]\nMulti = "true"\n[environments.e.parameters]\nMulti = "no"\n'),
        ('[[per-path]]\npath = "*"\nparameters = {Multi = "true"}\n', '[parameters]\nMulti = "false"\n'),
        ('parameter-files = ["yes.json"]\n', 'parameter-files = ["no.json"]\n'),
        ('extend = "base.toml"\n', None),
        (None, '[parameters]\nMulti = "false"\n'),
    ],
    ids=["all", "environment", "path", "files", "extended", "new"],
)
def test_values_that_the_configuration_gives_count(repo: Repo, old: str | None, new: str | None) -> None:
    """As those of a parameter file do; where that cannot be told apart, whatever refers to the parameter is told."""
    text = template(db("One", multi="!Ref Multi"), db("Two", multi="false"), head=GIVEN)
    values = {"yes.json": '{"Multi": "true"}', "no.json": '{"Multi": "false"}'}
    values |= {"dbguard.toml": old} if old else {}
    repo.commit({"a.yaml": text, "base.toml": '[parameters]\nMulti = "true"\n', **values})
    assert repo.told() == []
    repo.write({"dbguard.toml": new} if new else {"base.toml": '[parameters]\nMulti = "false"\n'})
    words = [".", "--env", "e"] if new and "environments" in new else ["."]
    assert repo.told(*words, select="rds/multi-az") == ["a.yaml One"]


def test_a_waiver_that_is_taken_out_of_the_configuration_tells_its_finding(repo: Repo) -> None:
    row = '[[waivers]]\npolicy = "rds/multi-az"\nresource = "{}"\nreason = "{}"\nuntil = 2999-01-01\n'
    text = template(db("One", multi="false"), db("Two", multi="false"))
    repo.commit({"a.yaml": text, "dbguard.toml": row.format("One", "x") + row.format("Tw*", "x")})
    repo.write({"dbguard.toml": row.format("One", "other words")})
    assert repo.told() == ["a.yaml Two"]
    repo.write({"dbguard.toml": row.format("*", "x")})
    assert repo.told() == []


@pytest.mark.parametrize("config", ["dbguard.toml", "pyproject.toml"])
def test_a_file_that_is_moved_to_where_another_configuration_holds_is_new(repo: Repo, config: str) -> None:
    table = "[tool.dbguard]\n" if config == "pyproject.toml" else ""
    text = template(db("One", multi="false"))
    mild, strict = f'{table}ignore = ["rds/multi-az"]\n', f'{table}select = ["rds/multi-az"]\n'
    repo.commit({f"dev/{config}": mild, "dev/a.yaml": text, f"prod/{config}": strict, "plain/b.yaml": text})
    for old, new, told in (("dev", "prod", True), ("plain", "prod", True), ("dev", "dev/inner", False)):
        name = "b.yaml" if old == "plain" else "a.yaml"
        Path(new).mkdir(exist_ok=True)
        repo.git("mv", f"{old}/{name}", f"{new}/{name}")
        assert repo.told(select="rds/") == [f"{new}/{name} One"] * told
        repo.git("reset", "-q", "--hard")
    repo.git("mv", "prod", "live")
    repo.git("mv", "dev", "live/dev")  # with its file
    assert repo.told(select="rds/") == []


def test_a_file_that_is_moved_to_where_another_rule_holds_is_new(repo: Repo) -> None:
    rules = '[[per-path]]\npath = "dev/*"\nignore = ["rds/multi-az"]\n'
    repo.commit({"dbguard.toml": rules, "dev/a.yaml": template(db("One", multi="false"))})
    Path("prod").mkdir()
    repo.git("mv", "dev/a.yaml", "prod/a.yaml")
    code = main(["scan", ".", "--changed-since", "HEAD", "--format", "compact"])
    assert (code, "rds/multi-az One" in repo.capsys.readouterr().out) == (1, True)


def test_a_file_of_the_configuration_that_cannot_be_read_gave_nothing(repo: Repo) -> None:
    repo.commit({"a.yaml": template(db("One", multi="!Ref Multi"), head=GIVEN), "dbguard.toml": "[parameters\n"})
    repo.write({"dbguard.toml": '[parameters]\nMulti = "false"\n'})
    assert repo.told(select="rds/multi-az") == ["a.yaml One"]


def test_what_leaves_out_is_no_revision(repo: Repo) -> None:
    assert "there is no revision ^main" in repo.refused(".", "--changed-since", "^main")


def test_the_configuration_of_what_is_no_more_waives_nothing_elsewhere(repo: Repo) -> None:
    """A plain scan does not read a file that is the nearest to no template."""
    waiver = '[[waivers]]\npolicy = "rds/"\nreason = "x"\nuntil = 2999-01-01\n'
    repo.commit({"dev/a.yaml": template(db("Gone")), "dev/dbguard.toml": waiver, "dbguard.toml": ""})
    Path("dev/a.yaml").unlink()
    repo.write({"b.yaml": template(db("One", multi="false"))})
    assert repo.scan()[1]["summary"]["waived"] == 0
    assert repo.told(select="rds/multi-az") == ["b.yaml One"]


def test_a_nearer_configuration_takes_away_what_another_gave(repo: Repo) -> None:
    text = template(db("One", multi="!Ref Multi"), head=GIVEN)
    repo.commit({"dbguard.toml": '[parameters]\nMulti = "true"\n', "a.yaml": text, "db/b.yaml": text})
    repo.write({"db/dbguard.toml": ""})
    assert "db/b.yaml One" in repo.told(select="rds/multi-az")
    repo.commit({})
    Path("db/dbguard.toml").write_text('[parameters]\nMulti = "true"\n')
    assert repo.told(select="rds/multi-az") == []
