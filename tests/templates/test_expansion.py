"""Loops and SAM written out: in the author's places, within bounds, and only where there is something to write out."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from dbguard.policy_library import Library
from dbguard.scan import Options, Scan
from dbguard.sources.document import Document, read
from dbguard.sources.template import expanded
from dbguard.sources.template.expansion import MOST_MADE

LOOPS = "Transform: AWS::LanguageExtensions\n"
SAM = "Transform: AWS::Serverless-2016-10-31\n"


def expand(text: str, **given: Any) -> Document:
    document = expanded(read(text.encode(), "t.yaml"), given)
    assert not document.gaps
    return document


def resources(text: str, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = expand(text, **given).root["Resources"]
    return found


def loop(collection: str, body: str) -> str:
    return f"Resources:\n  Fn::ForEach::Each: [Name, {collection}, {body}]\n"


NESTED = """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Outer:
    - Name
    - [a, b]
    - Fn::ForEach::Inner:
        - Kind
        - [x]
        - Db${Name}${Kind}:
            Type: T
            Properties:
              Fixed: 1
              ${Name}Key: {Inner: !Ref Kind}
              Tags:
                - 1
                - {Key: k}
                - Fn::ForEach::Tag:
                  - Tag
                  - [Made]
                  - ${Tag}: !Sub "${Tag}"
"""


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (("Dbbx",), (9, 11)),
        (("Dbbx", "Type"), (10, 13)),
        (("Dbbx", "Properties", "Fixed"), (12, 15)),
        (("Dbbx", "Properties", "bKey"), (13, 15)),
        (("Dbbx", "Properties", "bKey", "Inner"), (13, 28)),
        (("Dbax", "Properties", "Tags", 0), (15, 19)),
        (("Dbax", "Properties", "Tags", 1, "Key"), (16, 20)),
        (("Dbax", "Properties", "Tags", 2, "Made"), (20, 21)),
        (("Dbax", "Properties", "Absent"), (11, 13)),
    ],
)
def test_what_a_loop_makes_stands_where_the_author_wrote_it(
    place: tuple[str | int, ...], expected: tuple[int, int]
) -> None:
    assert expand(NESTED).position(("Resources", *place)) == expected


def test_a_json_template_keeps_its_places() -> None:
    body = {"Db${Name}": {"Type": "T", "Properties": {"A": [{"Ref": "Name"}, 2]}}}
    root = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Fn::ForEach::Each": ["Name", ["a", "b"], body], "Rest": {"Type": "T"}},
    }
    document = expand(json.dumps(root, indent=1))
    assert document.position(("Resources", "Dbb", "Properties", "A", 1)) == (18, 8)
    assert document.position(("Resources", "Rest", "Type")) == (25, 4)


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("!Ref Name", "a"),
        ("'x-${Name}'", "x-a"),
        ("'x-&{Name}'", "x-a"),
        ('!Sub "${Name}-${Other}"', {"Fn::Sub": "a-${Other}"}),
        ('!Sub ["${Name}-${It}", {It: !Ref Name}]', {"Fn::Sub": ["a-${It}", {"It": "a"}]}),
        ('"${Name}-${Other}"', "a-${Other}"),
        ('!Sub "${Name}"', {"Fn::Sub": "a"}),
        ("'${Name}&{Name}${ Name }${Names}'", "aa${ Name }${Names}"),
        ('!Ref "Db${Name}"', {"Ref": "Dba"}),
        ("{Ref: {Ref: Name}}", {"Ref": "a"}),
        ('!GetAtt "Db${Name}.Arn"', {"Fn::GetAtt": ["Dba", "Arn"]}),
        ('!If ["Is${Name}", !Ref Name, !Ref Other]', {"Fn::If": ["Isa", "a", {"Ref": "Other"}]}),
        ("!FindInMap [M, !Ref Name, !Ref Other]", {"Fn::FindInMap": ["M", "a", {"Ref": "Other"}]}),
        ("!FindInMap [M, a, K]", {"Fn::FindInMap": ["M", "a", "K"]}),
        ('!ToJsonString {"k${Name}": !Ref Name}', {"Fn::ToJsonString": {"ka": "a"}}),
        ("!Length [!Ref Name, 1]", {"Fn::Length": ["a", 1]}),
        ("[1, true, 1.5, null, '']", [1, True, 1.5, None, ""]),
    ],
)
def test_only_the_loop_s_value_is_put_in(written: str, made: Any) -> None:
    text = (
        f"{LOOPS}Mappings: {{M: {{a: {{K: [1], L: [2]}}}}}}\nResources:\n  Fn::ForEach::Each:\n    - Name\n    - [a]\n"
    )
    found = resources(f"{text}    - Db${{Name}}: {{Type: T, Value: {written}}}\n")
    assert found == {"Dba": {"Type": "T", "Value": made}}


@pytest.mark.parametrize(
    ("collection", "names"),
    [
        ("[a, b]", "ab"),
        ("[1, true]", ["1", "true"]),
        ("!Ref Listed", "xy"),
        ("!Split ['-', !Ref Text]", "pq"),
        ("!FindInMap [M, !Ref Text, Names]", "mn"),
        ("!FindInMap [M, missing, Names, {DefaultValue: [d]}]", "d"),
        ("!If [Is, [t], [f]]", "t"),
        ("[!Ref Text, !If [Is, !Ref AWS::NoValue, f]]", ["p-q"]),
        ("[]", ""),
    ],
)
def test_what_a_loop_goes_over_is_resolved_in_the_default_scenario(collection: str, names: list[str]) -> None:
    sections = """\
