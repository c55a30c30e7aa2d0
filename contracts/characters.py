"""Characters that make two codes look like one: those nobody sees, and letters and digits of full width.

Known once, for documents and master data as for logins and client ids. A key or code is refused with the place and the
name of such a character (`key_fault`); free text goes on without those nobody sees (`without_unseen`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Blanks other than the space, controls, format characters, fillers: what Unicode calls Zs, Zl, Zp, Cc and Cf, and the few
# letters and marks that show nothing. The full-width space counts: it shows, but not as what it is.
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BREAKS = "\t\n\r"
_SILENT = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    "\U000e01f0-\U000e0fff"
)
# These choose between forms of the character before them: in free text they say something, in a key nobody sees them.
_VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_IN_KEYS = re.compile(f"[{_BLANKS}{_BREAKS}{_SILENT}{_VARIANTS}]")
_IN_TEXT = re.compile(f"[{_SILENT}{_BLANKS.replace(chr(0x3000), '')}]")
_SHOWS_NOTHING = re.compile(f"[{_SILENT}]")
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_WIDE_ANY = re.compile("[\uff01-\uff5e]")
_CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "\t": "制表符 CHARACTER TABULATION",
        "\n": "换行符 LINE FEED",
        "\r": "回车符 CARRIAGE RETURN",
        "\x7f": "删除符 DELETE",
        "\u00a0": "不换行空格",
        "\u00ad": "软连字符",
        "\u200b": "零宽空格",
        "\u200c": "零宽不连字符",
        "\u200d": "零宽连字符",
        "\u200e": "从左至右标记",
        "\u200f": "从右至左标记",
        "\u2028": "行分隔符",
        "\u202a": "从左至右嵌入",
        "\u202b": "从右至左嵌入",
        "\u202c": "方向格式结束符",
        "\u202d": "从左至右强制",
        "\u202e": "从右至左强制",
        "\u2060": "词连接符",
        "\u3000": "全角空格",
        "\ufeff": "零宽不换行空格（字节顺序标记）",
    }
)


@dataclass(frozen=True, slots=True)
class KeyFault:
    """Why a text cannot be a key; `code` and `values` are for contracts.problems, without the field."""

    code: str
    values: Mapping[str, object]


def key_fault(text: str) -> KeyFault | None:
    """The first character of a key that nobody sees, or a letter or digit of full width."""
    return unseen_fault(text) or wide_fault(text)


def unseen_fault(text: str) -> KeyFault | None:
    """The first character that nobody sees; a space between two others is seen."""
    if text.isascii() and text.isprintable():
        return None
    found = _IN_KEYS.search(text)
    if found is None:
        return None
    return KeyFault("unseen_character", {"place": found.start() + 1, "character": named(found[0])})


def wide_fault(text: str, *, signs: bool = False) -> KeyFault | None:
    """The first letter or digit of full width; with `signs` also punctuation that ASCII has."""
    if text.isascii():
        return None
    found = (_WIDE_ANY if signs else _WIDE).search(text)
    if found is None:
        return None
    narrow = chr(ord(found[0]) - 0xFEE0)
    values = {"place": found.start() + 1, "character": found[0], "narrow": narrow}
    return KeyFault("wide_character", values)


def without_unseen(text: str) -> tuple[str, str]:
    """Free text without what nobody sees, and names of what went; a blank of another width becomes a space.

    Line breaks, tabs and full-width spaces stay: they are how people lay out a text.
    """
    return _without(_IN_TEXT, text)


def without_silent(text: str) -> tuple[str, str]:
    """A text without what takes no room at all, and names of what went; every blank stays for who judges it."""
    return _without(_SHOWS_NOTHING, text)


def _without(unseen: re.Pattern[str], text: str) -> tuple[str, str]:
    if text.isascii() and text.isprintable():
        return text, ""
    gone = dict.fromkeys(unseen.findall(text))
    if not gone:
        return text, ""
    cleaned = unseen.sub(lambda found: " " if unicodedata.category(found[0]) == "Zs" else "", text)
    return cleaned, "、".join(named(each) for each in gone)


def named(character: str) -> str:
    """The character as a clerk is told of it: 零宽空格 U+200B ZERO WIDTH SPACE."""
    words = [_CHINESE.get(character, ""), f"U+{ord(character):04X}", unicodedata.name(character, "")]
    return " ".join(word for word in words if word)
