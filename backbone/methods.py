"""Which methods an address has. Behind the edge several services share an address, so the published API knows better than one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import orjson
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

import contracts

_PUBLISHED = Path(contracts.__file__).parent / "http" / "bondgate.openapi.json"
_NAMES = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


def allowed(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """Of the routes of this program and of everything published, in alphabetical order."""
    own = {
        method
        for route in routes
        if route.matches(scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }
    path = str(scope["path"])
    return sorted(own.union(*(names for pattern, names in _published() if pattern.fullmatch(path))))


@cache
def _published() -> list[tuple[re.Pattern[str], frozenset[str]]]:
    paths = orjson.loads(_PUBLISHED.read_bytes())["paths"]
    return [
        (
            re.compile(_PARAMETER.sub("[^/]+", re.escape(path))),
            frozenset(n.upper() for n in _NAMES & item.keys()),
        )
        for path, item in paths.items()
    ]


# As re.escape writes {name}.
_PARAMETER = re.compile(r"\\\{[^}]*\\\}")
