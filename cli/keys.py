"""`bondgate keys`: turn the evidence key and the master keys while everything runs, and say how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, TypeVar

import typer

from backbone import postgres
from backbone.postgres import Pool
from backbone.sealing import SealBroken, SealedColumn, Sealer, name_of, rewrap, sealed_by
from cli.plainly import fail, plainly, platform_here
from local import turning
from local.platform import NotRunning, Platform
from services.identity import sealing as of_identity
from services.signer import evidence_keys
from services.signer import sealing as of_signer

T = TypeVar("T")
app = typer.Typer(
    name="keys",
    help="Keys that turn: the evidence key, and the master keys of identity and signer.",
    no_args_is_help=True,
)
EVIDENCE = "evidence-key"


class Key(StrEnum):
    EVIDENCE = "evidence"
    IDENTITY = "identity"
    SIGNER = "signer"


_SEALED: Mapping[str, Sequence[SealedColumn]] = MappingProxyType(
    {"identity": of_identity.SEALED, "signer": of_signer.SEALED}
)
_KEY = typer.Argument(metavar="KEY", help="evidence, identity or signer.")


@app.command()
@plainly
def rotate(
    key: Annotated[Key, _KEY],
    lost: Annotated[
        bool,
        typer.Option("--lost", help="Evidence: the key cannot be opened any more and hands over to nobody."),
    ] = False,
) -> None:
    """Turn a key while everything runs. Killed in between, the same command goes on where it was."""
    platform = platform_here()
    try:
        if key is Key.EVIDENCE:
            _rotate_evidence(platform, lost=lost)
        else:
            _rotate_master(platform, key.value)
    except turning.GivenFromOutside as refusal:
        raise fail(str(refusal)) from refusal
    except evidence_keys.InToken as refusal:
        turning.finished(platform.home, EVIDENCE)
        raise fail(
            f"evidence key {refusal} lies in a token, which signs for the running signer alone: it hands over to nobody; "
            "rotate with --lost to follow it by a key of the database"
        ) from refusal
    except SealBroken as refusal:
        raise fail(
            f"no accepted master key opens {refusal}; rotate with --lost when it is gone for good"
        ) from refusal


def _rotate_evidence(platform: Platform, *, lost: bool) -> None:
    sealer = _sealer(platform, "signer")
    key_id = turning.begun(platform.home, EVIDENCE, evidence_keys.new_key_id)
    made = _with_pool(platform, "signer", lambda pool: evidence_keys.rotate(pool, sealer, key_id, lost=lost))
    turning.finished(platform.home, EVIDENCE)
    print(f"evidence: {key_id} {'seals from now on' if made else 'was made before and seals'}")


def _rotate_master(platform: Platform, service: str) -> None:
    name = f"{service}-master-key"
    new = turning.turn_master_key(platform.home, name)
    print(f"{service}: key {new} seals from now on, old ones still open")
    sealer = _sealer(platform, service)
    try:
        _with_pool(platform, service, lambda pool: rewrap(pool, sealer, _SEALED[service]))
        left = _old_rows(platform, service)
    except (NotRunning, OSError) as refusal:
        raise fail(
            f"{service}: what was sealed before is sealed again once the platform is up; run this again then"
        ) from refusal
    if left:
        raise fail(f"{service}: {left} rows lie under keys that are not accepted; see ./bondgate keys status")
    turning.finished(platform.home, name)
    print(f"{service}: everything is sealed again; ./bondgate keys forget {service} gives up the old keys")


@app.command()
@plainly
def status() -> None:
    """Which key seals, how much lies under which, and whether a rotation is unfinished. Status 1 when one is."""
    platform, unfinished = platform_here(), False
    for service, columns in _SEALED.items():
        keys = platform.home.master_keys(f"{service}-master-key").read()
        counted = _with_pool(platform, service, lambda pool, of=columns: sealed_by(pool, of))  # type: ignore[misc]
        for number, key in enumerate(keys):
            role = "opens" if number else "seals"
            print(f"{service}  {name_of(key)}  {role}  {counted.pop(name_of(key), 0)} rows")
        for name, count in counted.items():
            print(f"{service}  {name or 'not noted'}  {count} rows wait to be sealed again")
        begun = turning.is_begun(platform.home, f"{service}-master-key")
        unfinished = unfinished or begun or bool(counted)
        if begun:
            print(f"{service}  a rotation is unfinished: ./bondgate keys rotate {service}")
    for each in _with_pool(platform, "signer", evidence_keys.introduced):
        print(f"evidence  {each.key_id}  {'handed over to' if each.handover else 'vouched for by nobody'}")
    if turning.is_begun(platform.home, EVIDENCE):
        unfinished = True
        print("evidence  a rotation is unfinished: ./bondgate keys rotate evidence")
    if unfinished:
        raise typer.Exit(1)


@app.command()
@plainly
def forget(service: Annotated[Key, typer.Argument(metavar="SERVICE", help="identity or signer.")]) -> None:
    """Give up the old master keys, once nothing lies under them. Backups from before need them: keep a copy as long."""
    if service is Key.EVIDENCE:
        raise fail("an evidence key is given up by its rotation")
    platform = platform_here()
    if turning.is_begun(platform.home, f"{service}-master-key") or _old_rows(platform, service.value):
        raise fail(f"{service}: something still lies under an old key; ./bondgate keys rotate {service}")
    try:
        gone = turning.forget_old_keys(platform.home, f"{service}-master-key")
    except turning.GivenFromOutside as refusal:
        raise fail(str(refusal)) from refusal
    print(f"{service}: gave up {', '.join(gone) or 'nothing'}")


def _old_rows(platform: Platform, service: str) -> int:
    current = _sealer(platform, service).name
    counted = _with_pool(platform, service, lambda pool: sealed_by(pool, _SEALED[service]))
    return sum(count for name, count in counted.items() if name != current)


def _sealer(platform: Platform, service: str) -> Sealer:
    keys = platform.home.master_keys(f"{service}-master-key")
    return of_identity.Sealer(keys) if service == "identity" else of_signer.sealer(keys)


def _with_pool(platform: Platform, service: str, work: Callable[[Pool], Awaitable[T]]) -> T:
    async def run() -> T:
        pool = await postgres.create_pool(platform.dsn(service, "worker"), name="keys", max_size=2)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())
