"""aiokafka on uvloop: a connection that the broker closed is said to be broken, not unheard of.

uvloop answers a write to a closed connection with RuntimeError, which aiokafka does not take for an outage
(aio-libs/aiokafka#1038). The task that keeps a client's metadata then ends without a word, and the client waits for it for
ever: a consumer that was alive, ready, and deaf.
"""

from __future__ import annotations

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_write = AIOKafkaConnection.send


def _send(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
    try:
        return _write(self, request, expect_response)
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


def mend() -> None:
    """For every connection of this process."""
    AIOKafkaConnection.send = _send
