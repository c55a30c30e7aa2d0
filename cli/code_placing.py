"""`bondgate codes place`: put an edition of a published code table in place on a running platform, after showing what it does."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from cli.files import read_bytes, stop
from cli.plainly import platform_here
from customs.sheets.plain_table import MAX_FILE_BYTES

if TYPE_CHECKING:
    import httpx

SECRET = "BONDGATE_OPERATOR_SECRET"  # noqa: S105 - the name of the variable
_CSV, _XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SECONDS = 120
_ASKED_CODES = 2_000
_KINDS = (("added", "+"), ("ended", "-"))


def place(
    table_name: Annotated[str, typer.Argument(metavar="TABLE", help="A published table, or hs_codes.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help=".xlsx or .csv as published.")],
    edition: Annotated[str, typer.Option("--edition", metavar="TEXT", help="E.g. 2026.")],
    valid_from: Annotated[str, typer.Option("--from", metavar="YYYYMMDD", help="Its first day.")],
    write: Annotated[bool, typer.Option("--write", help="Put it in place; otherwise only show.")] = False,
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help=f"Another platform; {SECRET} logs in there.")
    ] = None,
) -> None:
    """What an edition adds, changes and ends, and how many drafts it touches. Nothing is changed without --write."""
    data = read_bytes(file, MAX_FILE_BYTES)
    with closing(_operator(server)) as client:
        asked = {"edition": edition, "valid_from": valid_from}
        found = _put(client, table_name, data, {**asked, "preview": "true"})
        _show(found)
        if found.get("ended_codes"):
            _show_drafts(client, table_name, found["ended_codes"])
        if not write:
            typer.echo("未生效。确认后加 --write 生效。")
            return
        _put(client, table_name, data, asked)
        typer.echo(f"{edition}版已生效，各服务将在数秒内采用。")


def _operator(server: str | None) -> httpx.Client:
    import httpx

    platform = None if server is not None else platform_here()
    address = server or (platform.edge_url if platform else "")
    secret = platform.operator_secret if platform else os.environ.get(SECRET, "")
    client = httpx.Client(base_url=address, timeout=_SECONDS, trust_env=False)
    try:
        token = client.post(
            "/v1/oauth/token", data={"grant_type": "client_credentials"}, auth=("platform-operator", secret)
        )
    except httpx.TransportError:
        stop("server_unreachable", f"无法连接{address}，请先启动平台（./bondgate up）或核对 --server")
    client.headers["authorization"] = f"Bearer {_json(token)['access_token']}"
    return client


def _put(client: httpx.Client, table: str, data: bytes, asked: dict[str, str]) -> dict[str, Any]:
    media_type = _XLSX if data.startswith(b"PK\x03\x04") else _CSV
    answer = client.put(
        f"/v1/codes/{table}", params=asked, content=data, headers={"content-type": media_type}
    )
    return _json(answer)


def _json(answer: httpx.Response) -> dict[str, Any]:
    content: dict[str, Any] = answer.json()
    if not answer.is_success:
        _refused(content)
    return content


def _refused(content: dict[str, Any]) -> NoReturn:
    lines = [f"{each['pointer']} {each['message']}" for each in content.get("errors", [])[:20]]
    stop(str(content.get("code")), "；".join([str(content.get("detail") or content.get("title")), *lines]), 1)


def _show(found: dict[str, Any]) -> None:
    typer.echo(
        f"{found['edition']}版，自{found['valid_from']}起：共{found['codes']}个代码，新增{found['added']}，"
        f"变更{found['changed']}，失效{found['ended']}，不变{found['unchanged']}"
    )
    examples = found["examples"]
    for kind, sign in _KINDS:
        for row in examples[kind]:
            typer.echo(f"{sign} {row['code']} {row['name']}")
    for pair in examples["changed"]:
        typer.echo(f"~ {pair['before']['code']} {pair['before']['name']} → {pair['after']['name']}")
    for note in found.get("notes", []):
        typer.echo(f"注意：{note}", err=True)


def _show_drafts(client: httpx.Client, table: str, codes: list[str]) -> None:
    if table == "hs_codes":
        return
    asked = {"table": table, "codes": ",".join(codes[:_ASKED_CODES])}
    touched = _json(client.get("/v1/touched-drafts", params=asked))
    more = "" if touched["complete"] else f"（只看了最新的{touched['looked_at']}份）"
    typer.echo(f"使用将失效代码的草稿：{touched['drafts']}份，涉及{len(touched['tenants'])}个租户{more}")
