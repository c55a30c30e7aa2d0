"""entry as the print service sees it: one document, asked for with the caller's own token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from backbone import log, trace
from backbone.refusals import Forbidden, NotFound, Refusal, Unauthenticated, Unavailable

_SECONDS = 15.0
_REFUSALS: dict[int, type[Refusal]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound}


class Numbers(BaseModel):
    """Numbers of the authority, as far as they are known."""

    model_config = ConfigDict(extra="ignore")

    seq_no: str | None = None
    customs_no: str | None = None
    change_count: int | None = None


class DocumentView(BaseModel):
    """What of entry's answer a print needs."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    version: int
    state: str
    enterprise_id: UUID | None = None
    team_id: UUID | None = None
    client_id: UUID | None = None
    numbers: Numbers = Numbers()
    authority: dict[str, Any] = {}
    """Fields of the head that only the authority sets, which the stored document does not hold."""
    document: dict[str, Any]

    def to_print(self) -> dict[str, Any]:
        """The document with what the authority has told by now in its head."""
        head = {**(self.document.get("head") or {}), **self.authority}
        return {**self.document, "head": head | self.numbers.model_dump(exclude_none=True)}


@dataclass(frozen=True, slots=True)
class Entry:
    """The service entry at its address."""

    client: httpx.AsyncClient
    url: str

    async def document(self, kind_url: str, document_id: UUID, authorization: str) -> DocumentView:
        """Raises what entry refuses the caller (401, 403, 404), and Unavailable."""
        headers = {"authorization": authorization, "traceparent": trace.child(trace.current.get())}
        try:
            answer = await self.client.get(
                f"{self.url.rstrip('/')}/v1/{kind_url}/{document_id}", headers=headers, timeout=_SECONDS
            )
        except httpx.HTTPError as error:
            log.get().warning("entry_unreachable", error_type=type(error).__name__)
            raise Unavailable("暂时无法读取单证") from error
        refused = _REFUSALS.get(answer.status_code)
        if refused is not None:
            raise refused(_detail(answer))
        try:
            if answer.status_code != 200:
                raise ValueError("unexpected status")
            return DocumentView.model_validate(orjson.loads(answer.content))
        except (ValueError, ValidationError) as error:
            log.get().error(
                "entry_answer_unusable", status=answer.status_code, error_type=type(error).__name__
            )
            raise Unavailable("暂时无法读取单证") from error


def _detail(answer: httpx.Response) -> str:
    try:
        problem = orjson.loads(answer.content)
    except ValueError:
        return ""
    return str(problem.get("detail", "")) if isinstance(problem, dict) else ""
