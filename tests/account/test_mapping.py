"""Every declaration of a service holds: targets against the provider schemas, sources against botocore's shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore.model import OperationModel, Shape

from dbguard.authoring import schema
from dbguard.sources.account.calls import TOKENS, paged
from dbguard.sources.account.mapping import OPTIONS, REGISTRY, Call, Collection, expression, shaped
from dbguard.sources.account.needs import actions, plan

CORE = botocore.session.get_session()
COLLECTIONS = [one for service in REGISTRY.services.values() for one in service.collections]
HERE = {"Account", "Region"}
READS = ("Describe", "List", "Get")
# Targets that are no property of the CloudFormation type, each with the reason why policies want them all the same.
LIVE_ONLY = {
    ("AWS::DynamoDB::Table", "Replicas"): "a global table is judged in each Region as a table with its replicas",
    ("AWS::DMS::Certificate", "ValidToDate"): "how long a certificate is valid shows in the account alone",
    ("AWS::ElastiCache::ReplicationGroup", "AuthTokenEnabled"): "an account tells whether there is a token",
    ("AWS::ElastiCache::Snapshot", "SnapshotCreateTime"): "when a snapshot was taken",
    ("AWS::RDS::DBInstance", "ActivityStreamKmsKeyId"): "activity streams are started by the API alone",
    ("AWS::RDS::DBInstance", "ActivityStreamStatus"): "activity streams are started by the API alone",
    ("AWS::RDS::DBInstance", "CertificateDetails.CAIdentifier"): "told by the instance",
    ("AWS::RDS::DBInstance", "ValidUpgradeTargets"): "what RDS offers today",
    ("AWS::RDS::DBCluster", "ActivityStreamKmsKeyId"): "activity streams are started by the API alone",
    ("AWS::RDS::DBCluster", "ActivityStreamStatus"): "activity streams are started by the API alone",
    ("AWS::EC2::RouteTable", "Main"): "which table a subnet without one of its own follows",
    ("AWS::EC2::VPC", "IsDefault"): "no template makes a default VPC",
    ("AWS::RDS::DBSubnetGroup", "VpcId"): "the VPC of its subnets",
    ("AWS::RDS::EventSubscription", "Status"): "whether the topic can be reached",
    ("AWS::RDS::DBSnapshot", "SnapshotCreateTime"): "when a snapshot was taken",
    ("AWS::RDS::DBSnapshot", "SourceDBSnapshotIdentifier"): "what a snapshot is a copy of",
    ("AWS::RDS::DBSnapshot", "RestorableBy"): "who may restore a snapshot is told by another call",
    ("AWS::RedshiftServerless::Snapshot", "RestorableBy"): "a snapshot's sharing is no part of its declaration",
    ("AWS::RedshiftServerless::Snapshot", "KmsKeyId"): "a snapshot takes the key of its namespace",
}


def operation(call: Call) -> OperationModel:
    return CORE.get_service_model(call.client).operation_model(call.operation)


def label(one: Collection) -> str:
    return f"{one.type}-{one.call.client}"


@pytest.fixture(params=COLLECTIONS, ids=label)
def collection(request: pytest.FixtureRequest) -> Collection:
    found: Collection = request.param
    return found


def targets(text: str) -> Iterator[tuple[str, ...]]:
    """The places that an expression fills in a property, below its top."""
    yield from _targets(expression(text).parsed)


def _targets(node: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    children = node["children"]
    if node["type"] == "multi_select_dict":
        for pair in children:
            yield (pair["value"],)
            yield from ((pair["value"], *rest) for rest in _targets(pair["children"][0]))
    elif node["type"] in {"projection", "filter_projection", "subexpression", "pipe"}:
        yield from _targets(children[1] if node["type"] != "subexpression" else children[-1])
    elif node["type"] in {"and_expression", "or_expression"}:
        for child in children:
            yield from _targets(child)


def test_every_target_is_a_property_of_its_type(collection: Collection) -> None:
    if collection.type not in schema._files():
        return
    supplied = {**collection.expressions}
    for detail in collection.details:
        supplied |= detail.properties
    wrong = []
    for name, text in supplied.items():
        if (collection.type, name) in LIVE_ONLY:
            continue
        for inner in [(), *targets(text)]:
            found = schema._missing(collection.type, _spread(collection.type, (*name.split("."), *inner)))
            if found:
                wrong.append(f"{name}.{'.'.join(inner)}: {found}")
    assert not wrong


def _spread(type_name: str, path: tuple[str, ...]) -> tuple[str | None, ...]:
    """A path with [*] wherever the schema has a list."""
    steps: tuple[str | None, ...] = ()
    for name in path:
        if steps and schema._missing(type_name, (*steps, name)) and not schema._missing(type_name, (*steps, None)):
            steps = (*steps, None)
        steps = (*steps, name)
    return steps


INSIDE = {"subexpression", "pipe", "projection", "value_projection", "flatten", "index_expression"}
EITHER = {"and_expression", "or_expression", "key_val_pair"}


def walk(node: Mapping[str, Any], shapes: list[Shape], wrong: list[str]) -> list[Shape]:
    """Follow an expression through the shapes of an answer, noting fields that are not there."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return _field(node["value"], shapes, wrong)
    if kind in INSIDE:
        for child in children:
            shapes = walk(child, shapes, wrong)
        return shapes
    if kind == "filter_projection":
        inner = _elements(walk(children[0], shapes, wrong))
        walk(children[2], inner, wrong)
        return walk(children[1], inner, wrong)
    if kind == "function_expression" and node["value"] == "handed":
        inner = _elements(walk(children[0], shapes, wrong))
        return [Item({**inner[0].members, children[1]["value"]: Leaf()})]
    if kind in {"index", "slice", "identity", "current"}:
        return _elements(shapes)
    found = [shape for child in children for shape in walk(child, shapes, wrong)] if kind != "literal" else []
    return found if kind in EITHER else []


