"""The process of one reader, token or service: `python -m services.signer.media.process`.

It opens the medium and answers its supervisor. A card that sticks, a driver that crashes and a context that is lost with
pcscd all end the same way: the supervisor ends this process and starts another. It ends by itself with its standard input.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from pydantic import SecretStr

from backbone.child import confine
from services.signer.media import configured, opening
from services.signer.media.port import Medium, MediumFault
from services.signer.media.wire import (
    Answered,
    Asked,
    Opening,
    cards_as_text,
    orders_of_text,
    signature_answer,
)

_MOST_MEMORY = 2 * 1024**3


def main() -> None:
    """Until the supervisor closes the pipe, or the medium is spoilt."""
    confine(memory_bytes=_MOST_MEMORY)
    told = Opening.model_validate_json(sys.stdin.buffer.readline())
    what = configured.one(told.configured)
    os.environ.update(what.environment)
    medium: Medium | None = None
    changes: opening.Changes | None = None
    try:
        if told.place is None:
            changes = opening.changes(what)
        else:
            medium = opening.medium(what, told.place, production=told.production)
        _say(Answered())
        for line in sys.stdin.buffer:
            for answer in _answers(Asked.model_validate_json(line), changes, medium):
                _say(answer)
    except MediumFault as fault:
        _say(Answered.failed(fault))
    finally:
        if medium is not None:
            medium.close()


def _answers(asked: Asked, changes: opening.Changes | None, medium: Medium | None) -> Iterator[Answered]:
    try:
        if asked.do == "changes":
            assert changes is not None
            places, changed = changes(asked.seconds)
            yield Answered(places=list(places), changed=list(changed))
            return
        assert medium is not None
        pin = SecretStr(asked.pin)
        if asked.do == "cards":
            yield Answered(cards=cards_as_text(list(medium.cards())))
        elif asked.do == "tries":
            yield Answered(tries=medium.tries_left(asked.card_no))
        elif asked.do == "check_pin":
            medium.check_pin(asked.card_no, pin)
            yield Answered()
        else:
            for signature in medium.sign(asked.card_no, pin, orders_of_text(asked.orders)):
                yield signature_answer(signature)
            yield Answered()
    except MediumFault as fault:
        yield Answered.failed(fault)


def _say(answer: Answered) -> None:
    sys.stdout.buffer.write(answer.model_dump_json(exclude_defaults=True).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
