"""What is certain in a damaged answer is mended and told; what is not stays unreadable, for a person."""

from __future__ import annotations

import pytest

from customs.singlewindow import (
    UnreadableError,
    as_json,
    from_json,
    join_packets,
    read,
    read_receipt,
    readable,
)
from tests.support import answers
from tests.support.documents import inventory
from tests.unit.customs.test_message_round_trip import composed

SAID = "核放单类型为5或6时，绑定类型应当为空"


def labelled(text: str, encoding: str = "gb2312") -> str:
    return text.replace('encoding="UTF-8"', f'encoding="{encoding}"', 1)


def refused(text: str = SAID) -> str:
    return answers.acknowledgement(flag="-1", text=text).decode()


@pytest.mark.parametrize("encoding", ["gb2312", "GBK", "gb18030"])
@pytest.mark.parametrize("text", [SAID, SAID + "字", "绑定", "绑定错"])
def test_utf8_under_another_label_is_read_and_told(encoding: str, text: str) -> None:
    receipt = read_receipt(labelled(refused(text), encoding).encode())
    assert receipt.reasons == (text,)
    assert receipt.repairs == (f"报文标明编码为{encoding.lower()}，内容实为UTF-8，已按UTF-8读取",)
    assert text in readable(labelled(refused(text), encoding).encode())


def test_a_mark_of_utf8_goes_before_what_is_declared() -> None:
    for encoding in ("gb2312", "GBK", "big5"):
        receipt = read_receipt(labelled(refused(), encoding).encode("utf-8-sig"))
        assert receipt.reasons == (SAID,)
        assert receipt.repairs == (f"报文标明编码为{encoding.lower()}，内容实为UTF-8，已按UTF-8读取",)
    assert read_receipt(refused().encode("utf-8-sig")).repairs == ()


def test_what_is_labelled_rightly_is_not_told() -> None:
    for text in (SAID, "一", "联通", "處理成功鎔"):
        receipt = read_receipt(labelled(refused(text)).encode("gbk"))
        assert (receipt.reasons, receipt.repairs) == ((text,), ())
        assert text in readable(labelled(refused(text)).encode("gbk"))


def test_utf16_without_a_mark() -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        receipt = read_receipt(labelled(refused(), "UTF-16").encode(codec))
        assert (receipt.reasons, len(receipt.repairs)) == ((SAID,), 1)


@pytest.mark.parametrize(
    ("put", "got", "told"),
    [
        ("\x01", "", "U+0001"),
        ("\x00", "", "U+0000"),
        ("\x1f\x0b", "", "U+000B、U+001F"),
        ("\uffff", "", "U+FFFF"),
        ("&#x1;", "", "U+0001"),
        ("&#0;", "", "U+0000"),
        ("&#xD83D;&#xDE00;", "\U0001f600", "两半"),
        ("&#xD83D;", "", "U+D83D"),
        (" & ", " & ", "“&”"),
        ("R&D", "R&D", "“&”"),
    ],
)
def test_one_text_is_mended(put: str, got: str, told: str) -> None:
    for whole, found in (
        (refused(f"编码{put}有误"), f"编码{got}有误"),
        (answers.approval(result="3", reasons=(f"编码{put}有误",)).decode(), f"编码{got}有误"),
    ):
        receipt = read_receipt(whole.encode())
        assert receipt.reasons == (found,)
        [repair] = receipt.repairs
        assert told in repair
        assert "「CheckInfo」" in repair or "「note」" in repair
        assert from_json(as_json(receipt)) == receipt


def test_halves_of_a_character_in_bytes() -> None:
    for put, got in (("\ud83d\ude00", "\U0001f600"), ("\ud83d", "")):
        said = refused("编PUT码").replace("PUT", put)
        receipt = read_receipt(said.encode("utf-8", "surrogatepass"))
        assert (receipt.reasons, len(receipt.repairs)) == ((f"编{got}码",), 1)
        wide = labelled(said, "UTF-16").encode("utf-16", "surrogatepass")
        assert read_receipt(wide).reasons == (f"编{got}码",)


def test_control_characters_under_every_label() -> None:
    for encoding in ("gb2312", "utf-8"):
        receipt = read_receipt(labelled(refused("编\x02码"), encoding).encode(encoding))
        assert (receipt.reasons, len(receipt.repairs)) == (("编码",), 1)
    assert read_receipt(refused("<![CDATA[A\x02&B]]>").encode()).reasons == ("A&B",)
    assert read_receipt(refused().encode() + bytes(512)).reasons == (SAID,)


def test_a_figure_with_something_between_its_digits_is_not_taken() -> None:
    row = "<BwsDt><gdsSeqno>1</gdsSeqno><inQty>12{}00</inQty><gdsNm>硬{}盘</gdsNm></BwsDt>"
    whole = (
        "<Package><DataInfo><BussinessData><INV211><BondInvtBsc><invtPreentNo>1</invtPreentNo></BondInvtBsc>"
        f"{row.format(chr(1), chr(1))}</INV211></BussinessData></DataInfo></Package>"
    )
    receipt = read_receipt(whole.encode())
    assert receipt.body["book_rows"] == [{"line_no": "1", "name": "硬盘"}]
    assert len(receipt.repairs) == 2
    assert "未采用" in receipt.repairs[0]


def test_packets_tell_what_was_mended_in_any_of_them() -> None:
    parts = [
        read_receipt(answers.approval(result="3", reasons=(f"原因{put}",), packet=("p", number, 2)))
        for number, put in ((1, ""), (2, "\x01"))
    ]
    assert len(join_packets(parts).repairs) == 1


@pytest.mark.parametrize(
    "data",
    [
        refused().replace("CheckInfo", "Check\x01Info").encode(),
        refused("小于<5").encode(),
        refused("&nbsp;").encode(),
        refused("&#xZZ;").encode(),
        refused().encode().replace("核".encode(), b"\xe6\xa0"),
        refused().encode("gbk"),
        refused("坏\x01").encode()[:-30],
    ],
    ids=["in-a-tag", "bare-less-than", "entity", "no-number", "half-a-character", "gbk-as-utf8", "cut"],
)
def test_what_is_not_certain_is_kept_for_a_person(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(data)


def test_an_upload_is_right_or_is_none() -> None:
    upload = composed(inventory("SAMPLE-1", 1))
    assert read(upload)
    for wrong in (
        upload.replace(b"SAMPLE-1", b"SAMPLE-\x01", 1),
        upload.replace(b"SAMPLE-1", b"SAMPLE&1", 1),
    ):
        with pytest.raises(UnreadableError) as raised:
            read(wrong)
        assert raised.value.code == "not_well_formed"


def test_many_mends_are_told_in_bounds() -> None:
    whole = answers.approval(result="3", reasons=("\x01",) * 200)
    assert len(read_receipt(whole).repairs) == 21
