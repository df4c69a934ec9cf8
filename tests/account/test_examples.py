"""The examples of help texts that ask AWS, run against a mocked account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.account.test_drift import stack
from tests.examples import EXAMPLES, QUICK_START, fill, needs_aws, of_page, run

__all__ = ["stack"]


@pytest.mark.parametrize("command", sorted(filter(needs_aws, {*EXAMPLES, *of_page(QUICK_START)})))
def test_every_example_that_asks_aws_runs(
    command: str, stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(stack.parent)
    fill(stack.parent)
    config = stack.parent / "config"
    config.write_text("[profile audit]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    capsys.readouterr()
    code = run(command)
    said = capsys.readouterr()
    assert code in {0, 1, 3}, said.err  # the mocked account refuses some calls
    assert said.out or "--output-file" in command or "--quiet" in command
    assert said.err == ""
