"""Documents for property tests, generated from the field catalogue.

`documents(kind)` gives documents in normal form whose every value is valid by itself (rules between fields may object);
`declarable_inventories()` gives 核注清单 that pass the whole check of a declaration.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

from hypothesis import strategies as st

from contracts.characters import without_unseen
from customs.codes import table
from customs.documents.amounts import plain, total_of
from customs.documents.fields import FieldSpec
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section
from customs.documents.uscc import ALPHABET, check_digit
from customs.documents.values import width

_DIGITS = "0123456789"
_WORD = _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_MARKUP = "<>&\"'\r\n\t]]>&amp;%s%(x)s{}\\\u0085\u2028"
_BLANK = " \t\r\n\u3000\u00a0\ufeff"

_ordinary = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
_chinese = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
_any_carriable = st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", min_codepoint=0x20)
_character = st.one_of(_ordinary, _chinese, st.sampled_from(_MARKUP), _any_carriable)


def free_text(limit: int, *, exact: bool = False) -> st.SearchStrategy[str]:
    """Text in normal form of at most `limit` bytes as the authority counts, with everything XML must escape."""
    size = limit if exact else min(limit, 30)
    texts = st.text(_character, min_size=1, max_size=size)
    return texts.map(lambda text: _fitted(text, limit)).filter(lambda text: _fits(text, limit, exact))


def keys(limit: int) -> st.SearchStrategy[str]:
    """Numbers a firm gives to something: any characters that are seen."""
    texts = st.text(st.one_of(_ordinary, _chinese), min_size=1, max_size=min(limit, 30))
    return texts.map(lambda text: _fitted(text, limit)).filter(bool)


def _fitted(text: str, limit: int) -> str:
    text = without_unseen(text)[0].strip(_BLANK)
    while width(text) > limit:
        text = text[:-1].strip(_BLANK)
    return text


def _fits(text: str, limit: int, exact: bool) -> bool:
    return bool(text) and (len(text) == limit if exact else width(text) <= limit)


def uscc() -> st.SearchStrategy[str]:
    """统一社会信用代码 with a right check digit."""
    return st.text(ALPHABET, min_size=17, max_size=17).map(lambda first: first + check_digit(first))


def dates() -> st.SearchStrategy[str]:
    """yyyyMMdd."""
    days = st.dates(datetime.date(2000, 1, 1), datetime.date(2099, 12, 31))
    return days.map(lambda day: day.strftime("%Y%m%d"))


def decimals(spec: FieldSpec) -> st.SearchStrategy[str]:
    """Decimal text within the digits and the sign of the field; trailing zeros occur."""
    assert spec.digits is not None
    total, places = spec.digits
    whole = st.integers(0, 10 ** (total - places) - 1)
    fraction = st.text(_DIGITS, max_size=places)
    made = st.tuples(whole, fraction).map(lambda pair: f"{pair[0]}.{pair[1]}" if pair[1] else str(pair[0]))
    return made.filter(lambda text: bool(Decimal(text))) if spec.sign == "positive" else made


def values(spec: FieldSpec) -> st.SearchStrategy[str | int]:
    """Values of a field, valid by themselves and in normal form."""
    if spec.type == "integer":
        assert spec.digits is not None
        return st.integers(1 if spec.sign == "positive" else 0, 10 ** spec.digits[0] - 1)
    if spec.type == "decimal":
        return decimals(spec)
    if spec.type == "date":
        return dates()
    if spec.table:
        return st.sampled_from(sorted(table(spec.table).codes))
    if spec.form == "uscc":
        return uscc()
    if spec.is_free:
        return free_text(spec.max_length, exact=spec.exact)
    if not spec.is_spelt:
        return keys(spec.max_length)
    alphabet = _DIGITS if spec.form == "digits" else _WORD
    exact = spec.exact or spec.form == "party"
    least = spec.max_length if exact else 1
    words = st.text(alphabet, min_size=least, max_size=min(spec.max_length, 64))
    return st.one_of(words, st.just("NO")) if spec.form == "party" else words


@st.composite
def rows(draw: st.DrawFn, section: Section, *, system_fields: bool = False) -> JsonObject:
    """A row with any subset of the fields of the section that an upload can carry."""
    able = [
        spec
        for spec in section.fields.values()
        if spec.up is not None and (system_fields or spec.need != "system")
    ]
    wanted = draw(st.sets(st.sampled_from([spec.name for spec in able]), min_size=1))
    return {spec.name: draw(values(spec)) for spec in able if spec.name in wanted}


@st.composite
def documents(draw: st.DrawFn, kind: Kind, *, system_fields: bool = False, max_rows: int = 3) -> JsonObject:
    """A document in the shape and the order the check gives, every section possible."""
    document: JsonObject = {}
    for section in kind.sections:
        row = rows(section, system_fields=system_fields)
        if section.many:
            document[section.name] = [*draw(st.lists(row, max_size=min(max_rows, section.max_rows)))]
        elif section.required or draw(st.booleans()):
            document[section.name] = draw(row)
    return document


PARTY = ("3105W60ABC", "示例保税物流有限公司")


def inventory_head(internal_no: str, **more: str) -> JsonObject:
    """A head of an import that is not cleared: passes the check of a declaration with any goods below."""
    code, name = PARTY
    head: JsonObject = {
        "book_no": "T3105W000001",
        "inventory_type": "0",
        "internal_no": internal_no,
        "operating_code": code,
        "operating_name": name,
        "receiving_code": code,
        "receiving_name": name,
        "declaring_code": code,
        "declaring_name": name,
        "input_code": code,
        "input_name": name,
        "input_date": "20260115",
        "border_customs": "3104",
        "supervising_customs": "3105",
        "direction": "I",
        "material_mark": "I",
        "supervision_mode": "5034",
        "transport_mode": "2",
        "clearance_flag": "2",
        "shipment_country": "502",
        "declaration_type": "1",
        "generate_entry": "2",
    }
    return {**head, **more}


def goods_row(
    line_no: int, quantity: str = "10", unit_price: str = "2.5", *, name: str = "示例商品"
) -> JsonObject:
    """A goods row that passes the check of a declaration; its total is computed."""
    return {
        "line_no": line_no,
        "material_no": f"M-{line_no:05d}",
        "hs_code": "8471701000",
        "name": name,
        "specification": "无品牌|不享惠|示例规格",
        "unit": "001",
        "statutory_unit": "001",
        "origin_country": "136",
        "unit_price": unit_price,
        "total_price": plain(total_of(Decimal(quantity), Decimal(unit_price))),
        "currency": "502",
        "statutory_quantity": quantity,
        "quantity": quantity,
        "levy_mode": "3",
        "destination_country": "142",
        "change_mark": "3",
    }


def inventory(internal_no: str, lines: int) -> JsonObject:
    """A 核注清单 with this many goods rows that passes the check of a declaration. Not random."""
    goods = [goods_row(number, quantity=str(number % 97 + 1)) for number in range(1, lines + 1)]
    return {"head": inventory_head(internal_no), "goods": [*goods]}


@st.composite
def declarable_inventories(draw: st.DrawFn, max_lines: int = 5) -> JsonObject:
    """核注清单 that pass the check of a declaration, with free texts, quantities and prices at random."""
    number = draw(st.text(_WORD, min_size=1, max_size=30))
    names = draw(st.lists(free_text(60), min_size=1, max_size=max_lines))
    # A total of 0.00 would be refused.
    quantity = st.integers(100, 10**8).map(lambda n: plain(Decimal(n) / 100))
    price = st.integers(100, 10**7).map(lambda n: plain(Decimal(n) / 10_000))
    goods = [goods_row(n, draw(quantity), draw(price), name=name) for n, name in enumerate(names, 1)]
    head = inventory_head(number)
    if draw(st.booleans()):
        head["remark"] = draw(free_text(255))
    return {"head": head, "goods": [*goods]}
