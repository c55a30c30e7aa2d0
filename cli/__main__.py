"""`python -m cli`, behind the launcher `./bondgate`."""

from __future__ import annotations

from cli.app import main

main()
