"""SAS101: which elements it may carry. Sequence, lengths and required marks re-typed by one author from the schema (H).

Spellings that rest on that author alone (主管关区, 许可证有效期) are taken in the usual spelling too.
"""

from __future__ import annotations

from simulators.single_window import codes
from simulators.single_window.elements import code, fixed, number, party, table, text, texts

HEAD = table(
    fixed("SeqNo", "预录入统一编号", 18, numeric=True),
    text("SasDclNo", "申报表编号", 64),
    fixed("MasterCuscd", "主管关区", 4, "declare", also="MaserCuscd"),
    code("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    code("BusinessTypecd", "业务类型", codes.BUSINESS_TYPES, "declare"),
    code("DirectionTypecd", "货物流向", codes.DIRECTIONS, "declare"),
    text("AreainOriactNo", "区内账册编号", 64),
    text("AreaoutOriactNo", "区外账册编号", 64),
    party("Areain", "区内企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    party("Areaout", "区外企业", "Etpsno EtpsSccd EtpsNm"),
    text("DpstLevyBlNo", "保证金征收单编号", 64),
    text("ValidTime", "有效期", 19, "declare"),
    text("DclEr", "申请人", 256, "declare"),
    text("ExhibitionPlace", "展示地", 512),
    party("Dcl", "申报企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    fixed("InputCode", "录入单位代码", 10, "declare"),
    fixed("InputSccd", "录入单位社会信用代码", 18),
    text("InputName", "录入单位名称", 255, "declare"),
    text("EtpsPreentNo", "企业内部编号", 64, "save"),
    code("MtpckEndprdTypecd", "底账料件成品标志", codes.FORM_MATERIAL_MARKS, "declare"),
    text("Rmk", "备注", 512),
    texts(255, Col1="边角料标志", Col2="备用2", Col3="备用3", Col4="备用4"),
    number("Col4Cus", "担保征收比例", 19, 5),
    code("FreeDomestic", "保税区内销标志", codes.YES),
)

GOODS = table(
    fixed("SeqNo", "预录入编号", 18, numeric=True),
    text("SasDclNo", "申报表编号", 64),
    number("SasDclSeqno", "申报序号", 19, 0, "declare", positive=True),
    number("OriactGdsSeqno", "底账商品序号", 19, 0),
    code("MtpckEndprdTypecd", "料件成品标志", codes.FORM_MATERIAL_MARKS, "declare"),
    fixed("Gdecd", "商品编码", 10, "declare", numeric=True),
    text("GdsNm", "商品名称", 512, "declare"),
    text("GdsSpcfModelDesc", "规格型号", 512, "declare"),
    number("DclQty", "数量", 25, 5, "declare", positive=True),
    code("DclUnitcd", "申报计量单位", codes.UNITS, "declare"),
    number("DclUprcAmt", "单价", 31, 5, "declare"),
    number("DclTotalAmt", "总价", 31, 5, "declare"),
    code("DclCurrcd", "币制", codes.CURRENCIES, "declare"),
    text("LicenceNo", "许可证编号", 30),
    text("LicenceValidTime", "许可证有效期", 19, also="LicenceVaildTime"),
    text("GdsMarkcd", "商品标记", 4),
    text("GdsRmk", "商品备注", 4000),
    code("ModfMarkcd", "修改标志", codes.CHANGE_MARKS, "declare"),
    text("Rmk", "备注", 512),
    text("GdsMtno", "商品料号", 32, "declare"),
    code("LawfUnitcd", "法定计量单位", codes.UNITS, "declare"),
    code("SecdLawfUnitcd", "法定第二计量单位", codes.UNITS),
    text("EndprdGdsTypecd", "成品类型", 4),
    texts(255, Col1="备用1", Col2="备用2", Col3="备用3", Col4="备用4"),
)

CONSUMPTION = table(
    fixed("SeqNo", "统一编号", 18, numeric=True),
    text("SasDclNo", "申报表编号", 64),
    number("EndprdSeqno", "成品序号", 19, 0, "declare", positive=True),
    number("MtpckSeqno", "料件序号", 19, 0, "declare", positive=True),
    number("NetUseupQty", "净耗", 29, 9, "declare"),
    number("LossRate", "损耗率", 29, 9, "declare"),
    code("ModfMarkcd", "修改标志", codes.CHANGE_MARKS, "declare"),
    texts(255, Col1="备用1", Col2="备用2", Col3="备用3", Col4="备用4"),
)
