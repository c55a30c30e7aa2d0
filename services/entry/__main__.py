"""`python -m services.entry`."""

from __future__ import annotations

from services.entry.main import main

main()
