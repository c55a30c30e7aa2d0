"""`bondgate message`: read, write and check the authority's messages. Needs no server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
import typer

from cli.files import STDIN, UNREADABLE, read_bytes, stop, write_bytes
from contracts.problems import Problem
from customs.codes import tariff
from customs.documents import KINDS, Checked, Kind, Profile, check
from customs.documents.recognising import likely_kind
from customs.singlewindow import (
    MAX_XML_BYTES,
    RESEND_REQUEST,
    Message,
    Receipt,
    UncomposableError,
    UnreadableError,
    Upload,
    as_json,
    from_json,
    is_zip,
    read,
    unpack,
    write_receipt,
)
from customs.singlewindow import write as write_xml
from customs.singlewindow.envelope_check import check_envelope
from customs.singlewindow.normal_json import NO_KIND

app = typer.Typer(
    name="message",
    help="Read, write and check messages of the Single Window and of customs. Needs no server.",
    no_args_is_help=True,
)

_Kind = Annotated[
    str | None,
    typer.Option("--kind", help=f"Kind of a bare document: {', '.join(KINDS)}. Told by its names otherwise."),
]
_FILE = typer.Argument(metavar="FILE", help="Path, or - for standard input. A ZIP with one XML is taken too.")


@app.command("read")
def read_command(
    file: Annotated[str, _FILE],
    compact: Annotated[bool, typer.Option("--compact", help="One line instead of indented JSON.")] = False,
) -> None:
    """Any message, upload or receipt, as normal JSON on stdout. Status 2: it cannot be understood."""
    message = _message(read_bytes(file, MAX_XML_BYTES), keep_empty=True)
    write_bytes(STDIN, _json(as_json(message), compact))


@app.command("write")
def write_command(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE.json", help="JSON of `message read` or a bare document; - for standard input."
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to; standard output when left out.")
    ] = STDIN,
    kind: _Kind = None,
) -> None:
    """The XML of a message in JSON, upload or receipt. Writes what it is told: check an upload with `message check`."""
    try:
        message = from_json(_parsed(read_bytes(file, MAX_XML_BYTES)), _named_kind(kind))
        xml = write_receipt(message) if isinstance(message, Receipt) else write_xml(message)
    except UnreadableError as fault:
        stop(fault.code, fault.text)
    except UncomposableError as fault:
        stop("not_writable", f"内容不能写成XML：{fault}")
    if message.unknown:
        typer.echo(f"注意：有{len(message.unknown)}个未知元素没有写入", err=True)
    if not isinstance(message, Receipt) and message.signed:
        typer.echo("注意：原报文的签名不再适用，已留空", err=True)
    write_bytes(output, xml)


@app.command("check")
def check_command(
    file: Annotated[str, _FILE],
    profile: Annotated[
        Profile, typer.Option("--profile", help="save: enough for a draft; declare: every rule.")
    ] = Profile.DECLARE,
    as_data: Annotated[bool, typer.Option("--json", help="The findings as JSON on stdout.")] = False,
    kind: _Kind = None,
) -> None:
    """Every rule over an upload (XML, ZIP or JSON) or a bare document, all errors at once.

    Pointers are into the document; those of the message around it begin /envelope, /sys_id, /operator_customs_code,
    /declare_flag or /unknown. Status 0: nothing to put right, 1: something is, 2: unreadable.
    """
    data = read_bytes(file, MAX_XML_BYTES)
    tariff.use(tariff.released())
    try:
        found = _check_json(data, profile, kind) if _looks_like_json(data) else _check_xml(data, profile)
    except UnreadableError as fault:
        stop(fault.code, fault.text)
    kind_checked, checked = found
    if as_data:
        write_bytes(STDIN, _json(_findings(kind_checked, checked), compact=False))
    else:
        _print_findings(kind_checked, checked)
    if checked.problems:
        raise typer.Exit(1)


def _message(data: bytes, *, keep_empty: bool) -> Message:
    try:
        return read(unpack(data).xml if is_zip(data) else data, keep_empty=keep_empty)
    except UnreadableError as fault:
        stop(fault.code, fault.text)


def _looks_like_json(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableError("not_json", detail=f"第{error.lineno}行第{error.colno}列无法解析") from None


def _check_xml(data: bytes, profile: Profile) -> tuple[Kind, Checked]:
    message = _message(data, keep_empty=False)
    upload = _with_document(message)
    return upload.kind, _with_envelope(
        check(upload.kind, upload.document, profile, system_fields="keep"), upload
    )


def _with_document(message: Message) -> Upload:
    if isinstance(message, Upload):
        return message
    code = "unexpected_receipt" if isinstance(message, Receipt) else "no_document"
    raise UnreadableError(code, message_type=message.message_type)


def _check_json(data: bytes, profile: Profile, kind_name: str | None) -> tuple[Kind, Checked]:
    value = _parsed(data)
    if not isinstance(value, Mapping):
        raise UnreadableError("not_message_json", detail="应为JSON对象")
    if "message_type" not in value:
        kind = _kind_of(value, kind_name)
        return kind, check(kind, value, profile, system_fields="keep")
    # The document goes to the check as it stands, so that wrong types and names are listed with everything else.
    document = value.get("document")
    if value.get("direction") == "receipt":
        raise UnreadableError("unexpected_receipt", message_type=str(value["message_type"])[:80])
    empty: dict[str, Any] = {} if value["message_type"] == RESEND_REQUEST else {"document": {}}
    around = _with_document(from_json({**value, **empty}))
    if not isinstance(document, Mapping):
        raise UnreadableError("not_message_json", detail="/document 应为对象")
    checked = check(around.kind, document, profile, system_fields="keep")
    return around.kind, _with_envelope(checked, around)


def _with_envelope(checked: Checked, upload: Upload) -> Checked:
    return Checked(checked.document, (*checked.problems, *check_envelope(upload)), checked.warnings)


def _named_kind(name: str | None) -> Kind | None:
    if name is not None and name not in KINDS:
        raise UnreadableError("not_message_json", detail=f"没有单证种类{name}，可选：{'、'.join(KINDS)}")
    return None if name is None else KINDS[name]


def _kind_of(value: Mapping[str, Any], name: str | None) -> Kind:
    kind = _named_kind(name) or likely_kind(value, KINDS.values())
    if kind is None:
        raise UnreadableError("not_message_json", detail=NO_KIND)
    return kind


def _findings(kind: Kind, checked: Checked) -> dict[str, Any]:
    return {
        "ok": checked.ok,
        "message_type": kind.upload_type,
        "kind": kind.name,
        "problems": [one.model_dump() for one in checked.problems],
        "warnings": [one.model_dump() for one in checked.warnings],
    }


def _print_findings(kind: Kind, checked: Checked) -> None:
    head = checked.document.get("head")
    number = str(head.get("internal_no") or "") if isinstance(head, dict) else ""
    title = " ".join(part for part in (kind.upload_type, kind.label, number) if part)
    typer.echo(f"{title}：{len(checked.problems)}处错误，{len(checked.warnings)}处提示")
    for label, listed in (("错误", checked.problems), ("提示", checked.warnings)):
        for one in listed:
            _print_finding(label, one)


def _print_finding(label: str, one: Problem) -> None:
    typer.echo(f"\n{label} {one.pointer or '/'}  {one.code}\n  {one.message}\n  {one.hint}")


def _json(value: Any, compact: bool) -> bytes:
    return orjson.dumps(value, option=0 if compact else orjson.OPT_INDENT_2) + b"\n"


__all__ = ["UNREADABLE", "app"]
