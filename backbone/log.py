"""Structured logs: one JSON object a line, fields from an allow-list so that no document payload ever gets out."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from backbone import trace

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "service",
        "logger",
        "error",
        "error_type",
        "stack",
        "request_id",
        "trace_id",
        "method",
        "path",
        "route",
        "status",
        "milliseconds",
        "bytes",
        "tenant_id",
        "subject",
        "document_id",
        "enterprise_id",
        "attempt_id",
        "attempt_no",
        "event_id",
        "event_type",
        "kind",
        "state",
        "version",
        "topic",
        "partition",
        "offset",
        "group",
        "consumer",
        "reason",
        "reason_code",
        "count",
        "queue",
        "lane",
        "job_id",
        "tries",
        "delay_seconds",
        "mailbox",
        "card",
        "successor",
        "reader",
        "stem",
        "file_name",
        "sha256",
        "message_type",
        "message_id",
        "receipt_id",
        "raw_id",
        "host",
        "port",
        "name",
        "file",
        "pages",
        "key_id",
    }
)

Entry = MutableMapping[str, Any]


def _only_allowed(_logger: object, _method: str, entry: Entry) -> Entry:
    dropped = [name for name in entry if name not in ALLOWED]
    for name in dropped:
        del entry[name]
    return entry


def _with_trace(_logger: object, _method: str, entry: Entry) -> Entry:
    trace_id = trace.trace_id(trace.current.get())
    if trace_id is not None:
        entry.setdefault("trace_id", trace_id)
    return entry


def _exception_type_only(_logger: object, _method: str, entry: Entry) -> Entry:
    """Tracebacks carry locals' text; keep the type, the message of our own and the frames."""
    info = entry.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()[1]
    if isinstance(info, BaseException):
        entry["error_type"] = type(info).__name__
        entry["stack"] = _frames(info)
    return entry


def _frames(error: BaseException) -> list[str]:
    frames: list[str] = []
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-12:]


def _render(_logger: object, _method: str, entry: Entry) -> str:
    return orjson.dumps(entry, default=str).decode()


def configure(service: str, level: str = "info") -> None:
    """Logs of our own and of libraries (warnings and worse) go to standard output as JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            _exception_type_only,
            _only_allowed,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_ToStructlog()], level=max(number, logging.WARNING), force=True)


class _ToStructlog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library_message",
            logger=record.name,
            reason=record.getMessage()[:500],
            exc_info=record.exc_info[1] if record.exc_info else None,
        )


def get() -> structlog.typing.FilteringBoundLogger:
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
