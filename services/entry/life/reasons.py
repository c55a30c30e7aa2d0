"""Why a document or its round came back: the sentences of the last answer, each with the places it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from backbone.beside import beside_loop
from backbone.postgres import Connection
from customs.documents import Kind
from customs.documents.naming import places_named
from services.entry.document import store
from services.entry.document.store import Document
from services.entry.fold.folding import fold
from services.entry.fold.told import FROM_CUSTOMS, FROM_THE_WINDOW, Told, in_time, rank_of

_TELLING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "returned": frozenset({"returned"}),
        "registration_failed": frozenset({"store_failed"}),
        "failed": frozenset({"refused", "transport_refused", "signing_failed"}),
    }
)
"""By state: the facts whose reasons led there."""


async def reasons_of(
    connection: Connection, row: Document, shown: Mapping[str, Any] | None = None
) -> list[dict[str, object]]:
    """[{text, places: [{pointer, label}]}] for what came back, [] for all else; places are in `shown`, else in the working copy."""
    telling = _TELLING.get(row.round_state or row.state)
    if telling is None:
        return []
    last = await _last_of(connection, row, telling)
    if last is None:
        return []
    texts = tuple(dict.fromkeys(last.reasons))
    if last.outcome not in FROM_CUSTOMS | FROM_THE_WINDOW:
        return [{"text": text, "places": []} for text in texts]
    return await beside_loop(
        len(row.content), lambda: _placed(row.of_kind, row.document if shown is None else shown, texts)
    )


async def _last_of(connection: Connection, row: Document, telling: frozenset[str]) -> Told | None:
    """Of the attempt that speaks for the round, or for the document where none is open."""
    life = row.of_kind.life
    facts = await store.facts_of(connection, row.document_id)
    standing = fold(life, await store.attempts(connection, row.document_id), facts)
    speaking = standing.attempt_no
    if row.round_purpose is not None:
        speaking = next((r.attempt_no for r in standing.rounds if r.round_no == row.round_no), None)
    own = [
        fact
        for fact in facts
        if fact.outcome in telling
        and fact.reasons
        and standing.assigned.get(fact.key, fact.attempt_no) == speaking
    ]
    return max(own, key=lambda fact: (rank_of(life, fact.outcome), *in_time(life, fact)), default=None)


def _placed(kind: Kind, document: Mapping[str, Any], texts: Sequence[str]) -> list[dict[str, object]]:
    return [
        {"text": text, "places": [asdict(place) for place in places_named(kind, document, text)]}
        for text in texts
    ]
