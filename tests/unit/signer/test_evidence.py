"""A chain of evidence shows every alteration, and in which link it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

import contracts
from contracts.events.entry import DocumentDeclared
from customs.singlewindow import Algorithm
from services.signer import evidence, software_key
from services.signer.evidence import EMPTY, GENESIS, Head, Link, MessageKey
from services.signer.proving import Kept, Walk, Withheld
from services.signer.software_key import SoftwareKey
from simulators.card.issuing import Person, issue

_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
_EXAMPLE = json.loads(sorted(_EXAMPLES.glob("*.json"))[0].read_text(encoding="utf-8"))
_TENANT = _EXAMPLE["tenant_id"]
_KEY = software_key.make("software-test")
_OTHER = software_key.make("software-other")
_AT = datetime(2026, 1, 15, 1, 3, 30, tzinfo=UTC)


def _kept(number: int, previous: Head, key: SoftwareKey = _KEY, **changes: Any) -> Kept:
    attempt_id = UUID(int=number + 1)
    attempt = DocumentDeclared.model_validate({**_EXAMPLE, "attempt_id": str(attempt_id)})
    released = f"<Signature>{number}</Signature>".encode()
    stated = evidence.statement_of(
        attempt,
        evidence_id=UUID(int=100 + number),
        previous=previous,
        message_id=f"INV101{number}",
        message_type="INV101",
        unsigned=released,
        released=released,
        message_key=None,
        key_id=key.key_id,
        certificate=key.certificate,
        composed_at=_AT,
        signed_at=_AT,
    )
    stated.update(changes)  # type: ignore[typeddict-item]
    written = evidence.canonical(stated)
    link = Link(
        position=previous.position + 1,
        attempt_id=attempt_id,
        statement=written,
        chain_hash=evidence.link_hash(stated, written),
        signature=key.sign(written, evidence.ALGORITHM),
        certificate=key.certificate,
    )
    beside = {
        "evidence_id": str(UUID(int=100 + number)),
        "mailbox": attempt.route.mailbox,
        "team_id": stated["team_id"],
        "message_id": f"INV101{number}",
        "released_at": evidence.utc(_AT),
    }
    return Kept(link, beside, released, released)


def _chain(*keys: SoftwareKey) -> list[Kept]:
    chain: list[Kept] = []
    head = EMPTY
    for number, key in enumerate(keys or (_KEY, _KEY, _KEY)):
        chain.append(_kept(number, head, key))
        head = Head(chain[-1].link.position, chain[-1].link.chain_hash)
    return chain


def _faults(*chain: Kept | Withheld) -> list[tuple[int, str]]:
    walk = Walk(_TENANT)
    for kept in chain:
        walk.step(kept)
    return [(fault.position, fault.code) for fault in walk.faults]


def _withheld(kept: Kept) -> Withheld:
    return Withheld(kept.link.position, evidence.sha256(kept.link.statement), kept.link.chain_hash)


def test_an_untouched_chain_holds_and_names_the_key_of_each_link() -> None:
    chain = _chain(_KEY, _KEY, _OTHER)
    walk = Walk(_TENANT)
    for kept in chain:
        walk.step(kept)
    walk.end(Head(3, chain[2].link.chain_hash))
    assert walk.faults == []
    assert [(span.key_id, span.first, span.last) for span in walk.keys] == [
        ("software-test", 1, 2),
        ("software-other", 3, 3),
    ]
    first = chain[0].link.stated
    assert first["previous"] == GENESIS
    assert first["declared_by"]["name"] == _EXAMPLE["ordered_by"]["name"]
    assert chain[2].link.stated["previous"] == chain[1].link.chain_hash


@pytest.mark.parametrize("name", sorted(orjson.loads(_chain()[1].link.statement)))
@pytest.mark.parametrize("rehashed", [False, True])
def test_every_field_of_a_statement_shows_when_it_is_altered(name: str, rehashed: bool) -> None:
    first, second, third = _chain()
    stated: dict[str, Any] = {**second.link.stated}
    value = stated[name]
    stated[name] = value + 1 if isinstance(value, int) else f"{value}0"
    forged = orjson.dumps(stated, option=orjson.OPT_SORT_KEYS)
    link = replace(second.link, statement=forged)
    if rehashed:
        link = replace(
            link,
            chain_hash=evidence.chain_hash_of(2, str(stated["previous"]), evidence.sha256(forged)),
        )
    faults = _faults(first, replace(second, link=link), third)
    assert faults[0][0] == 2
    if rehashed and name != "form":
        # Who alters the statement and its hash has no key, and the next link names the old hash.
        assert faults == [(2, "signature_wrong"), (3, "chain_broken")]


@pytest.mark.parametrize("name", sorted(_chain()[0].beside))
def test_what_lies_beside_a_link_shows_when_it_is_altered(name: str) -> None:
    first, second, third = _chain()
    forged = replace(second, beside={**second.beside, name: "2026-01-15T01:03:31+00:00"})
    assert _faults(first, forged, third) == [(2, f"{name}_changed")]


@pytest.mark.parametrize("name", ["unsigned", "released"])
def test_the_bytes_of_a_message_show_when_they_are_altered_or_gone(name: str) -> None:
    first, second, third = _chain()
    assert _faults(first, replace(second, **{name: b"<other/>"}), third) == [(2, f"{name}_changed")]  # type: ignore[arg-type]
    assert _faults(first, replace(second, **{name: None}), third) == [(2, f"{name}_missing")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"position": 9}, "position_broken"),
        ({"attempt_id": UUID(int=9)}, "attempt_id_changed"),
        ({"statement": b"{}"}, "statement_changed"),
        ({"statement": b"\xff"}, "statement_changed"),
        ({"chain_hash": "1" * 64}, "statement_changed"),
        ({"signature": bytes(256)}, "signature_wrong"),
        ({"certificate": b"nothing"}, "certificate_changed"),
        ({"certificate": _OTHER.certificate}, "signature_wrong"),
        ({"message_certificate": _OTHER.certificate}, "message_certificate_changed"),
    ],
)
def test_every_column_of_a_link_shows_when_it_is_altered(changes: dict[str, Any], fault: str) -> None:
    first, second, third = _chain()
    faults = _faults(first, replace(second, link=replace(second.link, **changes)), third)
    assert faults[0] == (changes.get("position", 2), fault)


def test_a_link_that_is_missing_moved_or_of_another_chain_shows() -> None:
    first, _, third = _chain()
    assert _faults(first, third) == [(3, "position_broken")]
    moved = _kept(2, Head(1, GENESIS))
    assert _faults(first, moved) == [(2, "chain_broken")]
    elsewhere = _kept(1, Head(1, first.link.chain_hash), chain=str(UUID(int=5)))
    assert _faults(first, elsewhere) == [(2, "chain_broken")]


def test_a_chain_that_ends_early_or_otherwise_shows() -> None:
    chain = _chain()
    for head, fault in (
        (Head(4, "1" * 64), (4, "links_missing")),
        (Head(3, "1" * 64), (3, "head_changed")),
        (None, (3, "head_missing")),
    ):
        walk = Walk(_TENANT)
        for kept in chain:
            walk.step(kept)
        walk.end(head)
        assert [(each.position, each.code) for each in walk.faults] == [fault]


def test_a_resigned_link_shows_by_its_certificate() -> None:
    first, second, third = _chain()
    forged = replace(
        second.link,
        certificate=_OTHER.certificate,
        signature=_OTHER.sign(second.link.statement, evidence.ALGORITHM),
    )
    assert _faults(first, replace(second, link=forged), third) == [(2, "certificate_changed")]


@pytest.mark.parametrize(
    ("certificate", "algorithm"),
    [(_OTHER.certificate, "rsa-sha256"), (issue(Person(), "sm2").certificate, "sm2-sm3")],
)
def test_the_signature_within_a_message_is_checked_with_the_certificate_kept_for_it(
    certificate: bytes, algorithm: Algorithm
) -> None:
    kept = _kept(0, EMPTY)
    key = MessageKey("card-1", certificate, algorithm)
    unsaid = replace(kept, link=replace(kept.link, message_certificate=key.certificate))
    assert _faults(unsaid) == [(1, "message_certificate_changed")]
    said = _kept(0, EMPTY, message_certificate_sha256=evidence.sha256(key.certificate))
    unsigned = replace(said, link=replace(said.link, message_certificate=key.certificate))
    assert _faults(unsigned) == [(1, "message_signature_wrong")]


def test_who_may_not_read_a_link_can_still_follow_the_chain() -> None:
    first, second, third = _chain()
    assert _faults(_withheld(first), second, _withheld(third)) == []
    assert _faults(_withheld(first), _withheld(third)) == [(3, "position_broken")]
    forged = replace(_withheld(second), statement_sha256="1" * 64)
    assert _faults(first, forged, third) == [(2, "chain_broken")]
