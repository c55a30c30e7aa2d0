"""`bondgate evidence`: prove what was signed, in the running platform or in an export, and write an export for a dispute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from backbone import postgres
from backbone.postgres import Pool
from backbone.refusals import NotFound
from cli.plainly import fail, plainly, platform_here
from services.signer import export, reads, store
from services.signer.evidence import Statement
from services.signer.proving import Fault, Walk

T = TypeVar("T")
app = typer.Typer(
    name="evidence",
    help="Evidence of what was signed: prove every chain, write an export for a dispute.",
    no_args_is_help=True,
)
_TENANT = typer.Option("--tenant", metavar="ID", help="Only this tenant.")
_SAID = {
    "statement_changed": "its statement is not the one that was sealed",
    "signature_wrong": "the seal is not over this statement",
    "certificate_changed": "the certificate is not that of the key that sealed it",
    "position_broken": "a link before it is missing or out of place",
    "chain_broken": "it does not follow the link before it",
    "key_unvouched": "its key was not handed over to by the key before; --trust its certificate if you know it",
    "links_missing": "the chain went on here: links are gone",
    "head_changed": "the chain is noted to end otherwise",
    "head_missing": "nothing notes where the chain ends",
    "message_signature_wrong": "the signature in the message is not of the certificate kept for it",
    "message_certificate_changed": "the certificate that signed the message is another one or gone",
}


@app.command()
@plainly
def verify(
    exported: Annotated[
        Path | None,
        typer.Argument(
            metavar="[EXPORT]", help="A folder or zip of `evidence export`; else the running platform."
        ),
    ] = None,
    tenant: Annotated[UUID | None, _TENANT] = None,
    trusted: Annotated[
        list[str] | None,
        typer.Option(
            "--trust",
            metavar="SHA256",
            help="A certificate you know to be of this platform, e.g. after a lost key.",
        ),
    ] = None,
) -> None:
    """Go along every chain of evidence from its first link. Status 1 when one breaks; says at which link and why."""
    if exported is not None:
        try:
            found = list(export.walks(exported, trusted or ()))
        except export.NotAnExport as refusal:
            raise fail(str(refusal)) from refusal
    else:
        found = _with_pool(lambda pool: _walks(pool, tenant, trusted or ()))
    if not found:
        print("no evidence yet")
    for walk in found:
        _tell(walk)
    if any(walk.faults for walk in found):
        raise typer.Exit(1)


@app.command("export")
@plainly
def write(
    target: Annotated[Path, typer.Argument(metavar="PATH", help="A new folder, or a new file *.zip.")],
    tenant: Annotated[UUID, _TENANT],
    documents: Annotated[
        list[UUID] | None,
        typer.Option("--document", metavar="ID", help="Show only this document; may be repeated."),
    ] = None,
    attempts: Annotated[
        list[UUID] | None,
        typer.Option("--attempt", metavar="ID", help="Show only this attempt; may be repeated."),
    ] = None,
) -> None:
    """Write a tenant's evidence with messages and certificates. Links that are not asked for show their hashes alone."""
    chosen = {str(each) for each in (*(documents or ()), *(attempts or ()))}

    def wanted(stated: Statement) -> bool:
        return stated["document_id"] in chosen or stated["attempt_id"] in chosen

    try:
        shown = _with_pool(
            lambda pool: reads.exported(pool, target, tenant, wanted=wanted if chosen else None)
        )
    except NotFound as refusal:
        raise fail(f"no evidence of tenant {tenant}") from refusal
    print(f"{target}: {shown} links with their messages; prove it with ./bondgate evidence verify {target}")
    if not shown:
        raise fail("nothing that was asked for is in it")


def _with_pool(work: Callable[[Pool], Awaitable[T]]) -> T:
    """With the signer's database of the installation here."""
    dsn = platform_here().dsn("signer", "worker")

    async def run() -> T:
        pool = await postgres.create_pool(dsn, name="evidence", max_size=2)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


async def _walks(pool: Pool, tenant: UUID | None, trusted: Collection[str]) -> list[Walk]:
    walks = [await reads.walked(pool, chain, trusted) for chain in await store.chains(pool, tenant)]
    return [walk for walk in walks if walk is not None]


def _tell(walk: Walk) -> None:
    kept_back = f", {walk.withheld} of them without their message" if walk.withheld else ""
    verdict = "BREAKS" if walk.faults else "holds"
    print(
        f"{verdict}  chain {walk.chain}: {walk.head.position} links{kept_back}, ends in {walk.head.chain_hash}"
    )
    for span in walk.keys:
        print(
            f"       links {span.first} to {span.last} by {span.key_id}, certificate {span.certificate_sha256}"
        )
    for fault in walk.faults:
        print(f"       link {fault.position}{_of(fault)}: {fault.code}: {_sentence(fault.code)}")


def _of(fault: Fault) -> str:
    return f" (attempt {fault.attempt_id})" if fault.attempt_id else ""


def _sentence(code: str) -> str:
    if code in _SAID:
        return _SAID[code]
    what, _, how = code.rpartition("_")
    return f"{what} is gone" if how == "missing" else f"{what} is not what the statement says"
