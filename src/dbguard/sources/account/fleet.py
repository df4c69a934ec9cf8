"""Reading many accounts and Regions: which unit runs when, on any executor, and what happens if one is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from time import monotonic
from typing import Any

from dbguard.sources.account.inventory import Harvest, is_final, is_settled
from dbguard.sources.account.refusal import EXPIRED, NOT_REACHED
from dbguard.sources.account.scan_file import Known, Request
from dbguard.sources.account.targets import Opened, Target, open_account
from dbguard.sources.account.unit import Order, collect, planned

Task = Target | Order
TICK = 0.5  # seconds
IN_FLIGHT = 64  # tasks that an executor holds at once; more wait here, where they cost nothing


class Fleet:
    """Opens the accounts of a request and reads their units; what is known already is not read again."""

    def __init__(self, request: Request, known: Known, keep: Callable[[Opened | Harvest], None]) -> None:
        """`keep` is given every result that was not known before."""
        self.request = request
        self.known = known
        self.running: dict[Future[Any], Task] = {}
        self.since: dict[Task, float] = {}  # when each running task began, or was queued with the executor
        self.lost: set[str] = set()  # kinds of what a resumed scan would try again
        self._keep = keep
        self._waiting: deque[Task] = deque()
        self._suspects: deque[Task] = deque()
        self._tried: set[Task] = set()
        self._seen: set[tuple[str, str]] = set()
        self.units = 0  # as far as accounts are open
        self._executor: Executor | None = None

    def read(self, make: Callable[[], Executor], tick: Callable[[], None] = lambda: None) -> Iterator[Opened | Harvest]:
        """Each account as it opens and each unit as it is read, in no order; on a new executor where one breaks.

        `tick` is called every so often while nothing comes.
        """
        self._make = make
        self._executor = make()
        for target in self.request.targets:
            opened = self.known.opened.get(target)
            if opened is not None and opened.is_settled:
                yield opened
                yield from self._open(opened)
            else:
                self._waiting.append(target)
        while self._waiting or self.running or self._suspects:
            if not self._waiting and not self.running:
                self._waiting.append(self._suspects.popleft())
            self._submit()
            done, _ = wait(self.running, TICK, FIRST_COMPLETED)
            if not done:
                tick()
                yield from self._abandoned()
            for future in done:
                task = self.running.pop(future)
                self.since.pop(task, None)
                yield from self._finish(task, future)

    def _submit(self) -> None:
        while self._waiting and len(self.running) < IN_FLIGHT:
            task = self._waiting[0]
            try:
                self.running[self._start(task)] = task
            except BrokenExecutor:
                self._executor = self._make()
            else:
                self.since[self._waiting.popleft()] = monotonic()

    def _start(self, task: Task) -> Future[Any]:
        executor = self._executor or self._make()
        if isinstance(task, Order):
            return executor.submit(collect, task)
        return executor.submit(open_account, task, self.request.regions)

    def _abandoned(self) -> Iterator[Opened | Harvest]:
        """What is left where the executor has nobody any more to run it."""
        gone = getattr(self._executor, "gone", None)
        reason = gone() if gone else None
        if not reason:
            return
        tasks = [*self.running.values(), *self._waiting, *self._suspects]
        self.running.clear()
        self._waiting.clear()
        self._suspects.clear()
        for task in tasks:
            yield from self._result(_lost(task, reason), NOT_REACHED)

    def close(self) -> None:
        """Begin nothing more."""
        for future in self.running:
            future.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False)

    def _open(self, opened: Opened) -> Iterator[Harvest]:
        """Queue the units of an account, once each; those known already come at once."""
        for region in opened.regions:
            key = (opened.account, region)
            if key in self._seen:
                continue
            self._seen.add(key)
            self.units += 1
            harvest = self.known.harvests.get(key)
            if harvest is not None and is_settled(harvest):
                yield harvest
            else:
                self._waiting.append(Order(*key, opened.target.access, self.request.plan))

    def _finish(self, task: Task, future: Future[Any]) -> Iterator[Opened | Harvest]:
        try:
            error = future.exception()
        except CancelledError as cancelled:
            error = cancelled
        if error is None:
            yield from self._result(future.result(), EXPIRED)
        elif not self._again(task):
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            yield from self._result(_lost(task, f"its worker was lost: {said}"), NOT_REACHED)

    def _result(self, result: Opened | Harvest, kind: str) -> Iterator[Opened | Harvest]:
        self._keep(result)
        if not (result.is_final if isinstance(result, Opened) else is_final(result)):
            self.lost.add(result.kind if isinstance(result, Opened) else kind)
        yield result
        if isinstance(result, Opened):
            yield from self._open(result)

    def _again(self, task: Task) -> bool:
        """Whether a task whose worker died is tried again: once, and alone, for it may have died of another."""
        again = task not in self._tried
        if again:
            self._tried.add(task)
            self._suspects.append(task)
        return again


def _lost(task: Task, detail: str) -> Opened | Harvest:
    """What is reported of a task that could not be run."""
    if isinstance(task, Target):
        return Opened(task, task.account, (), NOT_REACHED, detail)
    refusal = {"kind": NOT_REACHED, "action": "", "detail": detail, "times": 1}
    services = {
        name: {
            "status": NOT_REACHED,
            "resources": 0,
            "refusals": [refusal],
            "incomplete": [one.type for one in collections],
        }
        for name, collections in planned(task.plan).items()
    }
    return {"account": task.account, "region": task.region, "lost": True, "services": services, "resources": []}
