"""Parameter files in every form that people have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbguard.errors import UsageError
from dbguard.parameters.files import load

SAMCONFIG = """version = 0.1
[default.global.parameters]
stack_name = "db"
parameter_overrides = "Env=\\"dev\\""
[default.deploy.parameters]
region = "eu-west-1"

[prod.deploy.parameters]   # for the customers
parameter_overrides = [
  "Env=prod",
  "Note=two words",
]
[prod.global.parameters]
parameter_overrides = "Env=dev Days=3"

[old.deploy.parameters]
parameter_overrides = "ParameterKey=Env,ParameterValue=prod ParameterKey=Note,ParameterValue=\\"a \\\\\\"b\\\\\\" c\\""

[map.deploy.parameters]
parameter_overrides = {Env = "prod", Days = 35, Zones = ["a", "b"]}

[both.deploy.parameters]
parameter_overrides = "Env='prod'"
[both.deploy.parameters.template_parameters]
Env = "dev"
Days = 1

[files.deploy.parameters]
parameter_overrides = ["file://values.yaml", "Days=2"]

[none.deploy.parameters]
stack_name = "db"
"""
FORMS = [
    ("p.json", '[{"ParameterKey": "Env", "ParameterValue": "prod"}]', {"Env": "prod"}),
    ("p.json", '[{"ParameterKey": "Env", "UsePreviousValue": true}]', {}),
    ("p.json", "[]", {}),
    ("p.json", '["Env=prod", "Note=a=b"]', {"Env": "prod", "Note": "a=b"}),
    ("p.json", '{"Env": "prod", "Days": 7, "Zones": ["a", "b"]}', {"Env": "prod", "Days": 7, "Zones": "a,b"}),
    ("p.json", '{"Parameters": {"Env": "prod"}, "Tags": {"a": "b"}, "StackPolicy": {"x": []}}', {"Env": "prod"}),
    ("p.json", '{"Tags": {"a": "b"}}', {}),
    ("p.json", '{"StackName": "s", "Parameters": [{"ParameterKey": "Env", "ParameterValue": "x"}]}', {"Env": "x"}),
    ("p.yaml", "Env: prod\nSafe: true\n", {"Env": "prod", "Safe": True}),
    ("p.yaml", "template-file-path: t.yaml\nparameters:\n  Env: prod\ntags:\n  a: b\n", {"Env": "prod"}),
    ("p.yaml", "template-file-path: t.yaml\nparameters:\n", {}),
    ("p.yaml", "Parameters:\n  Env: prod\n  Flags: [true, 1]\n", {"Env": "prod", "Flags": "true,1"}),
    ("samconfig.toml", SAMCONFIG, {"Env": "dev"}),
    ("samconfig.toml#prod", SAMCONFIG, {"Env": "prod", "Note": "two words"}),
    ("samconfig.toml#old", SAMCONFIG, {"Env": "prod", "Note": 'a "b" c'}),
    ("samconfig.toml#map", SAMCONFIG, {"Env": "prod", "Days": 35, "Zones": "a,b"}),
    ("samconfig.toml#both", SAMCONFIG, {"Env": "prod", "Days": 1}),
    ("samconfig.toml#files", SAMCONFIG, {"Size": 10, "Days": "2"}),
    ("samconfig.toml#none", SAMCONFIG, {}),
    ("samconfig.yaml#prod", "prod: {deploy: {parameters: {parameter_overrides: [Env=prod]}}}\n", {"Env": "prod"}),
]


@pytest.mark.parametrize(("name", "text", "values"), FORMS)
def test_every_form(here: Path, name: str, text: str, values: dict[str, Any]) -> None:
    (here / "values.yaml").write_text("Size: 10\nDays: 9\n")
    (here / name.partition("#")[0]).write_text(text)
    assert load(name).values == values


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("p.json", '{"Env": null}', "p.json:1:2: the value of parameter Env is not a text"),
        ("p.json", '[\n{"ParameterKey": "Env", "ParameterValue": {}}]', "p.json:2:25: the value of parameter Env"),
        ("p.json", '[\n{"Key": "Env"}]', "p.json:2:1: a parameter file is a map"),
        ("p.json", '"Env"', "p.json:1:1: a parameter file is a map"),
        ("p.json#prod", '{"Env": "x"}', "only samconfig files have"),
        ("p.yaml", "Env: prod\nDb: !Ref X\n", "p.yaml:2:1: the value of parameter Db"),
        ("cdk.json", '{"app": "x", "context": {"Env": "prod"}}', "cdk.json: CDK context gives no parameter a value"),
        ("mine.json", '{"app": "x", "context": {"Env": "prod"}}', "CDK context gives no parameter a value"),
        ("cdk.context.json", '{"Env": "prod"}', "CDK context gives no parameter a value"),
        ("samconfig.toml#qa", SAMCONFIG, "there is no environment qa; there are default, prod"),
        ("samconfig.toml", "version = 0.1\n", "there is no environment default"),
        ("samconfig.toml", "a = \n", "samconfig.toml:1:5: broken TOML"),
        (
            "samconfig.toml",
            '[default.deploy.parameters]\n\nparameter_overrides = "Env=a b"',
            "samconfig.toml:3:1: parameter_overrides: 'b' is no Name=value",
        ),
        ("samconfig.toml", "[default.deploy.parameters]\nparameter_overrides = 5", "samconfig.toml:2:1: parameter_ov"),
        ("samconfig.toml", '[default.deploy.parameters]\nparameter_overrides = ["file://no.json"]', "cannot read no"),
    ],
)
def test_what_is_no_parameter_file_is_one_line(here: Path, name: str, text: str, words: str) -> None:
    (here / name.partition("#")[0]).write_text(text)
    with pytest.raises(UsageError) as error:
        load(name)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


NAMES = st.from_regex(r"[A-Z][A-Za-z0-9]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() not in ("parameters", "tags", "stackpolicy", "parameterkey")
)
PLAIN = st.characters(
    min_codepoint=32, max_codepoint=0x24F, exclude_characters="\\\x7f", exclude_categories=("Cc", "Cf")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, st.text(PLAIN, max_size=12), min_size=1))
def test_all_forms_say_the_same(here: Path, values: dict[str, str]) -> None:
    """One set of values, written in each form, is read back as itself."""
    quoted = " ".join('{}="{}"'.format(name, value.replace('"', '\\"')) for name, value in values.items())
    keyed = " ".join(
        'ParameterKey={},ParameterValue="{}"'.format(name, value.replace('"', '\\"')) for name, value in values.items()
    )
    rows = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    written = {
        "cli.json": json.dumps(rows),
        "map.json": json.dumps(values),
        "pipeline.json": json.dumps({"Parameters": values}),
        "git.yaml": yaml.safe_dump(
            {"template-file-path": "t.yaml", "parameters": values, "tags": {"a": "b"}}, default_style='"'
        ),
        "samconfig.yaml": yaml.safe_dump(
            {"default": {"deploy": {"parameters": {"parameter_overrides": values}}}}, default_style='"'
        ),
        "text.toml": f"[default.deploy.parameters]\nparameter_overrides = {json.dumps(quoted, ensure_ascii=False)}\n",
        "keys.toml": f"[default.global.parameters]\nparameter_overrides = {json.dumps(keyed, ensure_ascii=False)}\n",
    }
    for name, text in written.items():
        (here / name).write_text(text, encoding="utf-8")
        assert load(name).values == values, name
