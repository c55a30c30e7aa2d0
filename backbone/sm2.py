"""SM2 signatures over SM3 (GB/T 32918.2). The curve is another's work (GmSSL); this knows keys, ids and forms.

A wheel of it comes for x86-64 only; elsewhere cards with SM2 certificates are refused with that reason.
"""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature


class CannotVerify(Exception):
    """This machine has no library for the algorithm, or the key is of a kind nobody signs with here."""


USER_ID = b"1234567812345678"
"""The id that is used where nobody agreed on another (GM/T 0009)."""
_A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0


def digest_of(public_key: bytes, data: bytes, user_id: bytes = USER_ID) -> bytes:
    """What a card signs: SM3 of the signer's Z and the data. `public_key` is x and y, 64 bytes."""
    curve = b"".join(number.to_bytes(32) for number in (_A, _B, _GX, _GY))
    bits = (len(user_id) * 8).to_bytes(2)
    z = hashlib.new("sm3", bits + user_id + curve + public_key).digest()
    return hashlib.new("sm3", z + data).digest()


def verifies(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether a signature in DER is of this key. Raises CannotVerify."""
    try:
        return bool(_library().sm2_verify_sm3_digest(public_key, digest, signature))
    except ValueError:
        return False


def sign(private_key: bytes, digest: bytes) -> bytes:
    """In DER; for key files. `private_key` is the number, 32 bytes. Raises CannotVerify."""
    return bytes(_library().sm2_sign_sm3_digest(private_key, digest))


def as_der(signature: bytes) -> bytes:
    """r and s, 64 bytes one after another or DER already, as DER. Raises ValueError."""
    if len(signature) == 64:
        return encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    return encode_dss_signature(*decode_dss_signature(signature))


def _library() -> Any:
    try:
        import gmssl_pyx
    except ImportError as error:
        raise CannotVerify("gmssl-pyx is not installed on this machine") from error
    return gmssl_pyx
