"""How a 核注清单 moves its 账册: 预减 from the declaration on, 预增 with 预核扣, 实增 at the gate, 实减 with 核扣.

Accounts: a port system's own copy of the books (H). That INV201 = 5 leaves 预减 as it is: 5 is 通过(未核扣), and INV211 tells the
posting (H). 核扣方式 N and NF: 不扣 (code table, M). 料件表体 of types 4 and 9 moves nothing here: no source says
which book and line it takes from.
"""

from __future__ import annotations

from customs.documents.booking import Booking

BOOKING = Booking(
    book="book_no",
    mark="material_mark",
    direction="direction",
    section="goods",
    row_no="line_no",
    line_no="book_line_no",
    material_no="material_no",
    quantity="quantity",
    unit="unit",
    hs_code="hs_code",
    name="name",
    expected=frozenset({"pre_deducted"}),
    real=frozenset({"deducted", "written_off"}),
    taken_back=frozenset({"deleted"}),
    moves_nothing={"deduction_mode": frozenset({"N", "NF"})},
    counted="deducted_at",
)
