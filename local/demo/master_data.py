"""What the page offers while somebody types: firms, goods and trucks of the samples that are played, and the 委托 of the firm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from customs import clock
from customs.master.records import COMPANIES, GOODS, TRUCKS, RecordType
from local.demo.broker_desk import BrokerDesk, Json, sample
from local.demo.parts import Part

_YEAR = timedelta(days=365)
_FIRM = {"customs_code": "code", "uscc": "uscc", "name": "name"}
_OF_EACH_INVOICE = "unit_price"


async def keep(desk: BrokerDesk, parts: Sequence[Part]) -> None:
    """Write what is not there yet. Raises DemoFailed."""
    samples = [(part.kind, sample(part.kind, part.sample)) for part in parts]
    for of, record in records(samples):
        await desk.keep(f"/v1/{of.path}", record)
    principals = [body["head"] for _, body in samples if "operating_code" in body["head"]]
    if principals and not (await desk.get("/v1/clients"))["items"]:
        # Whoever tries a firm of his own is told that its 委托 is missing, and goes on.
        await desk.put("/v1/authorisation-rule", {"mode": "warn"})
        firm = {name: principals[0][f"operating_{part}"] for name, part in _FIRM.items()}
        client = await desk.post("/v1/clients", firm, 201)
        today = clock.today()
        period = {"valid_from": today.isoformat(), "valid_until": (today + _YEAR).isoformat()}
        await desk.post("/v1/authorisations", {"client_id": client["id"], **period}, 201)


def records(samples: Iterable[tuple[str, Json]]) -> list[tuple[RecordType, Json]]:
    """What samples, each with its kind, tell of firms, goods and trucks, every one once."""
    found: dict[tuple[str, str], tuple[RecordType, Json]] = {}
    for kind, body in samples:
        for of, record in (
            *_firms(body["head"]),
            *_goods(body.get("goods", ())),
            *_trucks(kind, body["head"]),
        ):
            found.setdefault((of.path, of.key_of(record)), (of, record))
    return list(found.values())


def _firms(head: Json) -> Iterator[tuple[RecordType, Json]]:
    for party in [name.removesuffix("_uscc") for name in head if name.endswith("_uscc")]:
        yield COMPANIES, {name: head[f"{party}_{part}"] for name, part in _FIRM.items()}


def _goods(rows: Iterable[Json]) -> Iterator[tuple[RecordType, Json]]:
    for row in rows:
        if row.get("material_no"):
            yield (
                GOODS,
                {name: row[name] for name in GOODS.fields if name in row and name != _OF_EACH_INVOICE},
            )


def _trucks(kind: str, head: Json) -> Iterator[tuple[RecordType, Json]]:
    if kind == "vehicle":
        yield TRUCKS, {name: head[name] for name in TRUCKS.fields if name in head}
