"""How one element of an upload is described: the words the tables of the kinds are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Need = Literal["", "save", "declare"]
Row = dict[str, str]


@dataclass(frozen=True)
class Element:
    """One element. `length` in bytes (a Chinese character counts 2); `digits` = total digits and decimals.

    `also` are other spellings that are taken: the usual one rests on the word of one author.
    """

    name: str
    label: str
    length: int = 0
    need: Need = ""
    among: frozenset[str] = frozenset()
    digits: tuple[int, int] | None = None
    positive: bool = False
    exact: int = 0
    numeric: bool = False
    also: tuple[str, ...] = ()


Table = Mapping[str, Element]


def table(*elements: Element | tuple[Element, ...]) -> Table:
    """Elements, or groups of them, by name."""
    found: dict[str, Element] = {}
    for given in elements:
        for element in (given,) if isinstance(given, Element) else given:
            found[element.name] = element
    return found


def text(name: str, label: str, length: int, need: Need = "", also: str = "") -> Element:
    """Free text."""
    return Element(name, label, length, need, also=tuple(also.split()))


def fixed(
    name: str, label: str, exact: int, need: Need = "", numeric: bool = False, also: str = ""
) -> Element:
    """A code of exactly that many characters."""
    return Element(name, label, need=need, exact=exact, numeric=numeric, also=tuple(also.split()))


def code(name: str, label: str, among: frozenset[str], need: Need = "", also: str = "") -> Element:
    """A code out of a list."""
    return Element(name, label, need=need, among=among, also=tuple(also.split()))


def number(
    name: str, label: str, total: int, decimals: int, need: Need = "", positive: bool = False
) -> Element:
    """A plain decimal number."""
    return Element(name, label, need=need, digits=(total, decimals), positive=positive)


def party(prefix: str, label: str, spelling: str, need: Need = "", also: str = "") -> tuple[Element, ...]:
    """Code, credit code and name of a firm; `spelling` gives the three endings, `also` another one of the code."""
    no, credit, name = spelling.split()
    return (
        fixed(prefix + no, label + "编号", 10, need, also=prefix + also if also else ""),
        fixed(prefix + credit, label + "社会信用代码", 18),
        text(prefix + name, label + "名称", 512, need),
    )


def texts(length: int, **labels: str) -> tuple[Element, ...]:
    """Several optional texts of one length: what only the system fills, or spare fields."""
    return tuple(text(name, label, length) for name, label in labels.items())


def names_only(listed: str) -> Table:
    """Elements of which nothing but the name is known."""
    return {name: text(name, name, 4000) for name in listed.split()}
