"""What the Single Window does not let in, and what it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.uploads import GOODS, HEAD, Paper


def refused(office: Office, xml: bytes) -> str:
    """The sentence of the refusal; fails when anything else came back."""
    paper = Paper("x")
    paper.xml = lambda: xml  # type: ignore[method-assign]
    return refused_paper(office, paper)


def refused_paper(office: Office, paper: Paper, stem: str = "stem") -> str:
    came = office.send(paper, stem)
    assert office.kinds(came) == ["Failed"]
    assert office.box("SentBox") == [f"{stem}.zip"]
    return office.value(came[0], "CheckInfo") or ""


def changed(change: Callable[[str], str]) -> bytes:
    text = Paper("OK-1").xml().decode()
    other = change(text)
    assert other != text
    return other.encode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t[:-5], "XML格式不正确"),
        (lambda t: t.replace("<Signature>", "<!DOCTYPE Signature><Signature>"), "DOCTYPE"),
        (
            lambda t: t.replace("<Signature>", '<!DOCTYPE a [<!ENTITY b "c">]><Signature>').replace("接插件", "&b;"),
            "DOCTYPE",
        ),
        (lambda t: t.replace("UTF-8", "GB18030"), "UTF-8"),
        (lambda t: t.replace("Signature>", "Sign>"), "根节点"),
        (lambda t: t.replace("<Signature>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">'), "根节点"),
        (lambda t: t.replace("Package>", "Pakage>"), "Object/Package"),
        (lambda t: t.replace("EnvelopInfo>", "EnvelopeInfo>"), "EnvelopInfo"),
        (lambda t: t.replace("BussinessData>", "BusinessData>"), "BussinessData"),
        (lambda t: t.replace("DelcareFlag>", "DeclareFlag>"), "DeclareFlag"),
        (lambda t: t.replace("InvtMessage>", "InvMessage>"), "InvMessage"),
        (lambda t: t.replace("InvtHeadType>", "InvtHead>"), "InvtHeadType"),
        (lambda t: t.replace("<message_type>INV101</message_type>", ""), "message_type"),
        (lambda t: t.replace(">INV101<", "><"), "message_type"),
        (lambda t: t.replace(">INV101<", ">INV999<"), "INV999"),
        (lambda t: t.replace(">INV101<", ">SAS121<"), "PassPortMessage"),
        (lambda t: t.replace("<DelcareFlag>1</DelcareFlag>", ""), "DelcareFlag"),
        (lambda t: t.replace("<DelcareFlag>1<", "<DelcareFlag>2<"), "DelcareFlag"),
        (lambda t: t.replace("#rsa-sha1", "#rsa-sha3"), "SignatureMethod"),
        (lambda t: t.replace("<SysId>Z7</SysId>", ""), "SysId"),
        (lambda t: t.replace("<SysId>Z7<", "<SysId>Q1<"), "SysId"),
        (lambda t: t.replace("<OperCusRegCode>3299980002</OperCusRegCode>", ""), "OperCusRegCode"),
        (lambda t: t.replace("<InvtListType>", "<Stray/><InvtListType>"), "Stray"),
        (lambda t: t.replace("<Rmk>", "<Remark>1</Remark><Rmk>"), "Remark"),
        (lambda t: t.replace("<GdsNm>接插件</GdsNm>", "<GdsNm>a</GdsNm><GdsNm>b</GdsNm>"), "重复出现"),
        (lambda t: t.replace("接插件", "<b>接插件</b>"), "下级节点"),
        (lambda t: t.replace("<Ic_Card>1000000000001", "<Ic_Card>12"), "Ic_Card"),
        (lambda t: t.replace("DXPENT0000090001", "../../escape"), "sender_id"),
        (lambda t: t.replace("<BussinessData>", "<PocketInfo><total_pocket_qty>2</total_pocket_qty></PocketInfo><BussinessData>"), "分包"),
        (lambda t: t.replace("<Object", "<a>" * 40 + "</a>" * 40 + "<Object"), "层次"),
    ],
)  # fmt: skip
def test_structure(office: Office, change: Callable[[str], str], says: str) -> None:
    assert says in refused(office, changed(change))


@pytest.mark.parametrize(
    "name",
    [n for n, v in HEAD.items() if v and n not in ("InputTime", "Rmk", "EtpsInnerInvtNo")],
)
def test_each_required_element_of_the_head(office: Office, name: str) -> None:
    assert "缺少" in refused_paper(office, Paper("OK-1", head={name: ""}))


@pytest.mark.parametrize("name", [n for n in GOODS if n not in ("PutrecSeqno", "GdsSeqno")])
def test_each_required_element_of_a_row(office: Office, name: str) -> None:
    assert "表体第2条缺少" in refused_paper(office, Paper("OK-1", goods=[{}, {name: ""}]))


ONE_REVIEW = {
    "PutrecNo": "T2389W000001",
    "DclcusTypecd": "2",
    "CorrEntryDclEtpsNo": "3299980002",
    "CorrEntryDclEtpsNm": "示例报关",
    "TrspModecd": "9",
    "StshipTrsarvNatcd": "142",
    "SupvModecd": "5000",
    "DecType": "3",
}


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ({"EtpsInnerInvtNo": ""}, "缺少企业内部清单编号"),
        ({"EtpsInnerInvtNo": "A" * 65}, "超过64位"),
        ({"BizopEtpsNm": "企" * 257}, "超过512位"),
        ({"PutrecNo": "T2389W"}, "应为12位"),
        ({"BizopEtpsSccd": "9132"}, "应为18位"),
        ({"BizopEtpsSccd": "91320000IOSVZ00000"}, "社会信用代码"),
        ({"BizopEtpsno": "3299"}, "应为10位"),
        ({"DclEtpsno": "3299960009"}, "操作卡"),
        ({"InvtType": "2"}, "清单类型"),
        ({"ImpexpMarkcd": "X"}, "进出口标记"),
        ({"SupvModecd": "50A4"}, "监管方式"),
        ({"TrspModecd": "?"}, "运输方式"),
        ({"StshipTrsarvNatcd": "CHN"}, "起运"),
        ({"DecType": "A"}, "报关单类型"),
        ({"DclTypecd": "4"}, "申报类型"),
        ({"DclcusFlag": "2"}, "报关类型应为空"),
        ({"DclcusFlag": "2", "DclcusTypecd": ""}, "是否生成报关单应为2"),
        ({"DclcusTypecd": "2"}, "对应报关单申报单位"),
        ({"DecType": "X"}, "关联报关单编号"),
        ({"InvtType": "8"}, "电商"),
        ({"InvtType": "9"}, "申报表编号"),
        (ONE_REVIEW, "两单一审时缺少关联备案编号"),
        (ONE_REVIEW | {"RltPutrecNo": "null00000000"}, "报关单类型应为5或6"),
        (ONE_REVIEW | {"RltPutrecNo": "E32996A10001"}, "报关单类型应为5或6"),
        ({"InvtType": "4"}, "料件表体"),
        ({"SeqNo": "123"}, "应为18位"),
        ({"InputTime": "2026-1-5"}, "录入日期"),
        ({"ChgTmsCnt": "1.5"}, "变更次数"),
    ],
)
def test_head(office: Office, head: dict[str, str], says: str) -> None:
    assert says in refused_paper(office, Paper("OK-1", head=head))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"DclQty": "0"}, "大于0"),
        ({"DclQty": "0.00000"}, "大于0"),
        ({"DclQty": "-1"}, "大于0"),
        ({"DclQty": "1.123456"}, "小数超过5位"),
        ({"DclQty": "1e3"}, "不是数字"),
        ({"DclQty": "１２"}, "不是数字"),
        ({"LawfQty": "0"}, "大于0"),
        ({"DclUprcAmt": "0"}, "大于0"),
        ({"DclUprcAmt": "1.00001"}, "小数超过4位"),
        ({"DclTotalAmt": "1.001"}, "小数超过2位"),
        ({"DclTotalAmt": "12345678901234567890"}, "超过19位数字"),
        ({"Gdecd": "85366900"}, "应为10位"),
        ({"Gdecd": "85366900AB"}, "应为数字"),
        ({"DclUnitcd": "999"}, "申报计量单位"),
        ({"DclCurrcd": "USD"}, "币制"),
        ({"Natcd": "000"}, "原产国"),
        ({"LvyrlfModecd": "0"}, "征免方式"),
        ({"ModfMarkcd": "9"}, "修改标志"),
        ({"GdsMtno": "P" * 33}, "超过32位"),
        ({"SecdLawfUnitcd": "007"}, "法定第二数量"),
        ({"SeqNo": "202600000000000001"}, "与表头不一致"),
        ({"GdsSeqno": "3"}, "从1起连续"),
        ({"GdsSeqno": "1"}, "从1起连续"),
    ],
)
def test_goods(office: Office, row: dict[str, str], says: str) -> None:
    assert says in refused_paper(office, Paper("OK-1", goods=[{}, row]))


def test_no_goods(office: Office) -> None:
    assert "至少需要一条" in refused_paper(office, Paper("OK-1", goods=[]))


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ("<InvtDecHeadType><GrossWt>1</GrossWt></InvtDecHeadType>", "GrossWt"),
        ("<InvtDecListType><EntryGdsSeqno>2</EntryGdsSeqno></InvtDecListType>", "从1起连续"),
        ("".join(f"<InvtDecListType><EntryGdsSeqno>{n}</EntryGdsSeqno></InvtDecListType>" for n in range(1, 52)), "超过50"),
        ("<InvtDecListType><EntryGdsSeqno>1</EntryGdsSeqno><Natcd>142</Natcd></InvtDecListType>", "Natcd"),
        ("<InvtCbecBill><BillNo>1</BillNo></InvtCbecBill>", "BillNo"),
        ("<InvtCbecBill><CbecBillNo>A1</CbecBillNo></InvtCbecBill>" * 2, "电商清单编号重复"),
        ("<InvtDecHeadType/><InvtDecHeadType/>", "InvtDecHeadType只能出现一次"),
    ],
)  # fmt: skip
def test_draft_declaration(office: Office, extra: str, says: str) -> None:
    assert says in refused_paper(office, Paper("OK-1", extra=extra))


def test_all_reasons_come_at_once_within_bounds(office: Office) -> None:
    paper = Paper("OK-1", head={"TrspModecd": "", "DclPlcCuscd": ""}, goods=[{"DclQty": "0"}] * 5000)
    said = refused_paper(office, paper)
    assert "运输方式" in said
    assert "主管海关" in said
    assert "等共5002处" in said
    assert len(said) < 500


def test_what_a_bare_sender_leaves_out_is_admitted(office: Office) -> None:
    """One sender in production fills only message_type and sends no signature skeleton; order is not checked."""
    bare = dict.fromkeys(
        ("version", "message_id", "file_name", "sender_id", "receiver_id", "send_time", "Ic_Card"), ""
    )
    came = office.send(Paper("OK-1", envelope=bare, skeleton=""))
    assert office.kinds(came)[0] == "Successed"
    head = dict(reversed(HEAD.items()))
    assert (
        office.kinds(office.send(Paper("OK-2", head={**head, "EtpsInnerInvtNo": "OK-2"}), "two"))[0]
        == "Successed"
    )


def test_a_draft_needs_little(office: Office) -> None:
    declared_only = (
        "TrspModecd",
        "ImpexpPortcd",
        "DclPlcCuscd",
        "StshipTrsarvNatcd",
        "DclcusTypecd",
        "DecType",
    )
    paper = Paper("OK-1", head=dict.fromkeys(declared_only, ""), goods=[], declare_flag="0")
    assert office.kinds(office.send(paper)) == ["Successed"]
    for name in ("DclcusFlag", "GenDecFlag", "MtpckEndprdMarkcd", "SupvModecd", "InvtType", "PutrecNo"):
        draft = Paper(f"D-{name}", head={name: ""}, declare_flag="0")
        came = office.send(draft)
        assert office.kinds(came) == ["Failed"], name


def test_book_number_is_free_for_simple_processing(office: Office) -> None:
    draft = Paper("D-1", head={"PutrecNo": "", "InvtType": "4"}, declare_flag="0")
    assert office.kinds(office.send(draft)) == ["Successed"]


def test_mute_is_mute_about_refusals_too(office: Office) -> None:
    assert office.send(Paper("MUTE-1", head={"TrspModecd": ""})) == []
    assert office.box("SentBox") == ["MUTE-1.zip"]
