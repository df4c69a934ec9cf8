"""What the declarations of several services have in common."""

from __future__ import annotations

from dbguard.sources.account.mapping import Call, Collection, Detail


def managed_key(name: str, alias: str, source: str = "KmsKeyId") -> Detail:
    """The detail that tells a key which AWS manages from a customer's: the former gets its alias, as in a template.

    A key of another account is always a customer's; one that KMS no longer knows is left open.
    """
    mine = f"(!starts_with({source}, 'arn:') || contains({source}, Here.Account))"
    own = f"{source} && {mine} && !contains({source}, 'alias/aws/')"
    return Detail(
        Call("kms", "DescribeKey", per_item={"KeyId": source}),
        {name: f"KeyMetadata.KeyManager == 'AWS' && '{alias}' || KeyMetadata.Arn"},
        when=own,
        open=("NotFoundException",),
        always="KeyMetadata.KeyManager && KeyMetadata.Arn",
    )


def parameters(client: str, operation: str, group: str, target: str = "Parameters") -> Detail:
    """The parameters that were set in a parameter group, as a mapping; `group` is the key of its name."""
    return Detail(
        Call(client, operation, {"Source": "user"}, {group: group}),
        {target: "pairs(Parameters, 'ParameterName', 'ParameterValue')"},
        items="Parameters",
    )


def restorable_by(client: str, kind: str, missing: str) -> Detail:
    """The accounts that may restore a manual snapshot, `all` for everybody; `kind` is the snapshot's type."""
    name = f"{kind}Identifier"
    attributes = f"{kind}AttributesResult.{kind}Attributes"
    return Detail(
        Call(client, f"Describe{kind}Attributes", per_item={name: name}),
        {"RestorableBy": f"{attributes}[?AttributeName == 'restore'].AttributeValues[]"},
        none=(missing,),
        always=f"{attributes}[?AttributeName == 'restore']",
    )


def tags(client: str, arn: str, *gone: str) -> Detail:
    """The tags of a resource of the RDS API, by the key of its ARN; `gone` are the error codes of its absence."""
    call = Call(client, "ListTagsForResource", per_item={"ResourceName": arn})
    return Detail(call, {"Tags": "TagList"}, none=gone)


def event_subscriptions(type_name: str, client: str, arn: str = "", *details: Detail) -> Collection:
    """The event subscriptions of a service."""
    return Collection(
        type_name,
        Call(client, "DescribeEventSubscriptions"),
        "EventSubscriptionsList",
        id="CustSubscriptionId",
        arn=arn,
        same="Enabled SnsTopicArn SourceType",
        properties={
            "EventCategories": "EventCategoriesList",
            "SourceIds": "SourceIdsList",
            "SubscriptionName": "CustSubscriptionId",
        },
        details=details,
    )


def subnets(groups: Collection, identifier: str = "SubnetIdentifier", zone: str = "AvailabilityZone") -> Collection:
    """The subnets that subnet groups tell of, so that no call to EC2 is needed."""
    return Collection(
        "AWS::EC2::Subnet",
        groups.call,
        groups.items,
        inner="Subnets",
        id=identifier,
        properties={"AvailabilityZone": zone},
        beside=groups.type,
    )
