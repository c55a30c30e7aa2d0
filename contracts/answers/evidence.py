"""What signer answers: the evidence of what was released."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from contracts.answers.answer import Answer


class Evidence(Answer):
    """The signed statement about the released bytes of an attempt, checked now.

    `statement_base64` are the exact bytes under `signature_base64` (RSA-SHA256) and `chain_hash` (SHA-256).
    """

    statement: dict[str, Any]
    statement_base64: str
    chain_hash: str
    signature_base64: str
    certificate_pem: str
    holds: bool
    fault: str | None


class ChainReport(Answer):
    """The check of the whole chain of a mailbox."""

    mailbox: str
    links: int
    certificates: list[str] = Field(description="SHA-256 of each that signed")
    fault: str | None = Field(description="null: every link holds")
    position: int | None = Field(description="Of the first link that does not hold")
