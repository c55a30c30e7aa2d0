"""`python -m services.identity`."""

from __future__ import annotations

from services.identity.main import main

main()
