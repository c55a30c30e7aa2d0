"""表头 of the 出入库单: StockHead in the import dialect, SasStockBsc in receipts, in the generator's order.

One generator writes this message; what it lacks is named by a front end's JSON and by the customs schema of 2017.
"""

from __future__ import annotations

from typing import Annotated

from customs.documents.fields import Fields, Part, Source
from customs.documents.spellings import spelt

_f = Fields(Source("One generator; customs schema of 2017 and front ends by the same names", "H"))
# Names the customs schema of 2017 does not have yet: receipts of later years carry more than it lists.
_late = Fields(Source("One generator", "M"))
_own = Fields(Source("One generator", "M"), receipts=False)
_customs = Fields(Source("Customs schema of 2017; its place in the upload is not known", "M"))
_told = Fields(Source("Customs schema of 2017", "H"))


class StockBillHead(Part):
    """One 出入库单. Conditional needs are explained in `when` and checked by the rules of this folder."""

    seq_no: Annotated[
        str | None,
        _f.exact("预录入统一编号", "SeqNo", 18, "system", form="digits", down="sasStockPreentNo"),
    ] = None
    customs_no: Annotated[
        str | None,
        _customs.text(
            "出入库单编号", spelt("SAS111", "SasStockNo"), 64, "system", form="word", down="sasStockNo"
        ),
    ] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    declaration_type: Annotated[
        str | None,
        _f.code(
            "申报类型",
            "DclTypecd",
            1,
            "bill_declaration_types",
            "declare",
            copy_as="1",
            note="首次申报为1（备案）",
        ),
    ] = None
    business_form_no: Annotated[
        str | None,
        _f.text(
            "申报表编号",
            "SasDclNo",
            64,
            "declare",
            form="word",
            note="已通过且在有效期内的业务申报表",
            on_reverse="clear",
        ),
    ] = None
    area_book_no: Annotated[str | None, _late.text("区内账册编号", "AreainOriactNo", 64, form="word")] = None
    area_code: Annotated[
        str | None,
        _late.exact("区内企业编码", spelt("SAS111", "AreainEtpsno"), 10, down="areainEtpsno"),
    ] = None
    area_name: Annotated[str | None, _late.text("区内企业名称", "AreainEtpsNm", 512)] = None
    area_uscc: Annotated[str | None, _late.uscc("区内企业社会信用代码", "AreainEtpsSccd")] = None
    supervising_customs: Annotated[
        str | None, _f.code("主管海关", "MasterCuscd", 4, "customs_districts", "declare", exact=True)
    ] = None
    direction: Annotated[
        str | None, _f.code("出入库单类型", "StockTypecd", 1, "area_directions", "save", on_reverse="flip")
    ] = None
    business_type: Annotated[
        str | None, _f.code("业务类型", "BusinessTypecd", 1, "business_types", "save", note="与申报表一致")
    ] = None
    applicant: Annotated[str | None, _f.text("申请人", "DclEr", 256, "declare", note="与申报表一致")] = None
    declaring_code: Annotated[
        str | None,
        _late.exact(
            "申报单位编码",
            spelt("SAS111", "DclEtpsno"),
            10,
            "declare",
            down="dclEtpsno",
            note="应为操作卡所属企业",
        ),
    ] = None
    declaring_name: Annotated[str | None, _late.text("申报单位名称", "DclEtpsNm", 512, "declare")] = None
    declaring_uscc: Annotated[str | None, _late.uscc("申报单位社会信用代码", "DclEtpsSccd")] = None
    input_code: Annotated[str | None, _own.exact("录入单位编码", "InputCode", 10, "declare")] = None
    input_uscc: Annotated[str | None, _own.uscc("录入单位社会信用代码", "InputSccd")] = None
    input_name: Annotated[str | None, _own.text("录入单位名称", "InputName", 255, "declare")] = None
    # Receipts call the 预录入统一编号 etpsPreentNo, so that name is never read as this one.
    internal_no: Annotated[
        str | None,
        _own.text(
            "企业内部编号",
            "EtpsPreentNo",
            64,
            "save",
            on_copy="clear",
            confidence="H",
            note="同一企业内不得重复",
            form="key",
        ),
    ] = None
    package_count: Annotated[str | None, _f.decimal("件数", "PackageQty", 19, 5, changeable=True)] = None
    gross_weight: Annotated[
        str | None, _f.decimal("毛重", "GrossWt", 19, 5, changeable=True, note="单位为千克")
    ] = None
    net_weight: Annotated[
        str | None, _f.decimal("净重", "NetWt", 19, 5, changeable=True, note="单位为千克")
    ] = None
    package_type: Annotated[
        str | None, _f.code("包装种类", "PackType", 256, "packaging_types", form="any", changeable=True)
    ] = None
    input_date: Annotated[str | None, _own.date("录入日期", "InputDate", "declare", on_copy="clear")] = None
    material_mark: Annotated[
        str | None, _late.code("底账料件成品标志", "MtpckEndprdTypecd", 4, "form_material_marks")
    ] = None
    related_bill_no: Annotated[
        str | None,
        _customs.text(
            "关联出入库单编号",
            "RltSasStockNo",
            64,
            "when",
            form="word",
            on_copy="clear",
            when="退运时填写原出入库单编号",
        ),
    ] = None
    related_inventory_no: Annotated[
        str | None, _customs.text("关联核注清单编号", "RltBondInvtNo", 64, "system", form="word")
    ] = None
    gathered_mark: Annotated[
        str | None, _customs.code("集中报关标志", "CentralizedDclTypecd", 1, "gathered_marks", "system")
    ] = None
    remark: Annotated[str | None, _customs.text("备注", "Rmk", 512, changeable=True)] = None
    reserve1: Annotated[str | None, _customs.text("备用1", "Col1", 255, changeable=True)] = None
    reserve2: Annotated[str | None, _customs.text("备用2", "Col2", 255, changeable=True)] = None
    reserve3: Annotated[str | None, _customs.text("备用3", "Col3", 255, changeable=True)] = None
    reserve4: Annotated[str | None, _customs.text("备用4", "Col4", 255, changeable=True)] = None
    declared_at: Annotated[str | None, _told.datetime("申报日期", None, down="dclTime")] = None
    levy_amount: Annotated[str | None, _told.decimal("计征金额", None, 25, 5, "system", down="levyBlAmt")] = (
        None
    )
    pass_mark: Annotated[
        str | None, _told.code("过卡标志", None, 4, "pass_marks", "system", down="passTypecd", confidence="L")
    ] = None
    gate_pass_status: Annotated[
        str | None,
        _told.code("核放单生成标志", None, 4, "gate_pass_statuses", "system", down="passportUsedTypecd"),
    ] = None
    bill_status: Annotated[
        str | None,
        _told.code("出入库单状态", None, 4, "bill_statuses", "system", down="stucd", confidence="M"),
    ] = None
    approval_mark: Annotated[
        str | None, _told.code("审批标志", None, 4, "approval_marks", "system", down="emapvMarkcd")
    ] = None
    owner_system: Annotated[
        str | None, _told.code("所属系统", None, 4, "owner_systems", "system", down="ownerSystem")
    ] = None
    approval_note: Annotated[
        str | None, _told.text("审批意见", None, 4000, "system", down="emapvDescription")
    ] = None
