"""`python -m services.reference`."""

from __future__ import annotations

from services.reference.main import main

main()
