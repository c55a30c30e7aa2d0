"""What the signer's master key protects."""

from __future__ import annotations

from backbone.sealing import MasterKeys, SealedColumn, Sealer


def pin_purpose(card_id: str) -> str:
    return f"card-pin/{card_id}"


SEALED = (
    SealedColumn("software_keys", "key_id", lambda key_id: key_id),
    SealedColumn("card_pins", "card_id", pin_purpose),
)
"""All that is sealed here."""


def sealer(keys: MasterKeys) -> Sealer:
    return Sealer(keys, derived_as=None)
