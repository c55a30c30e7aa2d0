"""Asking for the 平衡表 of a ledger as a PDF."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from backbone import compress, idempotency, parameters
from backbone.auth import Caller
from backbone.http import Reply, answer
from backbone.ids import new_id
from backbone.operations import KEY, operation
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.answers.printing import PrintJob
from contracts.permissions import LEDGER_READ
from contracts.problems import problem
from customs.ledger.lines import MARKS
from services.print.asking import Printing
from services.print.balance_sheet import report_of
from services.print.render.words import Words
from services.print.store import NewPrintJob
from services.print.views import view_of

_BOOK_NO = r"^[0-9A-Za-z]{1,64}$"
_DAY = re.compile(r"[0-9]{8}")


def _day(name: str, label: str) -> parameters.Parameter:
    def take(value: str) -> str:
        if _DAY.fullmatch(value) is None:
            raise ValueError(value)
        date.fromisoformat(value)
        return value

    return parameters.Parameter(
        name, label, take, "yyyyMMdd的日期", {"type": "string", "pattern": "^[0-9]{8}$"}
    )


PARAMETERS = (
    _day("from", "期间起"),
    _day("to", "期间止"),
    parameters.choice("mark", "料件成品标志", sorted(MARKS)),
)


def routes(printing: Printing) -> APIRouter:
    """The route of ledgers."""
    router = APIRouter()

    @router.post(
        "/v1/ledgers/{book_no}/print-jobs",
        **operation("printLedger", PrintJob, status=202, query=PARAMETERS, headers=[KEY]),
    )
    async def print_ledger(
        request: Request, book_no: Annotated[str, Path(pattern=_BOOK_NO)], caller: Caller
    ) -> Response:
        """Print the 平衡表 of this ledger for a period, as entry counts it now."""
        caller.require_anywhere(LEDGER_READ)
        key = idempotency.key_of(request)
        asked = _asked(request)
        given = request.headers["authorization"]

        async def work(connection: Connection) -> Reply:
            sheet = await printing.upstreams.entry.balance_sheet(book_no, asked, given)
            report = report_of(sheet)
            job = NewPrintJob(
                print_job_id=new_id(),
                tenant_id=caller.tenant_id,
                enterprise_id=None,
                team_id=None,
                client_id=None,
                kind=None,
                document_id=None,
                document_version=None,
                document_state=None,
                file_name=f"{Words.BALANCE_SHEET}_{book_no}_{asked['from']}-{asked['to']}.pdf",
                requested_by=caller.id,
                payload=compress.pack(report.model_dump_json().encode()),
                subject="report",
                row_count=len(report.rows),
            )
            view = view_of(await printing.add(connection, job))
            return answer(202, view, location=f"/v1/print-jobs/{job.print_job_id}", retry_after="1")

        fingerprint = "&".join(f"{name}={value}" for name, value in sorted(asked.items())).encode()
        done = await idempotency.once(
            printing.pool, caller, route=f"print ledger {book_no}", key=key, body=fingerprint, work=work
        )
        printing.wake()
        return done.response()

    return router


def _asked(request: Request) -> dict[str, str]:
    """Raises InvalidRequest with everything that is wrong."""
    values: dict[str, Any] = parameters.read(request, PARAMETERS)
    wrong = [
        problem("required", f"/{each.name}", field=f"「{each.label}」", purpose="打印")
        for each in PARAMETERS[:2]
        if each.name not in values
    ]
    if not wrong and values["from"] > values["to"]:
        wrong.append(problem("unfit_value", "/to", field="「期间止」", why="早于期间起"))
    if wrong:
        raise InvalidRequest(problems=wrong)
    return {name: str(value) for name, value in values.items()}
