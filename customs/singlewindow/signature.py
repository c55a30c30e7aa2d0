"""Real XMLDSig in place of the empty skeleton, for routes that are configured for it.

Which form: in the skeleton `Signature` is the root and wraps `Object Id="String"`, so the filled signature is
*enveloping*: Reference "#String" covers the Object with everything in it. Two things must differ from the placeholder
for a standard verifier to find it: the elements are in the XMLDSig namespace (as default namespace of the root, which
is where customs receipts still carry it), and the Reference is a same-document one, "#String" instead of "String".
No public source shows a filled signature for these messages; whether an endpoint checks it is not known.

The text of `compose` is canonical by construction, so signing is two hashes over slices and one call of the key.
"""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from customs.singlewindow.dialect import C14N, RSA_SHA1, SHA1, XMLDSIG
from customs.singlewindow.elements import text_of
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.safe_xml import parse
from customs.singlewindow.writing import OBJECT_END, OBJECT_START, escaped

Algorithm = Literal["rsa-sha1", "rsa-sha256", "sm2-sm3"]
Proves = Callable[[bytes, bytes, Algorithm], bool]
"""Whether of (data, signature, algorithm) the signature is a certain key's."""


@dataclass(frozen=True, slots=True)
class _Methods:
    signature: str
    digest: str
    hash_name: str


_METHODS: Mapping[Algorithm, _Methods] = MappingProxyType(
    {
        "rsa-sha1": _Methods(RSA_SHA1, SHA1, "sha1"),
        "rsa-sha256": _Methods(
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmlenc#sha256",
            "sha256",
        ),
        # No W3C name. What digest a receiver expects beside it is not public; the practice of another message type is SHA-1.
        "sm2-sm3": _Methods("http://www.w3.org/2000/09/xmldsig#sm2-sm3", SHA1, "sha1"),
    }
)
_RSA_HASHES: Mapping[Algorithm, Callable[[], hashes.HashAlgorithm]] = MappingProxyType(
    {"rsa-sha1": hashes.SHA1, "rsa-sha256": hashes.SHA256}
)
_START = re.compile(
    rb'<\?xml version="1\.0" encoding="UTF-8"\?>\n<Signature>\n<SignedInfo>.*?</KeyInfo>\n', re.DOTALL
)
_ID = "String"
_PARTS = ("SignedInfo", "SignatureValue", "KeyInfo", "Object")


class SignatureInvalidError(Exception):
    """The signature does not prove the message. The text is for a log and says which part failed."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a valid signature says about itself. `certificate` is DER and not checked against any authority."""

    algorithm: Algorithm
    key_name: str
    certificate: bytes | None


def sign(
    message: bytes,
    *,
    algorithm: Algorithm,
    key_name: str,
    signer: Callable[[bytes], bytes],
    certificate: bytes | None = None,
) -> bytes:
    """A message of `compose` with the signature filled in.

    `signer` gets the canonical SignedInfo and returns the signature over its hash by `algorithm` (RSA: PKCS#1 v1.5; SM2:
    DER); what it raises goes through. `certificate` is DER. Raises ValueError for bytes that `compose` did not write.
    """
    start = _START.match(message)
    tail = f"{OBJECT_END}\n</Signature>\n".encode()
    if (
        start is None
        or not message.startswith(OBJECT_START.encode(), start.end())
        or not message.endswith(tail)
    ):
        raise ValueError("only a message with the empty skeleton can be signed")
    inside = message[start.end() + len(OBJECT_START) : -len(tail)]
    methods = _METHODS[algorithm]
    # Canonical XML writes the inherited namespace onto the signed element itself.
    digest = hashlib.new(methods.hash_name, f'<Object xmlns="{XMLDSIG}" Id="{_ID}">'.encode())
    digest.update(inside)
    digest.update(OBJECT_END.encode())
    info = _signed_info(methods, digest.digest())
    value = signer(f'<SignedInfo xmlns="{XMLDSIG}">{info}</SignedInfo>'.encode())
    certified = ""
    if certificate is not None:
        certified = f"<X509Data><X509Certificate>{_base64(certificate)}</X509Certificate></X509Data>"
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Signature xmlns="{XMLDSIG}">\n<SignedInfo>{info}</SignedInfo>\n'
        f"<SignatureValue>{_base64(value)}</SignatureValue>\n"
        f"<KeyInfo><KeyName>{escaped(key_name)}</KeyName>{certified}</KeyInfo>\n{OBJECT_START}"
    )
    return head.encode() + inside + tail


