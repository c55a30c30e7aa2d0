"""A condition between fields as a clerk reads it."""

from __future__ import annotations

from collections.abc import Callable

from customs.codes import table
from customs.documents.conditions import Condition
from customs.documents.fields import FieldSpec


def said(condition: Condition, spec_of: Callable[[str], FieldSpec], *, negated: bool = False) -> str:
    """What a clerk reads, without an end. `spec_of` finds a field by the name a condition uses."""
    match condition.op:
        case "not":
            return said(condition.of[0], spec_of, negated=not negated)
        case "section":
            return ""
        case "all" | "any":
            together = (condition.op == "all") != negated
            # What has a certain value, or has not, needs not be said to have one.
            tested = {
                (part.of[0] if part.op == "not" else part).field
                for part in condition.of
                if part.op != "filled"
            }
            kept = [part for part in condition.of if not (part.op == "filled" and part.field in tested)]
            parts = [text for part in kept if (text := said(part, spec_of, negated=negated))]
            return ("，且" if together else "或").join(parts)
    spec = spec_of(condition.field)
    if condition.op == "filled":
        return f"{'未填写' if negated else '填写了'}{spec.label}"
    if condition.op == "like":
        return f"{spec.label}{'不' if negated else ''}{condition.words}"
    return (
        f"{spec.label}{'不' if negated else ''}为{'或'.join(named(spec, code) for code in condition.values)}"
    )


def named(spec: FieldSpec, code: str) -> str:
    """The code with its name: 1（报关）."""
    name = table(spec.table).label_of(code) if spec.table else code
    return code if name == code else f"{code}（{name}）"
