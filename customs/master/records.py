"""Fields of master data. What a document has too is declared there; here stands what is needed to keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated

from customs.documents import KINDS
from customs.documents.fields import Fields, FieldSpec, Need, Part, Source, fields_of

_own = Fields(Source("Our own record"), receipts=False)
_GOODS = KINDS["inventory"].section("goods").fields
_PASS = KINDS["gate_pass"].section("head").fields
_VEHICLE = KINDS["vehicle"].section("head").fields


def _kept(spec: FieldSpec, need: Need = "optional") -> FieldSpec:
    """The field of a document as a record keeps it: the same form, nothing of messages."""
    return replace(spec, up=None, down=None, also=(), need=need, when=None)


class Company(Part):
    """An enterprise that documents name, with its 三码: customs code, credit code, inspection code."""

    name: Annotated[str | None, _own.text("企业名称", None, 512, "save")] = None
    customs_code: Annotated[str | None, _own.exact("海关编码", None, 10)] = None
    uscc: Annotated[str | None, _own.uscc("统一社会信用代码", None)] = None
    inspection_code: Annotated[str | None, _own.exact("检验检疫编码", None, 10, form="digits")] = None
    contact: Annotated[str | None, _own.text("联系人及电话", None, 512)] = None
    remark: Annotated[str | None, _own.text("备注", None, 512)] = None


class Article(Part):
    """One 料号 of a customer: what a clerk typed for it before."""

    material_no: Annotated[str | None, _kept(_GOODS["material_no"], "save")] = None
    hs_code: Annotated[str | None, _kept(_GOODS["hs_code"])] = None
    name: Annotated[str | None, _kept(_GOODS["name"], "save")] = None
    specification: Annotated[str | None, _kept(_GOODS["specification"])] = None
    elements: Annotated[
        str | None, _own.text("申报要素", None, 512, note="以竖线分隔，照申报时填写的内容保存")
    ] = None
    unit: Annotated[str | None, _kept(_GOODS["unit"])] = None
    statutory_unit: Annotated[str | None, _kept(_GOODS["statutory_unit"])] = None
    second_statutory_unit: Annotated[str | None, _kept(_GOODS["second_statutory_unit"])] = None
    unit_price: Annotated[str | None, _kept(_GOODS["unit_price"])] = None
    currency: Annotated[str | None, _kept(_GOODS["currency"])] = None
    origin_country: Annotated[str | None, _kept(_GOODS["origin_country"])] = None
    levy_mode: Annotated[str | None, _kept(_GOODS["levy_mode"])] = None
    remark: Annotated[str | None, _own.text("备注", None, 512)] = None


class VehicleRecord(Part):
    """A vehicle that carries goods through the gate. Weights are kilograms."""

    vehicle_no: Annotated[str | None, _kept(_VEHICLE["vehicle_no"], "save")] = None
    vehicle_weight: Annotated[str | None, _kept(_PASS["vehicle_weight"])] = None
    vehicle_ic_no: Annotated[str | None, _kept(_PASS["vehicle_ic_no"])] = None
    vehicle_type: Annotated[str | None, _kept(_VEHICLE["vehicle_type"])] = None
    frame_no: Annotated[str | None, _kept(_PASS["frame_no"])] = None
    frame_weight: Annotated[str | None, _kept(_PASS["frame_weight"])] = None
    owner_code: Annotated[str | None, _kept(_VEHICLE["owner_code"])] = None
    owner_name: Annotated[str | None, _kept(_VEHICLE["owner_name"])] = None
    owner_uscc: Annotated[str | None, _kept(_VEHICLE["owner_uscc"])] = None
    remark: Annotated[str | None, _own.text("备注", None, 512)] = None


@dataclass(frozen=True)
class RecordType:
    """One sort of record. `natural_key` names the fields of which the first that is filled tells records apart."""

    path: str
    label: str
    model: type[Part]
    natural_key: tuple[str, ...]
    found_by: tuple[str, ...]
    """Fields a search looks into; of those in Chinese also by their pinyin initials."""
    of_one_client: bool
    """Whether a record may belong to one client firm, so that two firms may use the same key."""

    once: str | None = None
    """The path it had before; the store still marks its rows so."""

    @property
    def kept_as(self) -> str:
        """How the store marks its rows."""
        return self.once or self.path

    @property
    def fields(self) -> Mapping[str, FieldSpec]:
        return _FIELDS[self.path]

    def key_of(self, record: Mapping[str, object]) -> str:
        """What tells the record apart; "" when nothing of it is filled."""
        return next((str(record[name]) for name in self.natural_key if record.get(name)), "")


COMPANIES = RecordType(
    "companies",
    "企业",
    Company,
    ("customs_code", "uscc"),
    ("customs_code", "uscc", "inspection_code", "name"),
    of_one_client=False,
)
GOODS = RecordType(
    "goods",
    "商品",
    Article,
    ("material_no",),
    ("material_no", "hs_code", "name", "specification"),
    of_one_client=True,
)
TRUCKS = RecordType(
    "vehicle-records",
    "车辆",
    VehicleRecord,
    ("vehicle_no",),
    ("vehicle_no", "vehicle_ic_no", "owner_name"),
    of_one_client=False,
    once="trucks",
)
RECORD_TYPES: Mapping[str, RecordType] = MappingProxyType({r.path: r for r in (COMPANIES, GOODS, TRUCKS)})
_FIELDS = {r.path: MappingProxyType(fields_of(r.model)) for r in RECORD_TYPES.values()}
