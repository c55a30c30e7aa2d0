"""What `/actions` offers is what the guards let through: every state of every kind, and every action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from backbone import postgres
from backbone.auth import Grant, Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import Forbidden, Refusal
from contracts.events.event import Actor
from contracts.permissions import DOCUMENT_READ, PERMISSIONS
from customs.documents import KINDS, Kind
from customs.documents.life import Purpose
from services.entry.attachments import keeping
from services.entry.attachments.keeping import Given, NotAttachable
from services.entry.document import store
from services.entry.document.refusals import (
    AlreadyUnderWay,
    NoOpenRound,
    NotAskable,
    NotDeletable,
    NotEditable,
    NothingToResolve,
    NotReviewable,
    NotStageable,
    ReviewRequired,
    RoundNotPossible,
)
from services.entry.document.store import Document, Ordered
from services.entry.drafts import drafting
from services.entry.life import actions, progress, reviews, rounds, uploads
from tests.support.entry_service import Entry
from tests.support.feeding import EXAMPLES

pytestmark = pytest.mark.anyio
Doing = Callable[[Connection, Principal, Document], Awaitable[object]]
_FILE = Given("invoice", "发票.pdf", "application/pdf", 10, "0" * 64)


def _of_document(do: Callable[..., Awaitable[object]], *more: object, **named: object) -> Doing:
    async def doing(connection: Connection, caller: Principal, row: Document) -> object:
        return await do(connection, caller, row.of_kind, row.document_id, row.version, *more, **named)

    return doing


async def _copied(connection: Connection, caller: Principal, row: Document) -> object:
    return await drafting.copy(
        connection, caller, row.of_kind, row.document_id, f"C-{uuid4().hex[:12]}", reverse=True
    )


async def _saved(connection: Connection, caller: Principal, row: Document) -> object:
    return await drafting.save(connection, caller, row.of_kind, row.document_id, row.version, row.content)


def _marked(kind: Kind) -> dict[str, str]:
    return dict.fromkeys(list(kind.life.markable)[:1], "1")


def doings(kind: Kind) -> dict[str, Doing]:
    """How each action is done; what it would raise beside its guard is not asked here."""
    return {
        "save": _saved,
        "declare": _of_document(uploads.upload, declares=True),
        "stage": _of_document(uploads.upload, declares=False),
        "delete": _of_document(drafting.delete),
        "copy_reversed": _copied,
        "attach": _of_document(keeping.admit, _FILE),
        **{
            purpose.value: _of_document(rounds.open_round, purpose, "客户取消")
            for purpose in kind.life.rounds
        },
        "withdraw": _of_document(rounds.withdraw),
        "request_review": _of_document(reviews.act, "requested", ""),
        "recall_review": _of_document(reviews.act, "recalled", ""),
        "review": _of_document(reviews.act, "approved", ""),
        "ask_receipts": _of_document(uploads.ask_again),
        "mark": _of_document(progress.mark, _marked(kind), "已核对"),
        "resolve": _of_document(progress.resolve, outcome="not_received", seq_no=None, reason="已核对"),
        "assign": _of_document(progress.assign, fact_id="receipt/x", attempt_no=1, reason="已核对"),
    }


NOT_DONE = frozenset({"copy", "print", "detach"})
"""copy can always be done; print is another service's; detach needs an attachment, its guard is asked below."""


def _standings(kind: Kind, row: Document) -> list[Document]:
    """The document in every state, with and without numbers, sendings, a review and an open round."""
    asked = {"status": "requested", "round_no": row.round_no, "sha256": row.content_sha256}
    review = {**asked, "by": {"id": "other", "name": "另一人"}}
    found = []
    for state in kind.life.states:
        if state == "deleted":
            continue
        bare = replace(row, state=state, deadline_at=None, attempt_no=int(state != "draft"))
        sent = replace(bare, attempt_no=1, seq_no="202600000000000777", approved_attempt_no=1)
        late = replace(bare, attempt_no=1, deadline_at=datetime(2026, 1, 1, tzinfo=UTC))
        found += [bare, sent, replace(bare, review=review)]
        found += [late] if state == "sending" else []
        for purpose, spec in kind.life.rounds.items():
            # Another state, because the document may go on while a round is open.
            if state in spec.from_states or kind.life.states[state].terminal:
                found += [
                    replace(sent, round_no=2, round_purpose=purpose.value, round_state=inner)
                    for inner in ("draft", "sending", "returned")
                ]
    return found


