"""How a book is followed here: what its check does with a declaration, and until when it is valid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backbone.postgres import Connection
from customs.ledger.accounts import CheckMode


@dataclass(frozen=True, slots=True)
class Followed:
    """A book that somebody follows here."""

    mode: CheckMode
    valid_until: date | None

    @property
    def checks(self) -> bool:
        """Whether declarations are held against it."""
        return self.mode is not CheckMode.OFF


async def of(connection: Connection, book_no: str) -> Followed | None:
    """None for a book that nobody follows here."""
    row = await connection.fetchrow("SELECT check_mode, valid_until FROM ledgers WHERE book_no = $1", book_no)
    return None if row is None else Followed(CheckMode(row["check_mode"]), row["valid_until"])
