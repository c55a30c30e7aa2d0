"""What one installation runs. Written to a file for its supervisor, which may be another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from local.home import TREE, Home, read_json, write_json


@dataclass(frozen=True)
class Plan:
    """`environment` adds settings to programs by name; its key `*` adds to every program of ours."""

    port_base: int
    services: tuple[str, ...]
    simulator: bool = True
    simulator_arguments: tuple[str, ...] = ()
    edge: bool = True
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    watched_pid: int | None = None
    """The supervisor stops everything when this process is gone."""

    def added_to(self, program: str) -> dict[str, str]:
        return {**self.environment.get("*", {}), **self.environment.get(program, {})}


def services_in_tree() -> tuple[str, ...]:
    """Every service that can be run as a program."""
    return tuple(sorted(path.parent.name for path in (TREE / "services").glob("*/__main__.py")))


def save(plan: Plan, home: Home) -> None:
    write_json(home.run / "plan.json", asdict(plan))


def load(home: Home) -> Plan | None:
    data = read_json(home.run / "plan.json")
    if data is None:
        return None
    data["services"] = tuple(data["services"])
    data["simulator_arguments"] = tuple(data["simulator_arguments"])
    return Plan(**data)
