"""Where units of work run: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from dbguard.errors import UsageError

THREADS = 8  # units at once; each makes its calls side by side


def maker(name: str) -> Callable[[], Executor]:
    """What makes the executor of that name: `threads`, `threads:N` or `dask://HOST:PORT`. Raises UsageError."""
    kind, _, count = name.partition(":")
    if kind == "threads" and (not count or (count.isdecimal() and int(count))):
        return lambda: ThreadPoolExecutor(int(count or THREADS), thread_name_prefix="dbguard-unit")
    if name.startswith("dask://"):
        return lambda: _dask(name.removeprefix("dask://"))
    raise UsageError(f"--executor takes threads, threads:N or dask://HOST:PORT, not '{name}'")


def _dask(address: str) -> Executor:
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UsageError("--executor dask:// needs an extra: pip install 'dbguard[dask]'") from error
    try:
        make: Any = Client  # distributed has no types
        executor: Executor = make(f"tcp://{address}", timeout="10s").get_executor(pure=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"--executor dask://{address}: no scheduler answers: {error}") from error
    return executor
