"""signer-events: the customs message, composed and sealed."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import AttemptRef, Part, Route, Sha256


class Evidence(Part):
    """What proves which bytes were released: a link of the signer's hash chain, signed by a key behind its port."""

    evidence_id: UUID
    algorithm: str = Field(description="rsa-sha256 or rsa-sha1")
    key_id: str
    certificate_serial: str
    chain_hash: Sha256


class DocumentSigned(AttemptRef):
    """The message of an attempt, ready to deliver. Its bytes are `message` in UTF-8; `sha256` is over those bytes."""

    type: ClassVar[str] = "document.signed.v1"

    declare_flag: Literal["0", "1"]
    message_type: str = Field(description="INV101 …")
    message_id: str
    seq_no: str | None = Field(default=None, description="预录入统一编号 carried by the message, when known")
    route: Route
    message: str
    sha256: Sha256
    evidence: Evidence
    composed_at: AwareDatetime
    signed_at: AwareDatetime


class SigningFailed(AttemptRef):
    """No message was released for the attempt; `reason` is a Chinese sentence a clerk understands."""

    type: ClassVar[str] = "signing.failed.v1"

    declare_flag: Literal["0", "1"]
    reason_code: str
    reason: str
    failed_at: AwareDatetime