Parameters:
  Listed: {Type: CommaDelimitedList, Default: 'x, y'}
  Text: {Type: String, Default: p-q, AllowedValues: [p-q, other]}
Mappings: {M: {p-q: {Names: [m, n]}, other: {Names: [o]}}}
Conditions: {Is: !Equals [!Ref Text, p-q]}
"""
    assert list(resources(LOOPS + sections + loop(collection, '{"${Name}": {Type: T}}'))) == list(names)


def test_a_given_value_decides_what_a_loop_goes_over() -> None:
    text = LOOPS + "Parameters: {Names: {Type: CommaDelimitedList}}\n" + loop("!Ref Names", '{"${Name}": {Type: T}}')
    assert list(resources(text, Names="a,b,c")) == ["a", "b", "c"]
    assert list(resources(text)) == ["Fn::ForEach::Each"]


def test_a_loop_in_properties_that_cannot_be_expanded_stays_alone() -> None:
    found = resources(LOOPS + loop("[a]", '{"${Name}": {P: {Fn::ForEach::I: [Y, text, {"${Y}": 1}], Q: !Ref Name}}}'))
    assert found == {"a": {"P": {"Fn::ForEach::I": ["Y", "text", {"${Y}": 1}], "Q": "a"}}}


def test_what_no_loop_made_stays_as_it_was_written() -> None:
    text = """\
