"""Filled signatures in uploads, checked by the certificate that they carry. Taken only where the simulator was told to.

Own eyes: the standard library's canonical form, cryptography's RSA, the SM2 of the project's virtual card.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import xml.etree.ElementTree as ET

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from simulators.card import curve
from simulators.single_window.receipts import XMLDSIG

_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_DIGESTS = {f"{XMLDSIG}sha1": "sha1", "http://www.w3.org/2001/04/xmlenc#sha256": "sha256"}
_RSA: dict[str, type[hashes.HashAlgorithm]] = {
    f"{XMLDSIG}rsa-sha1": hashes.SHA1,
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": hashes.SHA256,
}
_SM2 = f"{XMLDSIG}sm2-sm3"
_PARTS = ["SignedInfo", "SignatureValue", "KeyInfo", "Object"]
# Up to the 64 bytes of the point: id-ecPublicKey, sm2p256v1, uncompressed.
_SM2_KEY = bytes.fromhex("301306072A8648CE3D020106082A811CCF5501822D03420004")
_PREFIX = f"{XMLDSIG} "


class _Wrong(Exception):
    """The text is Chinese and says what does not hold."""


def is_filled(root: ET.Element) -> bool:
    """Whether the tree, with names as expat tells them, is a Signature in the namespace of XMLDSig."""
    return root.tag == f"{_PREFIX}Signature"


def opened(root: ET.Element) -> tuple[ET.Element, list[str]]:
    """The tree as if it had no signature, and why the signature does not hold, if it does not."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(_PREFIX)
    try:
        _check(root)
        faults = []
    except _Wrong as wrong:
        faults = [f"数字签名校验未通过：{wrong}"]
    plain = ET.Element("Signature")
    plain.extend(root.findall("Object"))
    return plain, faults


def _check(root: ET.Element) -> None:
    """Raises _Wrong."""
    if any(" " in name for element in root.iter() for name in (element.tag, *element.attrib)):
        raise _Wrong("含有其他命名空间的节点")
    if [child.tag for child in root] != _PARTS:
        raise _Wrong(f"Signature应依次包含{'、'.join(_PARTS)}")
    info, value, key_info, signed = root
    said = [(e.tag, e.get("Algorithm", e.get("URI", ""))) for e in info.iter()]
    names = [
        "SignedInfo",
        "CanonicalizationMethod",
        "SignatureMethod",
        "Reference",
        "DigestMethod",
        "DigestValue",
    ]
    if [tag for tag, _ in said] != names:
        raise _Wrong("SignedInfo结构不正确")
    _, (_, canonical), (_, method), (_, uri), (_, digest), _ = said
    if canonical != _C14N or digest not in _DIGESTS:
        raise _Wrong("算法无法识别")
    ids = [element.get("Id") for element in root.iter() if "Id" in element.attrib]
    if uri != f"#{signed.get('Id')}" or len(ids) != 1:
        raise _Wrong("Reference未指向Object")
    if hashlib.new(_DIGESTS[digest], _canonical(signed)).digest() != _decoded(info.find(".//DigestValue")):
        raise _Wrong("摘要与内容不符")
    certificate = _decoded(key_info.find("X509Data/X509Certificate"))
    if not _is_of(certificate, _canonical(info), _decoded(value), method):
        raise _Wrong("签名与证书不符")


def _is_of(certificate: bytes, data: bytes, signature: bytes, method: str) -> bool:
    """Raises _Wrong for a certificate or a method that is not known."""
    try:
        loaded = x509.load_der_x509_certificate(certificate)
        if method == _SM2:
            return _is_of_sm2(loaded.tbs_certificate_bytes, data, signature)
        key = loaded.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _Wrong("证书无法识别") from None
    if method not in _RSA or not isinstance(key, rsa.RSAPublicKey):
        raise _Wrong("算法无法识别")
    try:
        key.verify(signature, data, padding.PKCS1v15(), _RSA[method]())
    except InvalidSignature:
        return False
    return True


def _is_of_sm2(certificate: bytes, data: bytes, signature: bytes) -> bool:
    """Raises ValueError where there is no such key."""
    at = certificate.index(_SM2_KEY) + len(_SM2_KEY)
    point = int.from_bytes(certificate[at : at + 32]), int.from_bytes(certificate[at + 32 : at + 64])
    try:
        r, s = decode_dss_signature(signature)
        pair = r.to_bytes(32) + s.to_bytes(32)
    except (ValueError, OverflowError):
        return False
    return curve.verify(point, curve.digest(point, data), pair)


def _canonical(element: ET.Element) -> bytes:
    """Of an element whose every name is in the one namespace, which its root declared as the default."""
    written: list[str] = []
    target = ET.C14NWriterTarget(written.append)
    target.start_ns("", XMLDSIG)

    def write(one: ET.Element) -> None:
        name = f"{{{XMLDSIG}}}{one.tag}"
        target.start(name, one.attrib)
        target.data(one.text or "")
        for child in one:
            write(child)
            target.data(child.tail or "")
        target.end(name)

    write(element)
    return "".join(written).encode()


def _decoded(element: ET.Element | None) -> bytes:
    text = "" if element is None else "".join((element.text or "").split())
    if not text:
        raise _Wrong("缺少摘要、签名值或证书")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _Wrong("Base64内容不正确") from None
