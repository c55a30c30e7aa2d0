"""The samples of answers, `contracts/examples/answers/<component>.json`: OpenAPI shows them.

An answer about a document of some kind has one sample; for each kind a sample document of that kind is put into it.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import contracts.answers
from contracts.answers.answer import Answer
from contracts.answers.documents import DocumentWhole
from customs.documents import KINDS
from tools.tree import ROOT

FOLDER = Path("contracts/examples/answers")


@cache
def answer_classes() -> dict[str, type[Answer]]:
    """By name; of a generic class the class itself, not what became of it for a kind."""
    for module in pkgutil.walk_packages(contracts.answers.__path__, "contracts.answers."):
        import_module(module.name)
    return {each.__name__: each for each in _below(Answer) if not _metadata(each)["origin"]}


def component_of_kind(answer: str, schema: str) -> str:
    """How an answer about documents of one kind is called: DocumentRead of Inventory is InventoryRead."""
    return f"{schema}{answer.removeprefix('Document')}"


def _below(answer: type[Answer]) -> Iterator[type[Answer]]:
    for each in answer.__subclasses__():
        yield each
        yield from _below(each)


def _holds_a_document(answer: type[Answer]) -> bool:
    return issubclass(answer, DocumentWhole) and bool(_metadata(answer)["parameters"])


def _metadata(answer: type[Answer]) -> dict[str, Any]:
    return dict(answer.__pydantic_generic_metadata__)


@cache
def answer_samples() -> dict[str, Any]:
    """By name of the component."""
    found: dict[str, Any] = {}
    for path in sorted((ROOT / FOLDER).glob("*.json")):
        sample = json.loads(path.read_text(encoding="utf-8"))
        answer = answer_classes().get(path.stem)
        if answer is None or not _holds_a_document(answer):
            found[path.stem] = sample
            continue
        for kind in KINDS.values():
            document = _smallest(kind.name)
            found[component_of_kind(path.stem, kind.model.__name__)] = {
                **sample,
                "kind": kind.name,
                "internal_no": document["head"]["internal_no"],
                "document": document,
            }
    return found


def _smallest(kind: str) -> dict[str, Any]:
    folder = ROOT / FOLDER.parent / kind
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.json"))]
    document: dict[str, Any] = json.loads(min(texts, key=len))
    return document


def file_of(component: str) -> str:
    """Where the sample of a component stands, relative to the tree."""
    for name, answer in answer_classes().items():
        if _holds_a_document(answer):
            kinds = {component_of_kind(name, kind.model.__name__) for kind in KINDS.values()}
            if component in kinds:
                return f"{FOLDER.as_posix()}/{name}.json"
    return f"{FOLDER.as_posix()}/{component}.json"


def components_of(response: Mapping[str, Any]) -> list[str]:
    """Names of the answers, one or one of several, that a response of OpenAPI has as JSON."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return [each["$ref"].rpartition("/")[2] for each in schema.get("anyOf", [schema]) if "$ref" in each]
