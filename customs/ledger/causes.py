"""What made a posting, as a clerk reads it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "attempt": "第{}次申报",
        "receipt": "海关回执",
        "passage": "核放单过卡",
        "given_up": "第{}次申报未成",
        "granted": "变更通过",
        "refused": "申报被拒绝",
        "transport_refused": "单一窗口未接收",
        "resolved": "人工认定",
        "adopted": "接管在别处申报的单证",
    }
)
_BY_ACCOUNT: Mapping[tuple[str, bool], str] = MappingProxyType(
    {
        ("pre_in", True): "预核扣回执",
        ("pre_in", False): "核扣或退回，预增转出",
        ("pre_out", True): "变更回执",
        ("pre_out", False): "核扣、退单或删除，预减释放",
        ("real_in", True): "核扣回执",
        ("real_in", False): "变更或删除，冲回",
        ("real_out", True): "核扣回执",
        ("real_out", False): "变更或删除，冲回",
    }
)


def cause_label(cause: str, account: str, *, adds: bool, outcome: str | None = None) -> str:
    """Chinese words for a posting's cause. `outcome`: what the receipt said, in Chinese, where it is known."""
    kind, _, rest = cause.partition("/")
    if kind == "receipt":
        return f"{outcome}回执" if outcome else _BY_ACCOUNT[account, adds]
    return _CAUSES.get(kind, kind).format(rest.partition("/")[0])
