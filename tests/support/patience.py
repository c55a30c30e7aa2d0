"""How long a test waits for a state before it says that it does not come."""

SECONDS = 240.0
"""A bound for what hangs and no measure: a quiet machine needs none of it, a busy one may need much. Below pytest's own bound."""
