"""What sheets say by themselves, beside the labels of the catalogue."""

from __future__ import annotations

from enum import StrEnum


class Words(StrEnum):
    """Templates in `str.format` style."""

    NOTE = "本打印件仅供核对使用，以海关电子数据为准"
    STATE = "状态：{label}"
    DATE = "打印日期：{day}"
    PAGE = "第 {number} 页 共 {count} 页"
    BRACKETED = "{label}（{word}）"
    COUNTED = "{label}（共{count}项）"
    TOTALS = "合计："
    UNKNOWN_CHARACTERS = "注：{sign}为字库未收录的字符（{codes}）"
    AND_MORE = "等"
    ROUND_EDITS = (
        "{label}办理中（{state}）：所印为{label}后的内容，海关尚未同意；在此之前，已批准的内容继续有效"
    )
    ROUND_ASKS = "{label}办理中（{state}）：海关尚未同意；在此之前，已批准的内容继续有效"
    APPROVED_VERSION = "所印为海关已批准的内容"
    SENT_VERSION = "所印为第{number}次发送的内容，不一定是现行内容"
    OLD_VERSION = "历史版本"
    UNDER_WAY = "{label}中"
    ATTACHMENTS = "随附单据：{count}份（不随本件打印）"
    NO_NUMBER = "尚无{label}，不印条形码和二维码"
    RECEIPTS = "{label}回执单"
    ANSWERS = "单一窗口和海关的答复"
    NO_ANSWER = "尚未收到任何回执"
    BEHIND = "可能还有刚收到、尚未列入的回执，请稍后重新打印"
    ATTEMPT = "第{number}次"
    NOT_ASSIGNED = "未确定"
