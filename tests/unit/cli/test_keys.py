"""`bondgate keys` where it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import keys
from cli.app import app
from local import turning
from local.home import Home
from services.signer.evidence_keys import InToken


def test_an_evidence_key_in_a_token_is_not_rotated_from_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def in_token(*_: object) -> None:
        raise InToken("token-1")

    home = Home(tmp_path / "home")
    home.prepare()
    monkeypatch.setenv("BONDGATE_HOME", str(home.root))
    monkeypatch.setattr(keys, "_with_pool", in_token)
    done = CliRunner().invoke(app, ["keys", "rotate", "evidence"])
    assert done.exit_code == 1
    assert "token-1 lies in a token" in done.output
    assert "--lost" in done.output
    # No rotation is left unfinished.
    assert not turning.is_begun(home, keys.EVIDENCE)
