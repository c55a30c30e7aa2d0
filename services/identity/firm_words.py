"""Words that anybody would try first: of the firm and of the person themselves, as they are written and as they are typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from pypinyin import lazy_pinyin

from backbone.postgres import Connection

_FORMS_OF_FIRMS = re.compile(r"(股份|责任)?有限(责任)?公司|公司|集团")
_MOST_ENTERPRISES = 100
_NAMES = """
SELECT slug, name FROM tenants WHERE tenant_id = $1
UNION ALL (SELECT NULL, name FROM enterprises WHERE tenant_id = $1 ORDER BY created_at LIMIT $2)
"""


def typed(names: Iterable[str]) -> list[str]:
    """Each name, what is left of a firm's without its legal form, and the pinyin of that."""
    words: dict[str, None] = {}
    for name in names:
        core = _FORMS_OF_FIRMS.sub("", name)
        for word in (name, core, "".join(lazy_pinyin(core))):
            words.setdefault(word)
    return list(words)


async def of_tenant(connection: Connection, tenant_id: UUID) -> list[str]:
    """The names of the tenant and its enterprises."""
    rows = await connection.fetch(_NAMES, tenant_id, _MOST_ENTERPRISES)
    return [name for row in rows for name in (row["slug"], row["name"]) if name]
