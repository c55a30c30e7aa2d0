"""`python -m agent`."""

from __future__ import annotations

from agent.command import app

app(prog_name="bondgate agent")
