"""Generated and released contracts are what their sources say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backbone import kafka
from contracts.events import EVENT_TYPES
from customs.documents import KINDS
from tools import deployment, generated, released, verify
from tools.tree import ROOT

ASYNCAPI = ROOT / "contracts/asyncapi.json"
HTTP = sorted((ROOT / "contracts/http").glob("*.openapi.json"))


def test_generated_files_are_up_to_date() -> None:
    assert list(verify.differing()) == []


def test_generating_twice_gives_the_same_bytes() -> None:
    assert generated.generated() == generated.generated()


def test_released_files_are_untouched_and_understood_both_ways() -> None:
    assert released.changed_files() == []
    assert list(released.incompatible()) == []


def test_deployment_is_in_order() -> None:
    assert list(deployment.wrong()) == []


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(target := value.get("$ref"), str):
            yield target
        for child in value.values():
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def _leads_somewhere(document: Any, target: str, folder: Path) -> bool:
    if not target.startswith("#"):
        return (folder / target).is_file()
    found = document
    for step in target.removeprefix("#/").split("/"):
        if not isinstance(found, dict) or step not in found:
            return False
        found = found[step]
    return True


@pytest.mark.parametrize(
    "path",
    [ASYNCAPI, *HTTP, *sorted((ROOT / "contracts/schemas").rglob("*.json"))],
    ids=lambda path: path.name,
)
def test_references_lead_somewhere(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert [r for r in _references(document) if not _leads_somewhere(document, r, path.parent)] == []


def test_asyncapi_tells_of_every_type_and_both_ends_of_every_topic() -> None:
    document = json.loads(ASYNCAPI.read_text(encoding="utf-8"))
    assert set(document["components"]["messages"]) == set(EVENT_TYPES)
    assert set(document["channels"]) == set(kafka.topics())
    told = {
        (tag["name"], operation["action"], operation["channel"]["$ref"].rpartition("/")[2])
        for operation in document["operations"].values()
        for tag in operation["tags"]
    }
    topics = kafka.topics().values()
    assert told == {(t.owner, "send", t.name) for t in topics} | {
        (reader, "receive", t.name) for t in topics for reader in t.reads
    }


def test_every_event_type_is_emitted_on_one_topic() -> None:
    emitted = [name for topic in kafka.topics().values() for name in topic.emits]
    assert sorted(emitted) == sorted(EVENT_TYPES)


@pytest.mark.parametrize("path", HTTP, ids=lambda path: path.name)
def test_operations_have_ids_answers_and_parameters_of_their_own(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    ids = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    assert len(ids) == len(set(ids))
    for route, item in document["paths"].items():
        for method, operation in item.items():
            assert "default" in operation["responses"], (method, route)
            named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
            assert named == set(re.findall(r"\{([^}]+)\}", route)), (method, route)


def test_documents_are_bodies_of_their_kind() -> None:
    document = json.loads((ROOT / "contracts/http/bondgate.openapi.json").read_text(encoding="utf-8"))
    for kind in KINDS.values():
        for path, method in ((f"/v1/{kind.url}", "post"), (f"/v1/{kind.url}/validate", "post")):
            content = document["paths"][path][method]["requestBody"]["content"]["application/json"]
            assert content["schema"] == {"$ref": f"#/components/schemas/{kind.model.__name__}"}
        schema = document["components"]["schemas"][kind.model.__name__]
        assert list(schema["properties"]) == sorted(section.name for section in kind.sections)
