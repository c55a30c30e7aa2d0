"""Checking what a caller sent: everything that is wrong at once, beside the event loop when it is large."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from backbone.beside import beside_loop
from backbone.refusals import InvalidRequest
from contracts.problems import Problem, problem
from customs.documents import Checked, JsonObject, Kind, Profile, check
from customs.documents.check import CODE_ENDED, SystemFields
from services.entry.document.store import Enterprise


async def checked(
    kind: Kind,
    given: bytes | Mapping[str, Any],
    profile: Profile,
    size: int,
    *,
    system_fields: SystemFields = "refuse",
) -> Checked:
    """The check, off the event loop when the text that was `given`, read or unread, had many bytes (`size`)."""
    return await beside_loop(size, check, kind, given, profile, system_fields=system_fields)


async def parsed(kind: Kind, body: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        # The check words what is wrong with the body as a whole.
        raise InvalidRequest(problems=check(kind, body, Profile.SAVE).problems)
    return given


async def valid(
    kind: Kind,
    given: bytes | Mapping[str, Any],
    profile: Profile,
    size: int,
    *,
    of_card: Enterprise | None = None,
    more: Callable[[JsonObject], Iterable[Problem]] | None = None,
    codes_hold: bool = False,
) -> Checked:
    """The check and what else is asked of the normal form, all at once. Raises InvalidRequest."""
    result, problems = await found(
        kind, given, profile, size, of_card=of_card, more=more, codes_hold=codes_hold
    )
    if problems:
        raise InvalidRequest(
            f"共有{len(problems)}处需要改正",
            problems=problems,
            extra={"warnings": [p.model_dump() for p in result.warnings]},
        )
    return result


async def found(
    kind: Kind,
    given: bytes | Mapping[str, Any],
    profile: Profile,
    size: int,
    *,
    of_card: Enterprise | None = None,
    more: Callable[[JsonObject], Iterable[Problem]] | None = None,
    codes_hold: bool = False,
) -> tuple[Checked, list[Problem]]:
    """The same with every problem told. `codes_hold`: no code may have ended."""
    result = await checked(kind, given, profile, size)
    problems = list(result.problems)
    if codes_hold:
        problems += [each for each in result.warnings if each.code == CODE_ENDED]
    if more is not None:
        problems += await beside_loop(size, more, result.document)
    if of_card is not None:
        problems += _not_of_the_card(result.document, of_card)
    return result, problems


def _not_of_the_card(document: JsonObject, enterprise: Enterprise) -> list[Problem]:
    """申报企业 must be the card's enterprise (entry page, H): a wrong card is found here and not at customs."""
    head = document.get("head")
    given = head.get("declaring_code") if isinstance(head, dict) else None
    if given is None or given == enterprise.customs_code:
        return []
    why = f"应与申报卡所属企业「{enterprise.name}」一致"
    field = "「申报企业编码」"
    return [
        problem("must_be", "/head/declaring_code", field=field, expected=enterprise.customs_code, why=why)
    ]
