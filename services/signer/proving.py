"""Whether a chain of evidence holds: every link by itself, with what is kept beside it, and after the one before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from customs import singlewindow
from services.signer.evidence import (
    EMPTY,
    MAILBOX_FORM,
    Closed,
    Head,
    Link,
    Statement,
    chain_hash_of,
    serial_of,
    sha256,
)
from services.signer.media import certificates
from services.signer.media.port import AlgorithmMissing, CardRefused
from services.signer.vouching import Vouchers

_STATED_AS: Mapping[str, str] = MappingProxyType({"released_at": "signed_at"})
"""Columns that the statement calls otherwise."""
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """A link, what is written beside it in words the statement says too, and the bytes it is about."""

    link: Link
    beside: Mapping[str, str | None]
    unsigned: bytes | None
    released: bytes | None
    bytes_shown: bool = True
    """False where an export shows the link without its message, or the message is past its retention."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A link of which only the hash of its statement is shown."""

    position: int
    statement_sha256: str
    chain_hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` names what differs: `released_changed`, `chain_broken`, `mailbox_changed` …"""

    position: int
    code: str
    attempt_id: UUID | None = None


@dataclass
class KeySpan:
    """The links from `first` to `last` that one key sealed."""

    key_id: str
    certificate_sha256: str
    first: int
    last: int


def fault_of(kept: Kept, chain: str, previous: Head) -> str | None:
    """What is wrong with a link of `chain` after `previous`, or None."""
    link = kept.link
    try:
        stated = link.stated
        return next(
            (fault for fault in _faults(kept, stated, chain, previous) if fault is not None),
            None,
        )
    except (KeyError, TypeError, ValueError):
        # What cannot even be read was not written here.
        return "statement_changed"


def _faults(kept: Kept, stated: Statement, chain: str, previous: Head) -> Iterator[str | None]:
    link = kept.link
    expected = stated.get("chain", stated["mailbox"])
    yield (
        "statement_changed"
        if (chain_hash_of(stated["form"], stated["previous"], sha256(link.statement)) != link.chain_hash)
        else None
    )
    yield _signature_fault(link, stated)
    yield "position_broken" if not (stated["position"] == link.position == previous.position + 1) else None
    yield "chain_broken" if stated["previous"] != previous.chain_hash or expected != chain else None
    yield "attempt_id_changed" if stated["attempt_id"] != str(link.attempt_id) else None
    for name, value in kept.beside.items():
        name_stated = _STATED_AS.get(name, name)
        if name_stated in stated and stated[name_stated] != value:  # type: ignore[literal-required]
            yield f"{name}_changed"
    if not kept.bytes_shown:
        return
    for name, bytes_kept in (("unsigned", kept.unsigned), ("released", kept.released)):
        if bytes_kept is None:
            yield f"{name}_missing"
        elif sha256(bytes_kept) != stated[f"{name}_sha256"]:  # type: ignore[literal-required]
            yield f"{name}_changed"
    yield _message_fault(kept, stated)


def _signature_fault(link: Link, stated: Statement) -> str | None:
    try:
        public_key = x509.load_der_x509_certificate(link.certificate).public_key()
    except ValueError:
        return "certificate_changed"
    if not isinstance(public_key, rsa.RSAPublicKey):
        return "certificate_changed"
    try:
        public_key.verify(link.signature, link.statement, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return "signature_wrong"
    said = stated["certificate_serial"], stated.get("certificate_sha256", sha256(link.certificate))
    return None if said == (serial_of(link.certificate), sha256(link.certificate)) else "certificate_changed"


def _message_fault(kept: Kept, stated: Statement) -> str | None:
    """The signature within the message, with the certificate kept for it."""
    certificate = kept.link.message_certificate
    if stated["form"] == MAILBOX_FORM:
        return None
    if (sha256(certificate) if certificate else None) != stated.get("message_certificate_sha256"):
        return "message_certificate_changed"
    if certificate is None or kept.released is None:
        return None
    try:
        singlewindow.verify(kept.released, certificates.read(certificate).verifies)
    except singlewindow.SignatureInvalidError:
        return "message_signature_wrong"
    except AlgorithmMissing:
        # This machine has no library for it; the certificate says so, or the certificate is of another kind of key.
        return "message_signature_unchecked"
    except CardRefused:
        return "message_certificate_changed"
    return None


@dataclass
class Walk:
    """Goes along one chain from its first link; after a fault it goes on from what the link says of itself."""

    chain: str
    head: Head = EMPTY
    faults: list[Fault] = field(default_factory=list)
    keys: list[KeySpan] = field(default_factory=list)
    continues: list[Closed] = field(default_factory=list)
    withheld: int = 0

    def step(self, shown: Kept | Withheld) -> None:
        position = shown.position if isinstance(shown, Withheld) else shown.link.position
        if isinstance(shown, Withheld):
            self._withheld(shown)
            self.head = Head(position, shown.chain_hash)
            return
        link = shown.link
        self.withheld += not shown.bytes_shown
        fault = fault_of(shown, self.chain, self.head)
        if fault is not None:
            self._tell(Fault(position, fault, link.attempt_id))
        else:
            stated = link.stated
            self._sealed_by(stated["key_id"], sha256(link.certificate), position)
            if position == 1:
                self.continues = stated.get("continues", [])
        self.head = Head(position, link.chain_hash)

    def end(self, head: Head | None) -> None:
        """`head`: where the chain ends as it is noted beside it. More links may have come since."""
        if head is None:
            self._tell(Fault(self.head.position, "head_missing"))
        elif head.position > self.head.position:
            self._tell(Fault(self.head.position + 1, "links_missing"))
        elif head == Head(self.head.position, head.chain_hash) and head.chain_hash != self.head.chain_hash:
            self._tell(Fault(self.head.position, "head_changed"))

    def closes(self, closed: Closed, chain_hash: str | None) -> None:
        """`chain_hash` is what the chain that ends in this one has at that place."""
        if chain_hash != closed["chain_hash"]:
            self._tell(Fault(1, f"earlier_chain_changed: {closed['chain']} at {closed['position']}"))

    def vouched(self, vouchers: Vouchers, trusted: Collection[str] = ()) -> None:
        """Each key must be handed over to by the one before; `trusted` certificates are known from elsewhere."""
        for before, span in pairwise(self.keys):
            if span.certificate_sha256 not in trusted and not vouchers.reach(
                span.certificate_sha256, before.certificate_sha256
            ):
                self._tell(Fault(span.first, "key_unvouched"))

    def _withheld(self, shown: Withheld) -> None:
        self.withheld += 1
        if shown.position != self.head.position + 1:
            self._tell(Fault(shown.position, "position_broken"))
        elif chain_hash_of(2, self.head.chain_hash, shown.statement_sha256) != shown.chain_hash:
            self._tell(Fault(shown.position, "chain_broken"))

    def _sealed_by(self, key_id: str, certificate_sha256: str, position: int) -> None:
        last = self.keys[-1] if self.keys else None
        if last is not None and last.certificate_sha256 == certificate_sha256:
            last.last = position
        else:
            self.keys.append(KeySpan(key_id, certificate_sha256, position, position))

    def _tell(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
