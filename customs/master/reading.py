"""From what was sent to a record in normal form, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from contracts.problems import Problem, problem
from customs.documents.findings import shown
from customs.documents.normal_form import JsonObject
from customs.documents.values import Reader, UnfitError, reader
from customs.master.records import RECORD_TYPES, RecordType

_MAX_NAME = 80


@cache
def _readers(path: str) -> dict[str, Reader]:
    return {name: reader(spec) for name, spec in RECORD_TYPES[path].fields.items()}


def read_record(
    of: RecordType, given: Mapping[str, object], *, pointer: str = "", place: str = ""
) -> tuple[JsonObject, list[Problem]]:
    """The record without what is absent. `pointer` and `place` say where it stands in a list of many."""
    clean: JsonObject = {}
    found: list[Problem] = []
    readers = _readers(of.path)

    def wrong(code: str, name: str, **values: object) -> None:
        spec = of.fields.get(name)
        field = f"{place}「{spec.label if spec else shown(name)}」"
        escaped = name[:_MAX_NAME].replace("~", "~0").replace("/", "~1")
        found.append(problem(code, f"{pointer}/{escaped}", field=field, **values))

    for name, value in given.items():
        read = readers.get(name)
        if read is None:
            wrong("unknown_field", str(name))
        elif value is not None and value != "":
            try:
                normal = read(value)
            except UnfitError as unfit:
                wrong(unfit.code, name, **unfit.values_of_text)
            else:
                if normal != "":
                    clean[name] = normal
    refused = {each.pointer for each in found}
    for name, spec in of.fields.items():
        if spec.need == "save" and name not in clean and f"{pointer}/{name}" not in refused:
            wrong("required", name, purpose="保存")
    if not found and not of.key_of(clean):
        labels = "、".join(of.fields[name].label for name in of.natural_key)
        wrong("required_when", of.natural_key[0], when=f"{labels}至少填写一项")
    return {name: clean[name] for name in of.fields if name in clean}, found
