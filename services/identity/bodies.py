"""What callers send: one strict model a body; titles are what clerks read in errors."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from cryptography import x509
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from backbone import bodies
from backbone.certified_key import der_of, key_of
from backbone.sm2 import CannotVerify
from contracts.characters import KeyFault, key_fault, unseen_fault
from contracts.permissions import PERMISSIONS, UNASSIGNABLE
from customs.codes import table
from customs.documents.uscc import is_uscc
from customs.documents.values import width
from services.identity import passwords

MAX_ASSIGNMENTS = 20
MAX_SCOPED_IDS = 300
_NAME_WIDTH = 512
_SHOWN = 40
_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE | re.ASCII)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:_SHOWN])


def _refuse(fault: KeyFault | None) -> None:
    if fault is not None:
        raise PydanticCustomError(fault.code, "key", dict(fault.values))


def _name(text: str) -> str:
    """A registered name may have letters of full width; what nobody sees is in none."""
    stripped = text.strip()
    if not stripped:
        raise PydanticCustomError("required", "empty", {"purpose": "提交"})
    _refuse(unseen_fault(stripped))
    if not stripped.isprintable():
        found = next(c for c in stripped if not c.isprintable())
        raise PydanticCustomError("invalid_character", "control", {"codepoint": f"{ord(found):04X}"})
    if (length := width(stripped)) > _NAME_WIDTH:
        raise PydanticCustomError("too_long", "long", {"length": length, "limit": _NAME_WIDTH})
    return stripped


def _formed(pattern: str, form: str) -> AfterValidator:
    compiled = re.compile(pattern, re.ASCII)

    def check(text: str) -> str:
        _refuse(key_fault(text))
        if not compiled.fullmatch(text):
            raise PydanticCustomError("wrong_form", "form", {"value": _shown(text), "form": form})
        return text

    return AfterValidator(check)


def _lower(text: str) -> str:
    return text.strip().lower()


def _is_no_device(text: str) -> str:
    """The import client runs on Windows, where no folder can have such a name, whatever its case."""
    if _DEVICES.fullmatch(text):
        why = f"{text}是Windows保留的设备名，不能作为文件夹名"
        raise PydanticCustomError("unfit_value", "device", {"why": why})
    return text


def _is_uscc(text: str) -> str:
    _refuse(key_fault(text))
    if len(text) != 18:
        raise PydanticCustomError("wrong_length", "length", {"length": 18, "actual": len(text)})
    if not is_uscc(text):
        raise PydanticCustomError("wrong_checksum", "checksum", {"value": _shown(text)})
    return text


def _is_listed(name: str) -> AfterValidator:
    listed = table(name)

    def check(code: str) -> str:
        _refuse(key_fault(code))
        if code not in listed.codes:
            choices = "：" + "、".join(f"{row.code} {row.name}" for row in listed)
            raise PydanticCustomError(
                "unknown_code", "code", {"value": _shown(code), "table": listed.label, "choices": choices}
            )
        return code

    return AfterValidator(check)


def _assignable(code: str) -> str:
    """Operating the platform is nothing a tenant can hand out, and an agent is what it is by its key."""
    if code not in PERMISSIONS or code in UNASSIGNABLE:
        expected = "、".join(name for name in PERMISSIONS if name not in UNASSIGNABLE)
        raise PydanticCustomError("not_one_of", "permission", {"expected": expected})
    return code


def _fit_password(text: str, info: ValidationInfo) -> str:
    fault = passwords.fault_of(text, [info.data[name] for name in ("login", "name") if name in info.data])
    if fault is not None:
        raise PydanticCustomError(fault.code, "password", dict(fault.values))
    return text


def _few_ids(assignments: tuple[AssignmentBody, ...]) -> tuple[AssignmentBody, ...]:
    """Scopes travel in every token, and a token in a header."""
    if sum(len(ids) for each in assignments for ids in each.scopes().values()) > MAX_SCOPED_IDS:
        raise PydanticCustomError(
            "longer_than_allowed", "scopes", {"limit": f"（限定范围合计{MAX_SCOPED_IDS}项）"}
        )
    return assignments


Name = Annotated[str, AfterValidator(_name)]
UniqueName = Annotated[str, AfterValidator(bodies.key), AfterValidator(_name)]
"""What tells teams, roles and API clients apart; case counts, since both are seen."""
Login = Annotated[
    str,
    AfterValidator(_lower),
    _formed(r"[a-z0-9][a-z0-9._@-]{1,63}", "2至64个小写字母、数字或 . _ @ -，以字母或数字开头"),
]
Slug = Annotated[
    str, _formed(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]", "3至40个小写字母、数字或连字符，首尾为字母或数字")
]
CustomsCode = Annotated[str, _formed(r"[0-9]{4}[0-9A-Z]{6}", "10位海关编码：前4位数字，后6位数字或大写字母")]
Uscc = Annotated[str, AfterValidator(_is_uscc)]
Address = Annotated[str, _formed(r"[0-9A-Z]{4,16}", "4至16位大写字母或数字的传输地址，例如 DXPENT0000000001")]
Status = Annotated[Literal["active", "suspended"], Field(title="状态")]
Mailbox = Annotated[
    str,
    _formed(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", "1至64个字母、数字、下划线或连字符，不以连字符开头"),
    AfterValidator(_is_no_device),
]
Ids = frozenset[UUID]


class RouteBody(Body):
    """How messages of the enterprise reach the Single Window; the names of contracts.events.Route."""

    mailbox: Mailbox = Field(title="收发目录名")
    card_no: Annotated[str, _formed(r"[0-9]{13}", "13位数字")] | None = Field(None, title="操作员卡号")
    sender_id: Address = Field(title="发送方传输地址")
    receiver_id: Address = Field("DXPEDCSAS0000001", title="接收方传输地址")
    sys_id: Annotated[str, _is_listed("systems")] = Field(title="子系统代码")
    operator_customs_code: CustomsCode | None = Field(
        None, title="操作卡所属企业海关编码", description="The enterprise's own customs code when absent"
    )
    signing: Literal["none", "xmldsig", "xmldsig-rsa-sha1", "xmldsig-rsa-sha256", "xmldsig-sm2-sm3"] = Field(
        "none", title="签名方式"
    )


class EnterpriseBody(Body):
    name: Name = Field(title="企业名称")
    customs_code: CustomsCode = Field(title="海关编码")
    uscc: Uscc = Field(title="统一社会信用代码")
    route: RouteBody = Field(title="报文通道")
    status: Status = "active"


class TeamBody(Body):
    name: UniqueName = Field(title="班组名称")
    status: Status = "active"


class ClientBody(Body):
    """A client firm; its codes may be told later."""

    name: Name = Field(title="客户名称")
    customs_code: CustomsCode | None = Field(None, title="海关编码")
    uscc: Uscc | None = Field(None, title="统一社会信用代码")
    status: Status = "active"


class RoleBody(Body):
    name: UniqueName = Field(title="角色名称")
    permissions: frozenset[Annotated[str, AfterValidator(_assignable)]] = Field(title="权限")


class AssignmentBody(Body):
    """A role within a scope; an absent list does not limit, an empty one leaves nothing."""

    role_id: UUID = Field(title="角色")
    enterprises: Ids | None = Field(None, title="限定的企业")
    teams: Ids | None = Field(None, title="限定的班组")
    clients: Ids | None = Field(None, title="限定的客户")

    def scopes(self) -> dict[str, Ids]:
        """The lists that limit, by name."""
        given = {"enterprises": self.enterprises, "teams": self.teams, "clients": self.clients}
        return {name: ids for name, ids in given.items() if ids is not None}


Assignments = Annotated[
    tuple[AssignmentBody, ...], Field(title="授权", max_length=MAX_ASSIGNMENTS), AfterValidator(_few_ids)
]


class HolderBody(Body):
    """What users and API clients have in common."""

    name: Name = Field(title="姓名或名称")
    status: Status = "active"
    assignments: Assignments = ()


class UserBody(HolderBody):
    login: Login = Field(title="登录名")


class NewUserBody(UserBody):
    password: str = Field(title="密码", description=f"{passwords.MIN_LENGTH} characters or more")

    _fits = field_validator("password")(_fit_password)


class ApiClientBody(HolderBody):
    """A program of the tenant, such as its ERP."""

    name: UniqueName = Field(title="名称")


class SiteAgentBody(Body):
    """An agent at a site of the tenant, and the enterprises whose mailboxes and cards it serves."""

    name: UniqueName = Field(title="名称")
    enterprises: Ids = Field(title="服务的企业", min_length=1, max_length=MAX_SCOPED_IDS)


class NewSiteAgentBody(SiteAgentBody):
    """The same when it is named first."""


def _is_public_key(jwk: dict[str, str]) -> dict[str, str]:
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        why = "应为P-256曲线的公钥（JWK，仅kty、crv、x、y）"
        raise PydanticCustomError("unfit_value", "key", {"why": why})
    return jwk


class EnrolmentBody(Body):
    """What an agent shows once: its code, and the public half of the key that it made."""

    code: str = Field(title="登记码", max_length=64)
    public_key: Annotated[dict[str, str], AfterValidator(_is_public_key)] = Field(
        title="公钥", description="JWK on P-256: kty, crv, x, y"
    )


class AdministratorBody(Body):
    login: Login = Field(title="管理员登录名")
    name: Name = Field(title="管理员姓名")
    password: str = Field(title="管理员密码")

    _fits = field_validator("password")(_fit_password)


class NewTenantBody(Body):
    slug: Slug = Field(title="单位代号")
    name: Name = Field(title="单位名称")
    admin: AdministratorBody = Field(title="首位管理员")


class TenantBody(Body):
    name: Name = Field(title="单位名称")
    status: Status = "active"


def _is_certificate(text: str) -> str:
    try:
        key_of(x509.load_der_x509_certificate(der_of(text)))
    except (ValueError, CannotVerify):
        why = "不是可用的X.509证书（RSA或SM2），请提供PEM文本，或DER内容的Base64"
        raise PydanticCustomError("unfit_value", "certificate", {"why": why}) from None
    return text


class ChallengeBody(Body):
    tenant: str = Field(title="单位代号", max_length=200, pattern=r"^[^\n\r]*$")
    login: str = Field(title="登录名", max_length=200, pattern=r"^[^\n\r]*$")


class CardProofBody(Body):
    challenge: str = Field(title="登录质询", max_length=2000, description="As it was answered")
    signature: str = Field(
        title="卡的签名", max_length=2000, description="Over the UTF-8 bytes of the challenge, in base64"
    )


class LoginBody(Body):
    """What the rule of the tenant asks for: the password, the card, either or both."""

    tenant: str = Field(title="单位代号", max_length=200)
    login: str = Field(title="登录名", max_length=200)
    password: str | None = Field(None, title="密码", max_length=1024)
    card: CardProofBody | None = Field(None, title="登录卡")


class LoginRuleBody(Body):
    login_by: Literal["password", "card", "either", "both"] = Field(title="登录方式")


class UserCardBody(Body):
    certificate: Annotated[str, AfterValidator(_is_certificate)] = Field(
        title="卡证书", max_length=16_384, description="PEM, or DER in base64"
    )

    def der(self) -> bytes:
        return der_of(self.certificate)


class PasswordBody(Body):
    password: str = Field(title="新密码", max_length=1024)


class OwnPasswordBody(Body):
    current_password: str = Field(title="当前密码", max_length=1024)
    new_password: str = Field(title="新密码", max_length=1024)


class RotationBody(Body):
    revoke_previous: bool = Field(
        False,
        title="立即作废此前签发的全部令牌",
        description="For a key that has leaked: everybody must log in again",
    )
