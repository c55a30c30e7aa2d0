"""Whether two versions of one schema understand each other, told from the schemas alone.

Events must be understood both ways: old consumers read new events and new consumers read kept old ones. A document's new
catalogue must read old documents, and a new service old requests; both may take more than before. A new answer must be
understood by old clients, which ignore members they do not know; it may tell more than before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

# What may differ without changing which values are valid or what they mean.
_WORDS = {"$schema", "$defs", "title", "description", "examples", "deprecated"}
_UPPER = {"maxLength", "maxItems", "maximum"}
_LOWER = {"minLength", "minItems", "minimum"}

Reads = Literal["both", "newer", "older"]
"""Who must understand what the other writes: the newer the older, the older the newer, or both."""


@dataclass(frozen=True)
class Schema:
    """A schema with the document its references point into."""

    node: dict[str, Any]
    root: dict[str, Any]

    @staticmethod
    def of(document: dict[str, Any]) -> Schema:
        return Schema(document, document).resolved()

    def resolved(self) -> Schema:
        """References followed; words beside a reference win."""
        node = self.node
        while "$ref" in node:
            target: Any = self.root
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return Schema(node, self.root)

    def child(self, node: dict[str, Any]) -> Schema:
        return Schema(node, self.root).resolved()


def incompatibilities(old: dict[str, Any], new: dict[str, Any], *, reads: Reads) -> list[str]:
    """Sentences, one for each break, that begin with the place; [] when the two understand each other."""
    return between(Schema.of(old), Schema.of(new), reads)


def between(old: Schema, new: Schema, reads: Reads) -> list[str]:
    """The same of schemas within larger documents."""
    return list(_compare(old, new, reads, "", frozenset()))


def _compare(
    old: Schema, new: Schema, reads: Reads, at: str, seen: frozenset[tuple[int, int]]
) -> Iterator[str]:
    # Recursive schemas refer to themselves: each pair is compared once on a path.
    pair = (id(old.node.get("properties", old.node)), id(new.node.get("properties", new.node)))
    if pair in seen:
        return
    seen |= {pair}
    where = at or "/"
    yield from _properties(old, new, reads, at, seen)
    for keyword in sorted((old.node.keys() | new.node.keys()) - _WORDS - {"properties", "required"}):
        if keyword.startswith("x-"):
            continue
        before, after = old.node.get(keyword), new.node.get(keyword)
        if keyword == "items" and isinstance(before, dict) and isinstance(after, dict):
            yield from _compare(old.child(before), new.child(after), reads, f"{at}/*", seen)
        elif keyword == "anyOf" and before and after:
            yield from _alternatives(old, new, reads, at, seen)
        elif keyword == "additionalProperties" and isinstance(before, dict) and isinstance(after, dict):
            yield from _compare(old.child(before), new.child(after), reads, f"{at}/*", seen)
        elif before != after:
            yield from _constraint(keyword, before, after, reads, where)


def _properties(
    old: Schema, new: Schema, reads: Reads, at: str, seen: frozenset[tuple[int, int]]
) -> Iterator[str]:
    before, after = old.node.get("properties", {}), new.node.get("properties", {})
    needed, needs = set(old.node.get("required", ())), set(new.node.get("required", ()))
    added = [name for name in after if name not in before]
    for name in before:
        if name not in after:
            hint = f" (renamed to one of {', '.join(added)}?)" if added else ""
            yield f"{at}/{name}: removed{hint}"
            continue
        if reads != "older" and name in needs - needed:
            yield f"{at}/{name}: was optional and is required"
        if reads != "newer" and name in needed - needs:
            yield f"{at}/{name}: was required and is optional, which old readers cannot do without"
        yield from _compare(old.child(before[name]), new.child(after[name]), reads, f"{at}/{name}", seen)
    for name in added:
        if reads != "older" and name in needs:
            yield f"{at}/{name}: new and required; a new field must be optional"


def _alternatives(
    old: Schema, new: Schema, reads: Reads, at: str, seen: frozenset[tuple[int, int]]
) -> Iterator[str]:
    """Branches of anyOf are paired by their type."""
    before, after = _branches(old), _branches(new)
    if lost := before.keys() - after.keys():
        yield f"{at or '/'}: {', '.join(sorted(lost))} is no longer allowed"
    if reads != "newer" and (gained := after.keys() - before.keys()):
        yield f"{at or '/'}: {', '.join(sorted(gained))} is new, which old readers do not understand"
    for kind in before.keys() & after.keys():
        yield from _compare(before[kind], after[kind], reads, at, seen)


def _branches(schema: Schema) -> dict[str, Schema]:
    """By type; several objects by their titles."""
    found = [schema.child(branch) for branch in schema.node["anyOf"]]
    types = [
        str(branch.node.get("type") or branch.node.get("title") or sorted(branch.node)) for branch in found
    ]
    return {
        str(branch.node.get("title", name)) if types.count(name) > 1 else name: branch
        for branch, name in zip(found, types, strict=True)
    }


def _constraint(keyword: str, before: Any, after: Any, reads: Reads, where: str) -> Iterator[str]:
    if {
        "both": True,
        "newer": _narrows(keyword, before, after),
        "older": _surprises(keyword, before, after),
    }[reads]:
        yield f"{where}: {keyword} was {_said(before)} and is {_said(after)}"


def _surprises(keyword: str, before: Any, after: Any) -> bool:
    """Whether who reads answers may rely on what holds no longer. Bounds are for who writes; a new value of a list may come."""
    if keyword in _UPPER | _LOWER | {"pattern", "default"}:
        return False
    if keyword == "enum" and before is not None and after is not None:
        return not set(before) <= set(after)
    return True


def _narrows(keyword: str, before: Any, after: Any) -> bool:
    """Whether values that were valid may be valid no longer; for what cannot be judged, yes."""
    if keyword in _UPPER:
        return after is not None and (before is None or after < before)
    if keyword in _LOWER:
        return after is not None and (before is None or after > before)
    if keyword == "enum":
        return after is not None and (before is None or not set(before) <= set(after))
    return True


def _said(value: Any) -> str:
    return "not there" if value is None else repr(value)
