"""Which waivers count: what `[waiving]` says of the policies, the places and the time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta

from dbguard.configuration.keys import texts
from dbguard.layers import Setting
from dbguard.model import Waiver
from dbguard.peers import CFN_LINT
from dbguard.policy_library import suggestion
from dbguard.waiver import names

ALL = "*"


def refusal(waiver: Waiver, rules: Mapping[str, Setting], policies: Collection[str], today: str) -> str | None:
    """Why a waiver does not count; None where it does."""
    meant = [one for one in policies if names(waiver.policy, one)] or [waiver.policy]  # or of another tool
    if "places" in rules and waiver.where not in rules["places"].value:
        return f"a waiver in {_where(waiver)} does not count{_by(rules['places'])}"
    for one in meant:
        if "allow" in rules and not _named(one, texts(rules["allow"].value)):
            return f"{one} may not be waived{_by(rules['allow'])}"
        denied = texts(rules["deny"].value) if "deny" in rules else []
        if _named(one, denied) or (one not in policies and any(names(one, other) for other in denied)):
            return f"{one} may not be waived{_by(rules['deny'])}"
    if "max-days" in rules:
        last = _after(today, rules["max-days"].value)
        if waiver.until is None:
            return f"it has no end: add until={last} or an earlier day{_by(rules['max-days'])}"
        if waiver.until > str(last):
            return f"it ends on {waiver.until}, {last} is the latest today{_by(rules['max-days'])}"
    return None


def problems(policies: Collection[str], rules: Mapping[str, Setting]) -> Iterator[str]:
    """Policies that are named and that there are not."""
    for key in {"allow", "deny"} & rules.keys():
        for one in texts(rules[key].value):
            known = one == ALL or one.startswith(CFN_LINT) or any(_named(name, [one]) for name in policies)
            if not known:
                services = [f"{name.partition('/')[0]}/" for name in policies]
                yield f"{rules[key].place}: there is no policy '{one}'{suggestion(one, [*policies, *services])}"


def _after(today: str, days: int) -> date:
    first = date.fromisoformat(today)
    return first + timedelta(days=min(days, (date.max - first).days))


def _where(waiver: Waiver) -> str:
    return {"comment": "a comment", "metadata": "Metadata"}.get(waiver.where, "the configuration")


def _named(policy: str, patterns: list[str]) -> bool:
    return any(one == ALL or names(one.removesuffix("*"), policy) for one in patterns)


def _by(setting: Setting) -> str:
    return f", says {setting.place}"
