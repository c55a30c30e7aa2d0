"""Object store: files kept by tenant and content, outside of databases and events.

A folder by default, anything that speaks the S3 API by configuration. What is under a key never changes: the key names
the content (SHA-256), so keeping the same file twice is keeping it once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pydantic import SecretStr, field_validator

from backbone import log
from backbone.ids import new_id
from backbone.refusals import Unavailable
from backbone.settings import ServiceSettings

if TYPE_CHECKING:
    from obstore.store import S3Config

_FOLDER = "objects"
_CHUNK = 256 * 1024
_ABANDONED_SECONDS = 3600.0
_S3_TRIES = 3


class ObjectStoreSettings(ServiceSettings):
    """Settings of services that keep files."""

    object_store_url: str = ""
    """s3://bucket/prefix; empty: the folder `objects` below the data folder."""
    object_store_endpoint: str | None = None
    """http(s)://host:port of a store that is not AWS."""
    object_store_region: str = "us-east-1"
    object_store_access_key_id: SecretStr | None = None
    object_store_secret_access_key: SecretStr | None = None
    """Either absent: the credentials the machine itself has (AWS_* variables, instance role)."""

    @field_validator("object_store_url")
    @classmethod
    def _is_s3(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "s3" or not parts.netloc or parts.username or parts.query):
            raise ValueError("must be s3://bucket or s3://bucket/prefix")
        return value


class ObjectMissing(Exception):
    """Nothing is under this key: the store was lost or is another one."""


class ObjectStore(Protocol):
    """Where bytes are kept. Every method raises Unavailable when the store cannot be used now."""

    async def keep(self, key: str, file: Path) -> None:
        """The content of `file` under `key`, whole or not at all; durable when this returns."""

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in pieces. Raises ObjectMissing before the first one."""


def key_of(tenant_id: UUID, sha256: str) -> str:
    """`sha256` in hexadecimal digits."""
    return f"{tenant_id}/{sha256[:2]}/{sha256}"


def incoming_of(root: Path) -> Path:
    """Where files below `root` wait; what a killed process left there is swept by `Intake`."""
    return root / "incoming"


def intake_of(settings: ObjectStoreSettings) -> Intake:
    """On the local disk, wherever the store itself is."""
    return Intake(incoming_of(settings.data_dir / _FOLDER))


def store_of(settings: ObjectStoreSettings) -> ObjectStore:
    """The store the settings name."""
    return S3(settings) if settings.object_store_url else Folder(settings.data_dir / _FOLDER)


class Folder:
    """Objects as files below `root`, which may lie on a disk that several replicas share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def keep(self, key: str, file: Path) -> None:
        """Copied, flushed to disk, and renamed into its place."""
        try:
            await asyncio.to_thread(_copy_durably, file, self._root / key, incoming_of(self._root))
        except OSError as error:
            raise _unusable(error) from error

    async def open(self, key: str) -> AsyncIterator[bytes]:
        try:
            opened = await asyncio.to_thread((self._root / key).open, "rb")
        except FileNotFoundError:
            raise ObjectMissing(key) from None
        except OSError as error:
            raise _unusable(error) from error
        return _pieces(opened)


class S3:
    """Objects in a bucket. Files are sent in one request each, so that a broken one leaves no parts behind."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        parts = urlsplit(settings.object_store_url)
        endpoint = settings.object_store_endpoint
        config: S3Config = {"region": settings.object_store_region}
        if endpoint:
            config["endpoint"] = endpoint
        if settings.object_store_access_key_id and settings.object_store_secret_access_key:
            config["access_key_id"] = settings.object_store_access_key_id.get_secret_value()
            config["secret_access_key"] = settings.object_store_secret_access_key.get_secret_value()
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": timedelta(seconds=5),
                "timeout": timedelta(seconds=60),
            },
            retry_config={"max_retries": _S3_TRIES, "retry_timeout": timedelta(seconds=30)},
        )

    async def keep(self, key: str, file: Path) -> None:
        try:
            # Content under its own hash: writing it again changes nothing, and mends what was damaged.
            await obstore.put_async(self._store, key, file, use_multipart=False)
        except (BaseError, OSError) as error:
            raise _unusable(error) from None

    async def open(self, key: str) -> AsyncIterator[bytes]:
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError:
            raise ObjectMissing(key) from None
        except (BaseError, OSError) as error:
            raise _unusable(error) from None
        return (bytes(piece) async for piece in found.stream(min_chunk_size=_CHUNK))


@dataclass
class Incoming:
    """A file on its way in: written piece by piece, known by its hash when it is whole."""

    path: Path
    _out: BinaryIO
    _hash: hashlib._Hash
    size: int = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def write(self, piece: bytes) -> None:
        """Raises Unavailable when the disk is full."""
        self.size += len(piece)
        self._hash.update(piece)
        try:
            await asyncio.to_thread(self._out.write, piece)
        except OSError as error:
            raise _unusable(error) from error


class Intake:
    """Where files wait until they are known to be wanted; nothing of one that is not is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[Incoming]:
        """The file is gone when the context ends, however it ends."""
        path = self._folder / new_id().hex
        try:
            opened = await asyncio.to_thread(self._open, path)
        except OSError as error:
            raise _unusable(error) from error
        try:
            # Unbuffered: who reads `path` sees everything that was written.
            yield Incoming(path, opened, hashlib.sha256())
        finally:
            opened.close()
            path.unlink(missing_ok=True)

    def _open(self, path: Path) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        _sweep(self._folder)
        return path.open("xb", buffering=0)


def _sweep(folder: Path) -> None:
    """What a process that was killed left behind."""
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()


def _copy_durably(source: Path, place: Path, incoming: Path) -> None:
    made = [*_made_folders(place.parent), *_made_folders(incoming)]
    staging = incoming / new_id().hex
    try:
        with source.open("rb") as given, staging.open("xb") as out:
            while piece := given.read(_CHUNK):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        staging.replace(place)
    finally:
        staging.unlink(missing_ok=True)
    for folder in (place.parent, *made):
        _flush_folder(folder)


def _made_folders(folder: Path) -> list[Path]:
    """Make the folder; answers those whose list of names that changed."""
    changed = []
    missing = folder
    while not missing.exists():
        missing = missing.parent
        changed.append(missing)
    folder.mkdir(parents=True, exist_ok=True)
    return changed


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _pieces(opened: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(opened.read, _CHUNK):
            yield piece
    finally:
        opened.close()


def _unusable(error: Exception) -> Unavailable:
    log.get().error("object_store_unusable", error_type=type(error).__name__)
    return Unavailable("附件存储暂时不可用")
