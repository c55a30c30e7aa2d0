"""Freezing contracts: what is frozen stays, what breaks it is refused, on a tree of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tools import release, released
from tools.tree import ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / released.EXAMPLES, tmp_path / released.EXAMPLES)
    shutil.copytree(ROOT / "contracts/http", tmp_path / "contracts/http")
    return tmp_path


def _edit(path: Path, change: Any) -> None:
    facts = json.loads(path.read_text(encoding="utf-8"))
    change(facts)
    path.write_text(json.dumps(facts), encoding="utf-8")


def _record(tree: Path) -> None:
    """As if the edited file had been released so."""
    (tree / released.FOLDER / released.SUMS).write_text(released.sums(tree), encoding="utf-8")


def test_first_release_freezes_everything_and_the_next_nothing(tree: Path) -> None:
    added = release.freeze("0.1.0", tree)
    assert added == sorted(released.live(tree))
    assert released.changed_files(tree) == []
    assert list(released.incompatible(tree)) == []
    assert release.freeze("0.2.0", tree) == []


def test_sums_are_what_sha256sum_reads(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    lines = (tree / released.FOLDER / released.SUMS).read_text("utf-8").splitlines()
    assert all(len(line.split("  ")[0]) == 64 for line in lines)
    assert lines == sorted(lines, key=lambda line: line.split("  ")[1])


def test_changed_released_file_is_refused(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    path = tree / released.FOLDER / "0.1.0/events/document.saved.v1.schema.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert [text.split(": ")[1] for text in released.changed_files(tree)] == [
        "a released file was changed; add a new version instead"
    ]
    with pytest.raises(release.Refused, match=r"document\.saved\.v1"):
        release.freeze("0.2.0", tree)


def test_missing_and_foreign_files_are_refused(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    folder = tree / released.FOLDER / "0.1.0"
    (folder / "documents/inventory.schema.json").unlink()
    (folder / "events/new.thing.v1.schema.json").write_text("{}", encoding="utf-8")
    assert {text.split(": ")[1] for text in released.changed_files(tree)} == {
        "a released file is gone",
        "not recorded in SHA256SUMS; files come by tools.release",
    }


def test_same_version_cannot_freeze_another_text(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    sample = tree / released.EXAMPLES / "message.taken.v1/taken.json"
    _edit(sample, lambda facts: facts.update(try_no=2))
    with pytest.raises(release.Refused, match="raise the version"):
        release.freeze("0.1.0", tree)
    assert release.freeze("0.2.0", tree) == ["examples/message.taken.v1/taken.json"]


def test_field_released_and_gone_is_found_from_schema_and_from_sample(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    folder = tree / released.FOLDER / "0.1.0"

    def had_a_field(schema: dict[str, Any]) -> None:
        schema["properties"]["weather"] = {"type": "string"}

    _edit(folder / "events/message.taken.v1.schema.json", had_a_field)
    _edit(folder / "examples/message.taken.v1/taken.json", lambda facts: facts.update(weather="fine"))
    _record(tree)
    found = list(released.incompatible(tree))
    assert "message.taken.v1 of 0.1.0: /weather: removed" in found
    assert "examples/message.taken.v1/taken.json of 0.1.0: the newest class loses /weather" in found


def test_released_sample_that_the_newest_class_refuses_is_found(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    folder = tree / released.FOLDER / "0.1.0/examples"
    _edit(folder / "message.taken.v1/taken.json", lambda facts: facts.pop("stem"))
    _edit(folder / "inventory/import.json", lambda facts: facts["head"].update(weather="fine"))
    _record(tree)
    assert list(released.incompatible(tree)) == [
        "examples/inventory/import.json of 0.1.0: the newest class refuses it at head/weather",
        "examples/message.taken.v1/taken.json of 0.1.0: the newest class refuses it at stem",
    ]


def test_sample_that_the_released_reader_refuses_is_found(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    schema = tree / released.FOLDER / "0.1.0/events/message.taken.v1.schema.json"
    _edit(schema, lambda facts: facts["required"].append("weather"))
    _record(tree)
    found = list(released.incompatible(tree))
    assert any("the reader of 0.1.0 refuses it" in text and "weather" in text for text in found)


def test_type_that_is_no_longer_there_is_found(tree: Path) -> None:
    release.freeze("0.1.0", tree)
    folder = tree / released.FOLDER / "0.1.0/events"
    (folder / "old.thing.v1.schema.json").write_text("{}", encoding="utf-8")
    _record(tree)
    assert list(released.incompatible(tree)) == ["old.thing.v1: released in 0.1.0 and no longer there"]


def test_field_of_an_answer_that_is_gone_fails_unless_it_was_meant(tree: Path) -> None:
    release.freeze("0.1.0", tree)

    def without_a_field(document: dict[str, Any]) -> None:
        schema = document["components"]["schemas"]["DocumentActions"]
        schema["properties"].pop("version")
        schema["required"].remove("version")

    _edit(tree / "contracts/http/bondgate.openapi.json", without_a_field)
    found = list(released.incompatible(tree))
    place = "GET /v1/inventories/{document_id}/actions 200 /version"
    assert f"http of 0.1.0: {place}: removed" in found
    meant = [
        f'[[break]]\nsubject = "http"\npointer = "{text.split(": ")[1]}"\nrelease = "0.2.0"\nwhy = "x"\n'
        for text in found
    ]
    (tree / released.BREAKS).write_text("\n".join(meant), encoding="utf-8")
    assert list(released.incompatible(tree)) == []
    assert "http/bondgate.openapi.json" in release.freeze("0.2.0", tree)
