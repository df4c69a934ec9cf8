"""What `dbguard live` and `dbguard drift` tell beside what they find, and where they take the Region from."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbguard.cli import main
from tests.account.conftest import ACCOUNT, REGION, Fault, query_error
from tests.account.test_drift import stack
from tests.account.test_live import instance

__all__ = ["stack"]
SELECT = ("--select", "rds/public-access")


def test_live_tells_on_request_what_it_reads(mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    instance("orders", PubliclyAccessible=True)
    assert main(["live", *SELECT]) == 1
    whole = capsys.readouterr()
    assert main(["live", *SELECT, "--verbose"]) == 1
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert whole.err == ""
    assert said.out == whole.out
    assert lines[1] == "configuration: none"
    assert lines[2].startswith("1 of ")
    assert lines[3] == "  rds: public-access"
    assert lines[4] == f"opened: {ACCOUNT}, 1 Region"
    assert lines[5].startswith(f"read: {ACCOUNT}/{REGION}, 1 resource, 1 service, ")
    assert "accounts " in lines[6]
    assert len(lines) == 7


def test_live_tells_which_account_it_does_not_reach(fault: Fault, capsys: pytest.CaptureFixture[str]) -> None:
    fault("sts", "GetCallerIdentity", 403, query_error("AccessDenied", "not you"))
    assert main(["live", *SELECT, "-v"]) == 3
    assert "\nnot reached: account, " in capsys.readouterr().err


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_live_is_quiet(option: str, mocked: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", *SELECT, option]) == 0
    assert capsys.readouterr() == ("", "")
    instance("orders", PubliclyAccessible=True)
    assert main(["live", *SELECT, option]) == 1
    out = capsys.readouterr().out
    assert "rds/public-access" in out
    assert "scanned" not in out


def test_drift_is_quiet_or_tells_everything(stack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["drift", str(stack), "--stack", "shop", "--select", "rds/backup-retention"]
    assert main([*command, "--quiet"]) == 0
    quiet = capsys.readouterr()
    assert main([*command, "-v"]) == 0
    said = capsys.readouterr()
    assert "stack shop: 1 resource compared" in said.out
    assert said.out.startswith(quiet.out)
    assert "stack shop: " not in quiet.out
    assert "  rds: backup-retention\n" in said.err
    assert "template and account " in said.err.splitlines()[-1]


def test_the_region_of_the_environment(
    mocked: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance("orders", "us-west-2", PubliclyAccessible=True)
    assert main(["live", *SELECT]) == 0
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert main(["live", *SELECT]) == 1
    monkeypatch.setenv("AWS_REGION", "us-west-22")
    assert main(["live", *SELECT]) == 2
    assert "did you mean 'us-west-2'?" in capsys.readouterr().err