Rest: {Type: T, Properties: {A: !If [Is, !Ref Listed, 1], B: !FindInMap [M, a, K]}}
"""
    whole = LOOPS + loop("[a]", '{"${Name}": {Type: T}}') + "  " + text
    assert resources(whole)["Rest"] == read(text.encode(), "t.yaml").root["Rest"]


BIG = {
    "resources": loop(str([f"v{at}" for at in range(MOST_MADE + 1)]), '{"${Name}": {Type: T}}'),
    "a large body": loop("[a, b, c]", '{"${Name}": {Type: T, P: [' + "{A: '${Name}'}," * 60_000 + "1]}}"),
    "nested": "Resources: " + "{Fn::ForEach::N: [X, [a, b], " * 60 + "{'A${X}': {Type: T}}" + "]}" * 60 + "\n",
    "nested in properties": "Resources: {R: {Type: T, P: "
    + "{Fn::ForEach::N: [X, [a, b], " * 60
    + "{'A${X}': 1}"
    + "]}" * 60
    + "}}\n",
    "a long text": loop(str([f"v{at}" for at in range(900)]), "{'${Name}': {P: '" + "${Name} " * 9_000 + "'}}"),
    "long values": loop(f"[{'a' * 90_000}, {'b' * 90_000}]", "{'${Name}': {P: '" + "${Name} " * 9_000 + "'}}"),
    "square": loop(str([f"v{at}" for at in range(3_000)]), '{"${Name}": {P: {Fn::ForEach::I: [Y, [%s], {"${Y}": 1}]}}}')
    % ",".join(f"w{at}" for at in range(3_000)),
}


@pytest.mark.parametrize("text", BIG.values(), ids=BIG)
def test_too_much_stays_a_loop_with_its_reason(text: str) -> None:
    started = time.process_time()
    document = expand(LOOPS + text)
    assert time.process_time() - started < 15
    (reason,) = document.unexpanded.values()
    assert "the template's loops make" in reason


def test_keys_and_texts_that_patterns_do_not_come_back_from() -> None:
    started = time.process_time()
    long = "&{a " * 60_000
    body = json.dumps({"Db${Name}": {"Type": "T", "A": f"${{Name}}{long}", "B": {"Fn::Sub": long}}})
    assert list(resources(LOOPS + loop("[a]", body))) == ["Dba"]
    document = expand(LOOPS + f"Resources: {{Fn::ForEach::Each: [Name, [a], {{? '{long}' : 1}}]}}\n")
    assert next(iter(document.unexpanded.values())).endswith("is no name")
    assert time.process_time() - started < 5


def test_as_much_as_the_bound_is_expanded() -> None:
    values = str([f"v{at}" for at in range(MOST_MADE)])
    assert len(resources(LOOPS + loop(values, '{"${Name}": {Type: T}}'))) == MOST_MADE


@pytest.mark.parametrize("levels", [50, 150, 190])
def test_a_deep_body_is_expanded_or_stays_a_loop(levels: int) -> None:
    document = expand(LOOPS + loop("[a]", "{'${Name}': " + "{A: " * levels + "1" + "}" * levels + "}"))
    assert ("a" in document.root["Resources"]) != bool(document.unexpanded)


def test_whatever_cfn_lint_raises_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from cfnlint.template.transforms import _language_extensions

    def broken(template: Any) -> Any:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(_language_extensions, "language_extension", broken)
    document = expand(LOOPS + loop("[a]", '{"${Name}": {Type: T}}'))
    assert list(document.root["Resources"]) == ["Fn::ForEach::Each"]
    assert document.unexpanded[3, 3].endswith(": cfn-lint: one two")


def test_a_loop_that_stays_in_each_of_many_resources_is_one_gap() -> None:
    text = f"{LOOPS}Parameters: {{Open: {{Type: CommaDelimitedList}}}}\n" + loop(
        "[a, b]",
        '{"${Name}": {Type: AWS::RDS::DBInstance, Properties: {Fn::ForEach::I: [Y, !Ref Open, {"${Y}": !Ref Y}]}}}',
    )
    library = Library()
    scan = Scan(library, Options(library.chosen(("rds/storage-encrypted",), (), every=False)))
    report = scan.run_on([("t.yaml", text.encode())])
    assert [gap.detail.split(" ")[0] for gap in report.gaps] == ["Fn::ForEach::I"]
    assert [(one.resource.id, one.verdict) for one in report.findings] == [("a", "unknown"), ("b", "unknown")]


def test_another_macro_is_still_a_gap() -> None:
    report = Scan(Library(), Options([])).run_on(
        [("t.yaml", b"Transform: [AWS::Serverless-2016-10-31, Mine]\nResources: {A: {Type: T}}\n")]
    )
    assert [gap.detail for gap in report.gaps] == ["Mine is not expanded: what it adds or changes was not judged"]