async def _refusal_of(connection: Connection, caller: Principal, row: Document, do: Doing) -> Refusal | None:
    """What doing it is refused with; nothing of it stays."""
    inner = connection.transaction()
    await inner.start()
    try:
        await do(connection, caller, row)
    except Refusal as refusal:
        return refusal
    finally:
        await inner.rollback()
    return None


async def _document(entry: Entry, kind: Kind) -> str:
    texts = [path.read_text("utf-8") for path in sorted((EXAMPLES / kind.name).glob("*.json"))]
    document: dict[str, Any] = orjson.loads(min(texts, key=len))
    document["head"]["internal_no"] = f"A-{uuid4().hex[:12]}"
    made = await entry.client.post(
        f"/v1/{kind.url}?enterprise_id={entry.enterprise_id}",
        content=orjson.dumps(document),
        headers={"idempotency-key": str(uuid4())},
    )
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


_GUARDS = (
    NotEditable,
    NotDeletable,
    AlreadyUnderWay,
    NotStageable,
    RoundNotPossible,
    NoOpenRound,
    NotReviewable,
    ReviewRequired,
    NotAskable,
    NothingToResolve,
    NotAttachable,
)
"""What a guard refuses with; other refusals are about what was sent, not about the document."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
async def test_what_is_offered_is_what_the_guards_let_through(entry: Entry, kind: Kind) -> None:
    document_id = UUID(await _document(entry, kind))
    everything = Grant(permissions=frozenset(PERMISSIONS))
    caller = Principal("caller", "示例录入员", entry.tenant_id, (everything,), 0)
    differing = []
    async with postgres.tenant_transaction(entry.pool, entry.tenant_id) as connection:
        row = await store.find(connection, document_id, lock=True)
        assert row is not None
        by = Actor(id="other", name="另一人")
        sent = Ordered(new_id(), Purpose.FILING, "document", "1", row.content, row.created_at, by)
        for standing in _standings(kind, row):
            inner = connection.transaction()
            await inner.start()
            if standing.attempt_no:
                await store.add_attempt(connection, standing, sent)
            await store.update(connection, standing)
            told = actions.listed(standing, caller, review_required=False)
            offered = {each.action: each for each in told}
            assert offered.keys() == doings(kind).keys() | NOT_DONE
            for name, do in doings(kind).items():
                refusal = await _refusal_of(connection, caller, standing, do)
                refused: Refusal | None = refusal if isinstance(refusal, _GUARDS) else None
                if name == "copy_reversed":
                    refused = refusal
                if offered[name].reason != (None if refused is None else refused.detail):
                    differing.append((name, standing.state, standing.round_state, offered[name], refusal))
            await inner.rollback()
    assert not differing, "\n".join(map(str, differing))


async def test_who_lacks_the_permission_is_offered_nothing_and_refused(entry: Entry) -> None:
    kind = KINDS["inventory"]
    document_id = UUID(await _document(entry, kind))
    only_reads = Grant(permissions=frozenset({DOCUMENT_READ}))
    caller = Principal("caller", "示例录入员", entry.tenant_id, (only_reads,), 0)
    async with postgres.tenant_transaction(entry.pool, entry.tenant_id) as connection:
        row = await store.find(connection, document_id, lock=True)
        assert row is not None
        told = actions.listed(row, caller, review_required=False)
        assert {each.reason for each in told} == {actions.FORBIDDEN}
        for name, do in doings(kind).items():
            refusal = await _refusal_of(connection, caller, row, do)
            assert isinstance(refusal, Forbidden), name


async def test_a_draft_that_was_never_sent_cannot_be_marked(entry: Entry) -> None:
    made = await entry.saved()
    told = await entry.client.get(f"{made.headers['location']}/actions")
    listed = {each["action"]: each for each in told.json()["actions"]}
    assert listed["mark"] == {"action": "mark", "allowed": False, "reason": "单证尚未申报"}
