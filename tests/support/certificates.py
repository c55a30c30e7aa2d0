"""Certificates as cards carry them: the holder, the firm and its two codes in the subject."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def certificate(
    key: rsa.RSAPrivateKey,
    *,
    days: int = 365,
    firm_code: str = "4403161234",
    uscc: str = "91440300MA5FABCD1X",
) -> x509.Certificate:
    """Self-signed, for so many days from now; with negative days it is over."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "测试报关行"),
            x509.NameAttribute(NameOID.COMMON_NAME, "张三"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, firm_code),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, uscc),
        ]
    )
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1000))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
