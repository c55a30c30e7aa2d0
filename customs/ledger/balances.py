"""What is left on a line: what the newest base says, and what moved after it. Without a base it is unknown, not zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """The sums of a line. `base_*` None: no opening was imported and no INV211 came."""

    base_in: Decimal | None
    base_out: Decimal | None
    since_in: Decimal = _NOTHING
    """实增 that customs had not counted when it told the base."""
    since_out: Decimal = _NOTHING
    pre_in: Decimal = _NOTHING
    pre_out: Decimal = _NOTHING

    @property
    def real_in(self) -> Decimal | None:
        """实增 as it stands now."""
        return None if self.base_in is None else self.base_in + self.since_in

    @property
    def real_out(self) -> Decimal | None:
        """实减 as it stands now."""
        return None if self.base_out is None else self.base_out + self.since_out

    @property
    def left(self) -> Decimal | None:
        """实增 − 实减."""
        if self.real_in is None or self.real_out is None:
            return None
        return self.real_in - self.real_out

    @property
    def available(self) -> Decimal | None:
        """What a new declaration may take: 实增 − 实减 − 预减. 预增 is not there yet and does not count."""
        return None if self.left is None else self.left - self.pre_out
