"""One business through the whole platform: what is left of the form at each step, and how the 账册 moves with it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest

from customs import clock
from customs.documents import KINDS
from customs.documents.amounts import plain
from local.platform import Platform
from tests.support.desk import Desk, NotInTime, Sent, example, opened, until

pytestmark = pytest.mark.flow
TRUCK = {"vehicle_no": "浙B12345", "vehicle_weight": "7500", "applicant_contact": "张三 0574-00000000"}
FIGURES = ("pre_in", "pre_out", "real_in", "real_out", "balance")


@dataclass(frozen=True)
class Book:
    """A book that nobody else moves, followed by one desk; customs knows its opening too."""

    desk: Desk
    number: str

    @property
    def path(self) -> str:
        return f"/v1/ledgers/{self.number}"

    def open(self, lines: Mapping[int, tuple[str, str]], unit: str = "011") -> None:
        """期初: 备案序号 → (入, 出), of 料件."""
        settings = {"name": "示例账册", "check_mode": "refuse"}
        made = self.desk.client.put(self.path, json=settings, headers={"if-none-match": "*"})
        assert made.status_code == 201, made.text
        rows = [
            {"mark": "I", "line_no": line, "unit": unit, "quantity_in": came, "quantity_out": went}
            for line, (came, went) in lines.items()
        ]
        cut_over = f"{clock.today():%Y%m%d}"
        imported = self.desk.post(f"{self.path}/openings", {"cut_over": cut_over, "rows": rows})
        assert imported.status_code == 201, imported.text
        told = [
            {"line_no": line, "mark": "I", "in": came, "out": went} for line, (came, went) in lines.items()
        ]
        self._customs("/openings", {"lines": told})

    def _customs(self, path: str = "", body: object = None) -> list[dict[str, Any]]:
        url = f"{self.desk.platform.url('simulator')}/books/{self.number}{path}"
        answer = httpx.request("POST" if body else "GET", url, json=body, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        lines: list[dict[str, Any]] = answer.json()["lines"]
        return lines

    def line(self, key: str | int) -> tuple[str | None, ...]:
        """预增, 预减, 实增, 实减 and the balance; nothing for a line that is not there."""
        found = {row["line_key"]: row for row in self.desk.get(self.path)["lines"]}
        return tuple(found[str(key)][name] for name in FIGURES) if str(key) in found else ()

    def until(self, key: str | int, *figures: str | None) -> None:
        """The line once it stands so."""
        try:
            until(lambda: self.line(key) == figures or None, "", 20)
        except NotInTime:
            raise NotInTime(f"line {key} is {self.line(key)} and not {figures}") from None

    def agrees_with_customs(self) -> None:
        """Every line has the same figures in the simulator's own book."""
        ours = {row["line_key"]: row for row in self.desk.get(self.path)["lines"]}
        names = FIGURES[:-1]
        theirs = {str(row["line_no"]): tuple(row[name] for name in names) for row in self._customs()}
        assert {key: tuple(row[name] for name in names) for key, row in ours.items()} == theirs


@pytest.fixture(scope="module")
def clerk(platform: Platform) -> Any:
    yield from opened(platform)


@pytest.fixture
def book(clerk: Desk) -> Book:
    return Book(clerk, f"T3105W{secrets.randbelow(10**6):06d}")


def goods(document: dict[str, Any], *rows: tuple[int | None, str]) -> dict[str, Any]:
    """The document with rows like its first: (备案序号, quantity)."""
    like, made = document["goods"][0], []
    for number, (line, quantity) in enumerate(rows, start=1):
        row = {**like, "line_no": number, "quantity": quantity}
        row["total_price"] = plain(Decimal(quantity) * Decimal(like["unit_price"]))
        row.pop("book_line_no", None)
        row |= {} if line is None else {"book_line_no": line}
        amounts = ("gross_weight", "net_weight", "statutory_quantity", "second_statutory_quantity")
        row |= {name: quantity for name in amounts if name in like}
        made.append(row)
    return {**document, "goods": made}


