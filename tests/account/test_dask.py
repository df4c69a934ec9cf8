"""A scan spread over a real Dask cluster of this machine: a dead worker loses nothing, a poison unit is a gap."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import LocalCluster

from dbguard.errors import UsageError
from dbguard.executors import maker
from dbguard.sources.account import fleet, inventory, unit
from dbguard.sources.account.fleet import Fleet
from dbguard.sources.account.scan_file import Known, Request
from dbguard.sources.account.targets import Opened
from tests.account.conftest import ACCOUNT
from tests.account.test_fleet import REGIONS, read, request_, server, threads

__all__ = ["request_", "server"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore")  # of distributed's own


@pytest.fixture
def cluster(request_: Request) -> Iterator[Any]:
    """Two worker processes, which have credentials of their own from their environment."""
    make: Any = LocalCluster  # distributed has no types
    with make(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1") as started:
        yield started


def address(cluster: Any) -> str:
    return "dask://" + str(cluster.scheduler_address).removeprefix("tcp://")


def test_a_worker_that_is_killed_loses_nothing(request_: Request, cluster: Any) -> None:
    killed: list[int] = []

    def kill(result: Any) -> None:
        if not isinstance(result, Opened) and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    found = read(request_, maker(address(cluster)), keep=kill)
    assert killed
    assert found == read(request_, threads)


def deadly(order: unit.Order) -> dict[str, Any]:
    """Read a unit, but for one that kills the process it is read in."""
    if (order.account, order.region) == (ACCOUNT, REGIONS[0]):
        os._exit(1)
    return unit.collect(order)


def test_a_unit_that_kills_its_workers_is_a_gap(
    request_: Request, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "collect", deadly)
    fleet_ = Fleet(request_, Known(request_, {}, {}), lambda result: None)
    results = [one for one in fleet_.read(maker(address(cluster))) if not isinstance(one, Opened)]
    fleet_.close()
    assert len(results) == 6
    (lost,) = [one for one in results if one.get("lost")]
    assert (lost["account"], lost["region"]) == (ACCOUNT, REGIONS[0])
    (gap,) = inventory.gaps(lost)
    assert "KilledWorker" in gap.detail
    assert all(one["services"]["rds"]["status"] == "scanned" for one in results if one is not lost)


def test_keys_do_not_travel(request_: Request) -> None:
    order = unit.Order(ACCOUNT, REGIONS[0], request_.targets[0].access, request_.plan)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in repr(order)


@pytest.mark.parametrize("name", ["dask://127.0.0.1:1", "ray://x", "threads:0", "threads:x", ""])
def test_an_executor_there_is_not_is_a_mistake(name: str) -> None:
    with pytest.raises(UsageError, match="--executor"):
        maker(name)()