def _elements(shapes: list[Shape]) -> list[Shape]:
    return [shape.member if shape.type_name == "list" else shape for shape in shapes]


def _field(name: str, shapes: list[Shape], wrong: list[str]) -> list[Shape]:
    inner = _elements(shapes)
    found = [shape.members[name] for shape in inner if shape.type_name == "structure" and name in shape.members]
    found += [shape.value for shape in inner if shape.type_name == "map"]
    if not found and inner:
        wrong.append(name)
    return found


class Item(Shape):  # type: ignore[misc]  # botocore has no types
    """What an expression sees beside the answer: where it is, and the item that a detail belongs to."""

    type_name = "structure"

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members


class Leaf(Shape):  # type: ignore[misc]  # botocore has no types
    type_name = "string"

    def __init__(self) -> None:
        return


EXTRA = Item({"Here": Item({name: Leaf() for name in HERE}), "Name": Leaf()})


def item_shapes(collection: Collection) -> list[Shape]:
    """The shapes of what the expressions of a collection see."""
    output = operation(collection.call).output_shape
    if not collection.items:
        return [output, EXTRA]
    assert collection.items in output.members, f"{collection.call.operation} has no {collection.items}"
    shapes = [output.members[collection.items].member]
    if collection.each:
        answer = [operation(collection.each).output_shape]
        shapes += walk(expression(collection.each_item).parsed, answer, []) if collection.each_item else answer
    if collection.inner:
        shapes = _elements(walk(expression(collection.inner).parsed, shapes, []))
    return [*shapes, EXTRA]


def wrong_fields(text: str, shapes: list[Shape]) -> list[str]:
    wrong: list[str] = []
    walk(expression(text).parsed, [Item(_members(shapes))], wrong)
    return wrong


def test_every_source_is_a_field_of_the_answer(collection: Collection) -> None:
    shapes = item_shapes(collection)
    texts = [*collection.expressions.values(), collection.id]
    texts += [one for one in (collection.arn, collection.keep, collection.home) if one]
    calls = [collection.each] if collection.each else []
    for detail in collection.details:
        calls.append(detail.call)
        texts += [detail.when] if detail.when else []
        answer = [operation(detail.call).output_shape, Item({"Item": Item(_members(shapes)), **_members([EXTRA])})]
        for text in (*detail.properties.values(), *([detail.always] if detail.always else [])):
            assert not wrong_fields(text, answer), (detail.call.operation, text)
    for call in calls:
        texts += call.per_item.values()
    assert not [(text, wrong_fields(text, shapes)) for text in texts if wrong_fields(text, shapes)]


