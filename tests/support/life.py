"""The events of one document's life, as entry, signer and receipts tell them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.events.entry import (
    DocumentAdopted,
    DocumentAttached,
    DocumentDeclared,
    DocumentDetached,
    DocumentReviewed,
    DocumentVersion,
    ReceiptsRequested,
    RoundOpened,
    RoundWithdrawn,
)
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned
from tests.support.receipts_bench import example

BEGIN = datetime(2026, 1, 15, 1, 0, tzinfo=UTC)
_STATES = ("draft", "draft", "sending", "sending", "accepted", "pre_deducted", "deducted")
_TYPES = ("saved", "saved", "declared", "progressed", "progressed", "progressed", "progressed")


ACTOR = {"id": "user-1", "name": "示例录入员"}
REVIEWER = {"id": "user-2", "name": "示例复核员"}
SHA = "0" * 64
ATTACHMENT = {
    "attachment_id": "01970000-0000-7000-8000-0000000000aa",
    "attachment_type": "invoice",
    "file_name": "发票.pdf",
    "media_type": "application/pdf",
    "size": 1024,
    "sha256": SHA,
}


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
        kind: str = "inventory",
    ) -> None:
        self.document_id = uuid4()
        self.attempt_id = uuid4()
        self.begin = begin
        self.about: dict[str, object] = {
            "tenant_id": tenant_id,
            "document_id": self.document_id,
            "kind": kind,
            "enterprise_id": enterprise_id or uuid4(),
            "internal_no": internal_no,
            "team_id": team_id,
            "client_id": None,
        }

    def event(self, what: str, version: int, state: str, **changes: object) -> DocumentVersion:
        seq_no = f"2026{self.document_id.int % 10**14:014d}" if version >= 5 else None
        given: dict[str, object] = {
            **self._standing(version, state),
            "numbers": {"seq_no": seq_no},
            **changes,
        }
        if what == "saved":
            given.setdefault("created_at", self.begin)
        made = example(f"document.{what}.v1", **given)
        assert isinstance(made, DocumentVersion)
        return made

    def _standing(self, version: int, state: str) -> dict[str, object]:
        at = self.begin + timedelta(minutes=version)
        return {**self.about, "version": version, "state": state, "occurred_at": at}

    def told(
        self, event: type[DocumentVersion], version: int, state: str, **changes: object
    ) -> DocumentVersion:
        """An event of any type, with what every event of a document has."""
        return event.model_validate({**self._standing(version, state), **changes})

    def saved(
        self, version: int = 1, head: dict[str, Any] | None = None, **changes: object
    ) -> DocumentVersion:
        document = {"head": {"internal_no": self.about["internal_no"], **(head or {})}, "goods": []}
        given: dict[str, object] = {"document": document, "state": "draft", **changes}
        return self.event("saved", version, str(given.pop("state")), **given)

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

    def with_rounds(self) -> list[DocumentVersion]:
        """Attached, reviewed, approved; a 变更 refused and withdrawn, a 删除 under way; versions 1 to 15."""
        change, cancellation = _round(2, "change"), _round(3, "cancellation")
        asked = {"round_no": 1, "sha256": SHA, "by": ACTOR}
        changed = {"head": {"internal_no": self.about["internal_no"], "direction": "E"}, "goods": [{}, {}]}
        approved = {"head": {"internal_no": self.about["internal_no"], "direction": "I"}, "goods": [{}]}
        stays: dict[str, Any] = {"system": "Z8", "attachments": 1}
        filed = {**stays, "review": None}
        return [
            self.saved(1, system="Z8"),
            self.told(DocumentAttached, 2, "draft", attachment=ATTACHMENT, attached_by=ACTOR, **stays),
            self.told(
                DocumentReviewed,
                3,
                "draft",
                action="requested",
                reviewed_by=ACTOR,
                **stays,
                review={**asked, "status": "requested"},
            ),
            self.told(
                DocumentReviewed,
                4,
                "draft",
                action="approved",
                comment="已核对",
                reviewed_by=REVIEWER,
                **stays,
                review={**asked, "status": "approved", "by": REVIEWER},
            ),
            self._ordered(5, "sending", 1, "filing", approved, **filed),
            self.progressed(6, "sending", "pre_deducted", **filed),
            self.told(
                RoundOpened,
                7,
                "pre_deducted",
                round=change,
                open_round=change,
                reason="数量有误",
                opened_by=ACTOR,
                **filed,
            ),
            self.saved(8, state="pre_deducted", document=changed, open_round=change, **filed),
            self._ordered(
                9, "pre_deducted", 2, "change", changed, open_round={**change, "state": "sending"}, **filed
            ),
            self.progressed(
                10, "pre_deducted", "pre_deducted", open_round={**change, "state": "returned"}, **filed
            ),
            self.told(
                RoundWithdrawn,
                11,
                "pre_deducted",
                round={**change, "state": "returned"},
                withdrawn_by=ACTOR,
                document=approved,
                **filed,
            ),
            self.asked_again(12, "pre_deducted", 3, **filed),
            self.told(
                DocumentDetached, 13, "pre_deducted", attachment=ATTACHMENT, detached_by=ACTOR, system="Z8"
            ),
            self.told(
                RoundOpened,
                14,
                "pre_deducted",
                round=cancellation,
                open_round=cancellation,
                reason="重复申报",
                opened_by=ACTOR,
                system="Z8",
            ),
            self._ordered(
                15,
                "pre_deducted",
                4,
                "cancellation",
                approved,
                open_round={**cancellation, "state": "sending"},
                system="Z8",
            ),
        ]

    def adopted(self, version: int, state: str, head: dict[str, Any], **changes: object) -> DocumentVersion:
        return self.told(
            DocumentAdopted,
            version,
            state,
            **{
                "catalogue_version": 1,
                "document": {"head": {"internal_no": self.about["internal_no"], **head}, "goods": [{}]},
                "adopted_by": ACTOR,
                "reason": "在官方页面申报",
                "created_at": self.begin,
                **changes,
            },
        )

    def progressed(self, version: int, before: str, state: str, **changes: Any) -> DocumentVersion:
        """An answer of customs in the same minute by its own clock; `authority` is empty unless given."""
        at = self.begin + timedelta(minutes=version)
        fact = {
            "fact_id": f"fact-{version}",
            "type": "receipt",
            "attempt_no": 1,
            "occurred_at": at,
            "authority_at": at - timedelta(seconds=30),
            "text": "海关答复",
            **changes.pop("fact", {}),
        }
        given = {"authority": {}, "notes": [], "deadline_at": None, "needs_operator": False, **changes}
        return self.event("progressed", version, state, previous_state=before, fact=fact, **given)

    def asked_again(self, version: int, state: str, attempt_no: int, **changes: object) -> DocumentVersion:
        return self._ordered(version, state, attempt_no, "filing", {}, event=ReceiptsRequested, **changes)

    def _ordered(
        self,
        version: int,
        state: str,
        attempt_no: int,
        purpose: str,
        document: dict[str, Any],
        event: type[DocumentVersion] = DocumentDeclared,
        **changes: object,
    ) -> DocumentVersion:
        sample = example("document.declared.v1").model_dump()
        given = {
            **{name: sample[name] for name in ("route", "catalogue_version", "declare_flag")},
            "attempt_id": uuid4(),
            "attempt_no": attempt_no,
            "round_no": 1,
            "purpose": purpose,
            "document": document,
            "ordered_by": ACTOR,
            "deadline_at": self.begin + timedelta(days=1, minutes=version),
            **changes,
        }
        return self.told(event, version, state, **given)

    def deleted(self, version: int) -> DocumentVersion:
        return self.event("deleted", version, "deleted")

    def signed(self, message: str, **changes: object) -> DocumentSigned:
        about = {name: value for name, value in self.about.items() if name not in ("team_id", "client_id")}
        made = example(
            "document.signed.v1", **{**about, "attempt_id": self.attempt_id, "message": message, **changes}
        )
        assert isinstance(made, DocumentSigned)
        return made

    def receipt(self, raw: str, sha256: str, **changes: object) -> ReceiptReceived:
        about = {name: value for name, value in self.about.items() if name not in ("team_id", "client_id")}
        made = example("receipt.received.v1", **about, raw_id=uuid4(), raw=raw, raw_sha256=sha256, **changes)
        assert isinstance(made, ReceiptReceived)
        return made


def _round(number: int, purpose: str) -> dict[str, object]:
    return {"round_no": number, "purpose": purpose, "state": "draft"}