def make(desk: Desk, path: str, prefix: str = "OK", **order: Any) -> tuple[Sent, dict[str, Any]]:
    """A draft made from others; `path` from /v1 on, ending in the URL of the kind or in from-…"""
    internal_no = f"{prefix}-{secrets.token_hex(6).upper()}"
    answer = desk.post(f"/v1/{path}", {"internal_no": internal_no, **order})
    assert answer.status_code == 201, answer.text
    content = answer.json()
    return Sent(content["id"], internal_no, KINDS[content["kind"]].url), content["document"]


def left(desk: Desk, of: Sent, by: str = "stock_bill") -> list[tuple[str, ...]]:
    """Of each row: quantity, held, on approved documents, through the gate, on drafts, left."""
    told = {each["kind"]: each["rows"] for each in desk.get(f"{of.path}/remaining")["by_kind"]}
    names = ("quantity", "held", "approved", "passed", "drafted", "remaining")
    return [tuple(row[name] for name in names) for row in told[by]]


def bill_of(desk: Desk, form: Sent, quantity: str) -> Sent:
    """A draft of a 出入库单 of the form's first row, complete."""
    rows = [{"line_no": 1, "quantity": quantity}]
    sent, made = make(desk, f"business-forms/{form.document_id}/stock-bills", rows=rows)
    typed = example("stock_bill", "out")
    amounts = dict.fromkeys(("gross_weight", "net_weight", "second_statutory_quantity"), quantity)
    made["goods"] = [{**typed["goods"][0], **amounts, **made["goods"][0]}]
    made["head"] = {**typed["head"], "gross_weight": quantity, "net_weight": quantity, **made["head"]}
    saved = desk.put(sent, made)
    assert saved.status_code == 200, saved.text
    return sent


