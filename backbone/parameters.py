"""Query parameters as data: read all at once, every mistake told at once, and described for OpenAPI."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from backbone import paging
from backbone.refusals import InvalidRequest
from contracts.problems import Problem, problem

_SHOWN = 60
_sealed_by: ContextVar[bytes] = ContextVar("sealed_by", default=b"")
"""Of the request at hand: what tells its list and conditions from others, for the cursor among its parameters."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Parameter:
    """`read` turns the text into a value and raises ValueError; `expected` says in Chinese what it takes."""

    name: str
    label: str
    read: Callable[[str], object]
    expected: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})
    many: bool = False
    """May be repeated; its value is a list."""
    use: Literal["condition", "shape", "cursor"] = "condition"
    """A shape says how the answer looks; a cursor holds for one list under the same conditions."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """As a type of a field of `Asked`: `limit: Annotated[int, parameters.limit(200)] = 50`."""
        return core_schema.no_info_plain_validator_function(self._of_query)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        shown = {"type": "array", "items": dict(self.schema)} if self.many else dict(self.schema)
        return {**shown, "title": self.label, "description": f"{self.label}：{self.expected}"}

    def _of_query(self, given: str | Sequence[str]) -> object:
        # FastAPI gives a list where the value may be a tuple, as a cursor's is.
        values = [self._value(text) for text in ([given] if isinstance(given, str) else given)]
        return values if self.many else values[0]

    def _value(self, text: str) -> object:
        try:
            if "\x00" in text:
                raise ValueError("NUL")
            return self.read(paging.opened(text, _sealed_by.get()) if self.use == "cursor" else text)
        except paging.ForeignCursor:
            raise PydanticCustomError("cursor_of_another_list", "elsewhere", {"field": self.label}) from None
        except ValueError:
            shown = text[:_SHOWN].replace("\x00", "?")
            told = {"field": self.label, "value": shown, "expected": self.expected}
            raise PydanticCustomError("invalid_parameter", "not {expected}", told) from None


class Asked(BaseModel):
    """The query of an operation, `asked: Annotated[SomeAsked, Query()]`; every field is of a Parameter and has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @classmethod
    def parameters(cls) -> list[Parameter]:
        """What may be asked."""
        return [
            each
            for spec in cls.model_fields.values()
            for each in spec.metadata
            if isinstance(each, Parameter)
        ]


def problem_of(found: Mapping[str, Any], name: str) -> Problem | None:
    """One Pydantic error about a query in our words; None for one that is not of an `Asked`."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")[:_SHOWN]
    if found["type"] == "extra_forbidden":
        return problem("unknown_parameter", pointer, field=name[:_SHOWN])
    if found["type"] in ("invalid_parameter", "cursor_of_another_list"):
        return problem(found["type"], pointer, **found["ctx"])
    return None


async def once_each(request: Request) -> None:
    """Refuses what is said twice and may be said once, and keeps what seals the cursors of the list that is asked.

    A dependency of every application. Raises InvalidRequest.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    twice = any(count > 1 for count in Counter(key for key, _ in request.query_params.multi_items()).values())
    for asked in route.dependant.query_params:
        model = asked.field_info.annotation
        if isinstance(model, type) and issubclass(model, Asked):
            known = model.parameters()
            _sealed_by.set(_seal(request, known))
            if twice:
                read(request, known)


def read(request: Request, parameters: Sequence[Parameter]) -> dict[str, object]:
    """The given parameters by name. Raises InvalidRequest with everything that is wrong."""
    given = {name: request.query_params.getlist(name) for name in request.query_params}
    values, wrong = understood(given, parameters, seal=_seal(request, parameters))
    if wrong:
        raise InvalidRequest(problems=wrong)
    return values


def following(request: Request, asked: Sequence[Parameter] | type[Asked], place: str | None) -> str | None:
    """The cursor of the page that begins behind `place`, for this list under the conditions of this request."""
    known = asked.parameters() if isinstance(asked, type) else asked
    return None if place is None else paging.sealed(place, _seal(request, known))


def _seal(request: Request, parameters: Sequence[Parameter]) -> bytes:
    conditions = {parameter.name for parameter in parameters if parameter.use == "condition"}
    given = [(name, text) for name, text in request.query_params.multi_items() if name in conditions]
    return paging.seal_of(request.url.path, given)


