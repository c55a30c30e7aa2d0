"""Requests that Schemathesis makes from OpenAPI, lawful and unlawful, for things that exist, sent to a service in process.

Every answer is held against OpenAPI by the client's witness, and nothing may be answered with 5xx. What is sent follows from
`BONDGATE_TEST_FUZZ_SEED`, how much from `BONDGATE_TEST_FUZZ`; `make fuzz` sends many times more.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import pytest
import requests
import schemathesis
from anyio.from_thread import BlockingPortal
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from requests.structures import CaseInsensitiveDict
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

from tests.support.witness import document
from tools.openapi import operations

EXAMPLES = int(os.environ.get("BONDGATE_TEST_FUZZ", "4"))
SEED = int(os.environ.get("BONDGATE_TEST_FUZZ_SEED", "1"))
_AS_THEY_ARE = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv")

Operation = APIOperation[Any, Any, Any, Any]
Made = Case[Any]

for _media in _AS_THEY_ARE:

    @schemathesis.serializer(_media)
    def _as_it_is(_: object, value: object) -> bytes:
        return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@dataclass
class Known:
    """What exists: values of parameters by name, bodies that were taken before, and the version to change."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    bodies: Sequence[Any] = ()
    version: Callable[[Mapping[str, str]], Awaitable[str | None]] | None = None


@dataclass
class Sent:
    """What became of the requests of one run."""

    statuses: Counter[int] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"seed {SEED}, {EXAMPLES} each: {dict(sorted(self.statuses.items()))}"


def described(service: str, leave: Sequence[str] = ()) -> list[Operation]:
    """The operations of a service but those whose paths end so."""
    whole = document()
    own: dict[str, Any] = {}
    for method, path, operation in operations(whole):
        if operation["tags"][0] == service and not path.endswith(tuple(leave) or ("\0",)):
            # Callers who are nobody are another test's; here everything gets past the door.
            own.setdefault(path, {})[method] = {**operation, "security": []}
    schema = schemathesis.openapi.from_dict({**whole, "paths": own})
    found = []
    for each in schema.get_all_operations():
        assert isinstance(each, Ok), each.err()
        found.append(each.ok())
    return found


def _made(operation: Operation, known: Known) -> st.SearchStrategy[Made]:
    """Half lawful; the others unlawful, or bodies once taken with one value of them changed."""
    lawful = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    ways = [lawful, lawful]
    if operation.body or operation.query:
        ways.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    if operation.body and known.bodies:
        taken = st.sampled_from(list(known.bodies))
        ways += [lawful.flatmap(lambda case: taken.flatmap(_changed).map(lambda body: _with(case, body)))] * 2
    return st.one_of(ways)


def _with(case: Made, body: Any) -> Made:
    case.body = body
    return case


def _changed(body: Any) -> st.SearchStrategy[Any]:
    """The body with nothing, or one of its values, replaced by anything JSON can say."""
    if isinstance(body, bytes):
        return st.one_of(st.just(body), st.integers(0, len(body)).map(lambda cut: body[:cut]))
    anything = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8")),
        st.lists(st.text(max_size=3), max_size=2),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    )
    places = list(_places(body))
    if not places:
        return st.just(body)
    return st.one_of(
        st.just(body), st.builds(lambda place, v: _put(body, place, v), st.sampled_from(places), anything)
    )


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if above:
        yield above
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inner:
        yield from _places(child, (*above, name))


def _put(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copied = value.copy()
    copied[place[0]] = _put(value[place[0]], place[1:], new)
    return copied


def _real(known: Known) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({name: st.sampled_from(list(each)) for name, each in known.values.items()})


class Fuzzing:
    """Sends what is made for operations over a client that hears every answer."""

    def __init__(self, portal: BlockingPortal, client: httpx.AsyncClient) -> None:
        self.portal, self.client = portal, client
        self.sent = Sent()
        self.wrong: list[str] = []

    def of(self, operation: Operation, known: Known) -> None:
        """Try one operation; what is wrong with its answers is kept."""

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(_made(operation, known), _real(known), st.integers(1, 8))
        def tried(case: Made, real: dict[str, str], chance: int) -> None:
            # One in eight keeps what was made up.
            if chance < 8:
                for place in (case.path_parameters, case.query):
                    place.update({name: value for name, value in real.items() if name in (place or {})})
            self.portal.call(self._send, case, known, real, chance < 8)

        try:
            tried()
        except Unsatisfiable:
            self.sent.told.append(f"{operation.label}: nothing to send")
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 — told together at the end
            notes = " ".join(getattr(error, "__notes__", ()))
            self.wrong.append(f"{operation.label}: {type(error).__name__} {str(error)[:600]} {notes[:900]}")

    async def _send(self, case: Made, known: Known, real: dict[str, str], lawful: bool) -> None:
        headers = {name.lower(): value for name, value in (case.headers or {}).items()}
        if "idempotency-key" in headers and lawful:
            headers["idempotency-key"] = str(uuid4())
        if "if-match" in headers and lawful and known.version:
            headers["if-match"] = await known.version(real) or headers["if-match"]
        # Nobody tells the views of a service in process, so none would ever have what it is to wait for.
        headers.pop("wait-for", None)
        case.headers = CaseInsensitiveDict(headers)
        try:
            made = requests.Request(**case.as_transport_kwargs(base_url=str(self.client.base_url))).prepare()
        except (requests.RequestException, UnicodeError, ValueError):
            return  # Nothing that can be sent.
        told = f"{made.method} {made.url} {dict(made.headers)} {made.body!r}"
        try:
            answer = await self.client.request(
                made.method or "GET",
                made.url or "",
                content=made.body if isinstance(made.body, str | bytes) else None,
                headers=[(_bytes(name), _bytes(value)) for name, value in made.headers.items()],
                timeout=60,
            )
        except Exception as error:
            error.add_note(f"sent {unquote(told)[:800]}")
            raise
        assert answer.status_code < 500, f"{told} -> {answer.status_code} {answer.text[:300]}"
        self.sent.statuses[answer.status_code] += 1


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8")


@contextmanager
def fuzzing(
    portal: BlockingPortal, client: httpx.AsyncClient, shown: pytest.CaptureFixture[str]
) -> Iterator[Fuzzing]:
    """Tells at the end what was sent, and fails with all that was wrong."""
    made = Fuzzing(portal, client)
    yield made
    with shown.disabled():
        print(f"\n{made.sent}")
    assert made.wrong == [], f"{made.sent}\n" + "\n\n".join(made.wrong)
    refused = made.sent.statuses[404] / max(1, made.sent.statuses.total())
    assert refused < 0.4, f"{made.sent}: most must be about what exists"
