"""Every service with an HTTP interface has a test that walks all its operations."""

from __future__ import annotations

from tests.support.witness import document
from tools.openapi import operations
from tools.tree import ROOT


def test_no_service_is_left_out() -> None:
    services = {operation["tags"][0] for _, _, operation in operations(document())}
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests/integration").rglob("test_*.py")]
    walked = {name for name in services if any(f'unheard("{name}") == []' in text for text in texts)}
    assert walked == services
