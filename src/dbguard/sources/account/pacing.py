"""Adaptive retries for each account: one that is throttled slows down itself, and nobody else.

botocore's adaptive mode slows a whole client down, and clients are shared by all accounts of a Region. So the clients
retry in standard mode, and the limiter of the adaptive mode is kept here, one for each account and client.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from botocore.retries import adaptive, bucket, standard, throttling


class Pacing:
    """The limiters of one client, by the account at work."""

    def __init__(self, at_work: Callable[[], Hashable]) -> None:
        self._at_work = at_work
        self._limiters: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    def register(self, events: Any) -> None:
        """Have the client ask before each request, and tell of each answer."""
        events.register("before-send", self._sending)
        events.register("needs-retry", self._received)

    def _limiter(self) -> Any:
        key = self._at_work()
        with self._lock:
            if key not in self._limiters:
                self._limiters[key] = _limiter()
            return self._limiters[key]

    def _sending(self, request: Any, **named: Any) -> None:
        self._limiter().on_sending_request(request, **named)

    def _received(self, **named: Any) -> None:
        self._limiter().on_receiving_response(**named)


def _limiter() -> Any:
    """The limiter of botocore's adaptive mode, as it makes one for a client."""
    clock = bucket.Clock()
    return adaptive.ClientRateLimiter(
        rate_adjustor=throttling.CubicCalculator(starting_max_rate=0, start_time=clock.current_time()),
        rate_clocker=adaptive.RateClocker(clock),
        token_bucket=bucket.TokenBucket(max_rate=1, clock=clock),
        throttling_detector=standard.ThrottlingErrorDetector(retry_event_adapter=standard.RetryEventAdapter()),
        clock=clock,
    )
