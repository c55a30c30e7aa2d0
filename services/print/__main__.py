"""`python -m services.print`."""

from __future__ import annotations

from services.print.main import main

main()
