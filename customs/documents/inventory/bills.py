"""What a 核注清单 gathers: the 出入库单 of a 集报清单 (type 1) and the bills of a 保税电商清单 (type 8)."""

from __future__ import annotations

from typing import Annotated

from customs.documents.fields import Fields, Part, Source

_stock = Fields(
    Source("Field remarks of one implementer for the upload, customs schema of 2017 for the receipt", "M")
)
_ecommerce = Fields(Source("Production message 2019 of a provincial port operator", "H"), receipts=False)


class StockBillRow(Part):
    """One gathered 出入库单."""

    seq_no: Annotated[
        str | None, _stock.exact("中心统一编号", "SeqNo", 18, "system", form="digits", down=None)
    ] = None
    line_no: Annotated[int | None, _stock.integer("序号", "GNo", 19, down=None, confidence="L")] = None
    customs_no: Annotated[str | None, _stock.text("清单编号", "BondInvtNo", 64, "system", form="word")] = None
    stock_bill_no: Annotated[
        str | None, _stock.text("出入库单编号", "SasStockNo", 64, "save", form="word", on_copy="clear")
    ] = None


class EcommerceBillRow(Part):
    """One cross-border e-commerce bill."""

    seq_no: Annotated[str | None, _ecommerce.exact("中心统一编号", "SeqNo", 18, "system", form="digits")] = (
        None
    )
    customs_no: Annotated[
        str | None, _ecommerce.text("清单编号", "BondInvtNo", 64, "system", form="word")
    ] = None
    ecommerce_bill_no: Annotated[
        str | None, _ecommerce.text("电商清单编号", "CbecBillNo", 64, "save", form="word", on_copy="clear")
    ] = None
