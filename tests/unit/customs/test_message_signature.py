"""Signed messages, checked by a verifier that shares no code with the signer."""

from __future__ import annotations

import base64
import datetime
import hashlib
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from lxml import etree

from customs.documents.inventory import INVENTORY
from customs.documents.normal_form import JsonObject
from customs.singlewindow import (
    Algorithm,
    SignatureInvalidError,
    UnreadableError,
    read_upload,
    sign,
    verify,
    write,
)
from simulators.single_window import reader
from tests.support.documents import documents, inventory
from tests.unit.customs.test_message_round_trip import composed

NS = {"d": "http://www.w3.org/2000/09/xmldsig#"}
ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha1", "rsa-sha256")


@dataclass(frozen=True)
class Key:
    """A software key with a certificate of its own."""

    private: rsa.RSAPrivateKey
    certificate: bytes

    def signed(self, message: bytes, algorithm: Algorithm) -> bytes:
        chosen = hashes.SHA1() if algorithm == "rsa-sha1" else hashes.SHA256()
        return sign(
            message,
            algorithm=algorithm,
            key_name="01 & <2>",
            signer=lambda text: self.private.sign(text, padding.PKCS1v15(), chosen),
            certificate=self.certificate,
        )


@pytest.fixture(scope="module")
def key() -> Key:
    private = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例签名")])
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=365))
        .sign(private, hashes.SHA256())
    )
    return Key(private, certificate.public_bytes(serialization.Encoding.DER))


