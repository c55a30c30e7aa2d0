"""From bytes that anybody may have written to a tree, within bounds and without DTD, entities or network."""

from __future__ import annotations

import codecs
import re
import threading

from lxml import etree

from customs.singlewindow.faults import UnreadableError

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
    if len(data) > MAX_XML_BYTES:
        raise UnreadableError("too_large", size=len(data), limit=MAX_XML_BYTES)
    text = _as_utf8(data)
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


def _as_utf8(data: bytes) -> bytes:
    """The same text in UTF-8 without byte order mark, so that one check and one parser see every encoding."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
        declared = "utf-8"
    elif data[:2] in _UTF16_MARKS:
        return _recoded(data[2:], _UTF16_MARKS[data[:2]], "UTF-16")
    else:
        found = _DECLARATION.match(data)
        declared = found[1].decode().lower() if found else "utf-8"
    if declared in ("utf-8", "utf8", "us-ascii", "ascii"):
        return data
    if declared in _GBK:
        return _recoded(data, "gb18030", declared)
    raise UnreadableError("unknown_encoding", encoding=declared)


def _recoded(data: bytes, codec: str, named: str) -> bytes:
    try:
        text = data.decode(codec).encode()
    except UnicodeError:
        raise UnreadableError("wrong_encoding", encoding=named) from None
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