def understood(
    given: Mapping[str, Sequence[str]], parameters: Sequence[Parameter], *, under: str = "", seal: bytes = b""
) -> tuple[dict[str, object], list[Problem]]:
    """The values by name, and everything that is wrong with the texts, its pointers beginning with `under`."""
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, object] = {}
    wrong: list[Problem] = []
    for name, texts in given.items():
        parameter = known.get(name)
        pointer = f"{under}/" + name.replace("~", "~0").replace("/", "~1")[:_SHOWN]
        if parameter is None:
            wrong.append(problem("unknown_parameter", pointer, field=name[:_SHOWN]))
            continue
        if len(texts) > 1 and not parameter.many:
            wrong.append(problem("repeated_parameter", pointer, field=parameter.label))
            continue
        found = []
        for text in texts:
            try:
                if "\x00" in text:
                    raise ValueError("NUL")
                place = paging.opened(text, seal) if parameter.use == "cursor" else text
                found.append(parameter.read(place))
            except paging.ForeignCursor:
                wrong.append(problem("cursor_of_another_list", pointer, field=parameter.label))
            except ValueError:
                wrong.append(
                    problem(
                        "invalid_parameter",
                        pointer,
                        field=parameter.label,
                        value=text[:_SHOWN].replace("\x00", "?"),
                        expected=parameter.expected,
                    )
                )
        values[name] = found if parameter.many else found[0] if found else None
    return values, wrong


def described(parameters: Sequence[Parameter]) -> list[dict[str, object]]:
    """The same for OpenAPI's `parameters`."""
    return [
        {
            "name": p.name,
            "in": "query",
            "description": f"{p.label}：{p.expected}",
            "schema": {"type": "array", "items": dict(p.schema)} if p.many else dict(p.schema),
        }
        for p in parameters
    ]


def text(name: str, label: str, max_length: int = 64) -> Parameter:
    """Text that is not empty."""

    def take(value: str) -> str:
        if not 0 < len(value) <= max_length or not value.isprintable():
            raise ValueError(value)
        return value

    schema = {"type": "string", "minLength": 1, "maxLength": max_length}
    return Parameter(name, label, take, f"1至{max_length}个字符", schema)


def identity(name: str, label: str) -> Parameter:
    """A UUID."""

    def take(value: str) -> UUID:
        if not _UUID.fullmatch(value):
            raise ValueError(value)
        return UUID(value)

    return Parameter(name, label, take, "UUID格式的标识", {"type": "string", "format": "uuid"})


def choice(name: str, label: str, choices: Sequence[str], *, many: bool = False) -> Parameter:
    """One of some codes, or several of them by repeating the parameter."""

    def take(value: str) -> str:
        if value not in choices:
            raise ValueError(value)
        return value

    schema = {"type": "string", "enum": list(choices)}
    return Parameter(name, label, take, "、".join(choices), schema, many)


def flag(name: str, label: str) -> Parameter:
    """true or false."""

    def take(value: str) -> bool:
        if value not in ("true", "false"):
            raise ValueError(value)
        return value == "true"

    return Parameter(name, label, take, "true或false", {"type": "boolean"})


def day(name: str, label: str) -> Parameter:
    """A calendar date, yyyyMMdd or yyyy-MM-dd; its value is yyyyMMdd as the authority writes it."""

    def take(value: str) -> str:
        digits = value.replace("-", "") if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) else value
        if not re.fullmatch(r"\d{8}", digits, re.ASCII):
            raise ValueError(value)
        datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]), tzinfo=UTC)
        return digits

    return Parameter(name, label, take, "yyyyMMdd格式的日期，例如 20260131", {"type": "string"})


def moment(name: str, label: str) -> Parameter:
    """A point in time with its offset."""

    def take(value: str) -> datetime:
        # A plus sign that was not percent-encoded has become a space.
        at = datetime.fromisoformat(re.sub(r" (\d{2}:\d{2})$", r"+\1", value))
        if at.tzinfo is None:
            raise ValueError(value)
        try:
            return at.astimezone(UTC)
        except OverflowError:
            raise ValueError(value) from None

    expected = "带时区的时间，例如 2026-01-31T08:00:00+08:00"
    return Parameter(name, label, take, expected, {"type": "string", "format": "date-time"})


def limit(most: int) -> Parameter:
    """How many rows a page has."""
    return replace(number("limit", "每页条数", most), use="shape")


def number(name: str, label: str, most: int) -> Parameter:
    """A whole number from 1."""

    def take(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 6 and 1 <= int(value) <= most):
            raise ValueError(value)
        return int(value)

    schema = {"type": "integer", "minimum": 1, "maximum": most}
    return Parameter(name, label, take, f"1至{most}的整数", schema)


def cursor(place: Callable[[str], object] = paging.decode) -> Parameter:
    """Where the last page ended: its value is what `place` reads, (time, id) for most."""
    return Parameter("cursor", "翻页位置", place, "上一页给出的 next_cursor", use="cursor")
