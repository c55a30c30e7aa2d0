"""Whether a card may stand for a declaration: pure, asked before anything is signed or released."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.signer.cards.rows import CardOfFirm

WARN_DAYS = (60, 30, 7)
"""How many days before its certificate ends a card is spoken of."""


def fault_of(card: CardOfFirm, document: Mapping[str, Any], now: datetime) -> tuple[str, str] | None:
    """Code and Chinese sentence, or None. A 申报单位 that is not told yet is no fault here."""
    if not card.is_active:
        return "card_suspended", f"操作员卡 {card.number} 已停用，请在卡管理中启用，或为企业通道换一张卡"
    if card.valid_until is not None and card.valid_until <= now:
        day = card.valid_until.date().isoformat()
        return "card_expired", f"操作员卡 {card.number} 的证书已于 {day} 到期，请办理更新后登记新证书"
    head = document.get("head") or {}
    code, uscc = head.get("declaring_code"), head.get("declaring_uscc")
    if (code and code != card.firm_code) or (uscc and uscc != card.firm_uscc):
        return (
            "card_of_other_firm",
            f"申报单位（{head.get('declaring_name') or code or uscc}）不是操作员卡 {card.number} 所属的企业（{card.firm_name} "
            f"{card.firm_code}），请改用该企业的卡，或核对申报单位",
        )
    return None


def warning_of(days: int | None) -> str | None:
    """`expired`, or the narrowest of WARN_DAYS that was reached."""
    if days is None or days > max(WARN_DAYS):
        return None
    return "expired" if days < 0 else str(min(each for each in WARN_DAYS if days <= each))
