"""All resources of a type that are seen together, named by nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

from dbguard.conditions.relation import Items
from dbguard.inventory import Item, Resource


class Everything(NamedTuple):
    """All resources of some types in the same template, or account and Region."""

    types: tuple[str, ...]
    elsewhere: bool = True  # whether neighbours of a template count, which are not seen

    def items(self, item: Item) -> Items:
        """The resources that exist; a template may have a neighbour with more of them."""
        certain: list[Item] = []
        possible: list[Item] = []
        for resource in of_types(item, self.types):
            exists = item.world.exists(resource)
            if exists is not False:
                (certain if exists else possible).append(Item(item.world, resource, item.judged))
        missing = not item.world.incomplete.isdisjoint(self.types)
        return Items(certain, possible, missing or (self.elsewhere and may_be_more(item, self.types)))


def of_types(item: Item, types: tuple[str, ...]) -> list[Resource]:
    """The resources of some types beside an item."""
    index: Any = item.world.links
    return [resource for name in types for resource in index.by_type.get(name, ())]


def may_be_more(item: Item, types: tuple[str, ...]) -> bool:
    """Whether there may be resources of these types that are not seen."""
    template = item.resource.subject.origin == "template"
    return template or not item.world.incomplete.isdisjoint(types)
