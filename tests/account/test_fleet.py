"""Long scans survive, on any executor: interrupted, killed, expired, on a worker that dies."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import Request as Request_
from urllib.request import urlopen

import pytest
from moto.server import ThreadedMotoServer

from dbguard.sources.account import clients, inventory, needs, scan_file, unit
from dbguard.sources.account.clients import Access
from dbguard.sources.account.fleet import Fleet
from dbguard.sources.account.scan_file import Known, Request, ScanFile
from dbguard.sources.account.targets import Opened, Target
from tests.account.conftest import ACCOUNT

OTHER = "444455556666"
REGIONS = ("eu-west-1", "us-east-1", "ap-south-1")
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
PLAN = needs.plan({"AWS::RDS::DBInstance": {"KmsKeyId"}})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A moto server with a database in each Region of two accounts."""
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    url = f"http://{host}:{port}"
    urlopen(Request_(f"{url}/moto-api/reset", method="POST")).close()  # what other tests of this process have made
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "endpoint_url": url}
    sts = boto3.client("sts", region_name="us-east-1", **keys)
    for account in (ACCOUNT, OTHER):
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/audit", RoleSessionName="seed")["Credentials"]
        own = {
            "aws_access_key_id": role["AccessKeyId"],
            "aws_secret_access_key": role["SecretAccessKey"],
            "aws_session_token": role["SessionToken"],
        }
        for region in REGIONS:
            rds = boto3.client("rds", region_name=region, endpoint_url=url, **own)
            rds.create_db_instance(
                DBInstanceIdentifier=f"orders-{account[:4]}-{region}",
                Engine="mysql",
                DBInstanceClass="db.m7g.large",
                AllocatedStorage=20,
                MasterUsername="master",
                MasterUserPassword="correct-horse",
            )
    yield url
    moto.stop()


@pytest.fixture
def request_(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Request]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    clients.reset()
    access = [Access(role_arn=f"arn:aws:iam::{one}:role/audit", endpoint_url=server) for one in (ACCOUNT, OTHER)]
    yield Request(tuple(Target(one) for one in access), REGIONS, PLAN)
    clients.reset()


def read(
    request: Request, make: Callable[[], Executor], known: Known | None = None, keep: Any = lambda result: None
) -> dict[tuple[str, str], dict[str, Any]]:
    """Every unit of a request, without what differs from run to run."""
    fleet = Fleet(request, known or Known(request, {}, {}), keep)
    results = list(fleet.read(make))
    fleet.close()
    harvests = [one for one in results if not isinstance(one, Opened)]
    return {(one["account"], one["region"]): _same(one) for one in harvests}


def _same(harvest: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in harvest.items() if name not in ("seconds", "calls")}


def threads() -> Executor:
    return ThreadPoolExecutor(4)


def test_two_accounts_in_three_regions(request_: Request) -> None:
    found = read(request_, threads)
    assert sorted(found) == sorted((account, region) for account in (ACCOUNT, OTHER) for region in REGIONS)
    for (account, region), harvest in found.items():
        (instance,) = harvest["resources"]
        assert instance["id"] == f"orders-{account[:4]}-{region}"
        assert instance["arn"].startswith(f"arn:aws:rds:{region}:{account}:")


def test_clients_are_shared_by_accounts(request_: Request) -> None:
    read(request_, threads)
    assert {(key[4], key[5]) for key in clients._CLIENTS if key[4] == "rds"} == {("rds", region) for region in REGIONS}


class Breaking(ThreadPoolExecutor):
    """An executor that loses some tasks as a pool loses those of a dead process."""

    def __init__(self, lose: Callable[[Any], bool]) -> None:
        super().__init__(2)
        self._lose = lose

    def submit(self, work: Any, /, *arguments: Any, **names: Any) -> Future[Any]:
        if not self._lose(arguments[0]):
            return super().submit(work, *arguments, **names)
        from concurrent.futures.process import BrokenProcessPool

        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("a process died"))
        return future


def test_a_unit_whose_worker_died_is_tried_again(request_: Request) -> None:
    lost: list[Any] = []

    def once(task: Any) -> bool:
        lost.append(task)
        return lost.count(task) == 1 and isinstance(task, unit.Order)

    assert read(request_, lambda: Breaking(once)) == read(request_, threads)


def test_a_unit_that_always_kills_its_worker_is_a_gap(request_: Request) -> None:
    poison = unit.Order(ACCOUNT, REGIONS[0], request_.targets[0].access, PLAN)
    found = read(request_, lambda: Breaking(lambda task: task == poison))
    assert len(found) == 6
    harvest = found[ACCOUNT, REGIONS[0]]
    assert harvest["services"]["rds"]["status"] == "not-reached"
    assert not inventory.is_final(harvest)
    (gap,) = inventory.gaps(harvest)
    assert "BrokenProcessPool" in gap.detail