def _signed_info(methods: _Methods, digest: bytes) -> str:
    return (
        f'<CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{methods.signature}"></SignatureMethod><Reference URI="#{_ID}">'
        f'<DigestMethod Algorithm="{methods.digest}"></DigestMethod>'
        f"<DigestValue>{_base64(digest)}</DigestValue></Reference>"
    )


def verify(message: bytes, key: rsa.RSAPublicKey | Proves) -> Signed:
    """What the message's signature says, after checking it with this key, or with what knows keys of other kinds.

    Takes only the form `sign` writes: one Reference to the one Object, no transforms. Raises SignatureInvalidError, and
    UnreadableError for what is no XML.
    """
    root = parse(message)
    if [child.tag for child in root] != [f"{{{XMLDSIG}}}{name}" for name in _PARTS] or root.nsmap != {
        None: XMLDSIG
    }:
        raise SignatureInvalidError("not the form this platform signs")
    info, value, key_info, signed = root
    algorithm = _algorithm(info)
    methods = _METHODS[algorithm]
    if signed.get("Id") != _ID or sum("Id" in element.attrib for element in root.iter()) != 1:
        raise SignatureInvalidError("the Reference does not name exactly one element")
    digest = _decoded(info.find(f"{{{XMLDSIG}}}Reference/{{{XMLDSIG}}}DigestValue"))
    if hashlib.new(methods.hash_name, _canonical(signed)).digest() != digest:
        raise SignatureInvalidError("the content was changed")
    proves = _by_rsa(key) if isinstance(key, rsa.RSAPublicKey) else key
    if not proves(_canonical(info), _decoded(value), algorithm):
        raise SignatureInvalidError("the signature is not of this key")
    certificate = key_info.find(f"{{{XMLDSIG}}}X509Data/{{{XMLDSIG}}}X509Certificate")
    return Signed(
        algorithm,
        text_of(key_info.find(f"{{{XMLDSIG}}}KeyName")),
        None if certificate is None else _decoded(certificate),
    )


def _by_rsa(key: rsa.RSAPublicKey) -> Proves:
    def proves(data: bytes, signature: bytes, algorithm: Algorithm) -> bool:
        if algorithm not in _RSA_HASHES:
            return False
        try:
            key.verify(signature, data, padding.PKCS1v15(), _RSA_HASHES[algorithm]())
        except InvalidSignature:
            return False
        return True

    return proves


def _algorithm(info: etree._Element) -> Algorithm:
    facts = [
        (child.tag.rpartition("}")[2], child.get("Algorithm") or child.get("URI")) for child in info.iter()
    ]
    for name, methods in _METHODS.items():
        if facts == [
            ("SignedInfo", None),
            ("CanonicalizationMethod", C14N),
            ("SignatureMethod", methods.signature),
            ("Reference", f"#{_ID}"),
            ("DigestMethod", methods.digest),
            ("DigestValue", None),
        ]:
            return name
    raise SignatureInvalidError("an algorithm or a reference this platform does not use")


def _canonical(element: etree._Element) -> bytes:
    # Of a deep copy: lxml writes wrong namespaces when it canonicalises an element inside its document.
    alone = copy.deepcopy(element)
    alone.tail = None
    canonical: bytes = etree.tostring(alone, method="c14n")
    return canonical


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decoded(element: etree._Element | None) -> bytes:
    try:
        return base64.b64decode("".join(text_of(element).split()), validate=True)
    except binascii.Error:
        raise SignatureInvalidError("a value is no base64") from None


__all__ = ["Algorithm", "SignatureInvalidError", "Signed", "UnreadableError", "sign", "verify"]
