"""Which places of a document a customs sentence names: by label, row, element name, or a value that stands in one field.

Customs answers in free Chinese text. Only what is certain is answered; of two that could be meant neither is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from customs.documents.fields import FieldSpec
from customs.documents.kinds import Kind
from customs.documents.sections import Section

MAX_PLACES = 20
_MAX_TEXT = 2_000
_GOODS = "goods"

# What clerks and officers call a field besides its label.
_ALSO_CALLED: Mapping[str, tuple[str, ...]] = {
    "商品料号": ("料号", "货号"),
    "商品编码": ("商品编号", "税号", "HS编码"),
    "商品名称": ("品名",),
    "规格型号": ("规格",),
    "申报计量单位": ("计量单位",),
    "申报数量": ("数量",),
    "申报单价": ("单价",),
    "申报总价": ("总价",),
    "手(账)册编号": ("手册号", "账册号", "备案编号", "备案号"),
    "区内账册编号": ("区内账册号", "账册号", "账册编号"),
    "企业内部清单编号": ("企业内部编号",),
    "承运车牌号": ("车牌号", "车牌"),
    "车牌号": ("车牌",),
}
_OPENING, _CLOSING = "[【「『〔“‘(", "]】」』〕”’)"
_BRACKETS = str.maketrans(_OPENING + _CLOSING, "[" * len(_OPENING) + "]" * len(_CLOSING))
_QUOTED = re.compile(r"""[\["']([^\[\]"']{1,80})[\]"']""")
_BARE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z_./-]*[0-9])[0-9A-Za-z][0-9A-Za-z_./-]{5,}", re.ASCII)
_ELEMENT = re.compile(r"[A-Za-z][A-Za-z0-9]{3,}", re.ASCII)
_SHORTEST_VALUE = 4

_NUMBER = r"(?:[0-9]{1,5}|[一二三四五六七八九十]{1,3})"
_NUMBERS = rf"{_NUMBER}(?:\s*(?:[,、和及与]|[-~—至到])\s*第?{_NUMBER})*"
_RANGE = re.compile(rf"({_NUMBER})(?:\s*[-~—至到]\s*第?({_NUMBER}))?")
_ORDINAL = re.compile(rf"第\s*({_NUMBERS})\s*(?:项|条|行|笔)(?!规定|款|之)")
_OF_A_LAW = re.compile(r"(?:[》]|办法|规定|条例|公告|细则|通知|海关法)[^,;]{0,3}$")
_FILLER = r"(?:商品|货物|的|中|明细|内)?"
_MOST_ROWS = 50
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document. `pointer` is a JSON pointer, `label` what a clerk reads: 表体第3行「申报数量」."""

    pointer: str
    label: str


@dataclass(frozen=True, slots=True)
class _Spot:
    section: str
    row: int | None
    field: str | None


@dataclass(frozen=True, slots=True)
class _Words:
    """How the fields and rows of a kind are called."""

    labels: re.Pattern[str]
    by_label: Mapping[str, tuple[tuple[Section, FieldSpec], ...]]
    by_element: Mapping[str, tuple[tuple[Section, FieldSpec], ...]]
    row_key: re.Pattern[str]
    by_row_key: Mapping[str, Section]
    by_prefix: Mapping[str, Section]
    rows: Section | None
    """The section that is meant where only 第N项 is said."""


def places_named(kind: Kind, document: Mapping[str, Any], reason: str) -> tuple[Place, ...]:
    """The places this sentence names, in the order it names them; none where it is not certain."""
    words = _words(kind)
    text = _plain(reason)
    rows, text = _rows_named(words, document, text)
    values = _values_in(kind, document, text)
    named, text = _labels_in(words, text)
    named += [each for token in _ELEMENT.findall(text) if (each := words.by_element.get(token.lower()))]
    wanted = {(s.name, f.name) for fields in named for s, f in fields}
    spots: list[_Spot] = []
    for hits in values.values():
        if len(hits) > 1:
            hits = [hit for hit in hits if (hit.section, hit.field) in wanted] or hits
        if len(hits) > 1:
            hits = [hit for hit in hits if (hit.section, hit.row) in rows]
        spots += hits if len(hits) == 1 else []
    # A value that stands in one row says which row is meant.
    known = rows or list(dict.fromkeys((s.section, s.row) for s in spots if s.row is not None))
    by_words: list[_Spot] = []
    for fields in named:
        by_words += _spots_of(fields, known, document)
    found = list(dict.fromkeys([*by_words, *spots]))
    touched = {(spot.section, spot.row) for spot in found}
    found += [_Spot(section, row, None) for section, row in rows if (section, row) not in touched]
    return tuple(_place(kind, spot) for spot in found[:MAX_PLACES])


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:_MAX_TEXT]).translate(_BRACKETS)