def test_processes_do_as_well(request_: Request) -> None:
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    assert read(request_, lambda: ProcessPoolExecutor(2, spawn)) == read(request_, threads)


def test_what_is_known_is_not_read_again(request_: Request, tmp_path: Path) -> None:
    file = ScanFile(str(tmp_path / "scan"), request_)
    whole = read(request_, threads, keep=file.write)
    file.close()
    lines = (tmp_path / "scan").read_bytes().splitlines(keepends=True)
    (tmp_path / "cut").write_bytes(b"".join(lines[:4]) + lines[4][:20])
    known = scan_file.resume(str(tmp_path / "cut"))
    more = ScanFile(str(tmp_path / "cut"), None)
    kept: list[Any] = []

    def keep(one: Any) -> None:
        kept.append(one)
        more.write(one)

    resumed = read(known.request, threads, known, keep)
    more.close()
    assert resumed == whole
    assert len(kept) == len(lines) - 4
    assert not list(scan_file.left(scan_file.read((tmp_path / "cut").read_bytes(), "cut")))


@pytest.mark.parametrize("status", ["expired", "not-reached", "throttled"])
def test_a_unit_that_may_be_otherwise_is_read_again(request_: Request, status: str) -> None:
    whole = read(request_, threads)
    opened = {
        one: Opened(one, account, REGIONS) for one, account in zip(request_.targets, (ACCOUNT, OTHER), strict=True)
    }
    ended = {**whole[ACCOUNT, REGIONS[0]], "resources": [], "services": {"rds": {"status": status}}}
    known = Known(request_, opened, {**whole, (ACCOUNT, REGIONS[0]): ended})
    kept: list[Any] = []
    assert read(request_, threads, known, kept.append) == whole
    assert [(one["account"], one["region"]) for one in kept] == [(ACCOUNT, REGIONS[0])]


def test_an_account_that_was_not_reached_is_opened_again(request_: Request) -> None:
    whole = read(request_, threads)
    away = Opened(request_.targets[0], "", (), "not-reached", "sts:AssumeRole: no line")
    known = Known(request_, {request_.targets[0]: away}, {})
    assert read(request_, threads, known) == whole


def live(server: str, *arguments: str, **more: Any) -> subprocess.Popen[str]:
    """A scan of all Regions, as a process of its own."""
    command = [sys.executable, "-m", "dbguard", "live", "--endpoint-url", server, "--format", "json", *arguments]
    env = {**os.environ, **KEYS}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


WHERE = [f"--role-arn=arn:aws:iam::{one}:role/audit" for one in (ACCOUNT, OTHER)]
WHERE += [f"--region={region}" for region in REGIONS]


def cut_short(server: str, file: Path, how: signal.Signals) -> tuple[int, str]:
    """A scan that is told to stop after two of its six units: its exit code, and what it says."""
    cut = live(server, *WHERE, "--service", "rds", "--executor", "threads:1", "--snapshot", str(file))
    while cut.poll() is None and (not file.exists() or file.read_bytes().count(b'{"unit"') < 2):
        time.sleep(0.01)
    cut.send_signal(how)
    _, errors = cut.communicate(timeout=60)
    return cut.returncode, errors


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_scan_goes_on_where_it_was(server: str, tmp_path: Path, how: signal.Signals) -> None:
    whole = live(server, *WHERE, "--service", "rds")
    out, errors = whole.communicate(timeout=60)
    assert (whole.returncode, errors) == (1, "")
    for number in range(10):  # on a busy machine a scan may be done before it is told to stop
        file = tmp_path / f"killed{number}.scan"
        code, errors = cut_short(server, file, how)
        before = file.read_bytes().count(b'{"unit"')
        if before < 6:
            break
    assert code in ({-9} if how == signal.SIGKILL else {3})
    assert how == signal.SIGKILL or f"--resume {file}" in errors
    resumed = live(server, "--resume", str(file))
    again, errors = resumed.communicate(timeout=60)
    assert errors == ""
    assert before < file.read_bytes().count(b'{"unit"') == 6
    assert json.loads(again)["findings"] == json.loads(out)["findings"]


def test_no_scan_file_is_left_behind(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    scan = live(server, *WHERE, "--service", "rds")
    scan.communicate(timeout=60)
    assert scan.returncode == 1
    assert not list((tmp_path / "dbguard").iterdir())
