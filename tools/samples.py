"""The hand-made samples of contracts/examples: each is valid by its class, its schema and, for documents, the check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.events import EVENT_TYPES
from customs.documents import KINDS, Profile, check
from customs.documents.kinds import Kind
from tools.json_schemas import schema_files
from tools.json_validator import errors
from tools.tree import ROOT

FOLDER = Path("contracts/examples")
# Samples of messages are the business of customs/singlewindow, those of answers of tools/answer_samples.py.
_ELSEWHERE = ("messages", "answers")
DRAFT_SUFFIX = "-draft"
"""A document sample whose name ends so passes the check at save; all others pass the one at declare."""


@dataclass(frozen=True)
class Sample:
    """One file. `subject` is an event type or a document kind."""

    subject: str
    name: str
    path: Path

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class BadSample:
    """A document and what the check must find in it: pointer and code of every problem, in order."""

    kind: str
    name: str
    profile: Profile
    document: str
    problems: list[dict[str, str]]


def samples(root: Path = ROOT) -> list[Sample]:
    """All valid samples, by subject and name."""
    return [
        Sample(path.parent.name, path.stem, path)
        for path in sorted((root / FOLDER).glob("*/*.json"))
        if path.parent.name not in _ELSEWHERE
    ]


def bad_samples(root: Path = ROOT) -> list[BadSample]:
    """All documents that must be refused. A `document` that is a string is the body's text itself."""
    found = []
    for path in sorted((root / FOLDER).glob("*/bad/*.json")):
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        body = facts["document"]
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        found.append(
            BadSample(path.parents[1].name, path.stem, Profile(facts["profile"]), text, facts["problems"])
        )
    return found


@cache
def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schema_files()[f"{name}.schema.json"])
    return schema


def profile_of(sample: Sample) -> Profile:
    """The check a document sample passes."""
    return Profile.SAVE if sample.name.endswith(DRAFT_SUFFIX) else Profile.DECLARE


def problems_of(sample: Sample) -> list[str]:
    """What is wrong with a valid sample; [] as it should be."""
    kind = KINDS.get(sample.subject)
    if kind is not None:
        return _document_problems(kind, json.loads(sample.text()), profile_of(sample))
    event = EVENT_TYPES.get(sample.subject)
    if event is None:
        return [f"no event type and no document kind is called {sample.subject}"]
    try:
        read = event.model_validate_json(sample.text())
    except ValidationError as error:
        return [f"{'/'.join(str(step) for step in found['loc'])}: {found['msg']}" for found in error.errors()]
    given = json.loads(sample.text())
    schema = _schema(f"events/{sample.subject}")
    found = errors(given, schema)
    found += [f"/{name}: no field of the event" for name in given.keys() - type(read).model_fields.keys()]
    if isinstance(given.get("document"), dict) and given["document"]:
        carried = KINDS[given["kind"]]
        profile = Profile.DECLARE if sample.subject == "document.declared.v1" else Profile.SAVE
        found += [f"/document{text}" for text in _document_problems(carried, given["document"], profile)]
    return found


def _document_problems(kind: Kind, document: dict[str, Any], profile: Profile) -> list[str]:
    schema = _schema(f"documents/{kind.name}")
    found = errors(document, schema)
    checked = check(kind, document, profile, system_fields="keep")
    found += [f"{problem.pointer}: {problem.code} {problem.message}" for problem in checked.problems]
    normal = {name: part for name, part in checked.document.items() if part not in ([], {})}
    if not found and normal != document:
        found.append("/: not in normal form")
    return found


def wrong(root: Path = ROOT) -> Iterator[str]:
    """Every fault of the samples, and every subject without one."""
    present = samples(root)
    for sample in present:
        for text in problems_of(sample):
            yield f"{sample.path.relative_to(root).as_posix()}: {text}"
    for bad in bad_samples(root):
        checked = check(KINDS[bad.kind], bad.document, bad.profile)
        found = [{"pointer": problem.pointer, "code": problem.code} for problem in checked.problems]
        if found != bad.problems:
            yield f"{FOLDER.as_posix()}/{bad.kind}/bad/{bad.name}.json: the check finds {found}"
    for name in sorted(EVENT_TYPES.keys() | KINDS.keys()):
        if not any(sample.subject == name for sample in present):
            yield f"{FOLDER.as_posix()}/{name}: no sample"