def called(node: Mapping[str, Any]) -> Iterator[str]:
    """The names of the functions that an expression calls."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node.get("children", ()):
        yield from called(child) if isinstance(child, dict) else ()


def test_every_function_that_is_called_exists(collection: Collection) -> None:
    texts = [*collection.expressions.values(), collection.id, collection.keep, collection.arn, collection.home]
    texts += [text for detail in collection.details for text in (*detail.properties.values(), detail.when)]
    names = {name for text in texts if text for name in called(expression(text).parsed)}
    assert names <= set(OPTIONS.custom_functions.FUNCTION_TABLE)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"aws:cloudformation:stack-name": "s"}, {}),
        ({"aws:cloudformation:stack-name": "s", "team": "shop"}, {"BackupPlanTags": {"team": "shop"}}),
        ({}, {}),
    ],
)
def test_tags_of_aws_itself_are_no_tags_of_a_backup_plan(tags: dict[str, str], found: dict[str, Any]) -> None:
    (plans,) = (one for one in COLLECTIONS if one.type == "AWS::Backup::BackupPlan")
    (detail,) = (one for one in plans.details if "BackupPlanTags" in one.properties)
    assert shaped(detail.properties, {"Tags": tags}) == found


def test_tags_that_come_as_a_mapping() -> None:
    (instances,) = (one for one in COLLECTIONS if one.type == "AWS::Timestream::InfluxDBInstance")
    (detail,) = instances.details
    assert shaped(detail.properties, {"tags": {"team": "shop"}}) == {"Tags": [{"Key": "team", "Value": "shop"}]}


def test_what_aws_always_tells_is_a_property(collection: Collection) -> None:
    assert set(collection.always.split()) <= set(collection.expressions)


def _members(shapes: list[Shape]) -> dict[str, Shape]:
    return {name: shape for one in shapes if hasattr(one, "members") for name, shape in one.members.items()}


def every_call(collection: Collection) -> list[tuple[Call, str]]:
    calls = [(collection.call, collection.items)]
    calls += [(collection.each, "")] if collection.each else []
    return calls + [(detail.call, detail.items) for detail in collection.details]


def test_every_call_only_reads_and_is_asked_as_it_must_be(collection: Collection) -> None:
    for call, _ in every_call(collection):
        assert call.operation.startswith(READS), call.operation
        given = {*call.arguments, *call.per_item}
        shape = operation(call).input_shape
        known, required = (set(shape.members), set(shape.required_members)) if shape else (set(), set())
        assert given <= known, call.operation
        assert required <= given, call.operation


def test_every_list_is_read_to_its_end(collection: Collection) -> None:
    """An answer with a token is paged by botocore, and the paginator knows the list that is read."""
    for call, items in every_call(collection):
        output = operation(call).output_shape
        tokens = {"Marker", "NextToken", "nextToken", "LastEvaluatedTableName", "LastEvaluatedBackupArn", "NextMarker"}
        if not items or not tokens & set(output.members):
            continue
        try:
            keys = CORE.get_paginator_model(call.client).get_paginator(call.operation)["result_key"]
        except ValueError:
            assert set(TOKENS) & paged(operation(call)), call.operation
            continue
        assert items in ([keys] if isinstance(keys, str) else keys), call.operation


def test_error_codes_that_mean_none_are_those_of_the_call(collection: Collection) -> None:
    rows: list[tuple[Call, tuple[str, ...]]] = [(one.call, (*one.none, *one.open)) for one in collection.details]
    rows += [(collection.each, collection.each_none)] if collection.each else []
    for call, codes in rows:
        known = {name for shape in operation(call).error_shapes for name in (shape.name, shape.error_code)}
        assert set(codes) <= known, call.operation


def test_everything_is_read_by_permissions_that_only_read() -> None:
    assert all(action.split(":")[1].startswith((*READS, "Select")) for action in actions(plan(None)))


def test_a_detail_supplies_something(collection: Collection) -> None:
    assert all(one.properties for one in collection.details)
