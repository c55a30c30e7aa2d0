"""Cards as an issuer makes them: a person of a firm, a key, a certificate that is signed with the key itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from simulators.card import curve

KeyKind = Literal["rsa-sha1", "rsa-sha256", "sm2"]
"""The key, and for RSA what its certificate is signed with."""


@dataclass(frozen=True)
class Person:
    """Who holds the card, and for which firm."""

    card_no: str = "5300000000017"
    holder: str = "张三"
    firm_name: str = "深圳测试报关行有限公司"
    firm_code: str = "4403161234"
    firm_credit_code: str = "91440300MA5FABCD1X"


@dataclass(frozen=True)
class Issued:
    person: Person
    key: rsa.RSAPrivateKey | curve.Key
    certificate: bytes


def issue(person: Person, kind: KeyKind = "sm2", *, days: int = 365) -> Issued:
    """A card that holds for so many days from now; negative: it is over since then."""
    key = curve.make() if kind == "sm2" else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.now(UTC)
    name = _name(person)
    algorithm = _ALGORITHMS[kind]
    tbs = _sequence(
        _tagged(0xA0, _integer(2)),
        _integer(secrets.randbits(63) + 1),
        algorithm,
        name,
        _sequence(_time(now - timedelta(days=1000)), _time(now + timedelta(days=days))),
        name,
        _public_key(key),
    )
    return Issued(person, key, _sequence(tbs, algorithm, _tagged(0x03, b"\0" + _signed(key, kind, tbs))))


def _signed(key: rsa.RSAPrivateKey | curve.Key, kind: KeyKind, tbs: bytes) -> bytes:
    if isinstance(key, curve.Key):
        made = key.sign(curve.digest(key.public, tbs))
        return _sequence(_integer(int.from_bytes(made[:32])), _integer(int.from_bytes(made[32:])))
    return key.sign(tbs, padding.PKCS1v15(), hashes.SHA1() if kind == "rsa-sha1" else hashes.SHA256())  # noqa: S303 - what old cards have


def _public_key(key: rsa.RSAPrivateKey | curve.Key) -> bytes:
    if isinstance(key, curve.Key):
        algorithm = _sequence(_oid("1.2.840.10045.2.1"), _oid("1.2.156.10197.1.301"))
        return _sequence(algorithm, _tagged(0x03, b"\0\x04" + key.public_bytes))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


def _name(person: Person) -> bytes:
    values = {
        "2.5.4.6": "CN",
        "2.5.4.10": person.firm_name,
        "2.5.4.11": person.firm_code,
        "2.5.4.97": person.firm_credit_code,
        "2.5.4.3": person.holder,
    }
    return _sequence(
        *(
            _tagged(0x31, _sequence(_oid(oid), _tagged(0x0C if oid != "2.5.4.6" else 0x13, value.encode())))
            for oid, value in values.items()
        )
    )


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    width = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | width]) + size.to_bytes(width) + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _time(at: datetime) -> bytes:
    return _tagged(0x17, at.strftime("%y%m%d%H%M%SZ").encode())


def _oid(text: str) -> bytes:
    first, second, *rest = (int(part) for part in text.split("."))
    written = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        written += bytes(reversed(groups))
    return _tagged(0x06, written)


_ALGORITHMS = {
    "rsa-sha1": _sequence(_oid("1.2.840.113549.1.1.5"), b"\x05\x00"),
    "rsa-sha256": _sequence(_oid("1.2.840.113549.1.1.11"), b"\x05\x00"),
    "sm2": _sequence(_oid("1.2.156.10197.1.501")),
}