def prove(data: bytes) -> None:
    """XMLDSig core validation by the letter: canonicalise the Object and SignedInfo in place, key from X509Certificate.

    Exclusive C14N equals the inclusive one here, as exactly one namespace is declared, on the root; it is the form lxml
    gets right inside a document.
    """
    root = etree.fromstring(data)
    assert root.nsmap == {None: NS["d"]}
    assert root.tag == f"{{{NS['d']}}}Signature"
    method = root.xpath("string(d:SignedInfo/d:SignatureMethod/@Algorithm)", namespaces=NS)
    digest_method = root.xpath("string(d:SignedInfo/d:Reference/d:DigestMethod/@Algorithm)", namespaces=NS)
    assert root.xpath("string(d:SignedInfo/d:CanonicalizationMethod/@Algorithm)", namespaces=NS) == (
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    )
    uri = root.xpath("string(d:SignedInfo/d:Reference/@URI)", namespaces=NS)
    assert isinstance(uri, str)
    targets = root.xpath("//*[@Id=$name]", namespaces=NS, name=uri.removeprefix("#"))
    assert isinstance(targets, list)
    assert uri.startswith("#")
    assert len(targets) == 1
    target, info = targets[0], root.find("d:SignedInfo", NS)
    assert isinstance(target, etree._Element)
    assert info is not None
    named = {
        "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
        "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    }
    digest = hashlib.new(named[str(digest_method)])
    digest.update(etree.tostring(target, method="c14n", exclusive=True, with_tail=False))
    told = root.findtext("d:SignedInfo/d:Reference/d:DigestValue", namespaces=NS)
    assert base64.b64decode(told or "") == digest.digest()
    certificate = x509.load_der_x509_certificate(
        base64.b64decode(root.findtext("d:KeyInfo/d:X509Data/d:X509Certificate", namespaces=NS) or "")
    )
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(
        base64.b64decode(root.findtext("d:SignatureValue", namespaces=NS) or ""),
        etree.tostring(info, method="c14n", exclusive=True, with_tail=False),
        padding.PKCS1v15(),
        hashes.SHA256() if str(method).endswith("rsa-sha256") else hashes.SHA1(),
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_document_is_signed_as_xmldsig_says(key: Key, algorithm: Algorithm) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(documents(INVENTORY, system_fields=True))
    def is_valid(document: JsonObject) -> None:
        signed = key.signed(composed(document), algorithm)
        prove(signed)
        told = verify(signed, key.private.public_key())
        assert (told.algorithm, told.key_name, told.certificate) == (algorithm, "01 & <2>", key.certificate)
        upload = read_upload(signed)
        assert upload.signed
        assert upload.document == document

    is_valid()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_simulator_finds_the_same_with_its_own_eyes(key: Key, algorithm: Algorithm) -> None:
    message = composed(inventory("SAMPLE-1", 3) | {"declaration_head": {"remark": "<&>\r\n\t\"'"}})
    signed = key.signed(message, algorithm)
    assert reader.read_upload(signed, filled_signatures=True).oddities == ()
    changed = signed.replace(b"SAMPLE-1", b"SAMPLE-2")
    assert "摘要" in reader.read_upload(changed, filled_signatures=True).oddities[0]


def test_composed_text_is_canonical_already() -> None:
    message = composed(inventory("SAMPLE-1", 3) | {"declaration_head": {"remark": "<&>\r\n\t\"'"}})
    root = etree.fromstring(message)
    canonical = etree.tostring(root, method="c14n")
    assert message == b'<?xml version="1.0" encoding="UTF-8"?>\n' + canonical + b"\n"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_change_is_seen(key: Key, algorithm: Algorithm) -> None:
    signed = key.signed(composed(inventory("SAMPLE-1", 2)), algorithm)
    public = key.private.public_key()
    changes = {
        b"<DclQty>3</DclQty>": b"<DclQty>4</DclQty>",
        b"<DelcareFlag>1</DelcareFlag>": b"<DelcareFlag>0</DelcareFlag>",
        b"</DataInfo>\n</Package>": b"</DataInfo></Package>",
        b"<DigestValue>": b"<DigestValue>AAAA",
        b"<SignatureValue>": b"<SignatureValue>AAAA",
        b'URI="#String"': b'URI=""',
        b"2000/09/xmldsig#rsa-sha1" if algorithm == "rsa-sha1" else b"2001/04/xmldsig-more#rsa-sha256": (
            b"2001/04/xmldsig-more#rsa-md5"
        ),
        b'<Object Id="String">': b'<Object Id="Other">',
        b"<Package>": b'<Package Id="String">',
        b"</Object>": b'</Object><Object Id="Second"></Object>',
        b"</SignatureValue>": b"!</SignatureValue>",
    }
    for old, new in changes.items():
        assert old in signed
        with pytest.raises(SignatureInvalidError):
            verify(signed.replace(old, new, 1), public)


def test_a_foreign_key_proves_nothing(key: Key) -> None:
    signed = key.signed(composed(inventory("SAMPLE-1", 1)), "rsa-sha256")
    other = rsa.generate_private_key(65537, 2048).public_key()
    with pytest.raises(SignatureInvalidError, match="not of this key"):
        verify(signed, other)
    with pytest.raises(InvalidSignature):
        prove(sign_with_garbage(key))


def sign_with_garbage(key: Key) -> bytes:
    return sign(
        composed(inventory("SAMPLE-1", 1)),
        algorithm="rsa-sha256",
        key_name="1",
        signer=lambda _: bytes(256),
        certificate=key.certificate,
    )


def test_what_is_not_signed_does_not_verify(key: Key) -> None:
    with pytest.raises(SignatureInvalidError):
        verify(composed(inventory("SAMPLE-1", 1)), key.private.public_key())
    with pytest.raises(UnreadableError):
        verify(b"<!DOCTYPE a><a/>", key.private.public_key())


def test_only_the_empty_skeleton_is_signed(key: Key) -> None:
    signed = key.signed(composed(inventory("SAMPLE-1", 1)), "rsa-sha1")
    for message in (signed, b"", b"<Signature></Signature>", composed(inventory("SAMPLE-1", 1)) + b" "):
        with pytest.raises(ValueError, match="empty skeleton"):
            key.signed(message, "rsa-sha1")


def test_rewriting_a_signed_message_drops_the_signature(key: Key) -> None:
    upload = read_upload(key.signed(composed(inventory("SAMPLE-1", 1)), "rsa-sha1"))
    again = read_upload(write(upload))
    assert not again.signed
    assert again.document == upload.document


def test_errors_of_the_key_go_through() -> None:
    def broken(_: bytes) -> bytes:
        raise RuntimeError("no card")

    with pytest.raises(RuntimeError, match="no card"):
        sign(composed(inventory("SAMPLE-1", 1)), algorithm="rsa-sha1", key_name="1", signer=broken)
