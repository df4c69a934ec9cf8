"""Every list is read to its last page, whatever moto does about pages: two canned pages for each call."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from dbguard.sources.account import clients
from dbguard.sources.account.calls import TOKENS, Caller, paged
from dbguard.sources.account.mapping import REGISTRY, Call
from tests.account.conftest import QUICK, REGION

LISTS: dict[str, tuple[Call, str]] = {}
for service in REGISTRY.services.values():
    for one in service.collections:
        for call, items in [(one.call, one.items), *((each.call, each.items) for each in one.details if each.items)]:
            LISTS.setdefault(f"{call.action} {items}", (call, items))


@pytest.mark.parametrize("name", sorted(LISTS))
def test_two_pages(mocked: None, name: str) -> None:
    call, items = LISTS[name]
    client = clients.client(QUICK, call.client, REGION)
    clients.enter(QUICK)
    model = client.meta.service_model.operation_model(call.operation)
    if not client.can_paginate(xform_name(call.operation)):
        token = next((one for one in TOKENS if one in paged(model)), "")
        assert token or not set(TOKENS) & set(model.output_shape.members)
        pages: list[dict[str, Any]] = [{items: ["first"], token: "more" * 12}, {items: ["second"]}]
        assert not token or read(client, call, items, pages) == ["first", "second"]
        return
    config = client.get_paginator(xform_name(call.operation))._pagination_cfg
    token = config["output_token"] if isinstance(config["output_token"], str) else config["output_token"][0]
    pages = [{items: ["first"], token: "more" * 12}, {items: ["second"]}]
    if "more_results" in config:
        pages[0][config["more_results"]], pages[1][config["more_results"]] = True, False
    assert read(client, call, items, pages) == ["first", "second"]


def read(client: Any, call: Call, items: str, pages: list[dict[str, Any]]) -> list[Any]:
    """What is read of an answer in several pages."""
    left = iter(pages)
    client.meta.events.register_first(f"before-call.*.{call.operation}", lambda **_: (Answered(), next(left)))
    arguments = {**call.arguments, **dict.fromkeys(call.per_item, "some-resource-of-the-account")}
    found, refusal = Caller(QUICK, REGION).listed(call, items, arguments)
    assert refusal is None
    assert not list(left)
    return found


class Answered:
    """What an answer over HTTP has beside its body."""

    status_code = 200
