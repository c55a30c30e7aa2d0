"""The hand-made messages of contracts/examples/messages: each is read as what its author meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from contracts.events.receipts import ReceiptReceived
from customs.documents import KINDS, Profile, check
from customs.singlewindow import (
    ACKNOWLEDGEMENT,
    RESEND_REQUEST,
    Outcome,
    Receipt,
    ResendRequest,
    UnreadableError,
    Upload,
    as_json,
    from_json,
    join_packets,
    read,
    read_receipt,
    read_upload,
    write,
    write_receipt,
)
from customs.singlewindow.dialect import RSA_SHA1
from customs.singlewindow.envelope_check import check_envelope
from customs.singlewindow.forms import FORMS
from customs.singlewindow.writing import DUMMY_KEY_NAME
from tests.contract import receipts_of_forms_and_bills, receipts_of_passes_and_vehicles

FOLDER = Path(__file__).parents[2] / "contracts" / "examples" / "messages"
SEQ_NO = "202600000000000123"
CUSTOMS_NO = "QD310526I000000123"

# message type, code, outcome, further facts
RECEIPTS: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "CommonResponeMessage-taken": (
        "CommonResponeMessage",
        "0",
        "acknowledged",
        {"seq_no": SEQ_NO, "internal_no": "SAMPLE-2026-0002", "reasons": ()},
    ),
    "CommonResponeMessage-duplicate": (
        "CommonResponeMessage",
        "-1",
        "refused",
        {"seq_no": None, "existing_seq_no": SEQ_NO},
    ),
    "Root-failed": ("CommonResponeMessage", "1", "refused", {"reasons": ("报文格式校验未通过",)}),
    "INV200-stored": ("INV200", "1", "stored", {"seq_no": SEQ_NO, "customs_no": CUSTOMS_NO}),
    "INV201-short": (
        "INV201",
        "4",
        "pre_deducted",
        {
            "seq_no": SEQ_NO,
            "customs_no": CUSTOMS_NO,
            "change_count": 0,
            "declaration_type": "1",
            "authority_time": "2026-01-15 09:06:10",
            "authority_at": datetime(2026, 1, 15, 1, 6, 10, tzinfo=UTC),
            "is_split": False,
        },
    ),
    "INV201-full": ("INV201", "4", "pre_deducted", {"internal_no": "SAMPLE-2026-0002", "unknown": ()}),
    "INV201-prefixed": ("INV201", "1", "deducted", {"seq_no": SEQ_NO, "internal_no": "SAMPLE-2026-0002"}),
    "INV201-returned": (
        "INV201",
        "3",
        "returned",
        {"reasons": ("表体第1项申报数量超过底账余量", "表体第2项商品编码与底账不一致")},
    ),
    "INV201-manual-review": (
        "INV201",
        "2",
        "manual_review",
        {"authority_time": "2026/01/15 morning", "authority_at": None},
    ),
    "INV201-stored": ("INV201", "Y", "stored", {"seq_no": SEQ_NO}),
    "INV201-deleted": ("INV201", "1", "deleted", {"declaration_type": "3"}),
    "INV201-packet-1": ("INV201", "4", "pre_deducted", {"is_split": True}),
    "INV201-packet-2": ("INV201", "4", "pre_deducted", {"is_split": True}),
    "INV201-packet-3": ("INV201", "4", "pre_deducted", {"is_split": True}),
    "INV202-generated": (
        "INV202",
        "1",
        "declaration_generated",
        {"seq_no": SEQ_NO, "customs_no": CUSTOMS_NO, "entry_seq_no": "I20260000000000456", "reasons": ()},
    ),
    "INV202-failed": (
        "INV202",
        "2",
        "declaration_failed",
        {"entry_seq_no": None, "reasons": ("报关单商品项数超过50项，未能生成",)},
    ),
    "INV211-posted": (
        "INV211",
        "2",
        "deducted",
        {
            "seq_no": SEQ_NO,
            "customs_no": CUSTOMS_NO,
            "change_count": 0,
            "authority_at": datetime(2026, 1, 18, 7, 30, tzinfo=UTC),
        },
    ),
    "INV211-new-line": ("INV211", "2", "deducted", {"seq_no": SEQ_NO, "unknown": ()}),
    "INV211-processing-book": ("INV211", "2", "deducted", {"seq_no": SEQ_NO, "unknown": ()}),
}
RECEIPTS |= receipts_of_forms_and_bills.RECEIPTS | receipts_of_passes_and_vehicles.RECEIPTS
UPLOADS = {path.stem for path in FOLDER.glob("*-upload*.xml")} | {
    f"{name}-full" for name in (RESEND_REQUEST, *(kind.upload_type for kind in KINDS.values()))
}


def data(name: str) -> bytes:
    return (FOLDER / f"{name}.xml").read_bytes()


def test_every_example_is_expected_here_and_every_type_has_one() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == RECEIPTS.keys() | UPLOADS
    types = {message_type for message_type, _, _, _ in RECEIPTS.values()}
    assert types == FORMS.keys() | {ACKNOWLEDGEMENT}


@pytest.mark.parametrize("name", RECEIPTS)
def test_receipt(name: str) -> None:
    receipt = read_receipt(data(name))
    message_type, code, outcome, facts = RECEIPTS[name]
    assert (receipt.message_type, receipt.code, receipt.outcome) == (message_type, code, outcome)
    assert {fact: getattr(receipt, fact) for fact in facts} == facts
    assert as_json(receipt)["outcome"] == outcome


@pytest.mark.parametrize("name", RECEIPTS)
def test_receipt_fits_the_event(name: str) -> None:
    receipt = read_receipt(data(name))
    event = ReceiptReceived.model_validate(
        {
            "tenant_id": "019bc3a0-0000-7000-8000-000000000001",
            "document_id": "019bc3a0-0000-7000-8000-000000000003",
            "kind": "inventory",
            "enterprise_id": "019bc3a0-0000-7000-8000-000000000002",
            "internal_no": "SAMPLE-2026-0002",
            "receipt_id": "019bc3a0-0000-7000-8000-000000000525",
            "raw_id": "019bc3a0-0000-7000-8000-000000000306",
            "mailbox": "example",
            "file_name": f"{name}.xml",
            "received_at": "2026-01-15T01:06:20Z",
            "raw": data(name).decode(),
            "raw_sha256": "0" * 64,
            **{
                fact: getattr(receipt, fact)
                for fact in (
                    "message_type",
                    "message_id",
                    "code",
                    "outcome",
                    "seq_no",
                    "customs_no",
                    "entry_seq_no",
                    "change_count",
                    "existing_seq_no",
                    "authority_time",
                    "authority_at",
                    "body",
                )
            },
            "reasons": [*receipt.reasons],
        }
    )
    again = ReceiptReceived.model_validate_json(event.model_dump_json())
    assert again == event


def test_outcomes_are_those_of_the_event() -> None:
    extra = ReceiptReceived.model_fields["outcome"].json_schema_extra
    assert isinstance(extra, dict) and extra["examples"] == [*get_args(Outcome)]


def test_the_full_receipt_tells_head_and_goods_in_catalogue_names() -> None:
    document = read_receipt(data("INV201-full")).body["document"]
    assert isinstance(document, dict)
    head, goods = document["head"], document["goods"]
    assert isinstance(head, dict)
    assert head["seq_no"] == SEQ_NO
    assert head["accounting_code"] == "IG"
    assert head["deduction_mark"] == "1"
    assert head["inventory_type"] == "0"
    assert head["change_count"] == 0
    assert "entry_no" not in head
    assert isinstance(goods, list)
    assert [row["total_price"] for row in goods if isinstance(row, dict)] == ["9025.00", "25"]
    assert document["stock_bills"] == [{"customs_no": CUSTOMS_NO, "stock_bill_no": "CK3105260000001"}]


def test_the_posting_tells_book_rows() -> None:
    receipt = read_receipt(data("INV211-posted"))
    rows = receipt.body["book_rows"]
    assert isinstance(rows, list)
    assert isinstance(rows[0], dict)
    assert (rows[0]["book_no"], rows[0]["increased_quantity"]) == ("T3105W000001", "200")


def test_a_new_line_tells_what_came_in_and_no_figures() -> None:
    rows = read_receipt(data("INV211-new-line")).body["book_rows"]
    assert isinstance(rows, list)
    row = rows[0]
    assert isinstance(row, dict)
    assert (row["in_quantity"], row["change_mark"], row["customs_no"]) == ("200", "3", CUSTOMS_NO)
    assert not {name for name in row if name.endswith(("increased_quantity", "reduced_quantity"))}


def test_rows_of_a_processing_book_tell_no_figures() -> None:
    rows = read_receipt(data("INV211-processing-book")).body["book_rows"]
    assert isinstance(rows, list)
    names = ("book_no", "material_mark", "line_no", "declared_quantity", "period_initial_quantity")
    told = [tuple(row.get(name) for name in names) for row in rows if isinstance(row, dict)]
    assert told == [
        ("E31050000001", "I", "1", "5000", "0"),
        ("E31050000001", "I", "2", "18", "0"),
    ]


def test_earlier_spellings_of_a_processing_row_are_read() -> None:
    text = data("INV211-processing-book").decode()
    for new, old in (
        ("mtpckEndprdTypecd", "mtpckEndprdMarkcd"),
        ("endprdGdsSpcfModelDesc", "gdsSpcfModelDesc"),
    ):
        text = text.replace(f"<{new}>", f"<{old}>").replace(f"</{new}>", f"</{old}>")
    assert read_receipt(text.encode()).body == read_receipt(data("INV211-processing-book")).body


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "INV201-full",
            {
                "customs_no": CUSTOMS_NO,
                "change_count": "0",
                "line_no": "1",
                "goods_line_no": "1",
                "form_type": "5",
                "form_no": "EXAMPLE-FP-0001",
                "file_name": "示例发票.pdf",
            },
        ),
        (
            "SAS201-approved",
            {
                "customs_no": "SB3105260000001",
                "change_count": "0",
                "line_no": "1",
                "form_type": "5",
                "form_no": "EXAMPLE-HT-0001",
                "file_name": "示例合同.pdf",
                "version": "1",
            },
        ),
    ],
)
def test_attached_documents_are_told(name: str, told: dict[str, str]) -> None:
    assert read_receipt(data(name)).body["attached_documents"] == [told]


def test_packets_join_in_any_order() -> None:
    one, two, three = (read_receipt(data(f"INV201-packet-{number}")) for number in (1, 2, 3))
    whole = join_packets([three, one, two, one])
    document = whole.body["document"]
    assert isinstance(document, dict)
    goods = document["goods"]
    assert isinstance(goods, list)
    assert [row["line_no"] for row in goods if isinstance(row, dict)] == [1, 2, 3, 4]
    assert isinstance(document["head"], dict)
    assert document["head"]["internal_no"] == whole.internal_no == "SAMPLE-2026-0002"
    assert (whole.outcome, whole.message_id, whole.is_split) == ("pre_deducted", one.message_id, False)
    assert join_packets([two, three, one]) == whole


def test_missing_and_foreign_packets_are_refused() -> None:
    one, three = read_receipt(data("INV201-packet-1")), read_receipt(data("INV201-packet-3"))
    with pytest.raises(UnreadableError, match="缺少第2包（共3包）") as missing:
        join_packets([three, one])
    assert missing.value.code == "packets_missing"
    with pytest.raises(UnreadableError) as foreign:
        join_packets([one, read_receipt(data("INV201-short"))])
    assert foreign.value.code == "packets_differ"
    assert one.packet is not None
    endless = replace(one, packet=replace(one.packet, total=999_999_999))
    with pytest.raises(UnreadableError) as too_many:
        join_packets([endless])
    assert too_many.value.code == "packets_differ"
    with pytest.raises(UnreadableError) as none:
        join_packets([read_receipt(data("INV202-failed"))])
    assert none.value.code == "packets_differ"


@pytest.mark.parametrize("name", sorted(UPLOADS))
def test_upload_is_written_back_with_the_same_elements_and_values(name: str) -> None:
    upload = read(data(name), keep_empty=True)
    assert not isinstance(upload, Receipt)
    again = read(write(upload), keep_empty=True)
    assert not isinstance(again, Receipt)
    assert as_json(again) == as_json(_rewritten(upload))
    assert from_json(as_json(upload)) == upload


def _rewritten(upload: Upload | ResendRequest) -> Upload | ResendRequest:
    """With what writing puts into the skeleton, whatever was there, and without what nobody knows."""
    return replace(
        upload,
        unknown=(),
        key_name=upload.key_name or DUMMY_KEY_NAME,
        signature_method=upload.signature_method or RSA_SHA1,
    )


@pytest.mark.parametrize("name", RECEIPTS)
def test_receipt_is_written_back_with_the_same_meaning(name: str) -> None:
    receipt = read_receipt(data(name))
    assert from_json(as_json(receipt)) == receipt
    again = read_receipt(write_receipt(receipt))
    unknown_apart = {name: part for name, part in receipt.body.items() if name != "unknown"}
    assert again == replace(receipt, unknown=(), body=unknown_apart)


@pytest.mark.parametrize("name", [*RECEIPTS, *sorted(UPLOADS)])
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8-sig", "utf-16"])
def test_every_message_reads_in_the_encodings_that_occur(name: str, encoding: str) -> None:
    text = data(name).decode()
    declared = "UTF-8" if encoding == "utf-8-sig" else encoding.upper()
    for written in ('encoding="UTF-8"', 'encoding="utf-8"'):
        text = text.replace(written, f'encoding="{declared}"')
    assert read(text.encode(encoding)) == read(data(name))


def test_the_whole_upload_passes_every_rule() -> None:
    upload = read_upload(data("INV101-upload"))
    checked = check(upload.kind, upload.document, Profile.DECLARE, system_fields="keep")
    assert (checked.problems, checked.warnings) == ((), ())
    assert check_envelope(upload) == ()
    head = upload.document["head"]
    assert isinstance(head, dict)
    assert head["remark"] == "含 & 与 < 的备注"
    assert "clearance_type" not in head


def test_the_slim_upload_keeps_what_it_does_not_know() -> None:
    upload = read_upload(data("INV101-upload-slim"))
    assert [(one.path, one.value) for one in upload.unknown] == [
        ("InvtMessage/InvtListType[1]/NotInTheCatalogue", "7")
    ]
    assert (upload.declare_flag, upload.operator_customs_code, upload.sys_id) == ("0", "3105W60ABC", "Z8")
    checked = check(upload.kind, upload.document, Profile.SAVE, system_fields="keep")
    assert checked.problems == ()
    assert [(one.pointer, one.code) for one in check_envelope(upload)] == [("/unknown/0", "unknown_field")]


def test_examples_are_receipts_or_uploads() -> None:
    assert all(isinstance(read(data(name)), Receipt) for name in RECEIPTS)
    assert not any(isinstance(read(data(name)), Receipt) for name in UPLOADS)
