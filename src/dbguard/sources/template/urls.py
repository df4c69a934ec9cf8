"""Where the template of a nested stack is: a file at hand, or somewhere that a scan does not reach."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dbguard.value import ABSENT, OPAQUE, Text, Value, describe

if TYPE_CHECKING:
    from dbguard.sources.template.world import TemplateWorld

REMOTE = ("http://", "https://", "s3://")
MOST = 50  # scenarios in which the template of a nested stack is looked for


def template_of(body: Mapping[str, Any], beside: str, world: TemplateWorld) -> tuple[str | None, str]:
    """The file of a nested stack's template, or None and what stands in the way.

    A file is named by a path relative to the parent's, by `file://`, by the path of an asset in the resource's
    metadata, or by a URL to which a file of that name was packaged and still lies beside the parent.
    """
    asset = _asset(body)
    if asset is not None:
        return near(asset, beside), ""
    url = world.settled(_written(body))
    if isinstance(url, Text):
        return _packaged(url.parts[-1], url, beside)
    if not isinstance(url, str):
        why = "has no TemplateURL" if url is ABSENT else f"is not followed: its template is {describe(url)}"
        return None, f"{why}, its resources were not judged"
    if url.startswith("file://"):
        return near(url.removeprefix("file://"), beside), ""
    return _packaged(url, url, beside) if url.startswith(REMOTE) else (near(url, beside), "")


def elsewhere(body: Mapping[str, Any], beside: str, world: TemplateWorld) -> Iterator[tuple[str | None, str]]:
    """The same in every other scenario, as far as there are not too many of them."""
    condition = body.get("Condition")
    stack: list[dict[str, Value]] = [{}] if isinstance(_written(body), dict) and _asset(body) is None else []
    for _ in range(MOST):
        if not stack:
            return
        world.assign(stack.pop())
        exists = world.condition(condition) if isinstance(condition, str) else True
        found = template_of(body, beside, world)
        open_ = next(iter({**world.touched, **world.undetermined}), None)
        if open_ is not None:
            stack += [{**world.choices, open_: value} for value in world.domain(open_)]
        elif exists is not False and (found[0] or not any(isinstance(one, OPAQUE) for one in world.choices.values())):
            yield found


def _written(body: Mapping[str, Any]) -> Any:
    properties = body.get("Properties")
    return properties.get("TemplateURL") if isinstance(properties, dict) else None


def _packaged(last: Value, url: Value, beside: str) -> tuple[str | None, str]:
    """The file with the longest end of the URL that there is beside the parent."""
    path = last.split("?", 1)[0] if isinstance(last, str) and "/" in last else ""
    names = [name for name in path.split("/") if name not in ("", "..") and ":" not in name]
    for at in range(len(names)):
        file = near("/".join(names[at:]), beside)
        if os.path.isfile(file):
            return file, ""
    return None, f"is not followed: {describe(url)} is no local file, its resources were not judged"


def _asset(body: Mapping[str, Any]) -> str | None:
    """The file that the tools of the author packaged the template from."""
    metadata = body.get("Metadata")
    if not isinstance(metadata, dict) or metadata.get("aws:asset:property") != "TemplateURL":
        return None
    found = metadata.get("aws:asset:path")
    return found if isinstance(found, str) else None


def real(file: str) -> str:
    """The path of a file whatever links lead to it; as it is where no file can have it."""
    try:
        return os.path.realpath(file)
    except ValueError:
        return file


def near(path: str, beside: str) -> str:
    """A path that is relative to a file's folder, as one from here."""
    return os.path.normpath(os.path.join(os.path.dirname(beside), path)).replace(os.sep, "/")
