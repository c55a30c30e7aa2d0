"""zstd level 1 for stored documents and large events: the server's own compression (pglz) is slower and weaker."""

from __future__ import annotations

import zstandard

MAX_UNPACKED_BYTES = 256 * 1024 * 1024


def pack(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1, write_content_size=True).compress(data)


def unpack(data: bytes, *, max_bytes: int = MAX_UNPACKED_BYTES) -> bytes:
    """Raises ValueError when the frame says, or turns out, to be larger than `max_bytes`."""
    size = zstandard.frame_content_size(data)
    if size < 0 or size > max_bytes:
        raise ValueError("compressed body of unknown or excessive size")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=max_bytes)


def unpacked_size(data: bytes) -> int:
    """What the frame says it holds; 0 when it does not say or is no frame."""
    try:
        return max(0, zstandard.frame_content_size(data))
    except zstandard.ZstdError:
        return 0
