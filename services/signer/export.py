"""Evidence in a folder or a zip, for a dispute: it proves itself with `bondgate evidence verify`, or by hand with openssl.

manifest.json             whose it is, when it was made, where each chain ends, which key vouches for which
chains/<chain>.jsonl      a link a line; one that is withheld shows its hashes alone
certificates/<sha256>.der of the keys that sealed links and signed messages
messages/<message_id>.xml as released; .unsigned.xml beside it where the signature was put in here
READ-ME.txt               how to check a link by hand
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.signer.evidence import MAILBOX_FORM, Head, Link, Statement, sha256, utc
from services.signer.proving import Kept, Walk, Withheld
from services.signer.vouching import Introduced, Vouchers

_FORM = 1
_MANUAL = """\
This folder proves itself:  ./bondgate evidence verify <this folder or zip>

By hand, for a link of chains/*.jsonl:
  statement_base64   the exact bytes that were sealed: JSON, decode them into a file `statement`
  signature_base64   RSA PKCS#1 v1.5 with SHA-256 over them, decode it into a file `signature`
  certificate        names certificates/<sha256>.der of the key
    openssl x509 -inform der -in certificates/<sha256>.der -pubkey -noout > key.pem
    openssl dgst -sha256 -verify key.pem -signature signature statement
  The statement names the SHA-256 of the message: sha256sum messages/<message_id>.xml = released_sha256
  chain_hash         sha256 of the text (previous of the statement, then the SHA-256 of the statement), both in hexadecimal;
                     in links of form 1 the SHA-256 of the statement. `previous` is chain_hash of the link before, or 64 zeros.
A line without a statement is a link about another document: its hashes show that nothing was put in or taken out.
"""
Wanted = Callable[[Statement], bool]


class NotAnExport(Exception):
    """The text says what is missing or wrong."""


@dataclass(frozen=True)
class Chain:
    """What the writer asks of a store: the name, its end, its links from the first."""

    name: str
    head: Head
    links: AsyncIterator[Kept]


async def write(
    target: Path,
    tenant_id: UUID,
    chains: AsyncIterator[Chain],
    keys: Sequence[Introduced],
    *,
    wanted: Wanted | None = None,
) -> int:
    """Answers how many links it shows. `wanted` chooses them; None: all. Raises FileExistsError."""
    draft = _draft(target)
    try:
        for name in ("chains", "certificates", "messages"):
            (draft / name).mkdir(mode=0o700)
        ends, shown = [], 0
        async for chain in chains:
            count = await _write_chain(draft, tenant_id, chain, wanted)
            shown += count
            path = draft / "chains" / f"{chain.name}.jsonl"
            if path.exists():
                ends.append(
                    {
                        "chain": chain.name,
                        "position": chain.head.position,
                        "chain_hash": chain.head.chain_hash,
                    }
                )
        manifest = {
            "form": _FORM,
            "tenant_id": str(tenant_id),
            "exported_at": utc(datetime.now(UTC)),
            "selected": wanted is not None,
            "chains": ends,
            "keys": [_introduction(draft, key) for key in keys],
        }
        _put(draft / "manifest.json", json.dumps(manifest, indent=1).encode())
        _put(draft / "READ-ME.txt", _MANUAL.encode())
        _place(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return shown


def _introduction(draft: Path, key: Introduced) -> dict[str, Any]:
    _put(draft / "certificates" / f"{sha256(key.certificate)}.der", key.certificate)
    return {
        "key_id": key.key_id,
        "certificate": sha256(key.certificate),
        "handover_base64": _encoded(key.handover),
        "handover_signature_base64": _encoded(key.handover_signature),
    }


def _introduced(root: Any, said: Mapping[str, Any]) -> Introduced:
    return Introduced(
        said["key_id"],
        _bytes(root / "certificates", f"{said['certificate']}.der") or b"",
        _decoded(said["handover_base64"] or "") or None,
        _decoded(said["handover_signature_base64"] or "") or None,
    )


def _draft(target: Path) -> Path:
    if target.exists():
        raise FileExistsError(f"{target} is there already")
    return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))


async def _write_chain(draft: Path, tenant_id: UUID, chain: Chain, wanted: Wanted | None) -> int:
    shown = 0
    path = draft / "chains" / f"{chain.name}.jsonl"
    with _private(path) as file:
        async for kept in chain.links:
            stated = kept.link.stated
            chosen = wanted is None or wanted(stated)
            shown += chosen
            line = _line(draft, kept) if chosen or stated["form"] == MAILBOX_FORM else _hashes(kept)
            if not chosen:
                line["withheld"] = True
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            if chosen:
                _write_messages(draft, kept, stated)
    if not shown and wanted is not None and chain.name != str(tenant_id):
        # A chain by mailbox holds statements that cannot be withheld; it comes along only for a link that is asked for.
        path.unlink()
    return shown


def _hashes(kept: Kept) -> dict[str, Any]:
    link = kept.link
    return {
        "position": link.position,
        "statement_sha256": sha256(link.statement),
        "chain_hash": link.chain_hash,
    }


def _line(draft: Path, kept: Kept) -> dict[str, Any]:
    link = kept.link
    for certificate in (link.certificate, link.message_certificate):
        if certificate is not None:
            _put(draft / "certificates" / f"{sha256(certificate)}.der", certificate)
    return {
        **_hashes(kept),
        "attempt_id": str(link.attempt_id),
        "statement_base64": base64.b64encode(link.statement).decode(),
        "signature_base64": base64.b64encode(link.signature).decode(),
        "certificate": sha256(link.certificate),
        "message_certificate": sha256(link.message_certificate) if link.message_certificate else None,
        "beside": dict(kept.beside),
    }


def _write_messages(draft: Path, kept: Kept, stated: Statement) -> None:
    name = stated["message_id"]
    if kept.released is not None:
        _put(draft / "messages" / f"{name}.xml", kept.released)
    if kept.unsigned is not None and kept.unsigned != kept.released:
        _put(draft / "messages" / f"{name}.unsigned.xml", kept.unsigned)


def _place(draft: Path, target: Path) -> None:
    if target.suffix != ".zip":
        draft.rename(target)
        return
    packed = draft.with_name(f"{draft.name}.zip")
    try:
        with zipfile.ZipFile(packed, "x", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(draft.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(draft))
        packed.chmod(0o600)
        packed.rename(target)
    finally:
        packed.unlink(missing_ok=True)


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _put(path: Path, data: bytes) -> None:
    with _private(path) as file:
        file.write(data)


def walks(path: Path, trusted: Collection[str] = ()) -> Iterator[Walk]:
    """Every chain of an export, gone along from its first link. Raises NotAnExport."""
    with _opened(path) as root:
        manifest = _json(root / "manifest.json")
        if manifest.get("form") != _FORM:
            raise NotAnExport(f"{path} is of a form that this release does not know")
        vouchers = Vouchers([_introduced(root, said) for said in manifest["keys"]])
        hashes: dict[tuple[str, int], str] = {}
        for end in sorted(manifest["chains"], key=lambda end: end["chain"] == manifest["tenant_id"]):
            name = end["chain"]
            walk = Walk(name)
            for shown in _links(root, name):
                walk.step(shown)
                if name != manifest["tenant_id"]:
                    hashes[name, walk.head.position] = walk.head.chain_hash
            walk.end(Head(end["position"], end["chain_hash"]))
            walk.vouched(vouchers, trusted)
            there = {chain for chain, _ in hashes}
            for closed in walk.continues:
                if closed["chain"] in there or not manifest["selected"]:
                    walk.closes(closed, hashes.get((closed["chain"], closed["position"])))
            yield walk


def _links(root: Any, chain: str) -> Iterator[Kept | Withheld]:
    try:
        with (root / "chains" / f"{chain}.jsonl").open("rb") as file:
            for text in file:
                yield _read_link(root, json.loads(text))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise NotAnExport(f"chains/{chain}.jsonl cannot be read: {type(error).__name__}: {error}") from error


def _read_link(root: Any, line: Mapping[str, Any]) -> Kept | Withheld:
    if "statement_base64" not in line:
        return Withheld(line["position"], line["statement_sha256"], line["chain_hash"])
    link = Link(
        position=line["position"],
        attempt_id=UUID(line["attempt_id"]),
        statement=_decoded(line["statement_base64"]),
        chain_hash=line["chain_hash"],
        signature=_decoded(line["signature_base64"]),
        certificate=_bytes(root / "certificates", f"{line['certificate']}.der") or b"",
        message_certificate=(
            _bytes(root / "certificates", f"{line['message_certificate']}.der")
            if line["message_certificate"]
            else None
        ),
    )
    message = line["beside"].get("message_id")
    released = _bytes(root / "messages", f"{message}.xml")
    unsigned = _bytes(root / "messages", f"{message}.unsigned.xml")
    return Kept(
        link,
        line["beside"],
        released if unsigned is None else unsigned,
        released,
        bytes_shown="withheld" not in line,
    )


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    """What cannot be decoded is no longer what was written: nothing, which no seal is over."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _bytes(folder: Any, name: str) -> bytes | None:
    """Raises ValueError for a name that leads out of the folder."""
    if "/" in name or "\\" in name:
        raise ValueError(f"not the name of a file: {name!r}")
    path = folder / name
    data: bytes | None = path.read_bytes() if path.is_file() else None
    return data


def _json(path: Any) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, KeyError, ValueError) as error:
        raise NotAnExport(f"{path} cannot be read: not an export of evidence") from error
    return value


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The root of a folder or a zip; both answer `/`, `open`, `read_bytes`, `is_file`. Raises NotAnExport."""
    if path.is_dir():
        yield path
    elif path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield zipfile.Path(archive)
    else:
        raise NotAnExport(f"{path} is neither a folder nor a zip")
