"""Calls of one account and Region: paged, remembered, and each ended by an answer or a refusal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from botocore import xform_name

from dbguard.sources.account import clients
from dbguard.sources.account.clients import Access
from dbguard.sources.account.mapping import Call
from dbguard.sources.account.refusal import (
    DISABLED,
    EXPIRED,
    LATE,
    NOT_REACHED,
    THROTTLED,
    UNEXPECTED,
    Refused,
    refused,
)

# After so many refusals of a kind nothing more is asked: of the whole service, or with the same call.
OF_SERVICE = {NOT_REACHED: 1, EXPIRED: 1, DISABLED: 1, THROTTLED: 3, LATE: 6}
OF_CALL = {THROTTLED: 1, UNEXPECTED: 3, LATE: 2}
# What a page is asked for by, where botocore has no paginator, and how many there may be.
TOKENS = ("NextToken", "nextToken", "Marker")
MOST_PAGES = 10_000


class Caller:
    """Makes the calls of one account and Region, from any number of threads."""

    def __init__(self, access: Access, region: str) -> None:
        self.access = access
        self.region = region
        self.made = 0
        self._lock = threading.Lock()
        self._known: dict[tuple[Any, ...], Future[Any]] = {}
        self._refusals: dict[tuple[str, str], list[Refused]] = {}

    def listed(
        self, call: Call, items: str, arguments: Mapping[str, Any] | None = None
    ) -> tuple[list[Any], Refused | None]:
        """Everything that a call lists, page by page; with the refusal that ended it early, if one did."""
        found: list[Any] = []
        try:
            for page in self._pages(call, call.arguments if arguments is None else arguments):
                found.extend(_items(page, items, call))
        except Refused as refusal:
            return found, refusal
        return found, None

    def answer(self, call: Call, arguments: Mapping[str, Any], items: str = "", expected: Container[str] = ()) -> Any:
        """The answer to a call, made once for the same arguments; a paged one with its list whole. Raises Refused.

        Error codes that are `expected` are answers too: they do not count against the service.
        """
        if not items:
            return self._once(call, arguments, expected)
        whole: dict[str, Any] = {}
        for page in self._pages(call, arguments, expected):
            whole = {**page, items: [*whole.get(items, ()), *_items(page, items, call)]}
        return whole

    def _once(self, call: Call, arguments: Mapping[str, Any], expected: Container[str] = ()) -> Any:
        key = (call.action, *sorted(arguments.items()))
        with self._lock:
            mine = key not in self._known
            future = self._known.setdefault(key, Future())
        if mine:
            try:
                method = self._method(call)
                answer = self._guarded(call, lambda: _mapping(method(**arguments), call), expected)
                future.set_result(self._told(answer, call))
            except Refused as refusal:
                future.set_exception(refusal)
        return future.result()

    def _told(self, answer: dict[str, Any], call: Call) -> dict[str, Any]:
        """The answer, if it has anything that AWS answers to the call. Raises Refused."""
        shape = self._client(call).meta.service_model.operation_model(call.operation).output_shape
        if shape is not None and shape.members and answer.keys().isdisjoint(shape.members):
            raise Refused(UNEXPECTED, f"{call.action}: the answer has nothing that AWS answers", call.action)
        return answer

    def _pages(
        self, call: Call, arguments: Mapping[str, Any], expected: Container[str] = ()
    ) -> Iterator[dict[str, Any]]:
        client = self._client(call)
        name = xform_name(call.operation)
        if not client.can_paginate(name):
            yield from self._by_token(call, arguments, expected)
            return
        pages = iter(client.get_paginator(name).paginate(**arguments))
        while True:
            page = self._guarded(call, lambda: next(pages, None), expected)
            if page is None:
                return
            yield _mapping(page, call)

    def _by_token(self, call: Call, arguments: Mapping[str, Any], expected: Container[str]) -> Iterator[dict[str, Any]]:
        """The pages of a call that botocore knows no paginator for."""
        model = self._client(call).meta.service_model.operation_model(call.operation)
        token = next((name for name in TOKENS if name in paged(model)), "")
        given: Mapping[str, Any] = arguments
        for _ in range(MOST_PAGES):
            page = self._once(call, given, expected)
            yield page
            following = page.get(token) if token else None
            if not following or following == given.get(token):
                return
            given = {**arguments, token: following}
        raise Refused(UNEXPECTED, f"{call.action}: the answer has no end", call.action)

    def _client(self, call: Call) -> Any:
        return clients.client(self.access, call.client, self.region)

    def _method(self, call: Call) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._client(call), xform_name(call.operation))
        return method

    def _guarded(self, call: Call, work: Callable[[], Any], expected: Container[str] = ()) -> Any:
        """The outcome of a call; what the service has refused before in a way that lasts is not asked again."""
        self._stop(call)
        try:
            self.made += 1
            return work()
        except Exception as error:  # an answer that cannot be parsed raises anything at all
            refusal = refused(error, call.action)
            if not refusal.code or refusal.code not in expected:
                self._note(call, refusal)
            raise refusal from error

    def _note(self, call: Call, refusal: Refused) -> None:
        with self._lock:
            kind = LATE if refusal.late else refusal.kind
            for key in ((kind, call.client), (kind, call.action)):
                self._refusals.setdefault(key, []).append(refusal)

    def _stop(self, call: Call) -> None:
        for limits, name in ((OF_SERVICE, call.client), (OF_CALL, call.action)):
            for kind, limit in limits.items():
                before = self._refusals.get((kind, name), [])
                if len(before) >= limit:
                    raise Refused(before[0].kind, f"not asked any more after {before[0].detail}", call.action)


def paged(model: Any) -> set[str]:
    """The members that an operation both takes and answers."""
    if model.input_shape is None or model.output_shape is None:
        return set()
    return set(model.input_shape.members) & set(model.output_shape.members)


def _mapping(answer: Any, call: Call) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise Refused(UNEXPECTED, f"{call.action}: the answer is no mapping", call.action)
    return answer


def _items(page: dict[str, Any], name: str, call: Call) -> list[Any]:
    """The list in a page, which an answer of AWS has; the page itself where it lists nothing."""
    if not name:
        return [page]
    found = page.get(name)
    if not isinstance(found, list):
        raise Refused(UNEXPECTED, f"{call.action}: the answer has no list {name}", call.action)
    return found
