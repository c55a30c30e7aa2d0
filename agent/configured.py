"""What the agent of a site is told by its TOML file: where the platform is, which mailboxes and readers stand here."""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


def _is_safe(url: str) -> str:
    """Plain HTTP only to the machine itself, where a tunnel may begin."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return url.rstrip("/")
    if parts.scheme == "http" and (host == "localhost" or _is_loopback(host)):
        return url.rstrip("/")
    raise ValueError("must be https://… (http:// only to this machine itself)")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailboxHere(_Told):
    """The folder of one card's import client: `<folder>/Sas/OutBox` … stand in it."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    folder: Path


class Told(_Told):
    """`agent.toml` in the agent's home."""

    url: Annotated[str, AfterValidator(_is_safe)]
    authorities: Path | None = None
    """PEM of who signs the platform's certificate, where the machine does not know them."""
    client_certificate: Path | None = None
    """PEM of certificate and key, where the edge asks for one (mTLS); it does not say who the agent is."""
    proxy: str | None = None
    mailbox: list[MailboxHere] = Field(default_factory=list)
    media: Path | None = None
    """TOML of the readers here, as in docs/signing-media.md; none: this agent signs nothing."""
    pins: Path | None = None
    """TOML of PINs by card number, readable by the agent's user alone; else they are asked at the start."""
    sandbox: bool = False
    """Takes keys from files, as no production should."""
    most_files: PositiveInt = 200
    most_bytes: PositiveInt = 64 * 1024 * 1024
    """What the agent holds for OutBoxes at most; beyond it, it fetches nothing until the import client takes some."""
    poll_seconds: PositiveFloat = 0.5
    patience_seconds: PositiveFloat = 10.0
    """How long a receipt that ends in the middle of something must stand still before it goes up as it is."""
    gone_seconds: PositiveFloat = 120.0
    """How long a file may be in no box before it counts as gone; a client may copy instead of rename."""


def load(path: Path) -> Told:
    """Raises OSError, TOMLDecodeError, ValidationError. Paths are meant from where the file lies."""
    told = Told.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    here = path.parent
    mailboxes = [MailboxHere(name=each.name, folder=here / each.folder) for each in told.mailbox]
    names = ("authorities", "client_certificate", "media", "pins")
    paths = {name: here / given for name in names if (given := getattr(told, name)) is not None}
    return told.model_copy(update={"mailbox": mailboxes, **paths})
