"""`python -m services.query`."""

from __future__ import annotations

from services.query.main import main

main()
