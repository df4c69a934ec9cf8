"""The IAM policy that a scan needs: exactly the read-only actions of its calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dbguard.sources.account import targets
from dbguard.sources.account.needs import actions


def policy(plan: Iterable[str], *, roles: bool, organization: bool, regions: bool) -> dict[str, Any]:
    """An IAM policy document for a plan, and for assuming roles, listing accounts and listing Regions where asked.

    sts:GetCallerIdentity needs no permission.
    """
    extra = [(regions, targets.REGIONS), (organization, targets.ACCOUNTS), (roles, targets.ROLE)]
    listed = sorted([*actions(plan), *(call.action for wanted, call in extra if wanted)])
    statement = {"Sid": "DbguardRead", "Effect": "Allow", "Action": listed, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