def _spots_of(
    fields: Sequence[tuple[Section, FieldSpec]],
    rows: Sequence[tuple[str, int]],
    document: Mapping[str, Any],
) -> list[_Spot]:
    """Where a word for these fields points: into the named rows, else the head, else the one place there is."""
    within = [_Spot(s.name, row, f.name) for s, f in fields for name, row in rows if s.name == name]
    if within:
        sure = len({(spot.section, spot.field) for spot in within}) == 1
        return within if sure else []
    heads = [_Spot(s.name, None, f.name) for s, f in fields if not s.many and s.required]
    if heads:
        return heads if len(heads) == 1 else []
    others: list[_Spot] = []
    for section, field in fields:
        there = document.get(section.name)
        if section.many and isinstance(there, list):
            others += [_Spot(section.name, 0 if len(there) == 1 else -1, field.name)] if there else []
        elif there:
            others.append(_Spot(section.name, None, field.name))
    return others if len(others) == 1 and others[0].row != -1 else []


def _labels_in(words: _Words, text: str) -> tuple[list[tuple[tuple[Section, FieldSpec], ...]], str]:
    """The fields of every label in the text, the longest first at each position, and the text without them."""
    found = []
    for match in words.labels.finditer(text):
        fields = words.by_label[match[0]]
        before = text[: match.start()]
        if before.endswith("表头"):
            fields = tuple(each for each in fields if not each[0].many) or fields
        # 详见备注 speaks of the sentence, not of the field.
        if fields and not before.endswith("见"):
            found.append(fields)
    return found, words.labels.sub(" ", text)


def _rows_named(words: _Words, document: Mapping[str, Any], text: str) -> tuple[list[tuple[str, int]], str]:
    """The rows the text names, and the text without those words."""
    found: list[tuple[str, int]] = []

    def by_ordinal(match: re.Match[str]) -> str:
        before = text[: match.start()]
        if _OF_A_LAW.search(before[-12:]):
            return match[0]
        prefix = max((p for p in words.by_prefix if _ends_with(before, p)), key=len, default=None)
        section = words.by_prefix[prefix] if prefix else words.rows
        return " " if _add(section, match[1], found, document) else match[0]

    def by_key(match: re.Match[str]) -> str:
        section = words.by_row_key.get(match[1], words.rows)
        return " " if _add(section, match[2], found, document) else match[0]

    text = _ORDINAL.sub(by_ordinal, text)
    text = words.row_key.sub(by_key, text)
    return list(dict.fromkeys(found)), text


def _ends_with(before: str, prefix: str) -> bool:
    return re.search(re.escape(prefix) + _FILLER + r"$", before[-20:]) is not None


def _add(
    section: Section | None, numbers: str, found: list[tuple[str, int]], document: Mapping[str, Any]
) -> bool:
    rows = document.get(section.name) if section is not None else None
    if section is None or not isinstance(rows, list):
        return False
    indexes = [_index_of(section, rows, number) for number in _numbers(numbers)]
    found += [(section.name, index) for index in indexes if index is not None]
    return any(index is not None for index in indexes)


def _index_of(section: Section, rows: Sequence[Mapping[str, Any]], number: int) -> int | None:
    """The row of this number; rows that are not numbered yet are counted."""
    key = _number_of(section)
    if key is not None and any(key in row for row in rows):
        fitting = [index for index, row in enumerate(rows) if row.get(key) == number]
        return fitting[0] if len(fitting) == 1 else None
    return number - 1 if 1 <= number <= len(rows) else None


def _number_of(section: Section) -> str | None:
    """The field that numbers the rows, where there is one."""
    numbers = [name for name in section.row_key if section.fields[name].type == "integer"]
    return numbers[0] if len(numbers) == 1 else None


def _numbers(text: str) -> Iterator[int]:
    count = 0
    for first, last in _RANGE.findall(text):
        begin, end = _whole(first), _whole(last or first)
        for number in range(begin, end + 1):
            count += 1
            if count > _MOST_ROWS:
                return
            yield number


