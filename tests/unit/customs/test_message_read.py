"""Reading what strangers send: every encoding and spelling that occurs, and nothing that hurts."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs.singlewindow import (
    Receipt,
    UnreadableError,
    Upload,
    read,
    read_receipt,
    read_upload,
    safe_xml,
)
from customs.singlewindow.acknowledgement import read_acknowledgement
from customs.singlewindow.dialect import ATTACHMENTS
from customs.singlewindow.elements import MAX_UNKNOWN
from customs.singlewindow.inventory.receipts import APPROVAL
from customs.singlewindow.safe_xml import parse
from customs.singlewindow.times import as_utc
from tests.support.documents import inventory
from tests.unit.customs.test_message_round_trip import composed

ACK = "<CommonResponeMessage><EtpsPreentNo>S-1</EtpsPreentNo><CheckInfo>{}</CheckInfo><DealFlag>{}</DealFlag></CommonResponeMessage>"


def approval(result: str = "4", head: str = "", around: str = "", typecd: str = "1") -> bytes:
    return (
        "<Package><EnvelopInfo><message_type>INV201</message_type></EnvelopInfo><DataInfo><BussinessData><INV201>"
        f"<HdeApprResult><etpsPreentNo>1</etpsPreentNo><typecd>{typecd}</typecd>"
        f"<manageResult>{result}</manageResult></HdeApprResult>{head}{around}"
        "</INV201></BussinessData></DataInfo></Package>"
    ).encode()


def refusal(data: bytes) -> UnreadableError:
    with pytest.raises(UnreadableError) as refused:
        read(data)
    return refused.value


@pytest.mark.parametrize("encoding", ["gbk", "gb2312", "GB18030"])
def test_gbk_texts_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + ACK.format("表头缺少备案编号", "1")
    assert read_receipt(text.encode(encoding)).reasons == ("表头缺少备案编号",)


def test_byte_order_marks_are_no_text() -> None:
    text = '<?xml version="1.0" encoding="UTF-8"?>' + ACK.format("处理成功", "0")
    for data in (text.encode("utf-8-sig"), text.replace("UTF-8", "UTF-16").encode("utf-16")):
        assert read_receipt(data).outcome == "acknowledged"


def test_encodings_that_lie_or_are_unknown() -> None:
    gbk = ACK.format("表头", "1").encode("gbk")
    assert refusal(gbk).code == "wrong_encoding"
    assert refusal(b'<?xml version="1.0" encoding="UTF-8"?>' + gbk).code == "wrong_encoding"
    assert refusal(b'<?xml version="1.0" encoding="gbk"?><a>\xff\xff</a>').code == "wrong_encoding"
    strange = refusal(b'<?xml version="1.0" encoding="koi8-r"?><a/>')
    assert (strange.code, strange.text) == (
        "unknown_encoding",
        "不支持的字符编码[koi8-r]，报文应为UTF-8或GBK",
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\xef", "not_xml"),
        (b" \r\n ", "empty_file"),
        ("这不是回执\x00".encode("gbk"), "not_xml"),
        (b"PK\x03\x04abc", "not_xml"),
        (b'{"head": {}}', "not_xml"),
        (b"<Package><EnvelopInfo></Package>", "not_well_formed"),
        (b"<Package>&nbsp;</Package>", "not_well_formed"),
        (b"<Package a='1' a='2'></Package>", "not_well_formed"),
        (b"<Package/><Package/>", "not_well_formed"),
        (b"<html></html>", "unknown_root"),
        (b"<Signature></Signature>", "missing_element"),
        (b"<Package></Package>", "missing_element"),
        (b"<Package><DataInfo><BussinessData/></DataInfo></Package>", "no_message_type"),
    ],
)
def test_what_is_no_message(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_every_cut_of_a_message_is_truncated_and_never_a_crash() -> None:
    whole = composed(inventory("SAMPLE-1", 1)).rstrip()
    start = len('<?xml version="1.0" encoding="UTF-8"?>') + 1
    codes = {refusal(whole[:length]).code for length in range(start, len(whole), 7)}
    assert codes <= {"truncated", "empty_file"}
    assert "truncated" in codes


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE Package [<!ENTITY a "aaaaaaaaaa">]><Package>&a;</Package>',
        b'<?xml version="1.0"?>\n<!-- x --><?pi?>\n<!DOCTYPE Package SYSTEM "file:///etc/hostname"><Package/>',
        b"\xef\xbb\xbf<!DOCTYPE Package><Package/>",
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><l>&c;</l>',
    ],
)
def test_doctypes_are_refused(doctype: bytes) -> None:
    assert refusal(doctype).code == "doctype"
    assert refusal(doctype.removeprefix(b"\xef\xbb\xbf").decode().encode("utf-16")).code == "doctype"


def test_the_word_doctype_inside_a_text_is_harmless() -> None:
    text = ACK.format("<![CDATA[<!DOCTYPE x>]]>", "1")
    assert read_receipt(text.encode()).reasons == ("<!DOCTYPE x>",)


def test_bounds() -> None:
    assert refusal(b"<a>" + b" " * safe_xml.MAX_XML_BYTES + b"</a>").code == "too_large"
    assert refusal(b"<a>" + b"<b/>" * safe_xml.MAX_TAGS + b"</a>").code == "too_many_elements"
    deep = "".join(f"<x{n}>" for n in range(40)) + "1" + "".join(f"</x{n}>" for n in reversed(range(40)))
    assert refusal(approval(around=deep)).code == "too_deep"
    assert refusal(b"<a>" * 100_000).code in ("not_well_formed", "truncated")


def test_unknown_elements_are_kept_in_bounds() -> None:
    receipt = read_receipt(approval(around="<foo><bar>1</bar><bar>2</bar></foo>" + "<x>3</x>" * 2_000))
    assert [(one.path, one.value) for one in receipt.unknown[:2]] == [
        ("INV201/foo/bar", "1"),
        ("INV201/foo/bar", "2"),
    ]
    assert len(receipt.unknown) == MAX_UNKNOWN + 1
    assert receipt.unknown[-1].value == "另有1002个未知元素未列出"
    assert isinstance(receipt.body["unknown"], list)


@pytest.mark.parametrize("count", ["9" * 30, "-1", "1_0", "x", ""])
def test_packet_counts_that_are_none(count: str) -> None:
    pocket = f"<PocketInfo><total_pocket_qty>{count}</total_pocket_qty><cur_pocket_no>1</cur_pocket_no></PocketInfo>"
    data = approval().replace(b"<DataInfo>", b"<DataInfo>" + pocket.encode())
    receipt = read_receipt(data)
    assert (receipt.packet, receipt.is_split) == (None, False)


def test_a_known_type_that_is_not_built() -> None:
    known = ATTACHMENTS
    for data in (
        f"<Package><EnvelopInfo><message_type>{known}</message_type></EnvelopInfo></Package>",
        f"<Package><DataInfo><BussinessData><{known}/></BussinessData></DataInfo></Package>",
    ):
        fault = refusal(data.encode())
        assert (fault.code, fault.message_type) == ("unsupported_message", known)
        assert known in fault.text


def test_types_nobody_knows() -> None:
    fault = refusal(b"<Package><EnvelopInfo><message_type>XYZ9</message_type></EnvelopInfo></Package>")
    assert (fault.code, fault.text) == ("unknown_message", "无法识别的报文类型[XYZ9]")
    fault = refusal(b"<Package><EnvelopInfo><message_type>INV201</message_type></EnvelopInfo></Package>")
    assert fault.code == "missing_element"


def test_directions_are_told_apart() -> None:
    assert isinstance(read(approval()), Receipt)
    with pytest.raises(UnreadableError, match="应为上行报文，实际为INV201回执"):
        read_upload(approval())
    upload = composed(inventory("SAMPLE-1", 1))
    assert isinstance(read(upload), Upload)
    with pytest.raises(UnreadableError, match="应为回执，实际为INV101上行报文"):
        read_receipt(upload)


@pytest.mark.parametrize("result", [*APPROVAL, "", "9"])
def test_results_of_an_approval(result: str) -> None:
    assert read_receipt(approval(result)).outcome == APPROVAL.get(result, "other")


@pytest.mark.parametrize("result", ["1", "4", "5"])
def test_a_granted_deletion(result: str) -> None:
    gone = "<BondInvtBsc><invtStucd>3</invtStucd></BondInvtBsc>"
    assert read_receipt(approval(result, gone)).outcome == "deleted"
    assert read_receipt(approval(result, typecd="3")).outcome == "deleted"
    assert read_receipt(approval("3", typecd="3")).outcome == "returned"
    assert read_receipt(approval("2", typecd="3")).outcome == "manual_review"


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [
        ("0", "approved"),
        ("1", "pre_deducted"),
        ("2", "deducted"),
        ("3", "written_off"),
        ("", "other"),
        ("X", "other"),
    ],
)
def test_the_mark_decides_a_posting(mark: str, outcome: str) -> None:
    data = (
        "<Package><EnvelopInfo><send_time>2026-01-18T15:30:02</send_time></EnvelopInfo><DataInfo><BussinessData>"
        f"<INV211><BondInvtBsc><vrfdedMarkcd>{mark}</vrfdedMarkcd><invtPreentNo>1</invtPreentNo></BondInvtBsc>"
        "</INV211></BussinessData></DataInfo></Package>"
    )
    receipt = read_receipt(data.encode())
    assert (receipt.code, receipt.outcome, receipt.seq_no) == (mark, outcome, "1")
    assert receipt.authority_time == "2026-01-18T15:30:02"


@pytest.mark.parametrize(
    ("text", "flag", "named"),
    [
        ("已存在，统一编号为【202600000000000123】", "-1", "202600000000000123"),
        ("编号【S-1】已存在，统一编号【 202600000000000123 】", "1", "202600000000000123"),
        ("【202600000000000123】与【202600000000000124】", "-1", None),
        ("【20260000000000012】", "-1", None),
        ("统一编号为【202600000000000123】", "0", None),
    ],
)
def test_the_number_of_a_duplicate(text: str, flag: str, named: str | None) -> None:
    assert read_receipt(ACK.format(text, flag).encode()).existing_seq_no == named


def test_a_refusal_without_words_still_says_something() -> None:
    receipt = read_receipt(ACK.format("", "2").encode())
    assert (receipt.outcome, receipt.reasons) == ("refused", ("单一窗口未说明原因",))
    assert read_acknowledgement(parse(b"<CommonResponeMessage/>")).outcome == "other"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-15 09:06:10", (2026, 1, 15, 1, 6, 10)),
        ("2026-01-15T09:06:10", (2026, 1, 15, 1, 6, 10)),
        ("2026-01-15T09:06:10.123", (2026, 1, 15, 1, 6, 10, 123000)),
        ("20260115090610", (2026, 1, 15, 1, 6, 10)),
        ("20260115", (2026, 1, 14, 16)),
        ("2026/1/5 09:06:10", (2026, 1, 5, 1, 6, 10)),
        ("2026-01-15T01:06:10Z", (2026, 1, 15, 1, 6, 10)),
        ("2026-01-15T09:06:10+08:00", (2026, 1, 15, 1, 6, 10)),
    ],
)
def test_times_of_the_authority(text: str, expected: tuple[int, ...]) -> None:
    year, month, day, *rest = expected
    hour, minute, second, micro = [*rest, 0, 0, 0, 0][:4]
    assert as_utc(text) == datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", None, "morning", "2026-13-01", "2026-02-30 00:00:00", "0001-01-01", "20260115099999", "9999999"],
)
def test_what_is_no_time(text: str | None) -> None:
    assert as_utc(text) is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    as_utc(text)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_messages_are_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(composed(inventory("SAMPLE-1", 1)) if data.draw(st.booleans()) else approval())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(whole))
    except UnreadableError as fault:
        assert fault.text


def test_threads_have_parsers_of_their_own() -> None:
    upload, answer = composed(inventory("SAMPLE-1", 300)), approval()
    wrong: list[object] = []

    def work() -> None:
        for _ in range(20):
            if not isinstance(read(upload), Upload) or not isinstance(read(answer), Receipt):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
