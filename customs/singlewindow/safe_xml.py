"""From bytes that anybody may have written to a tree, within bounds and without DTD, entities or network."""

from __future__ import annotations

import codecs
import re
import threading

from lxml import etree

from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.mending import UNCARRIABLE, mended

MAX_XML_BYTES = 32 * 1024 * 1024
"""A full INV201 of 10,000 rows is about 12 MB."""
MAX_TAGS = 2_000_000
"""Start and end tags together; the same receipt has about 700,000."""
MAX_DEPTH = 32

_DECLARATION = re.compile(
    rb"""\A<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]{0,200}?\?>"""
)
_DOCTYPE = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
# A GBK text may say GB2312 and still use characters beyond it; GB18030 holds them all.
_GBK = frozenset({"gbk", "gb2312", "gb18030", "cp936"})
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_NARROW = re.compile("[\x80-\u07ff]")
_UTF16_UNMARKED = {"<?".encode(codec): codec for codec in ("utf-16-le", "utf-16-be")}
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

_threads = threading.local()


def _parser() -> etree.XMLParser:
    parser: etree.XMLParser | None = getattr(_threads, "parser", None)
    if parser is None:
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        _threads.parser = parser
    return parser


def parse(data: bytes) -> etree._Element:
    """The root element. Raises UnreadableError for everything that is no well-formed, harmless, bounded XML."""
    return _tree(_as_utf8(_bounded(data)))


def parse_mending(data: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """The same of a text in which what is certain is mended, and a Chinese sentence about each mend."""
    notes: list[str] = []
    text = _as_utf8(_bounded(data), notes)
    try:
        return _tree(text), tuple(notes)
    except UnreadableError as fault:
        if fault.code not in _MENDABLE:
            raise
        better, told = mended(text)
        if not told:
            raise
        return _tree(better), (*notes, *told)


def readable(data: bytes) -> str:
    """The text as it stands, for a person's eyes, whatever the bytes are: what cannot be shown is U+FFFD."""
    try:
        start, codec, _ = _encoding_of(data, [])
    except UnreadableError:
        start, codec = 0, "utf-8"
    return UNCARRIABLE.sub("\N{REPLACEMENT CHARACTER}", data[start:].decode(codec, "replace"))


_MENDABLE = frozenset({"not_well_formed", "truncated", "wrong_encoding", "not_xml"})


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_XML_BYTES:
        raise UnreadableError("too_large", size=len(data), limit=MAX_XML_BYTES)
    return data


def _tree(text: bytes) -> etree._Element:
    if not text.strip():
        raise UnreadableError("empty_file")
    if text.count(b"<") > MAX_TAGS:
        raise UnreadableError("too_many_elements", limit=MAX_TAGS)
    if b"<!DOCTYPE" in text and _DOCTYPE.match(text):
        raise UnreadableError("doctype")
    try:
        root = etree.fromstring(text, _parser())
    except etree.XMLSyntaxError as error:
        raise _fault(text, error) from None
    # The parser would have kept a DTD that the look at the beginning missed.
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("doctype")
    return root


def _as_utf8(data: bytes, notes: list[str] | None = None) -> bytes:
    """The same text in UTF-8 without byte order mark, so that one check and one parser see every encoding."""
    start, codec, declared = _encoding_of(data, notes)
    if codec == "utf-8":
        text = data[start:]
        return text if declared in _UTF8 else _relabelled(text)
    errors = "strict" if notes is None else "surrogatepass"
    try:
        return _relabelled(data[start:].decode(codec, errors).encode("utf-8", errors))
    except UnicodeError:
        raise UnreadableError("wrong_encoding", encoding=declared) from None


def _encoding_of(data: bytes, notes: list[str] | None) -> tuple[int, str, str]:
    """Where the text begins, its codec, and the encoding it names.

    With `notes` a text that lies about its encoding is read as what it can only be, and that is noted.
    """
    if data.startswith(codecs.BOM_UTF8):
        start = len(codecs.BOM_UTF8)
        found = _DECLARATION.match(data[start : start + 500])
        declared = found[1].decode().lower() if found else "utf-8"
        if notes is not None and declared not in _UTF8:
            notes.append(f"报文标明编码为{declared}，内容实为UTF-8，已按UTF-8读取")
        return start, "utf-8", declared
    if data[:2] in _UTF16_MARKS:
        return 2, _UTF16_MARKS[data[:2]], "UTF-16"
    if notes is not None and data[:4] in _UTF16_UNMARKED:
        notes.append("报文为UTF-16编码而没有标明，已按UTF-16读取")
        return 0, _UTF16_UNMARKED[data[:4]], "UTF-16"
    found = _DECLARATION.match(data)
    declared = found[1].decode().lower() if found else "utf-8"
    if declared in _UTF8:
        return 0, "utf-8", declared
    if declared not in _GBK:
        raise UnreadableError("unknown_encoding", encoding=declared)
    if notes is not None and _is_utf8(data):
        notes.append(f"报文标明编码为{declared}，内容实为UTF-8，已按UTF-8读取")
        return 0, "utf-8", declared
    return 0, "gb18030", declared


def _is_utf8(data: bytes) -> bool:
    """Whether bytes that are said to be GBK can only be UTF-8.

    UTF-8 of an even number of Chinese characters is valid GBK as well, and then reads as nonsense. Of real GBK text hardly
    any is valid UTF-8, and less of it names nothing but characters of three or four bytes.
    """
    if data.isascii():
        return False
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    if not _NARROW.search(text):
        return True
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return True
    return False


def _relabelled(text: bytes) -> bytes:
    found = _DECLARATION.match(text)
    return text[: found.start(1)] + b"UTF-8" + text[found.end(1) :] if found else text


def _fault(text: bytes, error: etree.XMLSyntaxError) -> UnreadableError:
    if not text.lstrip().startswith(b"<"):
        return UnreadableError("not_xml")
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        # Half a character at the very end is a cut file, not a wrong encoding.
        if wrong.reason != "unexpected end of data":
            return UnreadableError("wrong_encoding", encoding="UTF-8")
    line, column = error.position
    if _ends_early(text, error):
        return UnreadableError("truncated", line=line)
    detail = str(error.msg).rpartition(", line ")[0] or str(error.msg)
    return UnreadableError("not_well_formed", line=line, column=column, detail=detail)


def _ends_early(text: bytes, error: etree.XMLSyntaxError) -> bool:
    if getattr(error, "code", None) == etree.ErrorTypes.ERR_TAG_NAME_MISMATCH:
        return False
    line, column = error.position
    lines = text.count(b"\n") + 1
    last = text[text.rfind(b"\n") + 1 :]
    return not text.rstrip().endswith(b">") or (line >= lines and column > len(last.decode(errors="ignore")))
