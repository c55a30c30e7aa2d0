"""entry and query as the print service sees them: asked with the caller's own token, so with the caller's own rights."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
import orjson
from pydantic import ValidationError

from backbone import log, trace
from backbone.refusals import Forbidden, InvalidRequest, NotFound, Refusal, Unauthenticated, Unavailable
from contracts.answers.answer import Answer
from contracts.answers.attachments import AttachmentAnswer, Attachments
from contracts.answers.documents import DocumentRead
from contracts.answers.ledger import BalanceSheet
from contracts.answers.lists import DocumentListed, DocumentPage, Timeline
from contracts.problems import Problem
from services.print.subject import WORKING

View = TypeVar("View", bound=Answer)
_SECONDS = 15.0
_PAGE = 100
_REFUSALS: dict[int, type[Refusal]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound}
AnyDocument = DocumentRead[dict[str, Any]]
"""A document of whatever kind."""
_Listed = DocumentPage[DocumentListed]


@dataclass(frozen=True, slots=True)
class Entry:
    """The service entry at its address."""

    client: httpx.AsyncClient
    url: str

    async def document(
        self, kind_url: str, document_id: UUID, authorization: str, version: str = WORKING
    ) -> AnyDocument:
        """Raises what entry refuses the caller (401, 403, 404), and Unavailable."""
        path = f"/v1/{kind_url}/{document_id}"
        given = [] if version == WORKING else [("version", version)]
        return await _read(self.client, self.url, path, AnyDocument, authorization, parameters=given)

    async def attachments(
        self, kind_url: str, document_id: UUID, authorization: str
    ) -> list[AttachmentAnswer]:
        """What is on the document, the oldest first. Raises as `document` does."""
        path = f"/v1/{kind_url}/{document_id}/attachments"
        return (await _read(self.client, self.url, path, Attachments, authorization)).items

    async def attachment(
        self, kind_url: str, document_id: UUID, view: AttachmentAnswer, path: Path, authorization: str
    ) -> bool:
        """The bytes into `path`; False when they are not to be had, or not those that were put on."""
        url = f"{self.url.rstrip('/')}/v1/{kind_url}/{document_id}/attachments/{view.id}"
        sent = {"authorization": authorization, "traceparent": trace.child(trace.current.get())}
        digest, size = hashlib.sha256(), 0
        try:
            async with self.client.stream("GET", url, headers=sent, timeout=_SECONDS) as answer:
                if answer.status_code != 200:
                    return False
                with path.open("wb") as file:
                    async for piece in answer.aiter_bytes():
                        size += len(piece)
                        if size > view.size:
                            return False
                        digest.update(piece)
                        await asyncio.to_thread(file.write, piece)
        except httpx.HTTPError as error:
            log.get().warning("upstream_unreachable", path="attachment", error_type=type(error).__name__)
            raise Unavailable("暂时无法读取附件") from error
        return digest.hexdigest() == view.sha256

    async def balance_sheet(self, book_no: str, asked: Mapping[str, str], authorization: str) -> BalanceSheet:
        """The 平衡表 as entry counts it. Raises as `document` does, and what entry finds wrong in `asked`."""
        path = f"/v1/ledgers/{quote(book_no, safe='')}/balance-sheet"
        return await _read(
            self.client, self.url, path, BalanceSheet, authorization, parameters=tuple(asked.items())
        )


@dataclass(frozen=True, slots=True)
class Query:
    """The service query at its address."""

    client: httpx.AsyncClient
    url: str

    async def timeline(self, kind_url: str, document_id: UUID, version: int, authorization: str) -> Timeline:
        """As of this version of the document, or `stale`. Raises as Entry does."""
        path = f"/v1/{kind_url}/{document_id}/timeline"
        wait = {"wait-for": f"{document_id}@{version}"}
        return await _read(self.client, self.url, path, Timeline, authorization, headers=wait)

    async def listed(
        self, kind_url: str, conditions: Sequence[tuple[str, str]], authorization: str, *, most: int
    ) -> list[UUID]:
        """Documents of a list in its order, at most one more than `most`. Raises as Entry does, and for bad conditions."""
        found: list[UUID] = []
        cursor: str | None = None
        while len(found) <= most:
            asked = [*conditions, ("limit", str(_PAGE)), *([("cursor", cursor)] if cursor else [])]
            page = await _read(
                self.client, self.url, f"/v1/{kind_url}", _Listed, authorization, parameters=asked
            )
            found += [item.id for item in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        return found[: most + 1]


async def _read(
    client: httpx.AsyncClient,
    url: str,
    path: str,
    view: type[View],
    authorization: str,
    *,
    parameters: Sequence[tuple[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> View:
    sent = {
        "authorization": authorization,
        "traceparent": trace.child(trace.current.get()),
        **(headers or {}),
    }
    try:
        answer = await client.get(
            f"{url.rstrip('/')}{path}",
            params=list(parameters),
            headers=sent,
            timeout=_SECONDS,
        )
    except httpx.HTTPError as error:
        log.get().warning("upstream_unreachable", path=path, error_type=type(error).__name__)
        raise Unavailable("暂时无法读取单证") from error
    if answer.status_code == 422:
        raise InvalidRequest(_detail(answer), problems=_problems(answer))
    refused = _REFUSALS.get(answer.status_code)
    if refused is not None:
        raise refused(_detail(answer))
    try:
        if answer.status_code != 200:
            raise ValueError("unexpected status")
        return view.model_validate(orjson.loads(answer.content))
    except (ValueError, ValidationError) as error:
        log.get().error(
            "upstream_answer_unusable",
            path=path,
            status=answer.status_code,
            error_type=type(error).__name__,
        )
        raise Unavailable("暂时无法读取单证") from error


def _problems(answer: httpx.Response) -> list[Problem]:
    try:
        return [Problem.model_validate(each) for each in orjson.loads(answer.content).get("errors", [])]
    except (ValueError, AttributeError):
        return []


def _detail(answer: httpx.Response) -> str:
    try:
        problem = orjson.loads(answer.content)
    except ValueError:
        return ""
    return str(problem.get("detail", "")) if isinstance(problem, dict) else ""
