"""What a text that is not quite XML certainly means: control characters, halves of a character, a bare ampersand.

Only texts between tags are mended. What could mean two things is left as it is, so that the file stays with a person.
"""

from __future__ import annotations

import re

MOST_TOLD = 20
_TOKEN = re.compile(r"<!\[CDATA\[.*?\]\]>|<[^<>]*>|[^<]+", re.DOTALL)
_NAME = re.compile(r"<([^\s/<>!?]+)")
UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot carry, and lone surrogates, which UTF-8 cannot."""
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}));")
# There is no DTD, so an ampersand begins one of five names or a number; anything else is a text.
_BARE = re.compile(r"&(?!#|[A-Za-z_:][\w.:-]*;)", re.ASCII)
_FIGURE = re.compile(r"(?:Qty|Amt|Wt)\Z", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile("[0-9.]" + UNCARRIABLE.pattern + "+[0-9.]")
_LARGEST = 0x10FFFF


def mended(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """UTF-8 with what is certain mended, and a Chinese sentence for each text that was; the same without any where nothing is."""
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data, ()
    notes: list[str] = []
    pieces: list[str] = []
    at, name = 0, ""
    for token in _TOKEN.finditer(text):
        pieces.append(text[at : token.start()])
        at, piece = token.end(), token[0]
        if piece.startswith("<![CDATA["):
            pieces.append(_plain(name, piece, notes))
        elif piece.startswith("<"):
            found = _NAME.match(piece)
            name = found[1].rpartition(":")[2][:80] if found else name
            pieces.append(piece)
        else:
            pieces.append(_plain(name, _references(piece), notes, escapes=True))
    pieces.append(text[at:])
    if not notes:
        return data, ()
    try:
        whole = "".join(pieces).encode()
    except UnicodeEncodeError:
        # Half a character within a tag.
        return data, ()
    left_out = len(notes) - MOST_TOLD
    told = notes[:MOST_TOLD] + ([f"另有{left_out}处同样处理"] if left_out > 0 else [])
    return whole, tuple(told)


def _references(text: str) -> str:
    """Character references that XML forbids, as the characters themselves."""

    def character(found: re.Match[str]) -> str:
        number = int(found[1], 16) if found[1] else int(found[2])
        if number > _LARGEST or not UNCARRIABLE.match(chr(number)):
            return found[0]
        return chr(number)

    return _REFERENCE.sub(character, text) if "&#" in text else text


def _plain(name: str, text: str, notes: list[str], *, escapes: bool = False) -> str:
    if UNCARRIABLE.search(text):
        text = _without_strange(name, text, notes)
    if escapes and _BARE.search(text):
        notes.append(f"「{name}」中有未转义的“&”，已按文字读取")
        text = _BARE.sub("&amp;", text)
    return text


def _without_strange(name: str, text: str, notes: list[str]) -> str:
    # Two halves that follow one another are a character.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if whole != text:
        notes.append(f"「{name}」中有分成两半书写的字符，已合并读取")
    strange = sorted({f"U+{ord(found):04X}" for found in UNCARRIABLE.findall(whole)})
    if not strange:
        return whole
    named = "、".join(strange[:5])
    if _FIGURE.search(name) and _BETWEEN_DIGITS.search(whole):
        # It may stand where a digit or the decimal point was.
        notes.append(f"「{name}」的数字中间有控制字符{named}，不能确定其数值，未采用")
        return ""
    notes.append(f"「{name}」中有控制字符{named}，已去掉后读取")
    return UNCARRIABLE.sub("", whole)
