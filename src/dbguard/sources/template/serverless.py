"""What SAM makes of its resources, as far as databases go: tables, nested stacks, and the roles they may name.

The rest of SAM's resources stand for functions, APIs and the like: they stay as written, since no policy looks at them.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbguard.sources.places import Items, Map, has, marked

TABLE, APPLICATION = "AWS::Serverless::SimpleTable", "AWS::Serverless::Application"
WITH_ROLE = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
LOCATION = {"Location": "TemplateURL"}
TYPES = {"String": "S", "Number": "N", "Binary": "B"}
TAKEN = ("PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName")
Wrong = tuple[str, str, int]  # kind and detail of a gap, and its place


def convert(root: Map) -> tuple[Map, list[Wrong]]:
    """The template with SAM's tables and applications as what they become, and what SAM refuses of them."""
    resources = root.get("Resources")
    if not isinstance(resources, Map):
        return root, []
    wrong: list[Wrong] = []
    common = root.get("Globals")
    common = common.get("SimpleTable") if isinstance(common, Map) else None
    made = marked(resources.items(), resources.marks)
    for name, body in resources.items():
        if not isinstance(body, Map):
            continue
        if body.get("Type") == TABLE:
            made[name] = _table(_merged(body, common, wrong) if isinstance(common, Map) else body, wrong)
        elif body.get("Type") == APPLICATION:
            made[name] = _stack(body)
        elif body.get("Type") in WITH_ROLE:
            _role(made, name, body)
    found = marked(root.items(), root.marks)
    found["Resources"] = made
    return found, wrong


def _merged(body: Map, common: Map, wrong: list[Wrong]) -> Map:
    """A table with what the template's Globals say of all tables."""
    own, place = body.get("Properties"), min(body.marks.values())
    if not isinstance(own, Map) and own is not None:
        return body
    template = {"Globals": {"SimpleTable": common}, "Resources": {"Table": dict(body)}}
    try:
        from cfnlint.template.transforms._sam_globals import merge_globals

        merged = merge_globals(template)["Resources"]["Table"].get("Properties")
    except Exception as error:  # noqa: BLE001 - whatever happens in there, the rest of the template is judged
        wrong.append(
            ("transform", f"what Globals say of this table was not judged: {' '.join(str(error).split())}", place)
        )
        return body
    found = marked(body.items(), body.marks)
    found["Properties"] = _placed(merged, own, common)
    found.marks.setdefault("Properties", place)
    return found


def _placed(merged: Any, own: Any, common: Any) -> Any:
    """What was merged of two mappings, each key with the place that it has in its own or else the common one."""
    if not isinstance(merged, dict) or merged is own:
        return merged
    found = Map()
    found.marks = {}
    for name, value in merged.items():
        inner = [side[name] if has(side, name) else None for side in (own, common)]
        found[name] = _placed(value, *inner)
        for side in (common, own):
            if isinstance(side, Map) and name in side.marks:
                found.marks[name] = side.marks[name]
    return found


def _table(body: Map, wrong: list[Wrong]) -> Map:
    found = marked({**body, "Type": "AWS::DynamoDB::Table"}.items(), body.marks)
    own = body.get("Properties") or marked((), {})
    if isinstance(own, Map) and not (len(own) == 1 and _function(own)):
        found["Properties"] = marked(_properties(own), own.marks)
        for name in own:
            if name not in (*TAKEN, "PrimaryKey", "Tags") and not name.startswith("Fn::"):
                detail = f"{TABLE} has no property {name}, SAM refuses the template"
                wrong.append(("malformed", detail, own.marks.get(name, 1 << 20 | 1)))
    return found


def _function(value: Any) -> bool:
    return isinstance(value, dict) and any(name == "Ref" or name.startswith("Fn::") for name in value)


def _properties(own: Map) -> Iterator[tuple[str, Any]]:
    """A table's properties, as SAM writes them."""
    key = own.get("PrimaryKey")
    key = key if isinstance(key, dict) and key else {"Name": "id", "Type": "String"}
    attribute, kind = key.get("Name"), key.get("Type")
    kind = TYPES.get(kind, kind) if isinstance(kind, str) else kind
    yield "AttributeDefinitions", [{"AttributeName": attribute, "AttributeType": kind}]
    yield "KeySchema", [{"AttributeName": attribute, "KeyType": "HASH"}]
    if not own.get("ProvisionedThroughput"):
        yield "BillingMode", "PAY_PER_REQUEST"
    for name, value in own.items():
        if name == "Tags" and value:
            yield name, value if _function(value) else _tags(value)
        elif (name in TAKEN and value) or name.startswith("Fn::"):
            yield name, value


def _tags(tags: Any) -> Any:
    if not isinstance(tags, Map):
        return tags
    found = Items({"Key": name, "Value": value} for name, value in tags.items())
    found.marks = [tags.marks.get(name, 0) for name in tags]
    return found


def _stack(body: Map) -> Map:
    found = marked({**body, "Type": "AWS::CloudFormation::Stack"}.items(), body.marks)
    own = body.get("Properties")
    if isinstance(own, Map):
        marks = {**own.marks, "TemplateURL": own.marks.get("Location", 0)}
        found["Properties"] = marked(((LOCATION.get(name, name), value) for name, value in own.items()), marks)
    return found


def _role(resources: Map, name: str, body: Map) -> None:
    """The role that SAM makes for a function that names none, so that it can be referred to."""
    own = body.get("Properties")
    role = f"{name}Role"
    if role not in resources and not (isinstance(own, dict) and own.get("Role")):
        condition = {key: body[key] for key in ("Condition",) if key in body}
        resources[role] = marked({"Type": "AWS::IAM::Role", **condition}.items(), body.marks)
        resources.marks[role] = resources.marks.get(name, 1 << 20 | 1)
