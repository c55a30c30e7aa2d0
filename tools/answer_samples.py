"""The hand-made samples of answers, `contracts/examples/answers/<class>.json`: OpenAPI shows them, and each is valid.

An answer about a document of some kind has one sample; for each kind a sample document of that kind is put into it.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import contracts.answers
from contracts.answers.answer import Answer
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


def _metadata(answer: type[Answer]) -> dict[str, Any]:
    return dict(answer.__pydantic_generic_metadata__)


@cache
def answer_samples() -> dict[str, Any]:
    """By name of the component, as far as there are samples."""
    found: dict[str, Any] = {}
    for name, answer in answer_classes().items():
        path = ROOT / FOLDER / f"{name}.json"
        if not path.exists():
            continue
        sample = json.loads(path.read_text(encoding="utf-8"))
        if not _metadata(answer)["parameters"]:
            found[name] = sample
            continue
        for kind in KINDS.values():
            document = _smallest(kind.name)
            found[component_of_kind(name, kind.model.__name__)] = {
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


def wrong() -> Iterator[str]:
    """Every sample that its class refuses or that has members the class does not know, and what has no class."""
    for path in sorted((ROOT / FOLDER).glob("*.json")):
        where = (FOLDER / path.name).as_posix()
        answer = answer_classes().get(path.stem)
        if answer is None:
            yield f"{where}: no answer is called so"
            continue
        text = path.read_text(encoding="utf-8")
        try:
            written = answer.model_validate_json(text).model_dump(mode="json")
        except ValidationError as error:
            yield from (f"{where}: {'/'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            continue
        yield from (
            f"{where}: {pointer} is no member of the class" for pointer in _unknown(json.loads(text), written)
        )


def _unknown(given: Any, written: Any, at: str = "") -> Iterator[str]:
    if isinstance(given, dict) and isinstance(written, dict):
        for name, value in given.items():
            if name not in written:
                yield f"{at}/{name}"
            else:
                yield from _unknown(value, written[name], f"{at}/{name}")
    elif isinstance(given, list) and isinstance(written, list):
        for number, (one, other) in enumerate(zip(given, written, strict=True)):
            yield from _unknown(one, other, f"{at}/{number}")
