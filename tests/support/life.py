"""The events of one document's life, as entry, signer and receipts tell them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.events.entry import DocumentVersion
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned
from tests.support.receipts_bench import example

BEGIN = datetime(2026, 1, 15, 1, 0, tzinfo=UTC)
_STATES = ("draft", "draft", "sending", "sending", "accepted", "pre_deducted", "deducted")
_TYPES = ("saved", "saved", "declared", "progressed", "progressed", "progressed", "progressed")


class Life:
    """One document; every event has its own minute, counted from `begin`."""

    def __init__(
        self,
        tenant_id: UUID,
        *,
        internal_no: str = "SAMPLE-1",
        begin: datetime = BEGIN,
        team_id: UUID | None = None,
        enterprise_id: UUID | None = None,
    ) -> None:
        self.document_id = uuid4()
        self.attempt_id = uuid4()
        self.begin = begin
        self.about: dict[str, object] = {
            "tenant_id": tenant_id,
            "document_id": self.document_id,
            "enterprise_id": enterprise_id or uuid4(),
            "internal_no": internal_no,
            "team_id": team_id,
            "client_id": None,
        }

    def event(self, what: str, version: int, state: str, **changes: object) -> DocumentVersion:
        seq_no = f"2026{self.document_id.int % 10**14:014d}" if version >= 5 else None
        given: dict[str, object] = {
            **self.about,
            "version": version,
            "state": state,
            "occurred_at": self.begin + timedelta(minutes=version),
            "numbers": {"seq_no": seq_no},
            **changes,
        }
        if what == "saved":
            given.setdefault("created_at", self.begin)
        made = example(f"document.{what}.v1", **given)
        assert isinstance(made, DocumentVersion)
        return made

    def saved(
        self, version: int = 1, head: dict[str, Any] | None = None, **changes: object
    ) -> DocumentVersion:
        document = {"head": {"internal_no": self.about["internal_no"], **(head or {})}, "goods": []}
        return self.event("saved", version, "draft", document=document, **changes)

    def whole(self) -> list[DocumentVersion]:
        """From the first save to 已核扣, versions 1 to 7."""
        events = []
        for version, (what, state) in enumerate(zip(_TYPES, _STATES, strict=True), 1):
            changes: dict[str, object] = {}
            if what == "progressed":
                changes = {
                    "notes": [f"note {version}"],
                    "deadline_at": None if state == "deducted" else self.begin + timedelta(days=version),
                    "needs_operator": version == 5,
                }
            if what == "declared":
                changes = {"attempt_id": self.attempt_id, "deadline_at": self.begin + timedelta(hours=1)}
            events.append(
                self.saved(version, {"direction": "I", "inventory_type": str(version)})
                if what == "saved"
                else self.event(what, version, state, **changes)
            )
        return events

    def deleted(self, version: int) -> DocumentVersion:
        return self.event("deleted", version, "deleted")

    def signed(self, message: str) -> DocumentSigned:
        about = {name: value for name, value in self.about.items() if name not in ("team_id", "client_id")}
        made = example("document.signed.v1", **about, attempt_id=self.attempt_id, message=message)
        assert isinstance(made, DocumentSigned)
        return made

    def receipt(self, raw: str, sha256: str, **changes: object) -> ReceiptReceived:
        about = {name: value for name, value in self.about.items() if name not in ("team_id", "client_id")}
        made = example("receipt.received.v1", **about, raw_id=uuid4(), raw=raw, raw_sha256=sha256, **changes)
        assert isinstance(made, ReceiptReceived)
        return made
