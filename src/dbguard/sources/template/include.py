"""`AWS::Include` of local files: what they hold is put where it is asked for, and keeps its place in its own file.

The macro takes keys of the mapping around it from the file
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html); as uploaded by the
tools of the author, its Location may be a local path.
"""

from __future__ import annotations

from typing import Any

from dbguard.errors import DocumentError
from dbguard.model import Gap, Path
from dbguard.sources.document import Document, Part, contents, read
from dbguard.sources.template.urls import REMOTE, near

NAME = "AWS::Include"
MACRO = "Fn::Transform"
MOST = 200  # files included in one template


def include(document: Document) -> Document:
    """The document with the content of all local files that it includes; others stay, and are gaps elsewhere."""
    return _Includer().whole(document, ())


class _Includer:
    """One template with its included files."""

    def __init__(self) -> None:
        self.count = 0

    def whole(self, document: Document, around: tuple[str, ...]) -> Document:
        """A document in which every include is replaced."""
        work = _Work(self, document, (*around, document.file))
        root = work.tree(document.root, ())
        if isinstance(root, dict) and isinstance(document.root, dict):
            root = work.top(root)
        found = document.with_parts(work.parts)
        found.root = root
        found.gaps = (*document.gaps, *work.gaps)
        return found


class _Work:
    """The walk through one document."""

    def __init__(self, includer: _Includer, document: Document, around: tuple[str, ...]) -> None:
        self.includer, self.document, self.around = includer, document, around
        self.parts: dict[Path, Part] = {}
        self.gaps: list[Gap] = []
        self.plain: set[int] = set()  # what includes nothing; aliases may share it many times

    def top(self, root: dict[str, Any]) -> dict[str, Any]:
        """Includes in the section `Transform`: they add sections."""
        declared = root.get("Transform")
        entries = declared if isinstance(declared, list) else [declared]
        left = []
        for at, entry in enumerate(entries):
            place: Path = ("Transform", at) if isinstance(declared, list) else ("Transform",)
            inner = self._content(entry, place)
            if inner is None:
                left.append(entry)
            else:
                root = self._merged(root, inner, ())
        if len(left) == len(entries):
            return root
        kept = {name: value for name, value in root.items() if name != "Transform"}
        return {**kept, "Transform": left} if left else kept

    def tree(self, value: Any, at: Path) -> Any:
        """The value with all includes inside replaced; the value itself where there are none."""
        if not isinstance(value, (dict, list)) or id(value) in self.plain:
            return value
        found = self._replaced(value, at)
        if found is value:
            self.plain.add(id(value))
        return found

    def _replaced(self, value: Any, at: Path) -> Any:
        if isinstance(value, list):
            items = [self.tree(one, (*at, index)) for index, one in enumerate(value)]
            return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
        found = {name: self.tree(one, (*at, name)) for name, one in value.items()}
        inner = self._content(value.get(MACRO), (*at, MACRO)) if MACRO in value else None
        if inner is not None:
            del found[MACRO]
            return self._merged(found, inner, at)
        return value if all(found[name] is value[name] for name in value) else found

    def _content(self, entry: Any, at: Path) -> Document | None:
        """The document that an entry includes; None for other macros, and for what is not at hand."""
        if not isinstance(entry, dict) or entry.get("Name") != NAME:
            return None
        parameters = entry.get("Parameters")
        location = parameters.get("Location") if isinstance(parameters, dict) else None
        if not isinstance(location, str) or location.startswith(REMOTE):
            return None
        file = near(location.removeprefix("file://"), self.document.file)
        try:
            return self._read(file)
        except DocumentError as error:
            self.document.unexpanded[self.document.position(at)] = f"{file} cannot be included: {error.detail}"
            return None

    def _read(self, file: str) -> Document:
        self.includer.count += 1
        if file in self.around:
            raise DocumentError("malformed", "it includes itself")
        if self.includer.count > MOST:
            raise DocumentError("malformed", f"there are more than {MOST} included files")
        found = self.includer.whole(read(contents(file), file), self.around)
        if not isinstance(found.root, dict):
            raise DocumentError("malformed", "it is no mapping")
        self.gaps.extend(found.gaps)
        return found

    def _merged(self, around: dict[str, Any], inner: Document, at: Path) -> dict[str, Any]:
        """The keys of both; what stands in both is the author's own, and said."""
        found = dict(around)
        for name, value in inner.root.items():
            if name in around:
                place = inner.location((name,))
                detail = f"key {name} is included where there is one already: the other was judged"
                self.gaps.append(Gap(place.file, "duplicate-key", detail, place))
            else:
                found[name] = value
                self.parts[(*at, name)] = (inner, (name,))
        return found
