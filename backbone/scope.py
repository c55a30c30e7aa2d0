"""What lies within a caller's grants, as a condition of SQL: the list form of `Principal.may`."""

from __future__ import annotations

from collections.abc import Sequence

from backbone.auth import Grant


def within(
    grants: Sequence[Grant],
    arguments: list[object],
    *,
    enterprise: str = "enterprise_id",
    team: str = "team_id",
    client: str = "client_id",
) -> str:
    """A condition that holds for rows within any of the grants; values are added to `arguments` as $n.

    Without a grant nothing is within. A row without a team or client is outside of every grant that names some.
    """
    alternatives = []
    for grant in grants:
        parts = []
        limits = ((enterprise, grant.enterprises), (team, grant.teams), (client, grant.clients))
        for column, allowed in limits:
            if allowed is not None:
                arguments.append(sorted(allowed))
                parts.append(f"{column} = ANY(${len(arguments)}::uuid[])")
        alternatives.append(" AND ".join(parts) or "true")
    return "(" + " OR ".join(f"({each})" for each in alternatives) + ")" if alternatives else "false"
