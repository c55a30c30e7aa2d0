"""The form of the answers: names, numbers, envelopes, namespaces."""

from __future__ import annotations

import re
from pathlib import Path

from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.uploads import Paper

SIG = "{http://www.w3.org/2000/09/xmldsig#}"


def test_acknowledgement(office: Office) -> None:
    ack = office.send(Paper("OK-1"), "INVT_I_0001")[0]
    assert re.fullmatch(r"Successed_INVT_I_0001_\d{21,23}\.xml", ack)
    root = office.root(ack)
    assert root.tag == "CommonResponeMessage"
    assert [child.tag for child in root] == ["SeqNo", "EtpsPreentNo", "CheckInfo", "DealFlag"]
    assert re.fullmatch(r"2026\d{14}", root.findtext("SeqNo") or "")
    assert root.findtext("EtpsPreentNo") == "OK-1"
    assert root.findtext("DealFlag") == "0"


def test_refusal(office: Office) -> None:
    ack = office.send(Paper("DOOR-1"), "INVT_I_0001")[0]
    assert re.fullmatch(r"Failed_INVT_I_0001_\d{21,23}\.xml", ack)
    root = office.root(ack)
    assert [child.tag for child in root] == ["EtpsPreentNo", "CheckInfo", "DealFlag"]
    assert (root.findtext("CheckInfo") or "").startswith("INV101")
    assert root.findtext("DealFlag") == "-1"


def test_times_are_those_of_shanghai(office: Office) -> None:
    came = office.send(Paper("OK-1"))
    assert "_20260105090000" in came[0]
    assert (office.value(came[1], "manageDate") or "").startswith("2026-01-05 09:00:00")


def test_short_approval(office: Office) -> None:
    name = office.send(Paper("OK-1"))[1]
    root = office.root(name)
    assert root.tag == f"{SIG}Package"
    assert root.prefix is None
    message_id = root.findtext(f"{SIG}EnvelopInfo/{SIG}message_id") or ""
    assert re.fullmatch(r"CUS0000E010000\d{25}", message_id)
    assert re.fullmatch(rf"Receipt_{message_id}_\d+\.INV", name)
    assert root.find(f"{SIG}EnvelopInfo/{SIG}business_id") is None
    assert office.value(name, "sender_id") == "CUS0000"
    assert office.value(name, "receiver_id") == "E010000"
    assert office.value(name, "file_name") == message_id + ".INV"
    customs_no = office.value(name, "businessId") or ""
    assert re.fullmatch(r"QD238926I\d{9}", customs_no)
    assert re.fullmatch(customs_no + r"-[0-9a-f]{32}", office.value(name, "pocket_id") or "")
    result = root.find(f".//{SIG}INV201/{SIG}HdeApprResult")
    assert result is not None
    assert [child.tag.removeprefix(SIG) for child in result] == [
        "etpsPreentNo", "businessId", "tmsCnt", "typecd", "manageResult", "manageDate", "rmk",
    ]  # fmt: skip
    assert root.find(f".//{SIG}BondInvtBsc") is None


def test_full_approval_repeats_the_head(office: Office) -> None:
    name = office.send(Paper("OK-1"))[2]
    assert office.value(name, "invtPreentNo") == office.seq_no("OK-1")
    assert office.value(name, "etpsInnerInvtNo") == "OK-1"
    assert office.value(name, "bizopEtpsNm") == "示例保税物流有限公司"
    assert office.value(name, "rmk") == "试验 <单> & 备注"
    assert office.value(name, "vrfdedMarkcd") == "1"
    assert office.value(name, "invtStucd") == "0"


def test_declaration_receipt(office: Office) -> None:
    name = office.send(Paper("OK-1", head={"ImpexpMarkcd": "E"}))[3]
    message_id = office.value(name, "message_id") or ""
    assert re.fullmatch(r"DXPEDCINVT000001DXPENT0000090001\d{25}", message_id)
    assert re.fullmatch(rf"Receipt_{message_id}_\d+\.INVT", name)
    root = office.root(name)
    assert root.find(f".//{SIG}PocketInfo") is None
    assert root.find(f".//{SIG}HdeApprResult") is None
    assert office.value(name, "business_id") == office.value(name, "businessId")
    assert re.fullmatch(r"E2026\d{13}", office.value(name, "entrySeqNo") or "")
    assert office.value(name, "invPreentNo") == office.seq_no("OK-1")


def test_without_a_sender_address_an_address_of_the_single_window_is_used(office: Office) -> None:
    name = office.send(Paper("OK-1", envelope={"sender_id": ""}))[3]
    assert re.fullmatch(r"DXPESW\d{10}", office.value(name, "receiver_id") or "")


def test_posting(office: Office) -> None:
    name = office.send(Paper("OK-1", goods=[{}, {"DclQty": "7", "PutrecSeqno": "8"}]))[4]
    root = office.root(name)
    assert office.value(name, "vrfdedMarkcd") == "2"
    assert office.value(name, "formalVrfdedTime")
    assert root.find(f".//{SIG}HdeApprResult") is None
    assert [row.findtext(f"{SIG}actlIncQty") for row in root.iterfind(f".//{SIG}BwsDt")] == ["100", "7"]


def test_posting_of_another_book_and_of_many_rows_has_no_rows(office: Office) -> None:
    for number, paper in enumerate(
        (Paper("OK-1", head={"PutrecNo": "H2389A000123"}), Paper("OK-2", goods=[{}] * 51))
    ):
        name = office.send(paper, f"s{number}")[4]
        assert office.root(name).find(f".//{SIG}BwsDt") is None


def test_prefixed_form(tmp_path: Path) -> None:
    office = Office(tmp_path, prefixed=True)
    came = office.send(Paper("OK-1"))
    assert office.root(came[0]).tag == "CommonResponeMessage"
    for name in came[1:]:
        root = office.root(name)
        assert root.prefix == "ns2"
        assert {element.prefix for element in root.iter("*")} == {"ns2"}
        assert root.tag == f"{SIG}Package"
