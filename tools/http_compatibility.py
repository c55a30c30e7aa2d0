"""Whether clients of a released HTTP interface understand the one there is now: paths, parameters, bodies, answers, names.

Requests must still be taken, answers still be understood. Refusals are one schema for all and judged once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.compatibility import Reads, Schema, between

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_JSON = "application/json"


def http_breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Sentences, one for each break, that begin with the place, e.g. `GET /v1/x 200 /items/*/state: removed`."""
    return list(_breaks(old, new))


def _breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for path, item in old["paths"].items():
        for method in item.keys() & _METHODS:
            name = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                yield f"{name}: removed"
                continue
            yield from _operation(name, Schema(item[method], old), Schema(now, new))
    refused = [
        document.get("components", {}).get("schemas", {}).get("ProblemDetails") for document in (old, new)
    ]
    if refused[0] is not None and refused[1] is not None:
        yield from _schemas("refusal", Schema(refused[0], old), Schema(refused[1], new), "older")


def _operation(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.node.get("operationId"), new.node.get("operationId")
    if before != after:
        yield f"{name} operationId: was {before} and is {after}"
    if new.node.get("security") and not old.node.get("security"):
        yield f"{name} security: needs a caller and did not"
    yield from _parameters(name, old, new)
    yield from _body(name, old, new)
    for status, response in old.node["responses"].items():
        if not status.startswith("2"):
            continue
        now = new.node["responses"].get(status)
        if now is None:
            yield f"{name} {status}: removed"
            continue
        yield from _content(f"{name} {status}", old.child(response), new.child(now), "older")


def _parameters(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    for key, parameter in before.items():
        at = f"{name} {key}"
        if key not in after:
            yield f"{at}: removed"
            continue
        now = after[key]
        if now.node.get("required") and not parameter.node.get("required"):
            yield f"{at}: was optional and is required"
        yield from _schemas(
            at, parameter.child(parameter.node["schema"]), now.child(now.node["schema"]), "newer"
        )
    for key in after.keys() - before.keys():
        if after[key].node.get("required"):
            yield f"{name} {key}: new and required"


def _by_name(operation: Schema) -> dict[str, Schema]:
    """By where it stands and name, `query mode`. Names of headers are the same in any case."""
    found = map(operation.child, operation.node.get("parameters", ()))
    return {
        f"{each.node['in']} {each.node['name'].lower() if each.node['in'] == 'header' else each.node['name']}": each
        for each in found
    }


def _body(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.node.get("requestBody"), new.node.get("requestBody")
    if before is None:
        if after is not None and after.get("required"):
            yield f"{name} body: new and required"
        return
    if after is None:
        yield f"{name} body: removed"
        return
    if after.get("required") and not before.get("required"):
        yield f"{name} body: was optional and is required"
    yield from _content(f"{name} body", old.child(before), new.child(after), "newer")


def _content(at: str, old: Schema, new: Schema, reads: Reads) -> Iterator[str]:
    before, after = old.node.get("content", {}), new.node.get("content", {})
    for media in before:
        if media not in after:
            yield f"{at} {media}: removed"
        elif media == _JSON and (schema := before[media].get("schema")):
            now = after[media].get("schema", {})
            yield from _schemas(at, old.child(schema), new.child(now), reads)


def _schemas(at: str, old: Schema, new: Schema, reads: Reads) -> Iterator[str]:
    yield from (f"{at} {text}" for text in between(old, new, reads))
