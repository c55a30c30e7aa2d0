"""The frozen contracts: `contracts/released/<release>/` holds what each release changed, byte for byte, samples with it.

Nothing in there is ever edited; SHA256SUMS says what it was.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.events import EVENT_TYPES
from customs.documents import KINDS
from tools.compatibility import incompatibilities
from tools.http_compatibility import http_breaks
from tools.json_schemas import schema_files
from tools.json_validator import errors
from tools.tree import ROOT

FOLDER = Path("contracts/released")
EXAMPLES = Path("contracts/examples")
SUMS = "SHA256SUMS"
BREAKS = Path("contracts/breaks.toml")
HTTP = "http"
"""Subject of the one document of all HTTP interfaces."""
_OPENAPI = "http/bondgate.openapi.json"
_SCHEMA = ".schema.json"


@dataclass(frozen=True)
class Frozen:
    """One frozen file. `name` is its path within the release, e.g. events/document.saved.v1.schema.json."""

    release: str
    name: str
    path: Path

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def subject(self) -> str:
        """The event type or kind the file is about, or HTTP."""
        parts = self.name.split("/")
        if parts[0] == "http":
            return HTTP
        return parts[1].removesuffix(_SCHEMA) if parts[0] != "examples" else parts[1]


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def frozen(root: Path = ROOT) -> list[Frozen]:
    """Every frozen file, oldest release first."""
    folder = root / FOLDER
    releases = sorted((path.name for path in folder.glob("[0-9]*") if path.is_dir()), key=_order)
    return [
        Frozen(release, path.relative_to(folder / release).as_posix(), path)
        for release in releases
        for path in sorted((folder / release).rglob("*"))
        if path.is_file()
    ]


def live(root: Path = ROOT) -> dict[str, str]:
    """What a release freezes: schemas, valid samples and the document of the HTTP interfaces, text by name."""
    files = dict(schema_files())
    openapi = root / "contracts" / _OPENAPI
    if openapi.exists():
        files[_OPENAPI] = openapi.read_text(encoding="utf-8")
    for path in sorted((root / EXAMPLES).glob("*/*.json")):
        name = path.relative_to(root / EXAMPLES).as_posix()
        if name.split("/")[0] in EVENT_TYPES.keys() | KINDS.keys():
            files[f"examples/{name}"] = path.read_text(encoding="utf-8")
    return files


def sums(root: Path = ROOT) -> str:
    """SHA256SUMS as it should be, in the form of sha256sum."""
    lines = [
        f"{hashlib.sha256(file.path.read_bytes()).hexdigest()}  {file.release}/{file.name}\n"
        for file in frozen(root)
    ]
    return "".join(sorted(lines, key=lambda line: line.split("  ", 1)[1]))


def changed_files(root: Path = ROOT) -> list[str]:
    """Frozen files that are not what SHA256SUMS says: changed, gone, or never recorded."""
    path = root / FOLDER / SUMS
    recorded = _by_name(path.read_text(encoding="utf-8")) if path.exists() else {}
    present = _by_name(sums(root))
    return [
        f"{(FOLDER / name).as_posix()}: {_difference(name in recorded, name in present)}"
        for name in sorted(recorded.keys() | present.keys())
        if recorded.get(name) != present.get(name)
    ]


def _difference(recorded: bool, present: bool) -> str:
    if recorded and present:
        return "a released file was changed; add a new version instead"
    return "a released file is gone" if recorded else f"not recorded in {SUMS}; files come by tools.release"


def _by_name(text: str) -> dict[str, str]:
    return {name: digest for digest, name in (line.split("  ", 1) for line in text.splitlines())}


def incompatible(root: Path = ROOT) -> Iterator[str]:
    """Every break between what was released and what is now that was not made on purpose, with its sentence."""
    meant = _meant(root)
    current = live(root)
    for file in frozen(root):
        if file.name.startswith("examples/"):
            yield from _new_reads_old(file)
        elif file.name not in current:
            yield f"{file.subject}: released in {file.release} and no longer there"
        else:
            old, new = json.loads(file.text()), json.loads(current[file.name])
            is_event = file.name.startswith("events/")
            compared = (
                http_breaks(old, new)
                if file.subject == HTTP
                else incompatibilities(old, new, reads="both" if is_event else "newer")
            )
            let_through = tuple(
                pointer
                for subject, pointer, release in meant
                if subject == file.subject and _order(file.release) < _order(release)
            )
            for text in compared:
                if not text.startswith(tuple(f"{pointer}:" for pointer in let_through)):
                    yield f"{file.subject} of {file.release}: {text}"
            if is_event:
                for text in _old_reads_new(file, old, current):
                    if not any(f"{pointer}:" in text for pointer in let_through):
                        yield text


def _meant(root: Path) -> list[tuple[str, str, str]]:
    """Subject, pointer and release of every break that was made on purpose."""
    path = root / BREAKS
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["break"] if path.exists() else []
    return [(each["subject"], each["pointer"], each["release"]) for each in listed]


def _new_reads_old(file: Frozen) -> Iterator[str]:
    """A released sample is read by the newest class without loss."""
    sample = json.loads(file.text())
    event, kind = EVENT_TYPES.get(file.subject), KINDS.get(file.subject)
    try:
        if event is not None:
            read = event.model_validate_json(file.text()).model_dump(mode="json", exclude_none=True)
        elif kind is not None:
            read = kind.model.model_validate_json(file.text()).model_dump(mode="json", exclude_none=True)
        else:
            yield f"{file.name} of {file.release}: nothing reads this sample any more"
            return
    except ValidationError as error:
        where = "/".join(str(step) for step in error.errors()[0]["loc"])
        yield f"{file.name} of {file.release}: the newest class refuses it at {where}"
        return
    if lost := _lost(sample, read):
        yield f"{file.name} of {file.release}: the newest class loses {', '.join(lost)}"


def _old_reads_new(file: Frozen, old: dict[str, Any], current: dict[str, str]) -> Iterator[str]:
    """Today's samples are valid by the released schema."""
    for name, text in current.items():
        if name.startswith(f"examples/{file.subject}/"):
            for found in errors(json.loads(text), old):
                yield f"{name}: the reader of {file.release} refuses it {found}"


def _lost(sent: Any, read: Any, at: str = "") -> list[str]:
    """Pointers of members that were sent and are not among what was read."""
    if isinstance(sent, dict) and isinstance(read, dict):
        return [
            pointer
            for name, value in sent.items()
            if value is not None
            for pointer in (_lost(value, read[name], f"{at}/{name}") if name in read else [f"{at}/{name}"])
        ]
    if isinstance(sent, list) and isinstance(read, list):
        pairs = enumerate(zip(sent, read, strict=False))
        return [pointer for number, pair in pairs for pointer in _lost(*pair, f"{at}/{number}")]
    return []
