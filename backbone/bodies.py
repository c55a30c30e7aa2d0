"""Small request bodies (not documents): a Pydantic model, and every error as a problem with pointer and Chinese words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from backbone.refusals import InvalidRequest
from contracts.characters import key_fault
from contracts.problems import PROBLEM_TEXTS, Problem, problem

M = TypeVar("M", bound=BaseModel)

_TYPES = {
    "string": "字符串",
    "int": "整数",
    "bool": "true或false",
    "list": "数组",
    "tuple": "数组",
    "frozen_set": "数组",
    "dict": "JSON对象",
    "model": "JSON对象",
    "uuid": "UUID",
}


def key(text: str) -> str:
    """What tells one thing from another: without blanks around it, and nothing in it that only looks like another."""
    stripped = text.strip()
    if fault := key_fault(stripped):
        raise PydanticCustomError(fault.code, "key", dict(fault.values))
    return stripped


Key = Annotated[str, AfterValidator(key)]
"""For fields of small bodies that must be unique: codes, names, numbers."""


def parse(model: type[M], body: bytes) -> M:
    """The body as this model; an empty body is an empty object. Raises InvalidRequest with all problems."""
    try:
        return model.model_validate_json(body.strip() or b"{}")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = [problem_of(each, tuple(each["loc"]), _label(model, each["loc"])) for each in found]
        raise InvalidRequest(problems=problems) from None


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema without `$defs`, which mean nothing within OpenAPI; no body refers to itself."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})
    found: dict[str, Any] = _resolved(schema, parts)
    return found


def _resolved(value: Any, parts: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_resolved(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        target = parts[str(value["$ref"]).removeprefix("#/$defs/")]
        rest = {name: item for name, item in value.items() if name != "$ref"}
        return _resolved({**target, **rest}, parts)
    return {name: _resolved(item, parts) for name, item in value.items()}


def problem_of(found: Mapping[str, Any], location: tuple[int | str, ...], label: str) -> Problem:
    """One Pydantic error in the words of contracts.problems; `label` is what a person calls the place.

    A validator may raise PydanticCustomError with a code of contracts.problems and the values of its text.
    """
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)
    field = f"「{label}」"
    kind, context = str(found["type"]), dict(found.get("ctx") or {})
    # Pydantic has a "too_long" of its own, for lists.
    if kind in PROBLEM_TEXTS and "max_length" not in context:
        return problem(kind, pointer, **{"field": field, **context})
    if kind == "json_invalid":
        return problem("invalid_json", "", detail=str(context.get("error", ""))[:200])
    if kind == "missing":
        return problem("required", pointer, field=field, purpose="提交")
    if kind == "extra_forbidden":
        return problem("unknown_field", pointer, field=field)
    if kind in ("string_too_long", "too_long"):
        limit = context["max_length"]
        return problem("longer_than_allowed", pointer, field=field, limit=limit)
    if kind in ("string_too_short", "too_short"):
        return problem("shorter_than_allowed", pointer, field=field, limit=context["min_length"])
    if kind in ("literal_error", "enum"):
        return problem("not_one_of", pointer, field=field, expected=str(context.get("expected", ""))[:200])
    for suffix in ("_type", "_parsing", "_from_attributes_type"):
        if kind.endswith(suffix):
            name = kind.removesuffix(suffix)
            return problem("wrong_type", pointer, field=field, expected=_TYPES.get(name, name))
    if kind == "value_error":
        return problem("unfit_value", pointer, field=field, why=str(context.get("error", "")))
    return problem("unfit_value", pointer, field=field, why="格式或范围不符")


def _label(model: type[BaseModel], location: tuple[object, ...]) -> str:
    """The title of the field, with the places above it: 授权第2项的角色."""
    inside: type[BaseModel] | None = model
    label = ""
    for part in location:
        if isinstance(part, int):
            label += f"第{part + 1}项"
            continue
        info = inside.model_fields.get(str(part)) if inside is not None else None
        label += ("的" if label else "") + (info.title if info is not None and info.title else str(part))
        inside = _model_in(info.annotation) if info is not None else None
    return label or "请求内容"


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
