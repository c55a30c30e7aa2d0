"""The port of everything that signs with a person's key: cards in readers, tokens, the e-port service, key files.

A medium blocks and serves one caller at a time; `rack.Rack` gives each one a process of its own, timeouts and an order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, Protocol

from pydantic import SecretStr

SignatureAlgorithm = Literal["rsa-sha1", "rsa-sha256", "sm2-sm3"]


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card as its medium shows it. What a medium does not tell is None, never guessed."""

    reader: str
    """Where it is: the reader, the token's slot, the address of the service, the file."""
    card_no: str
    holder: str | None
    firm_name: str | None
    firm_code: str | None
    """海关编码, 10 digits."""
    firm_credit_code: str | None
    """统一社会信用代码, 18 characters."""
    certificate: bytes
    """DER, X.509."""
    serial: str
    """Of the certificate: hexadecimal, upper case, as certificates of this trade are named."""
    valid_from: datetime
    valid_until: datetime
    algorithms: tuple[SignatureAlgorithm, ...]
    """What the certificate's key can do; the first follows the certificate and is used unless another is asked."""


@dataclass(frozen=True, slots=True)
class Order:
    """Bytes to sign. `algorithm` None: the one that follows the certificate."""

    data: bytes
    algorithm: SignatureAlgorithm | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Made by a card and checked with its certificate. RSA: PKCS#1 v1.5. SM2: DER, user id 1234567812345678."""

    value: bytes
    algorithm: SignatureAlgorithm
    card_no: str
    certificate: bytes
    serial: str


class Medium(Protocol):
    """One place that holds cards: a reader, a slot, a service, a file. Every method raises MediumFault and may block."""

    def cards(self) -> Sequence[CardSeen]:
        """What is there now; asked at every probe, so it must be cheap when nothing changed."""

    def tries_left(self, card_no: str) -> int | None:
        """Of the PIN, without using one up; None where the medium does not tell."""

    def check_pin(self, card_no: str, pin: SecretStr) -> None:
        """Raises WrongPin with the tries left, PinBlocked."""

    def sign(self, card_no: str, pin: SecretStr, orders: Sequence[Order]) -> Iterator[Signature]:
        """One after another in one transaction of the card, the PIN given once; each is verified before it leaves."""

    def close(self) -> None: ...


OpenMedium = Callable[[], Medium]


class MediumFault(Exception):
    """Why a medium did not do it. `code` is stable, `reason` a Chinese sentence, `detail` for the log."""

    code = "medium_fault"
    reason = "签名介质出错"
    broken = False
    """The connection to the medium is spoilt: it is thrown away and made anew."""
    final = False
    """The same again would fail the same way: a person must do something first."""
    may_have_signed = False
    """The key may have been used though no signature came back."""

    def __init__(self, detail: str = "", *, tries_left: int | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.tries_left = tries_left

    def unasked(self) -> MediumFault:
        """The same for an order that had not reached the card yet."""
        copy = type(self)(self.detail, tries_left=self.tries_left)
        copy.may_have_signed = False
        return copy

    @property
    def told(self) -> str:
        """The sentence for people, with the tries left where they are known."""
        return self.reason if self.tries_left is None else f"{self.reason}，还可试 {self.tries_left} 次"


class CardOut(MediumFault):
    code = "card_out"
    reason = "读卡器中没有这张卡，请插好卡"


class CardPulled(MediumFault):
    code = "card_pulled"
    reason = "签名过程中卡被拔出，请插好卡"
    broken = True
    may_have_signed = True


class CardExchanged(MediumFault):
    """Another card is in the reader than was seen there; it was given nothing."""

    code = "card_exchanged"
    reason = "读卡器中换了另一张卡，正在重新读取"
    broken = True


class ReaderGone(MediumFault):
    code = "reader_gone"
    reason = "找不到读卡器，请检查连接"
    broken = True


class ServiceAway(MediumFault):
    code = "service_away"
    reason = "签名服务没有运行或没有响应"
    broken = True


class TimedOut(MediumFault):
    code = "timed_out"
    reason = "卡在规定时间内没有应答"
    broken = True
    may_have_signed = True


class Quarantined(MediumFault):
    """The reader failed too often and rests; nothing was asked of it."""

    code = "quarantined"
    reason = "读卡器多次出错，暂停使用，稍后自动重试"


class PinMissing(MediumFault):
    code = "pin_missing"
    reason = "没有这张卡的密码，请先登记密码"
    final = True


class WrongPin(MediumFault):
    code = "wrong_pin"
    reason = "卡的密码不对"
    final = True


class PinBlocked(MediumFault):
    code = "pin_blocked"
    reason = "卡的密码已锁死，请到制卡中心解锁"
    final = True


class CertificateExpired(MediumFault):
    code = "certificate_expired"
    reason = "卡上的证书已过期或尚未生效，请换证"
    final = True


class WrongSignature(MediumFault):
    """The card answered something that its own certificate does not verify."""

    code = "wrong_signature"
    reason = "卡做出的签名与卡上的证书不符"
    may_have_signed = True


class AlgorithmMissing(MediumFault):
    code = "algorithm_missing"
    reason = "卡上的证书不支持所要求的签名算法"
    final = True


class CardRefused(MediumFault):
    """A status or an answer that has no name of its own; `detail` says which."""

    code = "card_refused"
    reason = "卡拒绝了操作"


class PinAtSite(MediumFault):
    """The card is in a reader of a site, whose agent has the PIN; it never comes here."""

    code = "pin_at_site"
    reason = "这张卡在现场代理处，密码由现场保管，请在现场代理处设置"
    final = True


class NotAllowed(MediumFault):
    """Key files outside sandboxes."""

    code = "not_allowed"
    reason = "正式环境不允许使用文件密钥"
    final = True


_EVERY: list[type[MediumFault]] = [MediumFault, *MediumFault.__subclasses__()]
FAULTS: Mapping[str, type[MediumFault]] = MappingProxyType({fault.code: fault for fault in _EVERY})
"""Every fault by its code."""

_DIGITS_10 = re.compile(r"^[0-9A-Z]{10}$")
_DIGITS_18 = re.compile(r"^[0-9A-Z]{18}$")


def firm_codes_in(*texts: str | None) -> tuple[str | None, str | None]:
    """Among texts of a card: the 10 digits of customs and the 18 characters of the 统一社会信用代码."""
    given = [text.strip().upper() for text in texts if text]
    short = next((text for text in given if _DIGITS_10.match(text)), None)
    long = next((text for text in given if _DIGITS_18.match(text)), None)
    return short, long
