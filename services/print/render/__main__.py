"""A renderer as a process of its own: requests on standard input, answers on standard output, until the input ends.

First a line of JSON: the editions that lie over the code tables. Request: one line of JSON, then as many bytes of JSON of
what is printed as it says. Answers, a JSON line each:
`{"ready": …}` once, `{"done": pages, "of": pages}` while painting, then `{"pages": …}` or `{"error": type}`.
"""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from customs.codes import placing
from services.print.render import fonts
from services.print.render.assembling import assemble
from services.print.render.attachments import attach
from services.print.render.document import render
from services.print.render.facts import report_sheet
from services.print.render.fonts import Faces
from services.print.render.sheet import Progress
from services.print.subject import Assembly, AttachmentPart, Report, Subject

MEMORY_BYTES = 1024**3
"""What one render may allocate: 10,000 ordinary lines take 105 MB, 10,000 of the longest texts in 20,000 characters 580 MB."""
_TELL_SECONDS = 0.25
Request = Mapping[str, Any]
Task = Callable[[Faces, Request, bytes, Path, Progress], int]


def _answer(content: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(content) + b"\n")
    sys.stdout.buffer.flush()


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


class _Teller:
    """Progress, not more often than is of use."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._last >= _TELL_SECONDS:
            self._last = now
            _answer({"done": done, "of": of})


def _sheet(faces: Faces, request: Request, body: bytes, path: Path, progress: Progress) -> int:
    printed = render(
        faces,
        request["kind"],
        Subject.model_validate(orjson.loads(body)),
        sheet=request["sheet"],
        state=request["state"],
        printed_on=date.fromisoformat(request["printed_on"]),
        path=path,
        progress=progress,
    )
    return printed.pages


def _attachment(faces: Faces, request: Request, body: bytes, path: Path, _: Progress) -> int:
    return attach(faces, AttachmentPart.model_validate_json(body), Path(request["source"]), path)


def _assembly(faces: Faces, request: Request, body: bytes, path: Path, progress: Progress) -> int:
    return assemble(faces, Assembly.model_validate_json(body), request["printed_on"], path, progress)


def _report(faces: Faces, request: Request, body: bytes, path: Path, progress: Progress) -> int:
    return report_sheet(faces, Report.model_validate_json(body), request["printed_on"], path, progress)


_TASKS: Mapping[str, Task] = {
    "sheet": _sheet,
    "attachment": _attachment,
    "assembly": _assembly,
    "report": _report,
}


def serve(requests: BinaryIO, folder: Path) -> None:
    """Answer requests one after another, with the code tables as they were when the process began."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    # What a parser thinks of somebody's file is of no interest, and standard error of no one's.
    logging.disable(logging.CRITICAL)
    placing.take_over(orjson.loads(requests.readline()))
    faces = fonts.load(folder)
    _answer({"ready": True})
    while line := requests.readline():
        request = orjson.loads(line)
        body = requests.read(request["bytes"])
        try:
            pages = _TASKS[request["task"]](faces, request, body, Path(request["path"]), _Teller())
        except Exception as error:  # noqa: BLE001 - told to the service, which decides about another try
            _answer({"error": type(error).__name__})
        else:
            _answer({"pages": pages, "resident_bytes": _resident_bytes()})


if __name__ == "__main__":
    serve(sys.stdin.buffer, Path(sys.argv[1]))
