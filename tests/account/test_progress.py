"""The progress line: on a terminal alone, and gone at the end."""

from __future__ import annotations

import io
from typing import Any

import pytest

from dbguard.progress import Progress
from dbguard.sources.account.clients import Access
from dbguard.sources.account.fleet import Fleet
from dbguard.sources.account.scan_file import Known, Request
from dbguard.sources.account.targets import Opened, Target
from dbguard.sources.account.unit import Order


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def fleet() -> Fleet:
    request = Request((Target(Access(), "111122223333"), Target(Access(), "444455556666")), (), ())
    found = Fleet(request, Known(request, {}, {}), lambda result: None)
    found.units = 34
    return found


def results() -> list[Any]:
    return [Opened(Target(Access()), "111122223333", ("eu-west-1",)), {"resources": [1, 2, 3]}]


def test_the_line_tells_how_far_it_is_and_what_takes_long(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("dbguard.progress.FIRST", 0.0)
    monkeypatch.setattr("dbguard.progress.EVERY", 0.0)
    monkeypatch.delenv("CI", raising=False)
    fleet.since[Order("111122223333", "eu-west-1", Access(), ())] = 0.0
    terminal = Terminal()
    with Progress(terminal) as progress:
        for result in results():
            progress.show(fleet, result)
        assert progress.line(fleet, 12.0).endswith("longest: 111122223333/eu-west-1 12 s")
    shown = terminal.getvalue()
    assert "1/2 accounts · 1/34 Regions · 3 resources" in shown
    assert shown.endswith("\r\x1b[K")


def test_nothing_is_written_elsewhere(fleet: Fleet) -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        for result in results():
            progress.show(fleet, result)
    assert stream.getvalue() == ""
