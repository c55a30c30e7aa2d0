"""Rules about trucks, containers and linked numbers that several kinds share. Each function makes the Rule."""

from __future__ import annotations

import re
from collections.abc import Sequence

from customs.documents.containers import check_digit, has_wrong_check_digit, numbers_in
from customs.documents.findings import Findings
from customs.documents.kinds import Rule
from customs.documents.normal_form import Document
from customs.documents.row_rules import BOTH, DECLARE

_DIRECTIONS = {"I": "进", "E": "出"}
# 清单编号 QD, 关区, year, I or E, serial; 出入库单编号 X, 关区, I or E, day, serial (production messages, H).
_DIRECTION_IN_NUMBER = (
    re.compile(r"QD[0-9A-Z]{4}\d\d([IE])\d{9}", re.ASCII),
    re.compile(r"X[0-9A-Z]{4}([IE])\d{12}", re.ASCII),
)


def plate_in_capitals() -> Rule:
    """Letters of 车牌号 are capitals."""

    def apply(document: Document, findings: Findings) -> None:
        plate = document["head"].get("vehicle_no", "")
        if plate != plate.upper():
            why = f"车牌号中有小写字母，车牌一般为大写的{plate.upper()}"
            findings.warning("head", None, "vehicle_no", "unusual", why=why)

    says = "车牌号 is written in capitals, as plates are"
    return Rule(
        "plate_in_capitals",
        says,
        "Plates of GA 36; a registered truck is found by its plate (M)",
        DECLARE,
        apply,
    )


def containers_once() -> Rule:
    """No 集装箱号 twice."""

    def apply(document: Document, findings: Findings) -> None:
        once_in(numbers_in(document["head"].get("container_no", "")), "container_no", findings)

    says = "No 集装箱号 stands twice in one field"
    return Rule("containers_once", says, "A truck carries a container once (L)", BOTH, apply)


def container_check_digit() -> Rule:
    """Check digit of ISO 6346."""

    def apply(document: Document, findings: Findings) -> None:
        given = document["head"].get("container_no", "")
        numbers = numbers_in(given)
        if wrong := [number for number in numbers if has_wrong_check_digit(number)]:
            right = "、".join(f"{number}的校验位应为{check_digit(number)}" for number in wrong)
            why = f"按ISO 6346，{right}，箱号可能录错"
            findings.warning("head", None, "container_no", "unusual", why=why)
        elif numbers and given != given.upper():
            findings.warning(
                "head", None, "container_no", "unusual", why="集装箱号中有小写字母，箱号一般为大写"
            )

    says = "集装箱号 in capitals, with the check digit of ISO 6346 where it has that shape"
    source = "ISO 6346; nothing shows that customs checks it (L)"
    return Rule("container_check_digit", says, source, DECLARE, apply)


def once_in(numbers: Sequence[str], name: str, findings: Findings) -> None:
    """Each number of a field of the head once."""
    first: dict[str, int] = {}
    for place, number in enumerate(numbers, 1):
        if first.setdefault(number, place) != place:
            found = {"value": number, "place": place, "first": first[number]}
            findings.problem("head", None, name, "repeated_within", **found)


def direction_of(number: str) -> str | None:
    """I or E as the authority's number of a 核注清单 or 出入库单 tells it; None where it has another shape."""
    for shape in _DIRECTION_IN_NUMBER:
        if found := shape.fullmatch(number):
            return found[1]
    return None


def linked_direction(section: str, name: str) -> Rule:
    """The direction that a linked number tells, also where the document is unknown here."""

    def apply(document: Document, findings: Findings) -> None:
        direction = document["head"].get("direction")
        for number, row in enumerate(document[section]):
            told = direction_of(row.get(name, ""))
            if told and direction in _DIRECTIONS and told != direction:
                why = f"该编号为{_DIRECTIONS[told]}（{told}），表头的进出标志为{direction}"
                findings.warning(section, number, name, "unusual", why=why)

    says = "The I or E inside a linked number is the direction of the document"
    source = "Shape of the numbers: production messages (H); that directions agree: forms of one platform (M)"
    return Rule("linked_direction", says, source, DECLARE, apply)
