"""Every refusal of the platform. They live beside what raises them; importing the services registers them."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

import services
from backbone.refusals import REFUSALS, Refusal


@cache
def refusals() -> dict[str, type[Refusal]]:
    """By code, sorted."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    # Tests make refusals too; those are nobody's answer.
    ours = {code: r for code, r in REFUSALS.items() if r.__module__.split(".")[0] in ("backbone", "services")}
    return dict(sorted(ours.items()))
