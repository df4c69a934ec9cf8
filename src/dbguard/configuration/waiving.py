"""Which waivers count: what `[waiving]` says of the policies, the places and the time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from dbguard.layers import Setting
from dbguard.model import Waiver
from dbguard.waiver import names

ALL = "*"


def refusal(waiver: Waiver, rules: Mapping[str, Setting], policies: Collection[str], today: str) -> str | None:
    """Why a waiver does not count; None where it does."""
    meant = [one for one in policies if names(waiver.policy, one)]
    if "places" in rules and waiver.where not in rules["places"].value:
        return f"a waiver in {_where(waiver)} does not count{_by(rules['places'])}"
    for one in meant:
        if "allow" in rules and not _named(one, rules["allow"]):
            return f"{one} may not be waived{_by(rules['allow'])}"
        if "deny" in rules and _named(one, rules["deny"]):
            return f"{one} may not be waived{_by(rules['deny'])}"
    if "max-days" in rules:
        last = date.fromisoformat(today) + timedelta(days=rules["max-days"].value)
        if waiver.until is None:
            return f"it has no end: add until={last} or an earlier day{_by(rules['max-days'])}"
        if waiver.until > last.isoformat():
            return f"it ends on {waiver.until}, {last} is the latest today{_by(rules['max-days'])}"
    return None


def _where(waiver: Waiver) -> str:
    return {"comment": "a comment", "metadata": "Metadata"}.get(waiver.where, "the configuration")


def _named(policy: str, setting: Setting) -> bool:
    patterns = setting.value if isinstance(setting.value, list) else [setting.value]
    return any(one == ALL or names(one.removesuffix("*"), policy) for one in patterns)


def _by(setting: Setting) -> str:
    return f", says {setting.place}"
