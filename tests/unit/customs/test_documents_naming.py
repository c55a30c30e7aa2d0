"""What a sentence of customs names in a document, and that nothing is named where it is not certain."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from customs.documents import KINDS
from customs.documents.naming import MAX_PLACES, places_named
from tests.support.counting import calls

INVENTORY = KINDS["inventory"]
DOCUMENT: Mapping[str, object] = {
    "head": {
        "seq_no": "202600000000000777",
        "internal_no": "SAMPLE-2026-0777",
        "book_no": "T3105W000123",
        "operating_code": "3105W60ABC",
        "receiving_code": "3105W60ABC",
        "operating_name": "示例保税物流有限公司",
        "transport_mode": "9",
        "supervising_customs": "3105",
        "remark": "示例",
    },
    "goods": [
        {
            "line_no": 1,
            "material_no": "M-00001",
            "hs_code": "8471300000",
            "name": "示例商品",
            "quantity": "10",
        },
        {
            "line_no": 2,
            "material_no": "M-00002",
            "hs_code": "8471300000",
            "name": "示例商品",
            "quantity": "5",
        },
        {"line_no": 4, "material_no": "M-00004", "hs_code": "8528521100", "name": "示例显示器"},
    ],
    "declaration_rows": [{"line_no": 1, "hs_code": "8471300000"}, {"line_no": 2, "hs_code": "8528521100"}],
}
ONE_ROW = {"head": DOCUMENT["head"], "goods": [{"line_no": 1, "hs_code": "8471300000"}]}


def named(reason: str, document: Mapping[str, object] = DOCUMENT) -> list[str]:
    return [place.pointer for place in places_named(INVENTORY, document, reason)]


@pytest.mark.parametrize(
    ("reason", "pointers"),
    [
        # By label
        ("运输方式填报有误，请核实后重新申报", ["/head/transport_mode"]),
        ("手(账)册编号不存在或已停用", ["/head/book_no"]),
        ("账册编号不存在", ["/head/book_no"]),
        ("企业内部编号重复", ["/head/internal_no"]),
        ("经营企业代码与主管海关不符", ["/head/operating_code", "/head/supervising_customs"]),
        ("收货企业编码未备案", ["/head/receiving_code"]),
        ("起运国（地区）应为142", ["/head/shipment_country"]),
        ("关联清单编号有误", ["/head/related_inventory_no"]),
        ("表头备注超过长度", ["/head/remark"]),
        # By row
        ("第2项商品编码不存在", ["/goods/1/hs_code"]),
        ("第四条申报数量超出底账可用数量", ["/goods/2/quantity"]),
        ("第二项法定数量应大于零", ["/goods/1/statutory_quantity"]),
        ("表体第4行毛重小于净重", ["/goods/2/gross_weight", "/goods/2/net_weight"]),
        ("商品序号：4，原产国(地区)有误", ["/goods/2/origin_country"]),
        ("序号【1】申报单价异常", ["/goods/0/unit_price"]),
        ("第1、2项币制不一致", ["/goods/0/currency", "/goods/1/currency"]),
        ("第1-2项币制不一致", ["/goods/0/currency", "/goods/1/currency"]),
        ("表体第1行校验不通过", ["/goods/0"]),
        ("第2项商品与手册号不符", ["/head/book_no", "/goods/1"]),
        ("报关单商品第2项规格型号不完整", ["/declaration_rows/1/specification"]),
        ("第9项商品编码不存在", []),
        # By element name
        ("BizopEtpsno校验失败", ["/head/operating_code"]),
        ("字段[dclPlcCuscd]不合法", ["/head/supervising_customs"]),
        ("第1项 GdsMtno 为空", ["/goods/0/material_no"]),
        # By value
        ("账册[T3105W000123]已暂停", ["/head/book_no"]),
        ("T3105W000123已超过有效期", ["/head/book_no"]),
        ("料号M-00004在底账中不存在", ["/goods/2/material_no"]),
        ("料号【M-00002】的申报数量超出余量", ["/goods/1/material_no", "/goods/1/quantity"]),
        ("第1项商品【8471300000】不在目录内", ["/goods/0/hs_code"]),
        ('账册号"T3105W000123"与企业不符', ["/head/book_no"]),
        ("“示例保税物流有限公司”未取得资质", ["/head/operating_name"]),
        # Not certain
        ("商品编码填报有误", []),
        ("商品编码[8471300000]禁止进口", []),
        ("企业3105W60ABC已被暂停业务", []),
        ("根据《示例管理办法》第二条规定退单", []),
        ("根据公告第1条，请重新申报", []),
        ("单证不符，退单", []),
        ("详见备注", []),
        ("预录入统一编号【202600000000000777】已作废", []),
        ("", []),
    ],
)
def test_a_sentence_names_its_places(reason: str, pointers: list[str]) -> None:
    assert sorted(named(reason)) == sorted(pointers)


def test_the_only_row_is_meant_without_being_named() -> None:
    assert named("商品编码不存在", ONE_ROW) == ["/goods/0/hs_code"]
    assert named("商品编码不存在", {"head": DOCUMENT["head"]}) == []


def test_rows_without_a_number_are_counted() -> None:
    assert named("第2项商品编码不存在", {"goods": [{"hs_code": "1"}, {"hs_code": "2"}]}) == [
        "/goods/1/hs_code"
    ]


def test_a_longer_label_is_not_read_as_a_shorter_one() -> None:
    assert named("第1项报关单商品序号不连续") == ["/goods/0/entry_line_no"]
    assert named("第1项法定第二计量单位有误") == ["/goods/0/second_statutory_unit"]


def test_a_clerk_reads_where_it_is() -> None:
    labels = [
        place.label for place in places_named(INVENTORY, DOCUMENT, "第4项商品编码、运输方式有误，第1项有误")
    ]
    assert labels == ["表体第3行「商品编码」", "表体第1行「商品编码」", "「运输方式」"]
    [row] = places_named(INVENTORY, DOCUMENT, "第4项有误")
    assert row.label == "表体第3行"


@pytest.mark.parametrize("name", list(KINDS))
def test_labels_of_the_head_name_their_field_and_no_other(name: str) -> None:
    kind = KINDS[name]
    fields = kind.section("head").fields.values()
    for field in fields:
        found = [place.pointer for place in places_named(kind, {}, f"{field.label}有误")]
        alone = sum(other.label == field.label for other in fields) == 1 and field.need != "system"
        assert found == ([f"/head/{field.name}"] if alone else []), field.label


def test_it_stays_fast_and_bounded() -> None:
    rows = [{"line_no": n, "material_no": f"M-{n:06d}", "hs_code": "8471300000"} for n in range(1, 10_001)]
    document = {**DOCUMENT, "goods": rows}
    said = "第1-9999项商品编码有误" + "，商品编码[8471300000]" * 5_000
    # For each row and each word that is quoted, not for each of one with each of the other.
    assert calls(lambda: places_named(INVENTORY, document, said)) < 100 * (10_000 + 5_000)
    assert len(places_named(INVENTORY, document, said)) == MAX_PLACES
    assert named("料号M-009999不存在", document) == ["/goods/9998/material_no"]
