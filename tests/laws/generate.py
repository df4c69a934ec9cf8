"""Random templates of databases: parameters, mappings, conditions, intrinsic functions and references."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ENVIRONMENTS = ("dev", "qa", "prod")
Template = dict[str, Any]


def sections() -> Template:
    """Three parameters, one without default, with conditions and a mapping over them."""
    return {
        "Parameters": {
            "Env": {"Type": "String", "Default": "dev", "AllowedValues": list(ENVIRONMENTS)},
            "Safe": {"Type": "String", "AllowedValues": ["true", "false"]},
            "Days": {"Type": "Number", "Default": 7, "AllowedValues": [0, 1, 7, 35]},
        },
        "Mappings": {
            "By": {name: {"Safe": name != "dev", "Days": index * 5} for index, name in enumerate(ENVIRONMENTS)},
        },
        "Conditions": {
            "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
            "Asked": {"Fn::Equals": [{"Ref": "Safe"}, "true"]},
            "Either": {"Fn::Or": [{"Condition": "Prod"}, {"Condition": "Asked"}]},
            "Neither": {"Fn::Not": [{"Condition": "Either"}]},
            "Both": {"Fn::And": [{"Condition": "Prod"}, {"Fn::Equals": [{"Ref": "Days"}, "7"]}]},
        },
    }


conditions = st.sampled_from(["Prod", "Asked", "Either", "Neither", "Both"])


def chosen(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, perhaps behind one or more `Fn::If`."""
    return st.recursive(
        leaves,
        lambda inner: st.builds(lambda name, one, two: {"Fn::If": [name, one, two]}, conditions, inner, inner),
        max_leaves=4,
    )


nothing = st.just({"Ref": "AWS::NoValue"})
looked_up = st.sampled_from(["Safe", "Days"]).map(lambda key: {"Fn::FindInMap": ["By", {"Ref": "Env"}, key]})
booleans = chosen(
    st.one_of(st.booleans(), st.sampled_from(["true", "False"]), st.just({"Ref": "Safe"}), nothing, looked_up)
)
numbers = chosen(st.one_of(st.sampled_from([0, 1, 6, 7, 35, "14"]), st.just({"Ref": "Days"}), nothing, looked_up))
engines = chosen(st.sampled_from(["mysql", "postgres", "aurora-mysql", "sqlserver-ee"]))
NAMES = ("One", "Two", "Three", "Four")
sources = chosen(
    st.one_of(nothing, nothing, st.sampled_from(NAMES).map(lambda name: {"Ref": name}), st.just("literal"))
)
PROPERTIES = {
    "StorageEncrypted": booleans,
    "MultiAZ": booleans,
    "DeletionProtection": booleans,
    "PubliclyAccessible": booleans,
    "BackupRetentionPeriod": numbers,
    "Engine": engines,
    "SourceDBInstanceIdentifier": sources,
    "DBInstanceIdentifier": st.sampled_from(["literal", "other"]),
}


@st.composite
def resources(draw: st.DrawFn) -> Template:
    """A DB instance with some properties, perhaps conditional."""
    names = draw(st.sets(st.sampled_from(sorted(PROPERTIES)), min_size=1))
    body: Template = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {name: draw(PROPERTIES[name]) for name in sorted(names)},
    }
    if draw(st.booleans()) and draw(st.booleans()):
        body["Condition"] = draw(conditions)
    return body


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """A template of one to four DB instances that may refer to each other."""
    count = draw(st.integers(1, len(NAMES)))
    found = {name: draw(resources()) for name in NAMES[:count]}
    for name in NAMES[count:]:
        found[name] = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "mysql"}}
    return {**sections(), "Resources": found}
