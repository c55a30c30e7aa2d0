"""What callers send about a card; titles are what clerks read in errors."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from backbone import bodies
from backbone.certified_key import der_of
from customs.documents.uscc import is_uscc

MOST_BOUND = 200
_MOST_TEXT = 16_384


def _formed(pattern: str, form: str) -> AfterValidator:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            shown = "".join(c if c.isprintable() else "?" for c in text[:40])
            raise PydanticCustomError("wrong_form", "form", {"value": shown, "form": form})
        return text

    return AfterValidator(check)


def _is_uscc(text: str) -> str:
    if len(text) != 18:
        raise PydanticCustomError("wrong_length", "length", {"length": 18, "actual": len(text)})
    if not is_uscc(text):
        raise PydanticCustomError("wrong_checksum", "checksum", {"value": text})
    return text


def _is_certificate(text: str) -> str:
    try:
        der_of(text)
    except ValueError:
        why = "不是X.509证书，请提供PEM文本，或DER内容的Base64"
        raise PydanticCustomError("unfit_value", "certificate", {"why": why}) from None
    return text


def _is_pin(text: str) -> str:
    """The value itself never reaches an error."""
    if not text.isascii() or not text.isprintable() or not 4 <= len(text) <= 32:
        raise PydanticCustomError("unfit_value", "pin", {"why": "应为4至32位可见字符"})
    return text


Name = Annotated[bodies.Key, Field(max_length=256)]
Ids = frozenset[UUID]
Number = Annotated[
    bodies.Key,
    _formed(r"[0-9]{13}|03-[0-9A-Za-z]{1,32}", "13位数字，或03-加字母数字"),
    Field(title="卡号"),
]


class CardBody(BaseModel):
    """`enterprises` and `users`: whose routes name the card, and who holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Number
    holder: Name = Field(title="持卡人")
    firm_name: Name = Field(title="卡所属企业名称")
    firm_code: Annotated[
        bodies.Key, _formed(r"[0-9]{4}[0-9A-Z]{6}", "10位海关编码：前4位数字，后6位数字或大写字母")
    ] = Field(title="卡所属企业海关编码")
    firm_uscc: Annotated[bodies.Key, AfterValidator(_is_uscc)] = Field(title="卡所属企业社会信用代码")
    certificate: Annotated[str, AfterValidator(_is_certificate)] | None = Field(
        None, title="卡证书", max_length=_MOST_TEXT, description="PEM, or DER in base64"
    )
    enterprises: Ids = Field(frozenset(), title="绑定的企业", max_length=MOST_BOUND)
    users: Ids = Field(frozenset(), title="绑定的用户", max_length=MOST_BOUND)
    status: Literal["active", "suspended"] = Field("active", title="状态")


class PinBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    pin: Annotated[str, AfterValidator(_is_pin)] = Field(title="卡密码", repr=False)


class CardInReaderBody(BaseModel):
    """The PIN shows that who registers the card holds it; it is checked by the card and kept sealed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    number: Number
    pin: Annotated[str, AfterValidator(_is_pin)] = Field(title="卡密码", repr=False)
    enterprises: Ids = Field(frozenset(), title="绑定的企业", max_length=MOST_BOUND)
    users: Ids = Field(frozenset(), title="绑定的用户", max_length=MOST_BOUND)


class ConsentBody(BaseModel):
    """The firm's word that another of its cards may sign while this one cannot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    successor_id: UUID = Field(title="替代卡")
    consented_by: Name = Field(title="企业同意人")
    remark: str = Field("", title="说明", max_length=500)
    mailbox: Annotated[bodies.Key, _formed(r"[A-Za-z0-9_-]{1,64}", "字母、数字、-、_，最多64位")] | None = (
        Field(
            None,
            title="替代卡的交换目录",
            description="Base directory of the successor's import client; null: the same as the first card's",
        )
    )
