"""`python -m tools.compose_env > .env`: .env.example with every empty secret filled."""

from __future__ import annotations

import re
import secrets
import sys

from tools.tree import ROOT

_EMPTY_SECRET = re.compile(r"^(BONDGATE_SECRET_[A-Z_]+)=$", re.MULTILINE)


def filled(example: str) -> str:
    """32 random bytes a secret, as base64url without padding: fit for connection strings and for keys."""
    return _EMPTY_SECRET.sub(lambda match: f"{match[1]}={secrets.token_urlsafe(32)}", example)


if __name__ == "__main__":
    sys.stdout.write(filled((ROOT / ".env.example").read_text(encoding="utf-8")))
