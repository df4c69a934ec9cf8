"""The `Rules` section: assertions on parameters that make some combinations impossible to deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbguard.inventory import Impossible
from dbguard.sources.template.truth import truth
from dbguard.value import Answer, Value

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld

BOUND = 512  # scenarios tried before a combination is taken to be possible


def hold(world: TemplateWorld) -> bool:
    """Whether some completion of the scenario at hand keeps every rule."""
    choices, touched, undetermined = world.choices, world.touched, world.undetermined
    try:
        return _search(world, dict(choices), [BOUND])
    finally:
        world.assign(choices)
        world.touched, world.undetermined = touched, undetermined


def _search(world: TemplateWorld, choices: dict[str, Value], budget: list[int]) -> bool:
    world.assign(choices)
    answer = _kept(world)
    budget[0] -= 1
    if answer is not None or not world.touched or budget[0] < 0:
        return answer is not False
    name = next(iter(world.touched))
    return any(_search(world, {**choices, name: value}, budget) for value in world.domain(name))


def _kept(world: TemplateWorld) -> Answer:
    try:
        answers = [_rule(world, rule) for rule in world.rules.values()]
    except Impossible:  # a rule that looks at what does not exist refuses nothing
        return None
    return False if False in answers else None if None in answers else True


def _rule(world: TemplateWorld, rule: Any) -> Answer:
    if not isinstance(rule, dict) or not isinstance(rule.get("Assertions"), list):
        return True
    asked = truth(world, rule["RuleCondition"]) if "RuleCondition" in rule else True
    if asked is False:
        return True
    parts = [truth(world, part.get("Assert")) for part in rule["Assertions"] if isinstance(part, dict)]
    if all(part is True for part in parts):
        return True
    return False if asked and False in parts else None
