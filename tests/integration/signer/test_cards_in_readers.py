"""Virtual cards through a real pcscd: signatures, PINs, and everything that goes wrong with things people handle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.configured import PcscReaders
from services.signer.media.port import (
    AlgorithmMissing,
    CardOut,
    CardPulled,
    CardRefused,
    CertificateExpired,
    MediumFault,
    PinBlocked,
    Quarantined,
    ReaderGone,
    TimedOut,
    WrongPin,
    WrongSignature,
)
from services.signer.media.supervisor import ReaderReport, ReaderState
from simulators.card.issuing import KeyKind, Person
from tests.support.cards import BOUNDS, PIN, CardBench, card_bench, running_rack, until, until_cards

pytestmark = pytest.mark.anyio
_ONE, _OTHER = "5300000000017", "5300000000025"
_NEVER_PROBED = replace(BOUNDS, probe_every_seconds=3600)


@pytest.fixture(scope="module")
def readers() -> Iterator[CardBench]:
    with card_bench(2) as made:
        yield made


@pytest.fixture
def bench(readers: CardBench) -> CardBench:
    readers.empty()
    return readers


@pytest.mark.parametrize("kind", ["rsa-sha1", "rsa-sha256", "sm2"])
async def test_a_card_signs_what_its_certificate_says(bench: CardBench, kind: KeyKind) -> None:
    card = bench.insert(kind=kind)
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        (seen,) = rack.cards()
        person = card.issued.person
        assert (seen.holder, seen.firm_name) == (person.holder, person.firm_name)
        assert (seen.firm_code, seen.firm_credit_code) == (person.firm_code, person.firm_credit_code)
        signature = await rack.sign(_ONE, b"bytes of a message")
        assert signature.algorithm == {"sm2": "sm2-sm3"}.get(kind, kind)
        certificate = certificates.read(card.issued.certificate)
        assert certificate.verifies(b"bytes of a message", signature.value, signature.algorithm)
        if kind == "sm2":
            with pytest.raises(AlgorithmMissing):
                await rack.sign(_ONE, b"bytes", "rsa-sha1")


async def test_what_waits_is_signed_in_one_transaction_with_one_pin(bench: CardBench) -> None:
    card = bench.insert()
    card.orders.seconds_a_signature = 0.05
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        made = await asyncio.gather(*(rack.sign(_ONE, bytes([number])) for number in range(33)))
        assert len({signature.value for signature in made}) == 33
        # The first may go alone; the rest go by 16.
        assert card.verifies <= 4


async def test_the_urgent_go_first(bench: CardBench) -> None:
    card = bench.insert()
    card.orders.seconds_a_signature = 0.05
    done: list[str] = []
    async with running_rack(bench.configured, bounds=replace(BOUNDS, most_in_transaction=1)) as rack:
        await until_cards(rack, _ONE)

        async def sign(name: str, *, urgent: bool) -> None:
            await rack.sign(_ONE, name.encode(), urgent=urgent)
            done.append(name)

        first = asyncio.create_task(sign("first", urgent=False))
        await until(lambda: rack.readers()[0].waiting == 0 and card.verifies == 1)
        late = [sign("plain", urgent=False), sign("plain too", urgent=False), sign("urgent", urgent=True)]
        await asyncio.gather(first, *late)
    assert done == ["first", "urgent", "plain", "plain too"]


async def test_a_wrong_pin_is_tried_once_and_the_last_try_is_a_persons(bench: CardBench) -> None:
    card = bench.insert()
    pins = {_ONE: SecretStr("00000000")}
    async with running_rack(bench.configured, pins=pins) as rack:
        await until_cards(rack, _ONE)
        for _ in range(3):
            with pytest.raises(WrongPin) as refused:
                await rack.sign(_ONE, b"bytes")
            assert refused.value.tries_left == 2
        assert (card.tries, card.verifies) == (2, 1)
        with pytest.raises(WrongPin) as refused:
            await rack.check_pin(_ONE, SecretStr("11111111"))
        assert (refused.value.tries_left, card.tries) == (1, 1)
    # A new start has forgotten; the card says that one try is left, and it is not used up.
    async with running_rack(bench.configured, pins=pins) as rack:
        await until_cards(rack, _ONE)
        with pytest.raises(WrongPin):
            await rack.sign(_ONE, b"bytes")
        assert card.tries == 1
        pins[_ONE] = PIN
        await rack.check_pin(_ONE, PIN)
        assert await rack.sign(_ONE, b"bytes")
        assert card.tries == 3


async def test_a_blocked_pin_is_said(bench: CardBench) -> None:
    bench.insert().tries = 0
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        with pytest.raises(PinBlocked) as blocked:
            await rack.sign(_ONE, b"bytes")
        assert "锁死" in blocked.value.told
        with pytest.raises(PinBlocked):
            await rack.check_pin(_ONE, PIN)


async def test_a_card_pulled_in_mid_signature_may_have_signed_and_comes_back(bench: CardBench) -> None:
    card = bench.insert()
    card.orders.pull_at_signature = 2
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        outcomes = await asyncio.gather(
            *(rack.sign(_ONE, bytes([number])) for number in range(4)), return_exceptions=True
        )
        faults = [outcome for outcome in outcomes if isinstance(outcome, MediumFault)]
        assert [fault.may_have_signed for fault in faults].count(True) == 1
        assert isinstance(faults[0], CardPulled)
        with pytest.raises(MediumFault):
            await rack.sign(_ONE, b"bytes")
        bench.slots[0].insert(card)
        await until_cards(rack, _ONE)
        assert await rack.sign(_ONE, b"bytes")


async def test_an_answer_that_is_no_signature_never_leaves(bench: CardBench) -> None:
    card = bench.insert()
    card.orders.wrong_answers = True
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        with pytest.raises(WrongSignature):
            await rack.sign(_ONE, b"bytes")
        card.orders.wrong_answers, card.orders.status = False, 0x6F00
        with pytest.raises(CardRefused, match="6F00"):
            await rack.sign(_ONE, b"bytes")
        card.orders.status = None
        assert await rack.sign(_ONE, b"bytes")


async def test_a_card_that_sticks_is_given_up_and_stops_no_other_reader(bench: CardBench) -> None:
    sticking, other = bench.insert(0), bench.insert(1, card_no=_OTHER)
    sticking.orders.seconds_a_signature = 600
    bounds = replace(BOUNDS, sign_seconds=10.0, probe_seconds=10.0, faults_before_quarantine=2)
    async with running_rack(bench.configured, bounds=bounds) as rack:
        await until_cards(rack, _ONE, _OTHER)
        stuck = asyncio.create_task(rack.sign(_ONE, b"bytes"))
        for number in range(10):
            assert await rack.sign(_OTHER, bytes([number]))
        with pytest.raises(TimedOut) as gone:
            await stuck
        assert gone.value.may_have_signed
        # Its driver still waits for the card, so the next processes wait too: the reader is put to rest.
        await until(lambda: _state(rack.readers(), 0) is ReaderState.QUARANTINED)
        with pytest.raises(Quarantined):
            await rack.sign(_ONE, b"bytes")
        assert await rack.sign(_OTHER, b"bytes")
        sticking.orders.seconds_a_signature = 0
        sticking.wake()
        await until_cards(rack, _ONE, _OTHER)
        assert await rack.sign(_ONE, b"bytes")
    assert other.signatures == 11


async def test_a_slow_card_is_waited_for_within_the_bound(bench: CardBench) -> None:
    bench.insert().orders.seconds_a_signature = 3
    async with running_rack(bench.configured, bounds=replace(BOUNDS, sign_seconds=60)) as rack:
        await until_cards(rack, _ONE)
        assert await rack.sign(_ONE, b"bytes")


async def test_a_killed_pcscd_costs_a_new_context_and_nothing_else(bench: CardBench) -> None:
    bench.insert()
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        assert await rack.sign(_ONE, b"bytes")
        bench.daemon.kill()
        await until_cards(rack)
        with pytest.raises(MediumFault):
            await rack.sign(_ONE, b"bytes")
        bench.restart(*bench.names)
        await until_cards(rack, _ONE)
        assert await rack.sign(_ONE, b"bytes")


async def test_a_reader_that_is_unplugged_is_gone_and_the_others_stay(bench: CardBench) -> None:
    bench.insert(0)
    bench.insert(1, card_no=_OTHER)
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE, _OTHER)
        bench.restart(*bench.names[1:])
        await until_cards(rack, _OTHER)
        await until(lambda: _state(rack.readers(), 0) is ReaderState.GONE)
        with pytest.raises(ReaderGone):
            await rack.sign(_ONE, b"bytes")
        assert await rack.sign(_OTHER, b"bytes")
        bench.restart(*bench.names)
        await until_cards(rack, _ONE, _OTHER)
        assert await rack.sign(_ONE, b"bytes")


async def test_two_cards_of_one_firm_each_sign_their_own(bench: CardBench) -> None:
    one, other = bench.insert(0), bench.insert(1, card_no=_OTHER, holder="李四")
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE, _OTHER)
        assert {card.firm_code for card in rack.cards()} == {Person().firm_code}
        signature = await rack.sign(_OTHER, b"bytes")
        assert signature.certificate == other.issued.certificate
        assert (one.signatures, other.signatures) == (0, 1)


async def test_another_firms_card_in_the_reader_signs_nothing_for_this_one(bench: CardBench) -> None:
    stranger = bench.insert(
        0, card_no=_OTHER, firm_code="3122260001", firm_credit_code="91310000MA1K000011", firm_name="他家"
    )
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _OTHER)
        assert [card.firm_code for card in rack.cards()] == ["3122260001"]
        with pytest.raises(CardOut):
            await rack.sign(_ONE, b"bytes")
    assert (stranger.signatures, stranger.verifies) == (0, 0)


async def test_cards_and_readers_that_come_and_go_are_seen_whenever_the_next_probe_is(
    bench: CardBench,
) -> None:
    async with running_rack(bench.configured, bounds=_NEVER_PROBED) as rack:
        await until(lambda: [one.state for one in rack.readers()] == [ReaderState.EMPTY] * 2)
        card = bench.insert(0)
        await until_cards(rack, _ONE)
        bench.insert(1, card_no=_OTHER)
        await until_cards(rack, _ONE, _OTHER)
        bench.slots[0].pull()
        await until_cards(rack, _OTHER)
        bench.slots[0].insert(card)
        await until_cards(rack, _ONE, _OTHER)
        bench.restart(*bench.names[1:])
        await until(lambda: _state(rack.readers(), 0) is ReaderState.GONE)
        await until_cards(rack, _OTHER)
        bench.restart(*bench.names)
        await until_cards(rack, _ONE, _OTHER)


async def test_a_card_that_was_exchanged_unseen_does_not_sign_for_the_one_before(bench: CardBench) -> None:
    bench.insert(0)
    async with running_rack(bench.configured, bounds=_NEVER_PROBED) as rack:
        await until_cards(rack, _ONE)
        bench.slots[0].pull()
        stranger = bench.insert(0, card_no=_OTHER)
        with pytest.raises(MediumFault):
            await rack.sign(_ONE, b"bytes")
    assert (stranger.signatures, stranger.verifies) == (0, 0)


async def test_an_expired_certificate_is_refused_before_the_pin_is_given(bench: CardBench) -> None:
    card = bench.insert(days=-1)
    async with running_rack(bench.configured) as rack:
        await until_cards(rack, _ONE)
        with pytest.raises(CertificateExpired):
            await rack.sign(_ONE, b"bytes")
    assert card.verifies == 0


async def test_a_profile_of_ones_own_goes_first_and_long_data_is_chained(
    bench: CardBench, tmp_path: Path
) -> None:
    own = Path(certificates.__file__).parent / "pcsc" / "profiles" / "iso7816.toml"
    text = own.read_text(encoding="utf-8").replace("most_data = 255", "most_data = 20")
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    bench.insert()
    configured = PcscReaders.model_validate({**bench.configured.model_dump(), "profiles": tmp_path})
    async with running_rack(configured) as rack:
        await until_cards(rack, _ONE)
        assert await rack.sign(_ONE, b"bytes")


def _state(reports: list[ReaderReport], number: int) -> ReaderState:
    return next(one.state for one in reports if one.reader.startswith(f"Bench {number} "))