def refusals(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def test_what_is_left_at_each_step_of_a_business(clerk: Desk, book: Book) -> None:
    book.open({11: ("10000", "500")}, unit="001")
    form = clerk.send(
        document=goods(example("business_form", area_book_no=book.number), (11, "1000")), kind="business_form"
    )
    clerk.until(form, "approved")
    assert left(clerk, form) == [("1000", "0", "0", "0", "0", "1000")]

    first = bill_of(clerk, form, "400")
    assert left(clerk, form) == [("1000", "0", "0", "0", "400", "1000")]
    clerk.declare(first)
    clerk.until(first, "approved")
    assert left(clerk, form) == [("1000", "400", "400", "0", "0", "600")]

    path = f"/v1/business-forms/{form.document_id}/stock-bills"
    too_much = clerk.post(path, {"rows": [{"line_no": 1, "quantity": "600.5"}]})
    assert refusals(too_much) == [("/rows/0/quantity", "unfit_value")]
    last, over = bill_of(clerk, form, "600"), bill_of(clerk, form, "100")
    clerk.declare(last)
    assert left(clerk, form)[0][-1] == "0"
    assert [pointer for pointer, _ in refusals(clerk.act(over, "declare"))] == ["/goods/0/quantity"]
    clerk.until(last, "approved")

    bills = [first.document_id, last.document_id]
    gate_pass, _ = make(clerk, "gate-passes/from-stock-bills", "NOPASS", ids=bills, head=TRUCK)
    clerk.declare(gate_pass)
    clerk.until(gate_pass, "approved")
    assert left(clerk, first, "gate_pass") == [("400", "400", "400", "0", "0", "0")]
    assert left(clerk, form) == [("1000", "1000", "1000", "0", "100", "0")]
    clerk.advance(gate_pass, receipt="SAS223")
    clerk.until(gate_pass, "passed")
    assert left(clerk, form) == [("1000", "1000", "1000", "1000", "100", "0")]
    book.until(11, "0", "0", "10000", "500", "9500")

    typed = example("inventory", "gathered")["head"]
    head = {"supervision_mode": typed["supervision_mode"]}
    gathered, made = make(clerk, "inventories/from-stock-bills", "HOLD", ids=bills, head=head)
    assert [(row["book_line_no"], row["quantity"]) for row in made["goods"]] == [(11, "1000")]
    assert clerk.put(gathered, {**made, "head": {**typed, **made["head"]}}).status_code == 200
    clerk.declare(gathered)
    book.until(11, "0", "1000", "10000", "500", "9500")
    clerk.until(gathered, "pre_deducted")
    assert clerk.post("/v1/inventories/from-stock-bills", {"ids": bills, "head": head}).status_code == 409
    clerk.advance(gathered, receipt="INV211")
    clerk.until(gathered, "deducted")
    book.until(11, "0", "0", "10000", "1500", "8500")
    book.agrees_with_customs()
    assert clerk.get(f"{book.path}/differences")["items"] == []


def test_each_truck_of_a_consignment_brings_its_part(clerk: Desk, book: Book) -> None:
    book.open({7: ("0", "0")})
    document = goods(example("inventory", book_no=book.number), (7, "100"), (None, "40"))
    coming = clerk.send("HOLD", document)
    clerk.until(coming, "pre_deducted")
    book.until(7, "100", "0", "0", "0", "0")
    # Customs opened line 8 for the row that came without 备案序号; nobody has said what it began with.
    book.until(8, "40", "0", None, None, None)
    path = f"inventories/{coming.document_id}/gate-passes"
    trucks: Sequence[list[dict[str, Any]]] = (
        [{"line_no": 1, "quantity": "60"}],
        [{"line_no": 1, "quantity": "40"}, {"line_no": 2, "quantity": "40"}],
    )
    passes = []
    for rows in trucks:
        sent, made = make(clerk, path, "NOPASS", rows=rows, head=TRUCK)
        assert made["head"]["bind_type"] == "3"
        clerk.declare(sent)
        clerk.until(sent, "approved")
        passes.append(sent)
    again = clerk.post(f"/v1/{path}", {"rows": [{"line_no": 1, "quantity": "1"}], "head": TRUCK})
    assert again.status_code in (409, 422), "both trucks together have everything"

    clerk.advance(passes[0], receipt="SAS223")
    clerk.until(passes[0], "passed")
    book.until(7, "40", "0", "60", "0", "60")
    book.until(8, "40", "0", None, None, None)
    assert clerk.state(coming) == "pre_deducted"
    clerk.advance(passes[1], receipt="SAS223")
    clerk.until(coming, "deducted")
    book.until(7, "0", "0", "100", "0", "100")
    book.until(8, "0", "0", "40", "0", "40")
    moved = clerk.get(f"{book.path}/lines/I/7/movements")["items"]
    real = [(row["quantity"], row["source"]["id"]) for row in moved if row["account"] == "real_in"]
    assert sorted(real) == sorted([("60", passes[0].document_id), ("40", passes[1].document_id)])
    book.agrees_with_customs()


def test_a_book_that_refuses_stops_what_it_does_not_have(clerk: Desk, book: Book) -> None:
    book.open({7: ("130", "30")})

    def leaving(quantity: str) -> Sent:
        return clerk.save("HOLD", goods(example("inventory", "export", book_no=book.number), (7, quantity)))

    first, second = leaving("60"), leaving("40.5")
    clerk.declare(first)
    stopped = clerk.act(second, "declare")
    assert refusals(stopped) == [("/goods/0/quantity", "ledger_short")]
    (error,) = stopped.json()["errors"]
    assert "40" in error["message"] and first.internal_no in error["hint"]
    assert clerk.state(second) == "draft"
    assert "error" in clerk.taken(second), "it never left"
    book.until(7, "0", "60", "130", "30", "100")
    saved = clerk.put(second, goods(clerk.get(second.path)["document"], (7, "40")))
    assert saved.status_code == 200, saved.text
    clerk.declare(second)
    book.until(7, "0", "100", "130", "30", "100")
    for sent in (first, second):
        clerk.until(sent, "pre_deducted")
        clerk.advance(sent, receipt="INV211")
        clerk.until(sent, "deducted")
    book.until(7, "0", "0", "130", "130", "0")
    book.agrees_with_customs()


def test_what_customs_counts_otherwise_is_a_difference(clerk: Desk, book: Book) -> None:
    book.open({7: ("100", "0")})
    sent = clerk.send("DIFF", goods(example("inventory", "export", book_no=book.number), (7, "30")))
    clerk.until(sent, "deducted")
    book.until(7, "0", "0", "100", "31", "69")
    (difference,) = clerk.get(f"{book.path}/differences")["items"]
    assert difference["line_key"] == "7"
    assert (difference["customs_out"], difference["our_out"]) == ("31", "30")
    assert (difference["difference_in"], difference["difference_out"]) == ("0", "1")
