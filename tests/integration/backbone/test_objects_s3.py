"""The same store over the S3 API, spoken to a server of another author (moto, as a process of its own)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest

from backbone.objects import ObjectMissing, ObjectStore, key_of, store_of
from backbone.refusals import Unavailable
from tests.support.files import object_settings
from tests.support.patience import SECONDS as PATIENCE
from tests.support.service_process import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Its address; it has an empty bucket named `files`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                assert httpx.put(f"{url}/files", trust_env=False).status_code == 200
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, "moto does not start"
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _store(url: str, bucket: str = "files/attachments") -> ObjectStore:
    return store_of(
        object_settings(
            object_store_url=f"s3://{bucket}",
            object_store_endpoint=url,
            object_store_access_key_id="AKIDEXAMPLE",
            object_store_secret_access_key="hush-hush",
        )
    )


def _other_client(url: str) -> Any:
    names = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "hush-hush"}
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", **names)


async def _read(store: ObjectStore, key: str) -> bytes:
    return b"".join([piece async for piece in await store.open(key)])


@pytest.mark.parametrize("size", [1, 100_000, 10 * 1024 * 1024])
async def test_kept_and_read_back(s3: str, tmp_path: Path, size: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(uuid4().bytes * (size // 16) + b"\0" * (size % 16))
    key = key_of(uuid4(), "ab" * 32)
    store = _store(s3)
    for _ in range(2):
        await store.keep(key, file)
    assert await _read(store, key) == file.read_bytes()
    # By another client: under the prefix, at the key, whole, and nothing half sent.
    client = _other_client(s3)
    seen = client.get_object(Bucket="files", Key=f"attachments/{key}")
    assert seen["Body"].read() == file.read_bytes()
    assert "Uploads" not in client.list_multipart_uploads(Bucket="files")


async def test_missing_is_told_from_unreachable(s3: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    with pytest.raises(ObjectMissing):
        await _store(s3).open("nowhere")
    with pytest.raises(Unavailable):
        await _store(s3, bucket="nobucket").keep("k", file)
    gone = _store(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable):
        await gone.keep("k", file)
    with pytest.raises(Unavailable):
        await gone.open("k")
