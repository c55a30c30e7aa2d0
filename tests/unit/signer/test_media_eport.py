"""The client of the e-port local signing service, against the project's own player of that service."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from websockets.sync.client import connect

from services.signer.media import certificates
from services.signer.media.eport import EportClient
from services.signer.media.eport_calls import blocks
from services.signer.media.port import (
    AlgorithmMissing,
    CardOut,
    CardRefused,
    MediumFault,
    Order,
    ServiceAway,
    TimedOut,
    WrongPin,
    WrongSignature,
)
from simulators.card.issuing import KeyKind, Person, issue
from simulators.card.machine import Card
from simulators.eport.service import EportService

_PIN = SecretStr("88888888")
_CARD = "5300000000017"


@pytest.fixture
def service() -> Iterator[EportService]:
    with EportService(Card(issue(Person(), "sm2"))) as running:
        yield running


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa-sha1", "rsa-sha1"), ("sm2", "sm2-sm3")])
def test_it_reads_the_card_and_signs_as_the_card_does(kind: KeyKind, algorithm: str) -> None:
    with EportService(Card(issue(Person(), kind))) as service:
        medium = EportClient(service.url)
        (card,) = medium.cards()
        assert (card.card_no, card.holder, card.firm_code) == (_CARD, "张三", "4403161234")
        assert card.algorithms == (algorithm,)
        orders = [Order("正文".encode()), Order(b"two")]
        for order, made in zip(orders, medium.sign(_CARD, _PIN, orders), strict=True):
            assert certificates.read(made.certificate).verifies(order.data, made.value, made.algorithm)
        assert service.methods.count("cus-sec_SpcVerifyPIN") == 1
        assert service.busiest == 1
        medium.close()


def test_the_greeting_and_strange_replies_are_passed_over(service: EportService) -> None:
    service.faults.strays = True
    medium = EportClient(service.url)
    assert list(medium.sign(_CARD, _PIN, [Order(b"text")]))


def test_what_it_cannot_do_is_named(service: EportService) -> None:
    medium = EportClient(service.url, seconds=1)
    with pytest.raises(WrongPin):
        medium.check_pin(_CARD, SecretStr("0"))
    with pytest.raises(AlgorithmMissing):
        list(medium.sign(_CARD, _PIN, [Order(b"text", "rsa-sha256")]))
    with pytest.raises(CardRefused, match="UTF-8"):
        list(medium.sign(_CARD, _PIN, [Order(b"\xff")]))
    with pytest.raises(CardOut):
        list(medium.sign("5300000000025", _PIN, [Order(b"text")]))
    assert service.card is not None
    service.card.orders.wrong_answers = True
    with pytest.raises(WrongSignature):
        list(medium.sign(_CARD, _PIN, [Order(b"text")]))
    service.card = None
    assert medium.cards() == []
    with pytest.raises(CardOut):
        list(medium.sign(_CARD, _PIN, [Order(b"text")]))


def test_a_service_that_is_silent_drops_or_is_away(service: EportService) -> None:
    medium = EportClient(service.url, seconds=0.2)
    service.faults.silent = True
    with pytest.raises(TimedOut):
        medium.cards()
    service.faults.silent, service.faults.drop = False, True
    with pytest.raises(ServiceAway):
        medium.cards()
    with pytest.raises(MediumFault):
        EportClient("ws://127.0.0.1:1")


def test_a_long_call_goes_in_blocks_with_a_header_of_128(service: EportService) -> None:
    assert list(blocks("short")) == ["short"]
    text = json.dumps({"_method": "cus-sec_SpcSignDataAsPEM", "_id": 7, "args": {"inData": "长" * 300_000}})
    parts = list(blocks(text))
    assert len(parts) > 2
    assert all(part.startswith("BLOCKTXT") and part[128:] in text for part in parts)
    with connect(service.url, max_size=None, proxy=None) as connection:
        assert json.loads(connection.recv())["_method"] == "open"
        for part in parts:
            connection.send(part)
        assert json.loads(connection.recv())["_id"] == 7
