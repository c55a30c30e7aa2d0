"""What a message that waits says of its card: what ails its reader now, and nothing that is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from backbone.postgres import Pool
from contracts.events.entry import DocumentDeclared
from services.signer.cards.choosing import CardKeys
from services.signer.cards.holding import Holder
from services.signer.cards.rows import CardOfFirm
from services.signer.gateway import KeyUnavailable
from services.signer.media.supervisor import ReaderReport, ReaderState
from tests.support.signer_bench import EXAMPLE, KEY

_CARD = CardOfFirm(
    "8930000012345", "示例报关有限公司", "3105980ABD", "91330206EXAMPLE02C", None, is_active=True
)


class _Reader:
    """A holder whose only reader had trouble once."""

    def __init__(self, state: ReaderState) -> None:
        now = datetime.now(UTC)
        self._report = ReaderReport(
            "读卡器",
            "pcsc",
            state,
            (),
            now,
            "service_away",
            "签名服务没有运行或没有响应",
            now,
            None,
            0,
            0,
            1,
            None,
        )

    def reader_of(self, card_no: str) -> ReaderReport:
        return self._report


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (ReaderState.READY, "请插好卡"),
        (ReaderState.EMPTY, "请插好卡"),
        (ReaderState.FAILING, "签名服务没有运行"),
        (ReaderState.QUARANTINED, "签名服务没有运行"),
    ],
)
def test_trouble_that_is_over_is_no_reason(state: ReaderState, why: str) -> None:
    keys = CardKeys(cast(Pool, None), cast(Holder, _Reader(state)), KEY)
    with pytest.raises(KeyUnavailable, match=why):
        keys._key(DocumentDeclared.model_validate(EXAMPLE), _CARD)
