"""Where units of work run: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from time import monotonic
from typing import Any

from dbguard.errors import UsageError

PATIENCE = 60.0  # seconds without any worker after which a cluster counts as gone
THREADS = 8  # units at once; each makes its calls side by side


def maker(name: str) -> Callable[[], Executor]:
    """What makes the executor of that name: `threads`, `threads:N` or `dask://HOST:PORT`. Raises UsageError."""
    kind, _, count = name.partition(":")
    if kind == "threads" and (not count or (count.isdecimal() and int(count))):
        return lambda: ThreadPoolExecutor(int(count or THREADS), thread_name_prefix="dbguard-unit")
    if name.startswith("dask://"):
        return lambda: _dask(name.removeprefix("dask://"))
    raise UsageError(f"--executor takes threads, threads:N or dask://HOST:PORT, not '{name}'")


class Dask(Executor):
    """The workers of a Dask cluster; it knows when there are none left."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)
        self._alone = 0.0  # since when no worker was seen

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """Have a worker call a function."""
        found: Future[Any] = self._executor.submit(fn, *arguments, **named)
        return found

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Give the workers nothing more."""
        self._executor.shutdown(wait=wait)

    def gone(self) -> str | None:
        """Why nothing will ever be done, once that is certain."""
        if self._client.status in ("closed", "closing"):
            return "the Dask scheduler is gone"
        if self._client.status == "running" and self._client.scheduler_info(n_workers=-1)["workers"]:
            self._alone = 0.0
            return None
        self._alone = self._alone or monotonic()
        return "the Dask cluster has no worker" if monotonic() - self._alone > PATIENCE else None


def _dask(address: str) -> Executor:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UsageError("--executor dask:// needs an extra: pip install 'dbguard[dask]'") from error
    make: Any = Client  # distributed has no types
    try:
        return Dask(make(f"tcp://{address}", timeout="10s"))
    except (OSError, ValueError) as error:
        raise UsageError(f"--executor dask://{address}: no scheduler answers: {error}") from error
