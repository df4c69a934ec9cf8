"""Suppressions of other tools, read as waivers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dbguard.cli import main
from tests.waivers.conftest import DB, Run, behind, template

PEERS = """Resources:
  Db:
    Type: AWS::RDS::DBInstance
    # checkov:skip=CKV_AWS_16:A scratch database
    Metadata:
      cfn_nag: {rules_to_suppress: [{id: F80, reason: rebuilt nightly}, {id: W9999, reason: x}]}
      checkov: {skip: [{id: CKV_AWS_161, comment: no IAM here}]}
      cdk_nag:
        rules_to_suppress:
          - {id: AwsSolutions-RDS10, reason: bmlnaHRseSDigJQgeWVz, is_reason_encoded: true}
          - {id: HIPAA.Security-RDSInstanceDeletionProtectionEnabled, reason: nightly, applies_to: ["x"]}
      guard: {SuppressedRules: [RDS_INSTANCE_DELETION_PROTECTION_ENABLED]}
    Properties: {Engine: mysql, MasterUsername: "# checkov:skip=CKV_AWS_17:no"}
  Bucket:
    Type: AWS::S3::Bucket
    Metadata: {cfn_nag: {rules_to_suppress: [{id: F80, reason: x}]}}
Outputs: {}  # checkov:skip=CKV_AWS_17:elsewhere
"""
DELETION = "  # dbguard: ignore[rds/deletion-protection] --"


@pytest.mark.parametrize(
    ("tool", "code", "lines", "note"),
    [
        ("cfn_nag", 1, ["p.yaml:2: Db", f"{DELETION} rebuilt nightly", "  W9999: no policy",
                        "p.yaml:14: Bucket", "  F80: no policy on AWS::S3::Bucket"],
         "3 suppressions of cfn_nag, 2 without a policy here"),
        ("checkov", 0, ["p.yaml:2: Db", "  # dbguard: ignore[rds/instance-iam-authentication] -- no IAM here",
                        "  # dbguard: ignore[rds/storage-encrypted] -- A scratch database"], "0 without a policy here"),
        ("cdk-nag", 0, ["p.yaml:2: Db", f"{DELETION} nightly — yes", f"{DELETION} nightly"],
         "narrower than a waiver, which holds for the whole resource: HIPAA.Security-RDS"),
        ("guard", 0, ["p.yaml:2: Db", DELETION], "1 without a reason"),
    ],
)  # fmt: skip
def test_suppressions_of_other_tools_become_waivers(
    here: Path, capsys: pytest.CaptureFixture[str], tool: str, code: int, lines: list[str], note: str
) -> None:
    template(here, PEERS, "p.yaml")
    assert main(["waivers", "import", "--from", tool, "p.yaml"]) == code
    out = capsys.readouterr()
    assert out.out.splitlines() == lines
    assert note in out.err


def test_imported_waivers_waive(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is printed is what a scan understands, as a comment or as Metadata."""
    template(here, PEERS, "p.yaml")
    main(["waivers", "import", "--from", "cfn_nag", "p.yaml"])
    comment = capsys.readouterr().out.splitlines()[1]
    run = Run(capsys, template(here, behind(PEERS, "Db", comment.strip())), select="rds/deletion-protection")
    assert (run.told(waived=True), run.notices) == (["deletion-protection Db"], [])
    nag = {"cfn_nag": {"rules_to_suppress": [{"id": "F80", "reason": "rebuilt"}]}}
    root = {"Resources": {"Db": {"Type": "AWS::RDS::DBInstance", "Metadata": nag, "Properties": {"Engine": "mysql"}}}}
    template(here, json.dumps(root), "p.json")
    main(["waivers", "import", "--from", "cfn-nag", "p.json"])
    row = json.loads(capsys.readouterr().out.splitlines()[1])
    root["Resources"]["Db"]["Metadata"] = {"dbguard": {"ignore": [row]}}
    run = Run(capsys, template(here, json.dumps(root), "p.json"), select="rds/deletion-protection")
    assert run.told(waived=True) == ["deletion-protection Db"]


def test_import_says_what_it_cannot_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template(here, "Metadata: {cdk_nag: {rules_to_suppress: [{id: AwsSolutions-RDS10, reason: all}]}}\n" + DB)
    assert main(["waivers", "import", "--from", "cdk_nag", "t.yaml"]) == 1
    assert "it holds for the whole template: waive it on each resource" in capsys.readouterr().out
    template(here, "Resources: [", "broken.yaml")
    assert main(["waivers", "import", "--from", "cdk_nag", "t.yaml", "broken.yaml", "none.yaml"]) == 3
    error = capsys.readouterr().err
    assert "broken.yaml:" in error
    assert "none.yaml: unreadable: No such file" in error
