"""INV141: the request to send receipts again, written and read, and the short JSON of a receipt."""

from __future__ import annotations

from typing import Any

import pytest

from customs.singlewindow import (
    ResendRequest,
    UncomposableError,
    UnreadableError,
    as_json,
    compose_resend,
    from_json,
    read,
    read_receipt,
    read_upload,
    sign,
    write,
    write_receipt,
)
from customs.singlewindow.messages import Receipt
from tests.support.uploads import AT, ROUTE

SEQ_NO, CUSTOMS_NO = "202600000000000123", "QD310526I000000123"


def request(customs_no: str | None = CUSTOMS_NO) -> bytes:
    return compose_resend(
        seq_no=SEQ_NO, customs_no=customs_no, route=ROUTE, message_id="M1", send_time=AT, file_name="M1.zip"
    )


def test_a_request_is_read_as_it_was_asked() -> None:
    asked = read(request())
    assert isinstance(asked, ResendRequest)
    assert (asked.message_type, asked.preent_no, asked.customs_no) == ("INV141", SEQ_NO, CUSTOMS_NO)
    assert (asked.declare_flag, asked.operator_customs_code, asked.sys_id) == ("1", "3105W60ABC", "Z8")
    assert (asked.envelope.message_type, asked.envelope.send_time) == ("INV141", "2026-01-16T01:05:09")
    assert (asked.unknown, asked.signed) == ((), False)
    assert write(asked) == request()
    assert from_json(as_json(asked)) == asked
    without = read(request(None))
    assert isinstance(without, ResendRequest)
    assert without.customs_no == ""


def test_the_customs_spelling_is_read_too() -> None:
    data = request()
    for ours, theirs in (
        (b"ReceiptDclMessage", b"INV141"),
        (b"BusinessId", b"businessId"),
        (b"EtpsPreentNo", b"etpsPreentNo"),
    ):
        assert ours in data
        data = data.replace(ours, theirs)
    asked = read(data)
    assert isinstance(asked, ResendRequest)
    assert (asked.preent_no, asked.customs_no) == (SEQ_NO, CUSTOMS_NO)


def test_a_request_is_no_document_and_no_receipt() -> None:
    for reader in (read_upload, read_receipt):
        with pytest.raises(UnreadableError) as refused:
            reader(request())
        assert refused.value.message_type == "INV141"


def test_a_request_is_signed_like_any_upload() -> None:
    signed = sign(request(), algorithm="rsa-sha1", key_name="K1", signer=lambda data: b"\x01" * 128)
    asked = read(signed)
    assert isinstance(asked, ResendRequest)
    assert (asked.signed, asked.key_name) == (True, "K1")


SHORT: list[tuple[dict[str, Any], str, str]] = [
    ({"message_type": "SAS223", "seq_no": SEQ_NO, "code": "1"}, "gate_passed", "HdeApprResult"),
    (
        {
            "message_type": "SAS223",
            "code": "1",
            "authority_time": "2026-01-17 08:30:15",
            "body": {"document": {"head": {"passage_status": "3"}}},
        },
        "gate_passed_first",
        "SasPassportBsc",
    ),
    ({"message_type": "INV201", "code": "3", "reasons": ["一", "二"]}, "returned", "CheckInfo"),
    (
        {"message_type": "INV202", "code": "1", "entry_seq_no": "I20260000000000456"},
        "declaration_generated",
        "entrySeqNo",
    ),
    (
        {"message_type": "INV211", "body": {"document": {"head": {"deduction_mark": "2"}}}},
        "deducted",
        "vrfdedMarkcd",
    ),
    ({"message_type": "SAS200", "code": "1", "body": {"result": {"archive": "9"}}}, "stored", "resutType"),
    ({"message_type": "CommonResponeMessage", "code": "0", "seq_no": SEQ_NO}, "acknowledged", "DealFlag"),
    ({"message_type": "CommonResponeMessage", "code": "-1", "reasons": ["已存在"]}, "refused", "CheckInfo"),
    (
        {"message_type": "CommonResponeMessage", "body": {"result": {"fail_code": "E1", "text": "失败"}}},
        "refused",
        "failCode",
    ),
]


@pytest.mark.parametrize(("given", "outcome", "element"), SHORT)
def test_a_receipt_is_written_from_the_little_a_scenario_says(
    given: dict[str, Any], outcome: str, element: str
) -> None:
    receipt = from_json({"direction": "receipt", **given})
    assert isinstance(receipt, Receipt)
    assert receipt.outcome == outcome
    xml = write_receipt(receipt)
    assert f"<{element}>".encode() in xml
    again = read_receipt(xml)
    assert (again.outcome, again.code, again.seq_no) == (outcome, receipt.code, receipt.seq_no)
    assert again.reasons == receipt.reasons


def test_what_the_body_tells_is_not_told_by_the_members_beside_it() -> None:
    given = {
        "message_type": "SAS221",
        "direction": "receipt",
        "code": "3",
        "seq_no": "1",
        "body": {"result": {"result": "1", "seq_no": SEQ_NO}},
    }
    receipt = from_json(given)
    assert isinstance(receipt, Receipt)
    assert (receipt.code, receipt.outcome, receipt.seq_no) == ("1", "approved", SEQ_NO)


def test_only_receipts_of_inventories_have_a_namespace() -> None:
    written = {}
    for message_type in ("INV201", "SAS221"):
        receipt = from_json({"message_type": message_type, "direction": "receipt", "code": "1"})
        assert isinstance(receipt, Receipt)
        written[message_type] = write_receipt(receipt)
    assert b'<Package xmlns="http://www.w3.org/2000/09/xmldsig#">' in written["INV201"]
    assert b"<Package>" in written["SAS221"]


def test_what_cannot_stand_in_a_receipt_is_refused() -> None:
    receipt = from_json({"message_type": "SAS221", "direction": "receipt", "reasons": ["\u0001"]})
    assert isinstance(receipt, Receipt)
    with pytest.raises(UncomposableError):
        write_receipt(receipt)
