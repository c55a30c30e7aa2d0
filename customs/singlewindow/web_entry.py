"""What the web entry of the Single Window signs: a few fields of the head, one after another, with nothing between.

Which fields, in which order, is public for the 保税核注清单 only (its page as it was saved, H); a kind says its own in
`Kind.web_entry_fields`, by the names of the upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customs.documents import Kind


class WebEntryUnknown(Exception):
    """The kind's fields are not public; `reason` is a Chinese sentence."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.name)
        self.reason = f"单一窗口没有公开「{kind.label}」网页录入的签名字段，不能生成其签名原文"


def web_entry_text(kind: Kind, document: Mapping[str, Any]) -> str:
    """Raises WebEntryUnknown."""
    if not kind.web_entry_fields:
        raise WebEntryUnknown(kind)
    head = document.get("head") or {}
    by_element = {spec.up: name for name, spec in kind.section("head").fields.items()}
    return "".join(str(head.get(by_element[element]) or "") for element in kind.web_entry_fields)
