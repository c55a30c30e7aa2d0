"""How a service refuses a team, client firm or enterprise that identity has not told of, or that is out of use."""

from __future__ import annotations

from uuid import UUID

from contracts.problems import Problem, problem


def wrong_reference(
    member: str, label: str, given: UUID | None, status: str | None, name: str | None
) -> Problem | None:
    """What is wrong with `given`, of which identity told this status and name; None: nothing. Status None: it told nothing."""
    if given is None or status == "active":
        return None
    if status is None:
        return problem("unknown_reference", f"/{member}", field=f"「{label}」", value=given)
    return problem("out_of_use", f"/{member}", field=f"「{label}」", value=name)
