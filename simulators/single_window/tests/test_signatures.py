"""Filled signatures: refused as the import client does, or, where the simulator was told to take them, checked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from simulators.card import curve
from simulators.card.issuing import Issued, KeyKind, Person, issue
from simulators.single_window.receipts import XMLDSIG
from simulators.single_window.tests.conftest import Office
from simulators.single_window.tests.uploads import Paper

_METHODS = {
    "rsa-sha1": (f"{XMLDSIG}rsa-sha1", f"{XMLDSIG}sha1", "sha1"),
    "rsa-sha256": (
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "sha256",
    ),
    "sm2": (f"{XMLDSIG}sm2-sm3", f"{XMLDSIG}sha1", "sha1"),
}


class SignedPaper(Paper):
    """As a card signs it: enveloping, in the namespace of XMLDSig. `change` is done to the signed text."""

    card: Issued
    kind: KeyKind = "rsa-sha256"
    change: Callable[[str], str] = staticmethod(lambda text: text)

    def xml(self) -> bytes:
        content = super().xml().decode().partition('<Object Id="String">')[2]
        method, digest, name = _METHODS[self.kind]
        made = hashlib.new(name, f'<Object xmlns="{XMLDSIG}" Id="String">'.encode())
        made.update(content.removesuffix("</Signature>").encode())
        info = (
            f'<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></CanonicalizationMethod>'
            f'<SignatureMethod Algorithm="{method}"></SignatureMethod><Reference URI="#String">'
            f'<DigestMethod Algorithm="{digest}"></DigestMethod>'
            f"<DigestValue>{_text(made.digest())}</DigestValue></Reference></SignedInfo>"
        )
        value = signature(self.card, self.kind, f'<SignedInfo xmlns="{XMLDSIG}">{info}'.encode())
        text = (
            f'{self.prolog}<Signature xmlns="{XMLDSIG}"><SignedInfo>{info}<SignatureValue>{_text(value)}</SignatureValue>'
            f"<KeyInfo><KeyName>aa</KeyName><X509Data><X509Certificate>{_text(self.card.certificate)}"
            f'</X509Certificate></X509Data></KeyInfo><Object Id="String">{content}'
        )
        return self.change(text).encode()


def signature(card: Issued, kind: KeyKind, data: bytes) -> bytes:
    if isinstance(card.key, curve.Key):
        made = card.key.sign(curve.digest(card.key.public, data))
        return utils.encode_dss_signature(int.from_bytes(made[:32]), int.from_bytes(made[32:]))
    return card.key.sign(data, padding.PKCS1v15(), hashes.SHA1() if kind == "rsa-sha1" else hashes.SHA256())  # noqa: S303 - what old cards have


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def paper(kind: KeyKind = "rsa-sha256") -> SignedPaper:
    made = SignedPaper("OK-1")
    made.kind, made.card = kind, issue(Person(), kind)
    return made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, filled_signatures=True)
    yield office
    assert office.ledger is not None
    office.ledger.close()


@pytest.mark.parametrize("kind", ["rsa-sha1", "rsa-sha256", "sm2"])
def test_a_signature_of_the_certificate_in_it_is_taken(office: Office, kind: KeyKind) -> None:
    assert "Successed" in office.kinds(office.send(paper(kind)))


def test_the_import_client_takes_none(tmp_path: Path) -> None:
    office = Office(tmp_path)
    [came] = office.send(paper())
    assert "根节点" in (office.value(came, "CheckInfo") or "")


def test_the_empty_skeleton_is_taken_as_ever(office: Office) -> None:
    assert "Successed" in office.kinds(office.send(Paper("OK-1")))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("接插件", "连接器"), "摘要与内容不符"),
        (lambda text: text.replace("#String", "#Other"), "Reference"),
        (lambda text: text.replace("<KeyName>aa</KeyName>", '<KeyName Id="x">aa</KeyName>'), "Reference"),
        (lambda text: text.replace("#rsa-sha256", "#rsa-md5"), "算法"),
        (lambda text: text.replace("xmlenc#sha256", "xmlenc#sha512"), "算法"),
        (lambda text: text.replace("<SignatureValue>", "<SignatureValue>!"), "Base64"),
        (lambda text: text.replace("X509Certificate>", "X509Cert>"), "证书"),
        (lambda text: text.replace("<KeyName>", '<KeyName xmlns="urn:x">'), "命名空间"),
        (lambda text: text.replace("Reference", "Refers"), "SignedInfo"),
        (lambda text: text.replace("SignatureValue", "SignedValue"), "SignatureValue"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_refused_with_why(
    office: Office, change: Callable[[str], str], says: str
) -> None:
    signed = paper()
    signed.change = change
    [came] = office.send(signed)
    assert office.kinds([came]) == ["Failed"]
    said = office.value(came, "CheckInfo") or ""
    assert "数字签名校验未通过" in said and says in said


@pytest.mark.parametrize("kind", ["rsa-sha256", "sm2"])
def test_the_signature_of_another_card_is_refused(office: Office, kind: KeyKind) -> None:
    signed, other = paper(kind), issue(Person(), kind)
    signed.change = lambda text: text.replace(_text(signed.card.certificate), _text(other.certificate))
    [came] = office.send(signed)
    assert "签名与证书不符" in (office.value(came, "CheckInfo") or "")
