"""Writing uploads: a document in normal form and its route become the XML the import client takes.

Tree, names and order: uploads of four independent senders (H). Absent fields are left out: missing and empty elements
are alike to the authority (M).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section
from customs.singlewindow.messages import DeclareFlag, ResendRequest, Upload
from customs.singlewindow.resend import write_resend
from customs.singlewindow.writing import envelope_for, section_elements, wrapped

if TYPE_CHECKING:
    from contracts.events.event import Route


def compose(
    kind: Kind,
    document: Mapping[str, Any],
    *,
    route: Route,
    declare_flag: DeclareFlag,
    message_id: str,
    send_time: datetime,
    file_name: str,
    seq_no: str | None = None,
    customs_no: str | None = None,
    change_count: int | None = None,
    business_id: str = "",
) -> bytes:
    """The upload of a document: UTF-8 XML with the empty signature skeleton, one row a line.

    `send_time` must be aware and is written as Shanghai time; numbers that are given are written into the head and into
    every row that has such an element, over what the document says. Raises UncomposableError.
    """
    return write(
        Upload(
            kind=kind,
            document=_numbered(
                kind, document, {"seq_no": seq_no, "customs_no": customs_no, "change_count": change_count}
            ),
            envelope=envelope_for(
                route,
                kind.upload_type,
                message_id=message_id,
                send_time=send_time,
                file_name=file_name,
                business_id=business_id,
            ),
            declare_flag=declare_flag,
            operator_customs_code=route.operator_customs_code,
            sys_id=route.sys_id if kind.tells_system else "",
        )
    )


def write(message: Upload | ResendRequest) -> bytes:
    """The XML of a message exactly as it says: envelope, document, flag. A signature it had is not kept.

    SysId is left out for the kinds whose uploads have none.
    """
    if isinstance(message, ResendRequest):
        return write_resend(message)
    kind = message.kind
    inner = "".join(section_elements(kind, "up", message.document))
    return wrapped(message, kind.up_root, inner, tells_system=kind.tells_system)


def _numbered(kind: Kind, document: Mapping[str, Any], numbers: Mapping[str, str | int | None]) -> JsonObject:
    known = {name: value for name, value in numbers.items() if value is not None}
    if not known:
        return dict(document)
    filled: JsonObject = dict(document)
    for section in kind.sections:
        given = document.get(section.name)
        added = {name: value for name, value in known.items() if _is_ours(section, name)}
        if not added:
            continue
        if section.many:
            filled[section.name] = [{**row, **added} for row in given or []]
        elif given is not None or section.required:
            filled[section.name] = {**(given or {}), **added}
    return filled


def _is_ours(section: Section, name: str) -> bool:
    spec = section.fields.get(name)
    return spec is not None and spec.need == "system" and spec.up is not None
