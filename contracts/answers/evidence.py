"""What signer answers: the evidence of what was released."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from contracts.answers.answer import Answer


class Evidence(Answer):
    """The signed statement about the released bytes of an attempt, checked now.

    `statement_base64` are the exact bytes under `signature_base64` (RSA-SHA256). `chain_hash` is SHA-256 over `previous` of the
    statement and the SHA-256 of these bytes, both in hexadecimal; in `form` 1 it is the SHA-256 of the bytes.
    """

    statement: dict[str, Any]
    statement_base64: str
    chain_hash: str
    signature_base64: str
    certificate_pem: str
    holds: bool
    fault: str | None


class ChainKey(Answer):
    """The links from `first` to `last`, which one key sealed."""

    key_id: str
    certificate: str = Field(description="SHA-256")
    first: int
    last: int


class ChainReport(Answer):
    """The check of a whole chain."""

    chain: str = Field(description="Id of a tenant; of links of form 1 the mailbox")
    links: int
    keys: list[ChainKey]
    fault: str | None = Field(description="null: every link holds")
    position: int | None = Field(description="Of the first link that does not hold")
