"""Situations of a 核注清单 that several of its fields speak of."""

from __future__ import annotations

from customs.documents.conditions import all_, is_, like

CLEARED = is_("clearance_flag", "1")
RELATED, CORRESPONDING = is_("clearance_type", "1"), is_("clearance_type", "2")
IF_RELATED = {"needed_if": RELATED, "shown_if": RELATED}
IF_CORRESPONDING = {"needed_if": CORRESPONDING, "shown_if": CORRESPONDING}
TWO_STEP = is_("entry_type", "X", "Y")
_ONE_REVIEW_MODES = ("1200", "5000", "5100", "5300", "1371", "1300")
ONE_REVIEW = all_(
    CLEARED,
    is_("generate_entry", "1"),
    is_("transport_mode", "9"),
    is_("shipment_country", "142"),
    CORRESPONDING,
    is_("supervision_mode", *_ONE_REVIEW_MODES),
    like("book_no", "[HTL]", "以H、T或L开头"),
)
"""两单一审 that makes a 报关单."""