def _whole(text: str) -> int:
    """1 to 99 also in Chinese figures."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _values_in(kind: Kind, document: Mapping[str, Any], text: str) -> dict[str, list[_Spot]]:
    """Every field that holds a value quoted in the text."""
    tokens = {t for t in (m.strip() for m in _QUOTED.findall(text)) if len(t) >= _SHORTEST_VALUE}
    tokens |= {t.rstrip("._/-") for t in _BARE.findall(text)}
    hits: dict[str, list[_Spot]] = {}
    if not tokens:
        return hits
    for section in kind.sections:
        given = document.get(section.name)
        rows: Sequence[Any] = given if isinstance(given, list) else [given] if given else ()
        for index, row in enumerate(rows):
            for name, value in row.items():
                if type(value) is not str or value not in tokens:
                    continue
                spec = section.fields.get(name)
                if spec is not None and spec.need != "system":
                    row_no = index if section.many else None
                    hits.setdefault(value, []).append(_Spot(section.name, row_no, name))
    return hits


def _place(kind: Kind, spot: _Spot) -> Place:
    section = kind.section(spot.section)
    pointer = f"/{section.name}" + (f"/{spot.row}" if spot.row is not None else "")
    where = section.row_label.format(spot.row + 1) if spot.row is not None else section.label
    if spot.field is None:
        return Place(pointer, where)
    label = f"「{section.fields[spot.field].label}」"
    return Place(f"{pointer}/{spot.field}", label if section.required and not section.many else where + label)


@cache
def _words(kind: Kind) -> _Words:
    by_label: dict[str, dict[tuple[str, str], tuple[Section, FieldSpec]]] = {}
    by_element: dict[str, dict[tuple[str, str], tuple[Section, FieldSpec]]] = {}
    for section, spec in kind.fields():
        place = (section.name, spec.name)
        # The authority's own fields are recognised, so that no shorter label is read in theirs, and name nothing.
        entry = {} if spec.need == "system" else {place: (section, spec)}
        for label in _spoken(spec.label):
            by_label.setdefault(label, {}).update(entry)
        for element in {(spec.up or "").lower(), (spec.down or "").lower()} - {""}:
            by_element.setdefault(element, {}).update(entry)
    many = [section for section in kind.sections if section.many]
    keys: dict[str, Section] = {}
    for section in sorted(many, key=lambda s: s.name != _GOODS):
        if number := _number_of(section):
            keys.setdefault(section.fields[number].label, section)
    prefixes = {p: s for s in reversed(many) for p in (s.label, *_prefixes(s.row_label))}
    named = "|".join(re.escape(label) for label in sorted({*keys, "表体序号"}, key=len, reverse=True))
    return _Words(
        labels=re.compile("|".join(re.escape(each) for each in sorted(by_label, key=len, reverse=True))),
        by_label={label: tuple(found.values()) for label, found in by_label.items()},
        by_element={element: tuple(found.values()) for element, found in by_element.items()},
        row_key=re.compile(
            rf"((?<![\u4e00-\u9fff])(?:{named})|(?<=[单体])(?<!报关单)商品序号|(?<![\u4e00-\u9fff])序号)"
            rf"[:为是]?\s*[\[(]?\s*({_NUMBERS})(?![0-9A-Za-z.])\s*[\])]?"
        ),
        by_row_key=keys,
        by_prefix=prefixes,
        rows=next((s for s in many if s.name == _GOODS), many[0] if many else None),
    )


def _prefixes(row_label: str) -> tuple[str, ...]:
    prefix = row_label.partition("第")[0]
    return (prefix, prefix.replace("草稿", "")) if "草稿" in prefix else (prefix,)


def _spoken(label: str) -> set[str]:
    """The label and the ways it is said: without its parenthesis, with either alternative, 代码 for 编码, 号 for 编号."""
    said = {label, *_ALSO_CALLED.get(label, ())}
    for each in list(said):
        inner = re.fullmatch(r"(.*?)\((.+?)\)(.*)", each)
        if inner:
            said |= {inner[1] + inner[3], inner[1] + inner[2] + inner[3]}
            # 手(账)册编号 is a 手册编号 or a 账册编号; the 地区 of 原产国(地区) stands for nothing alone.
            said |= {inner[2] + inner[3]} if inner[3] else set()
    for each in list(said):
        first, slash, second = each.partition("/")
        if slash and "/" not in second:
            said |= {second, first + second[len(first) :]}
    for each in list(said):
        if each.endswith("编码"):
            said |= {each[:-2] + "代码", each[:-2] + "编号"}
        elif each.endswith("编号") and len(each) > 4:
            said.add(each[:-2] + "号")
    return {_plain(each) for each in said if len(each) > 1}
