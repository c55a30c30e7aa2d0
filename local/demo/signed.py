"""What a card signed in this run, and whether the evidence of it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from backbone import postgres
from local.demo.broker_desk import Document
from local.platform import Platform
from services.signer import reads, store


@dataclass(frozen=True)
class Signed:
    """`by_card` of the `messages` of the run; `links` of all `chains` of the platform, with the codes of what breaks them."""

    card_no: str
    by_card: int
    messages: int
    chains: int
    links: int
    faults: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return self.by_card == self.messages > 0 and not self.faults

    def lines(self) -> list[str]:
        verdict = f"BREAKS ({', '.join(self.faults)})" if self.faults else "holds"
        chains = "1 chain" if self.chains == 1 else f"{self.chains} chains"
        return [
            f"card       {self.card_no} signed {self.by_card} of {self.messages} messages",
            f"evidence   verify {verdict}: {chains}, {self.links} links",
        ]


async def signed(platform: Platform, card_no: str, documents: Iterable[Document]) -> Signed:
    """Read from the signer's database, every link checked with its message."""
    pool = await postgres.create_pool(platform.dsn("signer", "worker"), name="demo", max_size=2)
    try:
        rows = await pool.fetch(
            "SELECT statement FROM evidence JOIN messages USING (attempt_id) WHERE document_id = ANY($1::uuid[])",
            [document.document_id for document in documents],
        )
        walks = [await reads.walked(pool, chain) for chain in await store.chains(pool, None)]
    finally:
        await pool.close()
    found = [walk for walk in walks if walk is not None]
    return Signed(
        card_no,
        by_card=sum(orjson.loads(row["statement"])["message_key_id"] == card_no for row in rows),
        messages=len(rows),
        chains=len(found),
        links=sum(walk.head.position for walk in found),
        faults=tuple(fault.code for walk in found for fault in walk.faults),
    )
