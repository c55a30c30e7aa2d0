"""What customs refuses because of other documents, and what documents bring about for each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.sas_uploads import SasPaper, bill, form, gate_pass, vehicle
from simulators.single_window.tests.test_rounds import later
from simulators.single_window.tests.uploads import Paper


def returned(office: Office, paper: SasPaper | Paper) -> str:
    """The reasons of a 退单; fails when anything else came back."""
    came = office.send(paper)
    assert office.kinds(came)[0] == "Successed"
    assert [kind[-2:] for kind in office.kinds(came)[1:]] == ["=3"]
    assert office.value(came[1], "businessId") is None
    return "；".join(office.reasons(came[1]))


def formed(office: Office, internal_no: str = "OK-F", *rows: dict[str, str], **head: str) -> str:
    office.send(form(internal_no, *rows, **head))
    return office.customs_no(internal_no)


def billed(office: Office, internal_no: str, form_no: str, *rows: dict[str, str]) -> str:
    office.send(bill(internal_no, form_no, *rows))
    return office.customs_no(internal_no)


# 业务申报表 and 出入库单


def test_a_form_that_is_no_longer_valid(office: Office) -> None:
    assert "有效期[2026-01-04]早于当前日期" in returned(office, form("OK-1", ValidTime="2026-01-04"))
    assert office.kinds(office.send(form("OK-2", ValidTime="20260105")))[1] == "SAS201=1"


def test_a_form_into_the_area_may_bring_new_rows(office: Office) -> None:
    office.send(form("OK-1", {"OriactGdsSeqno": ""}, DirectionTypecd="I"))
    assert office.status("OK-1") == "approved"


def test_a_bill_without_its_form(office: Office) -> None:
    assert "申报表编号[S0]不存在" in returned(office, bill("OK-1", "S0"))


@pytest.mark.parametrize(
    ("internal_no", "says"), [("RET-F", "不存在"), ("PAUSE-F", "已暂停"), ("CLOSE-F", "已结案")]
)
def test_a_bill_on_a_form_that_is_not_in_force(office: Office, internal_no: str, says: str) -> None:
    number = formed(office, internal_no) or "S2389A260105999999"
    if internal_no == "CLOSE-F":
        office.send(later(office, form(internal_no), "3", "SasDclNo"), "close")
    assert f"申报表编号[{number}]{says}" in returned(office, bill("OK-1", number))


def test_a_bill_on_a_form_whose_time_has_passed(office: Office) -> None:
    number = formed(office, "OK-F", ValidTime="2026-01-05")
    office.clock.pass_(24 * 3600)
    assert "有效期已过" in returned(office, bill("OK-1", number))


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ({"StockTypecd": "I"}, "货物流向不一致"),
        ({"BusinessTypecd": "B"}, "业务类型不一致"),
        ({"MasterCuscd": "3105"}, "主管关区不一致"),
        ({"NetWt": "21"}, "净重[21]大于毛重[20]"),
    ],
)
def test_a_bill_agrees_with_its_form(office: Office, head: dict[str, str], says: str) -> None:
    paper = bill("OK-1", formed(office))
    paper.head |= head
    assert says in returned(office, paper)


def test_rows_come_from_the_form(office: Office) -> None:
    assert "申报表序号[9]在申报表编号" in returned(office, bill("OK-1", formed(office), {"SasDclSeqno": "9"}))


def test_all_bills_together_stay_within_the_form(office: Office) -> None:
    number = formed(office, "OK-F", {"DclQty": "100"})
    office.send(bill("OK-1", number, {"DclQty": "60"}))
    said = returned(office, bill("OK-2", number, {"DclQty": "25"}, {"DclQty": "15.5"}))
    assert "累计申报数量[100.5]超过申报表数量[100]" in said
    office.send(bill("OK-3", number, {"DclQty": "40"}))
    assert office.status("OK-3") == "approved"


def test_a_voided_bill_gives_its_quantity_back(office: Office) -> None:
    number = formed(office, "OK-F", {"DclQty": "100"})
    billed(office, "OK-1", number, {"DclQty": "100"})
    office.send(later(office, bill("OK-1", number), "3", "SasStockNo"), "void")
    office.send(bill("OK-2", number, {"DclQty": "100"}))
    assert office.status("OK-2") == "approved"


def test_a_returned_bill_declared_again_counts_once(office: Office) -> None:
    number = formed(office, "OK-F", {"DclQty": "100"})
    office.send(bill("RET1-1", number, {"DclQty": "100"}))
    paper = bill("RET1-1", number, {"DclQty": "100"}, SeqNo=office.seq_no("RET1-1"))
    office.send(paper, "again")
    assert office.status("RET1-1") == "approved"


def test_a_manual_review_comes_before_the_return(office: Office) -> None:
    came = office.send(bill("MAN-1", "S0"))
    assert office.kinds(came) == ["Successed", "SAS211=2", "SAS211=3"]


def test_a_draft_is_not_looked_at_by_customs(office: Office) -> None:
    paper = bill("OK-1", "S0")
    paper.declare_flag = "0"
    assert office.kinds(office.send(paper)) == ["Successed"]


# 核放单


def test_a_pass_carries_what_customs_knows(office: Office) -> None:
    assert "关联单证编号[X0]不存在" in returned(office, gate_pass("OK-1", "X0"))


def test_a_pass_does_not_carry_a_voided_bill(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    office.send(later(office, bill("OK-B", office.customs_no("OK-F")), "3", "SasStockNo"), "void")
    assert "已作废" in returned(office, gate_pass("OK-1", number))


def test_a_pass_goes_the_way_of_its_documents(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    assert "进出方向" in returned(office, gate_pass("OK-1", number, IoTypecd="I"))


def test_net_over_gross(office: Office) -> None:
    said = returned(office, gate_pass("OK-1", TotalGrossWt="5", TotalNetWt="6"))
    assert "货物总净重[6]大于货物总毛重[5]" in said


def test_a_document_goes_once_unless_it_is_shared(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    office.send(gate_pass("NOPASS-1", number))
    assert f"[{office.customs_no('NOPASS-1')}]关联" in returned(office, gate_pass("OK-2", number))
    shared = gate_pass("OK-3", number, goods=[{"DclQty": "1"}], BindTypecd="3")
    assert "关联" in returned(office, shared)


def test_a_voided_pass_sets_its_documents_free(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    office.send(gate_pass("NOPASS-1", number))
    assert office.document("OK-B").marks["passportUsedTypecd"] == "3"
    office.send(later(office, gate_pass("NOPASS-1", number), "3", "PassportNo"), "void")
    assert office.document("OK-B").marks["passportUsedTypecd"] == "1"
    office.send(gate_pass("OK-2", number))
    assert office.status("OK-2") == "passed"


def test_shared_among_trucks_within_the_quantity(office: Office) -> None:
    number = billed(office, "OK-B", formed(office), {"DclQty": "40"})

    def truck(internal_no: str, quantity: str, line: str = "1") -> SasPaper:
        goods = [{"DclQty": quantity, "RltGdsSeqno": line}]
        return gate_pass(internal_no, number, goods=goods, BindTypecd="3")

    office.send(truck("OK-1", "30"))
    marks = office.document("OK-B").marks
    assert (marks["passportUsedTypecd"], marks["passTypecd"]) == ("2", "2")
    assert "累计数量[41]超过关联单证数量[40]" in returned(office, truck("OK-2", "11"))
    assert "关联商品序号[7]" in returned(office, truck("OK-3", "1", line="7"))
    office.send(truck("NOPASS-4", "10"))
    marks = office.document("OK-B").marks
    assert (marks["passportUsedTypecd"], marks["passTypecd"]) == ("3", "2")


def test_vehicles_only_when_strict(tmp_path: Path) -> None:
    office = Office(tmp_path, strict_vehicles=True)
    assert "承运车牌号[浙B00000]未备案" in returned(office, gate_pass("OK-1"))
    office.send(vehicle("OK-V"))
    assert office.kinds(office.send(gate_pass("OK-2")))[1] == "SAS221=1"


def test_a_plate_is_registered_once(office: Office) -> None:
    office.send(vehicle("OK-1"))
    assert "车牌号[浙B00000]已备案" in returned(office, vehicle("OK-2"))


@pytest.mark.parametrize(
    ("paper", "says"),
    [
        (gate_pass("OK-1", "X1", "X2", BindTypecd="2"), "只能关联一份单证"),
        (gate_pass("OK-1", "X1", PassportTypecd="3"), "关联单证类型应为1"),
        (gate_pass("OK-1", "X1", "X1"), "关联单证编号重复"),
        (gate_pass("OK-1", "X1", RltNo="X2"), "表头的关联单证编号与关联单证不一致"),
        (gate_pass("OK-1", "X1", BindTypecd="3"), "一票多车至少需要一条商品"),
        (gate_pass("OK-1", PassportTypecd="4"), "关联单证类型应为2"),
        (gate_pass("OK-1", RltTbTypecd="2"), "不应有关联单证"),
        (gate_pass("OK-1", BindTypecd="2"), "核放单类型6的绑定类型应为空"),
        (gate_pass("OK-1", PassportTypecd="5", BindTypecd="1"), "核放单类型5的绑定类型应为空"),
        (gate_pass("OK-1", "X1", BindTypecd=""), "缺少绑定类型"),
        (gate_pass("OK-1", PassportTypecd="5"), "货物总毛重应大于0"),
        (gate_pass("OK-1", goods=[{}]), "空车进出区不应有商品"),
        (gate_pass("OK-1", VehicleWt="0"), "车自重应大于0"),
        (gate_pass("OK-1", VehicleNo=""), "缺少承运车牌号"),
        (form("OK-1", {"SasDclSeqno": "1"}, {"SasDclSeqno": "1"}), "申报序号[1]重复"),
        (bill("OK-1", "S0", {}, {"SasStockSeqno": "1"}), "商品序号[1]重复"),
        (form("OK-1", {"OriactGdsSeqno": ""}), "表体第1条缺少底账商品序号"),
        (form("OK-1", BusinessTypecd="Z"), "业务类型取值[Z]不正确"),
        (form("OK-1", ValidTime=""), "缺少有效期"),
        (vehicle("OK-1", VehicleNo=""), "缺少车牌号"),
    ],
)
def test_the_door(office: Office, paper: SasPaper, says: str) -> None:
    came = office.send(paper)
    assert office.kinds(came) == ["Failed"]
    text = office.value(came[0], "CheckInfo") or ""
    assert says in text
    assert text.startswith(f"{paper.message_type}：")


def test_sas_uploads_have_no_sys_id(office: Office) -> None:
    paper = form("OK-1")
    paper.sys_id = "Z8"
    came = office.send(paper)
    assert "未知节点SysId" in (office.value(came[0], "CheckInfo") or "")


# 集报 and passage


def gathering(internal_no: str, *stock_nos: str, **head: str) -> Paper:
    rows = "".join(
        f"<InvtWarehouseType><SasStockNo>{no}</SasStockNo></InvtWarehouseType>" for no in stock_nos
    )
    return Paper(internal_no, head={"InvtType": "1", "ImpexpMarkcd": "E"} | head, extra=rows)


def test_a_gathered_bill_is_told_so(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    came = office.send(gathering("HOLD-1", number))
    assert sorted(office.kinds(came)) == ["INV201=4", "INV201=4", "SAS213", "Successed"]
    assert [e.text for e in office.root(came[2]).iter("{*}sasStockNo")] == [number]
    [synchronised] = [name for name, kind in zip(came, office.kinds(came), strict=True) if kind == "SAS213"]
    told = [office.value(synchronised, n) for n in ("centralizedDclTypecd", "rltBondInvtNo", "sasStockNo")]
    assert told == ["2", office.customs_no("HOLD-1"), number]
    assert "已被其他清单集报" in returned(office, gathering("OK-2", number))
    void = later(office, bill("OK-B", office.customs_no("OK-F")), "3", "SasStockNo")
    came = office.send(void, "void")
    assert "集报" in office.reasons(came[1])[0]


def test_a_deleted_inventory_sets_its_bills_free(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    office.send(gathering("HOLD-1", number))
    numbers = {"SeqNo": office.seq_no("HOLD-1"), "BondInvtNo": office.customs_no("HOLD-1"), "DclTypecd": "3"}
    came = office.send(gathering("HOLD-1", number, **numbers), "delete")
    assert office.kinds(came).count("SAS213") == 1
    assert office.document("OK-B").marks["centralizedDclTypecd"] == "1"
    office.send(gathering("HOLD-2", number))
    assert office.status("HOLD-2") == "approved"


def test_an_unknown_bill_is_not_gathered(office: Office) -> None:
    assert "出入库单编号[X0]不存在" in returned(office, gathering("OK-1", "X0"))


def test_a_passed_bill_is_told_so(office: Office) -> None:
    number = billed(office, "OK-B", formed(office))
    came = office.send(gate_pass("OK-1", number))
    kinds = office.kinds(came)
    assert sorted(kinds) == ["SAS213", "SAS213", "SAS221=1", "SAS223=1", "Successed"]
    told = [office.value(came[n], "passTypecd") for n, kind in enumerate(kinds) if kind == "SAS213"]
    assert told == ["1", "3"]
    assert office.document("OK-B").marks["passportUsedTypecd"] == "3"


def inventory_pass(internal_no: str, number: str, quantity: str) -> SasPaper:
    goods = [{"DclQty": quantity}]
    head = {"PassportTypecd": "3", "RltTbTypecd": "1", "IoTypecd": "I", "BindTypecd": "3"}
    return gate_pass(internal_no, number, goods=goods, **head)


def test_an_inventory_is_posted_when_all_of_it_has_passed(office: Office) -> None:
    office.send(Paper("HOLD-1", goods=[{"DclQty": "100"}]))
    number = office.customs_no("HOLD-1")
    came = office.send(inventory_pass("OK-1", number, "60"))
    assert "INV211" not in office.kinds(came)
    assert office.document("HOLD-1").marks["invtIochkptStucd"] == "2"
    came = office.send(inventory_pass("GATE2-2", number, "40"))
    assert office.kinds(came)[-1] == "INV211"
    assert office.value(came[-1], "vrfdedMarkcd") == "2"
    assert office.value(came[-1], "invtPreentNo") == office.seq_no("HOLD-1")
    assert office.document("HOLD-1").marks["invtIochkptStucd"] == "3"
    assert office.status("HOLD-1") == "posted"


def test_an_inventory_that_is_posted_already_is_not_posted_again(office: Office) -> None:
    office.send(Paper("OK-1", goods=[{"DclQty": "100"}]))
    came = office.send(inventory_pass("OK-2", office.customs_no("OK-1"), "100"))
    assert office.kinds(came) == ["Successed", "SAS221=1", "SAS223=1"]


def test_what_follows_has_the_simulators_delays(tmp_path: Path) -> None:
    office = Office(tmp_path, speed=1.0)
    office.send(Paper("HOLD-1", goods=[{"DclQty": "100"}]), seconds=10)
    came = office.send(inventory_pass("OK-1", office.customs_no("HOLD-1"), "100"), seconds=12)
    assert office.kinds(came)[-2:] == ["SAS223=1", "INV211"]
    stamps = [office.value(name, "send_time") or "" for name in came[-2:]]
    assert stamps[0] <= stamps[1]
