"""Which evidence key vouches for which: the key before signs, at a rotation, what certificate follows its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.signer.evidence import sha256


@dataclass(frozen=True, slots=True)
class Introduced:
    """A key as it is shown to who proves a chain: its certificate, and what the key before said of it."""

    key_id: str
    certificate: bytes
    handover: bytes | None
    handover_signature: bytes | None


class Vouchers:
    """Who vouches for whom: certificates by SHA-256, each with the one whose key handed over to it, where that holds."""

    def __init__(self, keys: Sequence[Introduced]) -> None:
        certificates = {sha256(key.certificate): key.certificate for key in keys}
        self._before: Mapping[str, str] = {
            sha256(key.certificate): before
            for key in keys
            if (before := _handed_over_by(key, certificates)) is not None
        }

    def reach(self, certificate: str, earlier: str) -> bool:
        """Whether a line of handovers leads from the earlier certificate to this one."""
        seen = {certificate}
        while certificate != earlier:
            following = self._before.get(certificate)
            if following is None or following in seen:
                return False
            seen.add(following)
            certificate = following
        return True


def _handed_over_by(key: Introduced, certificates: Mapping[str, bytes]) -> str | None:
    if key.handover is None or key.handover_signature is None:
        return None
    try:
        said = orjson.loads(key.handover)
        if said["certificate_sha256"] != sha256(key.certificate):
            return None
        before: str = said["after_certificate_sha256"]
        public_key = x509.load_der_x509_certificate(certificates[before]).public_key()
        if not isinstance(public_key, rsa.RSAPublicKey):
            return None
        public_key.verify(key.handover_signature, key.handover, padding.PKCS1v15(), hashes.SHA256())
    except (KeyError, TypeError, ValueError, InvalidSignature):
        return None
    return before
