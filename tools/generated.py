"""All generated files, as text by path: `tools.contracts` writes them, `tools.verify` compares."""

from __future__ import annotations

from pathlib import Path

from customs.documents import KINDS
from tools import asyncapi, openapi, pages, portal_catalogue, rule_pages, runtime_lock
from tools.canonical import text_of
from tools.json_schemas import schema_files
from tools.parts import Parts, with_parts
from tools.service_files import service_files
from tools.tree import ROOT, project_version

# Folders that hold nothing but generated files: what is left over in them is stale.
OWNED = ("contracts/schemas", "contracts/http", portal_catalogue.FOLDER)
GLOSSARY = "docs/glossary.md"
_GLOSSARY_PARTS: Parts = {
    "kinds": pages.kinds_table,
    "states": pages.states_table,
    "fields": pages.fields_table,
    "tables": pages.tables_table,
}
LISTS = "docs/lists.md"
_LISTS_PARTS: Parts = {"conditions": pages.conditions_table}
OWN_FIRM = "docs/your-own-firm.md"
_OWN_FIRM_PARTS: Parts = {"permissions": pages.permissions_table}


def generated(root: Path = ROOT) -> dict[str, str]:
    """Every generated file below `root`. The hand-written words around a generated part are kept as they stand there."""
    files = {f"contracts/schemas/{name}": text for name, text in schema_files().items()}
    files["contracts/asyncapi.json"] = text_of(asyncapi.document())
    files["contracts/http/bondgate.openapi.json"] = text_of(openapi.document())
    for name, kind in KINDS.items():
        files[f"docs/documents/{name}.md"] = pages.document_page(kind)
    files["docs/rules.md"] = rule_pages.rules_page(root)
    files["docs/events.md"] = pages.events_page()
    files["docs/errors.md"] = pages.errors_page()
    files["docs/metrics.md"] = pages.metrics_page()
    files["deploy/requirements.lock"] = runtime_lock.text()
    files.update(portal_catalogue.files())
    for name, parts in ((GLOSSARY, _GLOSSARY_PARTS), (LISTS, _LISTS_PARTS), (OWN_FIRM, _OWN_FIRM_PARTS)):
        files[name] = with_parts((root / name).read_text(encoding="utf-8"), parts)
    return files | service_files(project_version(root), root)


def stale(names: set[str], root: Path = ROOT) -> list[str]:
    """Files in folders of generated files that nothing generates any more."""
    found = []
    for folder in OWNED:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and name not in names:
                found.append(name)
    return found
