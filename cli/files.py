"""Files as the command line takes them: a path or `-`, bounded; what goes wrong is one Chinese line and a status."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import typer

from customs.singlewindow import UnreadableError

UNREADABLE = 2
STDIN = "-"


def stop(code: str, text: str, status: int = UNREADABLE) -> NoReturn:
    """One line on stderr, then the end with this status."""
    typer.echo(f"错误：{text}（{code}）", err=True)
    raise typer.Exit(status)


def read_bytes(path: str, limit: int) -> bytes:
    """The file's content, or that of standard input for `-`; ends the command where that is not possible."""
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        stop("file_unreadable", f"无法读取文件{path}：{reason(error)}")
    if len(data) > limit:
        fault = UnreadableError("too_large", size=f"超过{limit}", limit=limit)
        stop(fault.code, fault.text)
    return data


def write_bytes(path: str, data: bytes) -> None:
    """Write the file, or standard output for `-`."""
    try:
        if path == STDIN:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            Path(path).write_bytes(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        stop("file_unwritable", f"无法写入文件{path}：{reason(error)}")


def reason(error: OSError) -> str:
    """Why, in Chinese where it is one of the usual reasons."""
    usual: dict[type[OSError], str] = {
        FileNotFoundError: "文件不存在",
        IsADirectoryError: "这是一个目录",
        PermissionError: "没有权限",
    }
    return usual.get(type(error), error.strerror or str(error))
