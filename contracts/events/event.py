"""What every event has in common. An event class is one frozen message type; its name and version are class facts."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SkipValidation

type_registry: dict[str, type[Event]] = {}

# What JSON text held is JSON: looking at every value of a large document again costs more than reading it.
JsonObject = dict[str, SkipValidation[JsonValue]]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    """A piece of an event. Readers ignore what they do not know, so that a newer writer never stops an older reader."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Event(Part):
    """A fact as it travels on Kafka: JSON body of this class, CloudEvents 1.0 attributes in `ce_` headers.

    Subclasses set `type` (``subject.past_participle.vN``) and are registered by it; `key` is the partition key.
    """

    type: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        name = cls.__dict__.get("type")
        if name is not None:
            if name in type_registry:
                raise TypeError(f"event type {name} declared twice")
            type_registry[name] = cls

    @property
    def key(self) -> str:
        raise NotImplementedError


class Actor(Part):
    """Who did it: a user or an API client of the tenant. `name` is what a clerk reads."""

    id: str
    name: str


class DocumentRef(Event):
    """Identity of a document, carried by every event about one."""

    tenant_id: UUID
    document_id: UUID
    kind: str = Field(description="Code name of the document kind, e.g. inventory")
    enterprise_id: UUID
    internal_no: str = Field(description="企业内部编号, unique per tenant, kind and enterprise")

    @property
    def key(self) -> str:
        return str(self.document_id)


class AttemptRef(DocumentRef):
    """One upload of a document: a declare (申报) or a stage (暂存 at the Single Window)."""

    attempt_id: UUID
    attempt_no: int = Field(ge=1, description="Counts every upload of the document, from 1")


class Route(Part):
    """How messages of an enterprise reach the Single Window, frozen into each attempt when it is declared."""

    mailbox: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Base directory of one card's import client"
    )
    card_no: str | None = Field(default=None, description="操作员卡号 (Ic_Card), 13 digits")
    sender_id: str = Field(description="16-character transport address of the sender (DXP…)")
    receiver_id: str = Field(description="16-character transport address of the receiver")
    sys_id: str = Field(description="SysId: Z7 海关特殊监管区域, Z8 保税物流管理, 95, B1, B2, B3")
    operator_customs_code: str = Field(description="OperCusRegCode: 海关编码 of the card holder's enterprise")
    signing: str = Field(
        default="none",
        description="none: the import client signs, the file carries the empty skeleton; xmldsig: by what the card's "
        "certificate says; xmldsig-rsa-sha1, xmldsig-rsa-sha256, xmldsig-sm2-sm3",
    )
