"""Lines around a finding: those of its resource alone, and never a password."""

from __future__ import annotations

import json

import pytest

from dbguard.options import Options
from dbguard.picture import Picture
from dbguard.policy_library import Library
from dbguard.scan import Scan

LIBRARY = Library()
ENTRIES = [LIBRARY.entries[name] for name in ("rds/public-access", "rds/storage-encrypted")]
TEMPLATE = """\
Resources:
  First:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: postgres, StorageEncrypted: true, PubliclyAccessible: false}

  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      Engine: postgres
      AllocatedStorage: 20
      StorageEncrypted: true
      PubliclyAccessible: true
      Tags: []
  Last:
    Type: AWS::SNS::Topic
"""


def lines(text: str, *, whole: bool = True, name: str = "a.yaml") -> list[tuple[tuple[int, str], ...]]:
    picture = Picture(LIBRARY.topology) if whole else None
    report = Scan(LIBRARY, Options(ENTRIES, picture=picture)).run_on([(name, text.encode())])
    return [one.around for one in report.findings]


def test_the_lines_are_those_of_the_resource() -> None:
    assert lines(TEMPLATE) == [
        (
            (9, "      Engine: postgres"),
            (10, "      AllocatedStorage: 20"),
            (11, "      StorageEncrypted: true"),
            (12, "      PubliclyAccessible: true"),
            (13, "      Tags: []"),
        )
    ]


def test_a_resource_is_shown_from_its_name_on() -> None:
    unset = TEMPLATE.replace("      StorageEncrypted: true\n", "").replace("Accessible: true", "Accessible: false")
    assert [number for number, _ in lines(unset)[0]] == [6, 7, 8, 9, 10]


def test_no_blank_lines_end_them() -> None:
    assert lines(TEMPLATE.replace("      Tags: []\n", "\n"))[0][-1] == (12, "      PubliclyAccessible: true")


def test_nobody_pays_for_lines_that_no_format_shows() -> None:
    assert lines(TEMPLATE, whole=False) == [()]


def test_json_on_one_line_has_no_lines_around() -> None:
    body = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", "PubliclyAccessible": True}}
    assert set(lines(json.dumps({"Resources": {"Db": body}}), name="a.json")) == {()}
    assert [len(one) > 3 for one in lines(json.dumps({"Resources": {"Db": body}}, indent=2), name="a.json")] == [
        True
    ] * 2


SECRETS = [
    "MasterUserPassword: hunter22",
    "MasterUserPassword:\n        hunter22",
    "MasterUserPassword: >-\n        hunter22\n\n        hunter22",
    'MasterUserPassword: "hunter22\n        hunter22"',
    "MasterUserPassword: 'hunter22\n        hunter22'",
    "MasterUserPassword: hunter22\n        hunter22",
    "MasterUserPassword: # for now\n        hunter22",
    "? MasterUserPassword\n      : hunter22",
    '"Master\\u0055serPassword": hunter22',
    "MasterUserPassword : !!str\n        hunter22",
    "{before: 1, MasterUserPassword:\n       hunter22}",
    '{before: 1, MasterUserPassword: "hunter22\n       hunter22"}',
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_line_has_a_password(secret: str) -> None:
    inside = secret.removeprefix("{").removesuffix("}").replace("before: 1, ", "Iops: 1, ")
    text = TEMPLATE.replace("Engine: postgres\n", f"Engine: postgres\n      {secret}\n")
    if inside != secret:
        block = TEMPLATE[TEMPLATE.index("    Properties:\n") : TEMPLATE.index("  Last:")]
        text = TEMPLATE.replace(block, f"    Properties: {{PubliclyAccessible: true, {inside}}}\n")
    found = lines(text)
    assert any(found)
    assert "hunter22" not in repr(found)


@pytest.mark.parametrize("value", ['{"Ref": "Secret"}', '"hunter22"', '\n"hunter22"', '[\n"hunter22"\n]'])
def test_no_line_of_json_has_a_password(value: str) -> None:
    properties = f'"MasterUserPassword": {value},\n        "PubliclyAccessible": true,\n        "Engine": "postgres"'
    text = f"""{{
  "Resources": {{
    "Db": {{
      "Type": "AWS::RDS::DBInstance",
      "Properties": {{
        {properties}
      }}
    }}
  }}
}}
"""
    found = lines(text, name="a.json")
    assert any(found)
    assert "hunter22" not in repr(found)


def test_what_follows_a_password_is_shown() -> None:
    text = TEMPLATE.replace("AllocatedStorage: 20", "MasterUserPassword: >-\n        hunter22")
    assert [line.strip() for _, line in lines(text)[0]] == [
        "MasterUserPassword: …",
        "…",
        "StorageEncrypted: true",
        "PubliclyAccessible: true",
        "Tags: []",
    ]
