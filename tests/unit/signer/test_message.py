"""What the signer makes of an attempt, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import contracts
from contracts.events.entry import AttemptStarted, DocumentDeclared
from customs import singlewindow
from customs.singlewindow import Upload
from services.signer.domain import SigningRefused, algorithms_of, composed, file_name_of, message_id_of

_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
_AT = datetime(2026, 1, 15, 1, 3, 30, tzinfo=UTC)
_ID = "INV101019BC3A0000070008000000000000032"


def _attempt(**changes: Any) -> AttemptStarted:
    example = json.loads(sorted(_EXAMPLES.glob("*.json"))[0].read_text(encoding="utf-8"))
    return DocumentDeclared.model_validate({**example, **changes})


def _upload(attempt: AttemptStarted) -> Upload:
    message = singlewindow.read(composed(attempt, message_id=_ID, send_time=_AT))
    assert isinstance(message, Upload)
    return message


def test_message_id_is_a_function_of_the_attempt() -> None:
    attempt_id = UUID("019bc3a0-0000-7000-8000-000000000032")
    assert message_id_of("INV101", attempt_id) == _ID
    assert message_id_of("INV101", attempt_id) != message_id_of("INV101", UUID(int=attempt_id.int + 1))
    assert len(_ID) <= 128
    assert file_name_of(_ID) == f"{_ID}.zip"


def test_the_message_says_what_was_declared_and_by_which_card() -> None:
    attempt = _attempt()
    upload = _upload(attempt)
    assert upload.envelope.message_id == _ID
    assert upload.envelope.send_time == "2026-01-15T09:03:30"
    assert upload.envelope.card_no == attempt.route.card_no
    assert upload.envelope.sender_id == attempt.route.sender_id
    assert upload.declare_flag == attempt.declare_flag
    assert upload.operator_customs_code == attempt.route.operator_customs_code
    assert not upload.signed
    head = upload.document["head"]
    assert isinstance(head, dict)
    assert head["internal_no"] == attempt.internal_no


def test_a_known_seq_no_is_carried_by_head_and_rows() -> None:
    document = _attempt().document
    head = document["head"]
    assert isinstance(head, dict)
    bare = {**document, "head": {name: value for name, value in head.items() if name != "seq_no"}}
    upload = _upload(_attempt(document=bare, numbers={"seq_no": "202600000000009999"}))
    written = upload.document["head"]
    goods = upload.document["goods"]
    assert isinstance(written, dict)
    assert isinstance(goods, list)
    assert written["seq_no"] == "202600000000009999"
    assert [row["seq_no"] for row in goods if isinstance(row, dict)] == ["202600000000009999"] * len(goods)


def test_a_character_xml_cannot_carry_is_named_with_its_place() -> None:
    document = _attempt().document
    head = document["head"]
    assert isinstance(head, dict)
    broken = {**document, "head": {**head, "operating_name": "示例\x01公司"}}
    with pytest.raises(SigningRefused) as refused:
        composed(_attempt(document=broken), message_id=_ID, send_time=_AT)
    assert refused.value.code == "unwritable_character"
    assert refused.value.reason.startswith("表头「经营企业名称」含有")
    assert "\x01" not in refused.value.reason


def test_what_cannot_be_a_message_is_refused_in_chinese() -> None:
    with pytest.raises(SigningRefused) as unknown_kind:
        composed(_attempt(kind="gate-pass"), message_id=_ID, send_time=_AT)
    assert unknown_kind.value.code == "unknown_kind"
    with pytest.raises(SigningRefused) as strange:
        composed(_attempt(document={"nothing": {}}), message_id=_ID, send_time=_AT)
    assert strange.value.code == "uncomposable"
    with pytest.raises(SigningRefused) as signing:
        algorithms_of("sm2-sm3")
    assert signing.value.code == "unknown_signing"
    assert "重新申报" in signing.value.reason


def test_signing_of_a_route() -> None:
    assert algorithms_of("none") == ()
    assert algorithms_of("xmldsig-rsa-sha1") == ("rsa-sha1",)
    assert algorithms_of("xmldsig-sm2-sm3") == ("sm2-sm3",)
