"""SAS111: which elements it may carry. One generator for the upload (M), names of the web page and schema of 2017 besides.

Spellings that rest on the generator's author alone (AreainEtpsNo, DclEtpsNo, ModfMarcked) and the usual ones are both
taken. 出入库单编号 is in no public upload; it is taken in the head.
"""

from __future__ import annotations

from simulators.single_window import codes
from simulators.single_window.elements import code, fixed, number, party, table, text, texts

HEAD = table(
    fixed("SeqNo", "预录入统一编号", 18, numeric=True),
    text("SasStockNo", "出入库单编号", 64),
    code("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    text("SasDclNo", "申报表编号", 64, "declare"),
    text("AreainOriactNo", "区内账册编号", 64),
    party("Areain", "区内企业", "Etpsno EtpsSccd EtpsNm", also="EtpsNo"),
    fixed("MasterCuscd", "主管关区", 4, "declare"),
    code("StockTypecd", "出入库单类型", codes.DIRECTIONS, "declare"),
    code("BusinessTypecd", "业务类型", codes.BUSINESS_TYPES, "declare"),
    text("DclEr", "申请人", 256, "declare"),
    party("Dcl", "申报单位", "Etpsno EtpsSccd EtpsNm", "declare", also="EtpsNo"),
    fixed("InputCode", "录入单位代码", 10, "declare"),
    fixed("InputSccd", "录入单位社会信用代码", 18),
    text("InputName", "录入单位名称", 255, "declare"),
    text("EtpsPreentNo", "企业内部编号", 64, "save"),
    number("PackageQty", "件数", 19, 5),
    number("GrossWt", "毛重", 19, 5),
    number("NetWt", "净重", 19, 5),
    text("PackType", "包装种类", 256),
    text("InputDate", "录入日期", 10, "declare"),
    code("MtpckEndprdTypecd", "底账料件成品标志", codes.FORM_MATERIAL_MARKS),
    text("RltSasStockNo", "关联出入库单编号", 64),
    text("RltBondInvtNo", "关联核注清单编号", 64),
    text("CentralizedDclTypecd", "集报标志", 1),
    text("Rmk", "备注", 512),
    texts(255, Col1="备用1", Col2="备用2", Col3="备用3", Col4="备用4"),
)

GOODS = table(
    fixed("SeqNo", "统一编号", 18, numeric=True),
    text("SasStockNo", "出入库单编号", 64),
    number("SasStockSeqno", "商品序号", 19, 0, "declare", positive=True),
    number("SasDclSeqno", "申报表序号", 19, 0, "declare", positive=True),
    number("OriactGdsSeqno", "备案序号", 19, 0),
    text("GdsMtno", "商品料号", 32, "declare"),
    fixed("Gdecd", "商品编码", 10, "declare", numeric=True),
    text("GdsNm", "商品名称", 512, "declare"),
    text("GdsSpcfModelDesc", "规格型号", 512, "declare"),
    code("DclUnitcd", "申报计量单位", codes.UNITS, "declare"),
    code("LawfUnitcd", "法定计量单位", codes.UNITS, "declare"),
    code("SecdLawfUnitcd", "法定第二计量单位", codes.UNITS),
    code("Natcd", "国别", codes.COUNTRIES, "declare"),
    number("DclUprcAmt", "单价", 25, 5, "declare"),
    number("DclTotalAmt", "总价", 25, 5, "declare"),
    code("DclCurrcd", "币制", codes.CURRENCIES, "declare"),
    number("LawfQty", "法定数量", 19, 5, "declare", positive=True),
    number("SecdLawfQty", "法定第二数量", 19, 5),
    number("WtSfVal", "重量比例因子", 19, 5),
    number("FstSfVal", "第一比例因子", 19, 5),
    number("SecdSfVal", "第二比例因子", 19, 5),
    number("DclQty", "申报数量", 19, 5, "declare", positive=True),
    number("GrossWt", "毛重", 19, 5),
    number("NetWt", "净重", 19, 5),
    code("LvyrlfModecd", "征免方式", codes.LEVY_MODES, "declare"),
    text("UcnsVerno", "单耗版本号", 8),
    number("RltGdsSeqno", "关联商品序号", 19, 0),
    code("DestinationNatcd", "最终目的国(地区)", codes.COUNTRIES, "declare"),
    code("ModfMarkcd", "修改标志", codes.CHANGE_MARKS, also="ModfMarcked"),
    texts(255, UseCd="用途代码", ClyMarkcd="归类标志"),
    text("Rmk", "备注", 512),
    texts(255, Col1="备用1", Col2="备用2", Col3="备用3", Col4="备用4"),
)
