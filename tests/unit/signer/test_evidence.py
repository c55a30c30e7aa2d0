"""A chain of evidence shows every alteration."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

import contracts
from contracts.events.entry import DocumentDeclared
from services.signer import evidence, software_key
from services.signer.evidence import EMPTY, GENESIS, Head, Link

_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
_EXAMPLE = json.loads(sorted(_EXAMPLES.glob("*.json"))[0].read_text(encoding="utf-8"))
_KEY = software_key.make("software-test")
_AT = datetime(2026, 1, 15, 1, 3, 30, tzinfo=UTC)
_RELEASED = [f"<Signature>{number}</Signature>".encode() for number in range(3)]


def _link(number: int, previous: Head) -> Link:
    attempt_id = UUID(int=number + 1)
    attempt = DocumentDeclared.model_validate({**_EXAMPLE, "attempt_id": str(attempt_id)})
    statement = evidence.canonical(
        evidence.statement_of(
            attempt,
            evidence_id=UUID(int=100 + number),
            previous=previous,
            message_id=f"INV101{number}",
            unsigned=_RELEASED[number],
            released=_RELEASED[number],
            message_key=None,
            key_id=_KEY.key_id,
            certificate_serial=_KEY.certificate_serial,
            composed_at=_AT,
            signed_at=_AT,
        )
    )
    return Link(
        position=previous.position + 1,
        attempt_id=attempt_id,
        statement=statement,
        chain_hash=evidence.hash_of(statement),
        signature=_KEY.sign(statement, evidence.ALGORITHM),
        certificate=_KEY.certificate,
    )


def _chain() -> list[Link]:
    links: list[Link] = []
    head = EMPTY
    for number in range(3):
        links.append(_link(number, head))
        head = Head(links[-1].position, links[-1].chain_hash)
    return links


def _faults(links: list[Link], released: list[bytes] = _RELEASED) -> list[str | None]:
    head, faults = EMPTY, []
    for link, message in zip(links, released, strict=True):
        faults.append(evidence.fault_of(link, head, message))
        head = Head(link.position, link.chain_hash)
    return faults


def test_an_untouched_chain_holds() -> None:
    links = _chain()
    assert _faults(links) == [None, None, None]
    assert links[0].stated["previous"] == GENESIS
    assert links[2].stated["previous"] == links[1].chain_hash
    assert links[0].stated["declared_by"]["name"] == _EXAMPLE["ordered_by"]["name"]


def test_a_changed_statement_shows() -> None:
    links = _chain()
    forged = links[1].statement.replace(b'"attempt_no":', b'"attempt_no":1', 1)
    assert _faults([links[0], replace(links[1], statement=forged), links[2]])[1] == "statement_changed"
    rehashed = replace(links[1], statement=forged, chain_hash=evidence.hash_of(forged))
    assert _faults([links[0], rehashed, links[2]])[1] == "signature_wrong"


def test_a_changed_message_shows() -> None:
    assert _faults(_chain(), [_RELEASED[0], b"<Signature>other</Signature>", _RELEASED[2]]) == [
        None,
        "message_changed",
        None,
    ]
    assert evidence.fault_of(_chain()[0], EMPTY, None) == "message_missing"


def test_a_missing_link_shows() -> None:
    first, _, third = _chain()
    assert _faults([first, third], _RELEASED[::2])[1] == "position_broken"
    moved = _link(2, Head(1, GENESIS))
    assert _faults([first, moved], _RELEASED[::2])[1] == "chain_broken"


def test_a_foreign_key_or_a_relabelled_attempt_shows() -> None:
    link = _chain()[0]
    other = software_key.make("software-other")
    assert evidence.fault_of(replace(link, certificate=other.certificate), EMPTY, _RELEASED[0]) == (
        "signature_wrong"
    )
    resigned = replace(
        link, certificate=other.certificate, signature=other.sign(link.statement, evidence.ALGORITHM)
    )
    assert evidence.fault_of(resigned, EMPTY, _RELEASED[0]) == "certificate_changed"
    assert evidence.fault_of(replace(link, attempt_id=UUID(int=7)), EMPTY, _RELEASED[0]) == "attempt_changed"


def test_the_private_key_is_kept_encrypted_and_bound_to_its_id() -> None:
    master = secrets.token_bytes(32)
    text = _KEY.sealed(master)
    assert b"PRIVATE" not in text
    assert _KEY.sealed(master) != text
    again = software_key.opened(_KEY.key_id, text, _KEY.certificate, master)
    assert again.sign(b"x", "rsa-sha256") == _KEY.sign(b"x", "rsa-sha256")
    assert again.certificate_serial == _KEY.certificate_serial
    for key_id, key, sealed in (
        (_KEY.key_id, secrets.token_bytes(32), text),
        ("software-other", master, text),
        (_KEY.key_id, master, text[:-1] + bytes([text[-1] ^ 1])),
    ):
        with pytest.raises(software_key.MasterKeyWrong):
            software_key.opened(key_id, sealed, _KEY.certificate, key)
