"""Checks of other tools: `dbguard policies map`."""

from __future__ import annotations

import io
import json

import pytest

from dbguard.cli import main


def test_checks_of_other_tools_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "map", "--from", "checkov", "ckv_aws_17", "CKV_NONE", "--format", "json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"ckv_aws_17": ["rds/public-access"], "CKV_NONE": []}
    assert captured.err == "no policy for 1 of 2 ids of checkov\n"
    assert main(["policies", "map", "--from", "security-hub", "DMS.1"]) == 0
    assert capsys.readouterr().out == "DMS.1  dms/replication-instance-not-public\n"
    assert main(["policies", "map", "--from", "security-hub"]) == 0
    assert "RDS.2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tool", "asked", "found"),
    [
        ("trivy", "AVD-AWS-0080", "rds/storage-encrypted"),
        ("trivy", "AWS-0080", "rds/storage-encrypted"),
        ("cdk-nag", "NIST.800.53.R5-RDSStorageEncrypted", "rds/storage-encrypted"),
        ("cdk-nag", "AwsSolutions-RDS2", "rds/storage-encrypted"),
        ("cdk-nag", "AwsSolutions-AEC1", "elasticache/custom-subnet-group"),
        ("checkov", "ckv_aws_17", "rds/public-access"),
        ("security-hub", "RDS.3", "rds/storage-encrypted"),
        ("prowler", "rds_instance_no_public_access", "rds/public-access"),
        ("cfn-guard", "RDS_STORAGE_ENCRYPTED", "rds/storage-encrypted"),
        ("cfn_nag", "F44", "elasticache/auth-token-plaintext"),
        ("cfn-nag", "F22", "rds/public-access"),
        ("SecurityHub", "[RDS.2]", "rds/public-access"),
        ("cfn-guard", "CT.RDS.PR.23", "rds/public-access"),
        ("config", "RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "rds/public-access"),
        ("prowler", "rds-instance-no-public-access", "rds/public-access"),
    ],
)
def test_checks_of_other_tools_are_found(tool: str, asked: str, found: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", "map", "--from", tool, asked]) == 0
    assert found in capsys.readouterr().out


def test_checks_are_read_from_a_list(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = '# ours\n- CKV_AWS_17  # public\n- "CKV_AWS_16", CKV_AWS_133\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(skipped.encode())))
    assert main(["policies", "map", "--from", "checkov", "-", "--format", "json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == ["CKV_AWS_17", "CKV_AWS_16", "CKV_AWS_133"]
