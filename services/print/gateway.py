"""entry and query as the print service sees them: asked with the caller's own token, so with the caller's own rights."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from backbone import log, trace
from backbone.refusals import Forbidden, InvalidRequest, NotFound, Refusal, Unauthenticated, Unavailable
from contracts.problems import Problem
from services.print.balance_sheet import BalanceSheet
from services.print.subject import WORKING, Answer, OpenRound, Subject

View = TypeVar("View", bound=BaseModel)
_SECONDS = 15.0
_PAGE = 100
_REFUSALS: dict[int, type[Refusal]] = {401: Unauthenticated, 403: Forbidden, 404: NotFound}
_ANSWERS = frozenset({"acknowledged", "refused", "receipt"})
"""Facts of the timeline that the Single Window or customs told; the others are steps of our own."""


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
    open_round: OpenRound | None = None
    attachments: int = 0
    authority: dict[str, Any] = {}
    """Fields of the head that only the authority sets, which the stored document does not hold."""
    document: dict[str, Any]

    def subject(self, version: str) -> Subject:
        """The document with what the authority has told by now in its head."""
        head = {**(self.document.get("head") or {}), **self.authority}
        head |= self.numbers.model_dump(exclude_none=True)
        return Subject(
            document={**self.document, "head": head},
            version=version,
            open_round=self.open_round,
            attachments=self.attachments,
        )


class _TimelineItem(BaseModel):
    model_config = ConfigDict(extra="ignore")

    fact: Answer | None = None


class Timeline(BaseModel):
    """What of query's answer a receipt sheet needs."""

    model_config = ConfigDict(extra="ignore")

    items: list[_TimelineItem]
    stale: bool = False

    def answers(self) -> list[Answer]:
        """What the authority told, in the order of its own clock, and of ours where it named no time."""
        told = [item.fact for item in self.items if item.fact is not None and item.fact.type in _ANSWERS]
        return sorted(told, key=_told_at)


class AttachmentView(BaseModel):
    """What of entry's list of 随附单据 a print needs."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    type_label: str
    file_name: str
    media_type: str
    size: int
    sha256: str


class _Attachments(BaseModel):
    model_config = ConfigDict(extra="ignore")

    items: list[AttachmentView]


class _Listed(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: UUID


class _Page(BaseModel):
    model_config = ConfigDict(extra="ignore")

    items: list[_Listed]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """The service entry at its address."""

    client: httpx.AsyncClient
    url: str

    async def document(
        self, kind_url: str, document_id: UUID, authorization: str, version: str = WORKING
    ) -> DocumentView:
        """Raises what entry refuses the caller (401, 403, 404), and Unavailable."""
        path = f"/v1/{kind_url}/{document_id}"
        given = [] if version == WORKING else [("version", version)]
        return await _read(self.client, self.url, path, DocumentView, authorization, parameters=given)

    async def attachments(self, kind_url: str, document_id: UUID, authorization: str) -> list[AttachmentView]:
        """What is on the document, the oldest first. Raises as `document` does."""
        path = f"/v1/{kind_url}/{document_id}/attachments"
        return (await _read(self.client, self.url, path, _Attachments, authorization)).items

    async def attachment(
        self, kind_url: str, document_id: UUID, view: AttachmentView, path: Path, authorization: str
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
                self.client, self.url, f"/v1/{kind_url}", _Page, authorization, parameters=asked
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


def _told_at(answer: Answer) -> tuple[datetime, datetime]:
    return answer.authority_at or answer.occurred_at, answer.occurred_at


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
