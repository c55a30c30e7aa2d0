"""Why a file cannot be understood as a message: one class, stable codes, Chinese sentences."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class UnreadableError(Exception):
    """The file is no message this version understands.

    `code` is a key of FAULT_TEXTS and stable; `text` is a Chinese sentence for the clerk; `message_type` is the type
    the file names, where it could be told ("" otherwise).
    """

    def __init__(self, code: str, *, message_type: str = "", **values: object) -> None:
        self.code = code
        self.message_type = message_type
        self.text = FAULT_TEXTS[code].format_map(
            {"message_type": message_type, **{k: _bounded(v) for k, v in values.items()}}
        )
        super().__init__(self.text)


def _bounded(value: object) -> str:
    text = str(value)
    text = text if len(text) <= 120 else text[:119] + "…"
    return "".join(c if c.isprintable() else "?" for c in text)


FAULT_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        # The bytes
        "empty_file": "文件是空的",
        "too_large": "文件共{size}字节，超过上限{limit}字节",
        "too_many_elements": "报文元素过多，超过上限{limit}个标签",
        "too_deep": "报文元素嵌套超过{limit}层",
        "not_xml": "文件不是XML报文",
        "not_well_formed": "XML格式不正确：第{line}行第{column}列（{detail}）",
        "truncated": "XML不完整：在第{line}行处提前结束，文件可能没有传完",
        "unknown_encoding": "不支持的字符编码[{encoding}]，报文应为UTF-8或GBK",
        "wrong_encoding": "文件内容与其字符编码[{encoding}]不符",
        "doctype": "报文含有DOCTYPE或实体声明，不予读取",
        # The structure
        "unknown_root": "根元素[{root}]不是单一窗口或海关的报文",
        "missing_element": "报文缺少元素{element}",
        "no_message_type": "报文没有写明报文类型（message_type）",
        "unknown_message": "无法识别的报文类型[{message_type}]",
        "unsupported_message": "报文类型{message_type}（{label}）在本版本中尚不支持",
        "unexpected_receipt": "应为上行报文，实际为{message_type}回执",
        "unexpected_upload": "应为回执，实际为{message_type}上行报文",
        # The zip
        "bad_zip": "文件不是完整的ZIP压缩包",
        "zip_encrypted": "ZIP压缩包已加密，不能读取",
        "zip_entries": "ZIP压缩包应只含一个XML文件，现有{count}个",
        "zip_name": "ZIP压缩包内的文件名[{name}]应为[{expected}]",
        # The JSON of a message
        "not_json": "文件不是有效的JSON：{detail}",
        "not_message_json": "JSON不是报文的规范形式：{detail}",
        "no_document": "{message_type}不含单证，没有可检查的内容",
        # Packets
        "packets_differ": "分包回执不属于同一份报文：{detail}",
        "packets_missing": "分包回执不完整，缺少第{missing}包（共{total}包）",
    }
)
"""Every reason by code, in `str.format` style."""
