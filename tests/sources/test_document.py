"""Reading text: plain data, places, and one clear line for whatever is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbguard.errors import DocumentError
from dbguard.sources.document import Document, read

TEMPLATE = b"""# comment
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      MultiAZ: !If [c, true, false]
      Engine: 'mysql'
      Tags:
        - Key: a
          Value: !Sub "${AWS::StackName}"
        - !Ref T
"""


def kinds(document: Document) -> list[tuple[str, int, int]]:
    return [(gap.kind, gap.location.line, gap.location.column) for gap in document.gaps if gap.location]


def test_places_are_those_of_the_text() -> None:
    document = read(TEMPLATE, "t.yaml")
    properties = ("Resources", "Db", "Properties")
    assert document.position(("Resources", "Db")) == (3, 3)
    assert document.position((*properties, "MultiAZ")) == (6, 7)
    assert document.position((*properties, "MultiAZ", "Fn::If", 2)) == (6, 30)
    assert document.position((*properties, "Tags", 1)) == (11, 11)
    assert document.position((*properties, "Tags", 0, "Value", "Fn::Sub")) == (10, 18)
    assert document.position((*properties, "Nowhere", "At", "All")) == (5, 5)
    assert document.position(()) == (1, 1)
    assert document.line(7) == "      Engine: 'mysql'"
    assert document.line(99) == ""


def test_short_forms_become_long_forms() -> None:
    root = read(b"a: !GetAtt X.Y.Z\nb: !GetAtt [X, Y]\nc: !Condition C\nd: !Cidr [a, 1]\ne: !Other {x: 1}\n", "t").root
    assert root["a"] == {"Fn::GetAtt": ["X", "Y.Z"]}
    assert root["b"] == {"Fn::GetAtt": ["X", "Y"]}
    assert root["c"] == {"Condition": "C"}
    assert root["d"] == {"Fn::Cidr": ["a", 1]}
    assert root["e"] == {"Fn::Other": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("No", False), ("ON", True), ("~", None), ("", None), ("12", 12), ("-3", -3), ("1.5", 1.5),
        ("1e3", 1000.0), ("012345678901", "012345678901"), ("2010-09-09", "2010-09-09"), ("1:30", "1:30"),
        ("0x1F", "0x1F"), ("'true'", "true"), ('"7"', "7"), ("!!str 7", "7"), ("!!int '7'", 7), (".5", 0.5),
        ("-a", "-a"),        ("1_000", "1_000"), ("nope", "nope"), ("9" * 400, "9" * 400),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object) -> None:
    assert read(f"a: {text}\n".encode(), "t").root == {"a": value}


@pytest.mark.parametrize(
    ("data", "kind", "line", "column", "words"),
    [
        (b"", "empty", 1, 1, "empty"),
        (b"# only a comment\n", "empty", 1, 1, "comments"),
        (b"a: [1,\n", "unreadable", 2, 1, "broken YAML"),
        (b"a: 1\n\tb: 2\n", "unreadable", 2, 1, "broken YAML"),
        (b"- " * 10_000, "unreadable", 1, 803, "nested"),
        (b"[" * 10_000, "unreadable", 1, 1, "nested"),
        (b'{"a":' * 10_000, "unreadable", 1, 1, "nested"),
        (b'{"a": 1,}', "unreadable", 1, 8, "broken JSON"),
        (b'{\n  "a" 1}', "unreadable", 2, 7, "broken JSON"),
        (b'{"a": NaN}', "unreadable", 1, 1, "NaN"),
        (b"ab: 1\ncd: \xe9", "unreadable", 2, 5, "not UTF-8"),
        (b"a: \x00", "unreadable", 1, 4, "U+0000"),
        (b"a: 'b", "unreadable", 1, 6, "broken YAML"),
    ],
)
def test_what_cannot_be_read_is_one_line(data: bytes, kind: str, line: int, column: int, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(data, "t.json" if data[:1] == b"{" else "t.yaml")
    error = caught.value
    assert (error.kind, error.line) == (kind, line)
    assert abs(error.column - column) <= 3
    assert words in error.detail
    assert "\n" not in error.detail


def test_duplicate_keys_the_last_wins() -> None:
    yaml = read(b"Resources:\n  Db: 1\n  Db: 2\n", "t")
    text = read(b'{"Resources": {"Db": 1,\n "Db": 2}}', "t.json")
    assert yaml.root == text.root == {"Resources": {"Db": 2}}
    assert kinds(yaml) == [("duplicate-key", 3, 3)]
    assert kinds(text) == [("duplicate-key", 2, 2)]
    assert "line 2" in yaml.gaps[0].detail


def test_aliases_and_merge_keys_are_followed_and_reported() -> None:
    document = read(b"a: &x {b: 1, c: 2}\nd: *x\ne: {<<: *x, c: 3}\n", "t")
    assert document.root["d"] == {"b": 1, "c": 2}
    assert document.root["e"] == {"b": 1, "c": 3}
    assert [kind for kind, *_ in kinds(document)] == ["alias", "alias", "merge-key"]


def test_an_alias_of_itself_and_a_tower_of_aliases_end() -> None:
    assert read(b"a: &x [*x]\n", "t").root == {"a": [None]}
    laughs = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    root = read("\n".join(laughs).encode(), "t").root
    assert root["a2"] == [[["x", "x"], ["x", "x"]], [["x", "x"], ["x", "x"]]]
    assert len(str(root)) < 5000


def test_byte_order_mark_line_ends_and_utf_16() -> None:
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "t").root == {"a": 1, "b": 2}
    crlf = read(b"a: 1\r\nb: 2\r\n", "t")
    assert crlf.position(("b",)) == (2, 1)
    assert crlf.line(1) == "a: 1"
    assert read("a: ü\n".encode("utf-16"), "t").root == {"a": "ü"}


def test_keys_that_are_no_text_and_second_documents() -> None:
    document = read(b"1: x\ntrue: y\n? [a]\n: z\n---\nb: 2\n", "t")
    assert document.root["1"] == "x"
    assert document.root["true"] == "y"
    assert [kind for kind, *_ in kinds(document)] == ["malformed", "unsupported"]


scalars = st.one_of(st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.text(max_size=12))
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=20,
)


def paths(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(tree, dict):
        found += [inner for key, value in tree.items() for inner in paths(value, (*path, key))]
    elif isinstance(tree, list):
        found += [inner for index, value in enumerate(tree) for inner in paths(value, (*path, index))]
    return found


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=8), trees, min_size=1, max_size=4), st.sampled_from([None, 1, "\t"]))
def test_json_reads_back_and_every_place_holds_its_key(tree: dict[str, object], indent: int | str | None) -> None:
    text = json.dumps(tree, indent=indent)
    document = read(text.encode(), "t.json")
    assert document.root == tree
    for path in paths(tree):
        line, column = document.position(path)
        if path and isinstance(path[-1], str):
            assert document.line(line)[column - 1 :].startswith(json.dumps(path[-1]))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="ab:-[]{}&*!#'\"|>%@,\n \t?<", max_size=80).map(str.encode)))
def test_any_bytes_give_a_document_or_one_error(data: bytes) -> None:
    try:
        document = read(data, "t.yaml")
    except DocumentError as error:
        problem = error
        assert min(problem.line, problem.column) >= 1
    else:
        document.position(("a", 0, "b"))
