"""SAS121: which elements it may carry. Head in the order of two generators and a real upload (H), rows by one system (M)."""

from __future__ import annotations

from simulators.single_window import codes
from simulators.single_window.elements import code, fixed, number, party, table, text, texts

HEAD = table(
    fixed("SeqNo", "预录入统一编号", 18, numeric=True),
    text("PassportNo", "核放单编号", 64),
    code("PassportTypecd", "核放单类型", codes.PASS_TYPES, "save"),
    fixed("MasterCuscd", "主管关区", 4, "declare"),
    code("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    code("IoTypecd", "进出标志", codes.DIRECTIONS, "declare"),
    code("BindTypecd", "绑定类型", codes.BINDINGS),
    code("RltTbTypecd", "关联单证类型", codes.LINKED_TYPES),
    text("RltNo", "关联单证编号", 512),
    text("AreainOriactNo", "区内账册号", 64),
    party("Areain", "区内企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    text("VehicleNo", "承运车牌号", 128, "declare"),
    text("VehicleIcNo", "IC卡号", 128),
    text("ContainerNo", "集装箱号", 128),
    number("VehicleWt", "车自重", 19, 5, "declare", positive=True),
    text("VehicleFrameNo", "车架号", 256),
    number("VehicleFrameWt", "车架重", 19, 5),
    text("ContainerType", "集装箱箱型", 256),
    number("ContainerWt", "集装箱重", 19, 5),
    number("TotalWt", "总重量", 19, 5, "declare", positive=True),
    number("TotalGrossWt", "货物总毛重", 19, 5, "declare"),
    number("TotalNetWt", "货物总净重", 19, 5, "declare"),
    text("DclErConc", "申请人及联系方式", 512, "declare"),
    text("DclTime", "申报日期", 32),
    party("Dcl", "申报单位", "Etpsno EtpsSccd EtpsNm", "declare"),
    fixed("InputCode", "录入单位代码", 10, "declare"),
    fixed("InputSccd", "录入单位社会信用代码", 18),
    text("InputName", "录入单位名称", 255, "declare"),
    text("EtpsPreentNo", "企业内部编号", 64, "save"),
    text("Rmk", "备注", 512),
    texts(255, Col1="到货确认标志", Col2="备用2", Col3="备用3", Col4="备用4"),
    texts(32, PassTime="过卡时间1", SecdPassTime="过卡时间2", Stucd="状态代码"),
)

LINKED = table(
    fixed("SeqNo", "核放单统一编号", 18, numeric=True),
    text("PassPortNo", "核放单编号", 64),
    code("RtlBillTypecd", "关联单证类型", codes.LINKED_TYPES, "declare"),
    text("RtlBillNo", "关联单证编号", 64, "declare"),
)

GOODS = table(
    fixed("SeqNo", "核放单统一编号", 18, numeric=True),
    text("PassportNo", "核放单编号", 64),
    number("PassportSeqNo", "序号", 19, 0, "declare", positive=True),
    number("RltGdsSeqno", "关联商品序号", 19, 0),
    text("GdsMtno", "料号", 32, "declare"),
    fixed("Gdecd", "商品编码", 10, "declare", numeric=True),
    text("GdsNm", "商品名称", 512, "declare"),
    code("DclUnitcd", "申报计量单位", codes.UNITS, "declare"),
    number("DclQty", "申报数量", 19, 5, "declare", positive=True),
    number("GrossWt", "毛重", 19, 5, "declare", positive=True),
    number("NetWt", "净重", 19, 5, "declare", positive=True),
    text("Rmk", "备注", 512),
    texts(255, Col1="备用1", Col2="备用2", Col3="备用3", Col4="备用4"),
)
