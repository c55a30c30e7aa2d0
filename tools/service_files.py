"""What other files say of every service, made from `services/services.toml`: compose, Prometheus, the edge, secrets, imports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from customs.documents import KINDS
from services.declared import SERVICES, Service
from tools.parts import Parts, with_parts
from tools.tree import ROOT

_ROLES = ("owner", "app", "worker")
_INSIDE = 8100
"""The port of every service in its container."""


def _variable(*words: str) -> str:
    return "BONDGATE_SECRET_" + "_".join(words).upper().replace("-", "_")


def _asked(name: str) -> str:
    return f"${{{name}:?see .env.example}}"


def secret_variables() -> Iterable[str]:
    """The passwords of all database roles, in the order of the services."""
    return (_variable(name, role, "password") for name in SERVICES for role in _ROLES)


def container(service: Service, version: str) -> str:
    """The service in docker-compose.yml."""
    name = service.name
    dsn = {
        setting: f"postgresql://{name}_{role}:{_asked(_variable(name, role, 'password'))}@postgres:5432/{name}"
        for setting, role in (("DATABASE_URL", "app"), ("WORKER_DATABASE_URL", "worker"))
    }
    settings = {
        **dsn,
        **{setting: _asked(_variable(secret)) for setting, secret in service.secrets.items()},
        **(
            {"OTHER_MASTER_KEYS": f"${{{_variable(service.secrets['MASTER_KEY'])}_OTHERS:-}}"}
            if "MASTER_KEY" in service.secrets
            else {}
        ),
        **({"EXCHANGE_DIR": "/var/lib/bondgate/exchange"} if service.exchange else {}),
        **({"CREATE_MAILBOXES": '"true"'} if service.creates_mailboxes else {}),
        **{f"{other.upper()}_URL": f"http://{other}:{_INSIDE}" for other in service.calls},
    }
    volumes = [
        *([f"{name}:/var/lib/bondgate/data"] if service.keeps_files else []),
        *(["exchange:/var/lib/bondgate/exchange"] if service.exchange else []),
    ]
    return "\n".join(
        [
            f"  {name}:",
            "    <<: *service",
            f"    build: {{context: ., target: service, args: {{PROGRAM: services.{name}}}}}",
            f"    image: bondgate/{name}:${{BONDGATE_IMAGE_TAG:-{version}}}",
            "    environment:",
            "      <<: *settings",
            *(f"      BONDGATE_{setting}: {value}" for setting, value in settings.items()),
            *(["    volumes: [" + ", ".join(f'"{volume}"' for volume in volumes) + "]"] if volumes else []),
        ]
    )


def _compose(version: str) -> Parts:
    return {
        "secrets": lambda: "\n".join(f"      {name}: {_asked(name)}" for name in secret_variables()),
        "services": lambda: "\n\n".join(container(service, version) for service in SERVICES.values()),
        "upstreams": lambda: "\n".join(
            f"      BONDGATE_{name.upper()}_UPSTREAM: {name}:{_INSIDE}"
            for name, service in SERVICES.items()
            if service.edge
        ),
        "behind the edge": lambda: "\n".join(
            f"      {name}: {{condition: service_healthy}}"
            for name, service in SERVICES.items()
            if service.edge
        ),
        "volumes": lambda: "\n".join(
            f"  {name}:" for name, service in SERVICES.items() if service.keeps_files
        ),
    }


def _scraped() -> str:
    return "\n".join(
        f"      - targets: [{name}:{_INSIDE}]\n        labels: {{service: {name}}}" for name in SERVICES
    )


def _upstream(service: Service) -> str:
    return f"import upstream {{$BONDGATE_{service.name.upper()}_UPSTREAM:127.0.0.1:{_INSIDE + service.port}}}"


def _route(service: Service) -> str:
    matcher = f"@{service.name} path {' '.join(service.edge)}"
    return f"\t{matcher}\n\thandle @{service.name} {{\n\t\t{_upstream(service)}\n\t}}"


_EDGE: Parts = {
    "kinds": lambda: "\n".join(f"\timport kind {kind.url}" for kind in KINDS.values()),
    "routes": lambda: "\n\n".join(_route(service) for service in SERVICES.values() if service.edge),
}


def _independent() -> str:
    names = ", ".join(f'"services.{name}"' for name in sorted(SERVICES))
    return f"modules = [{names}]"


def service_files(version: str, root: Path = ROOT) -> dict[str, str]:
    """The files with parts about services, renewed; the rest of each is kept as it stands."""
    hashed = ("# ", "")
    parts: dict[str, Parts] = {
        "docker-compose.yml": _compose(version),
        ".env.example": {"passwords": lambda: "\n".join(f"{name}=" for name in secret_variables())},
        "deploy/prometheus/prometheus.yml": {"services": _scraped},
        "deploy/edge/Caddyfile": _EDGE,
        "pyproject.toml": {"services": _independent},
    }
    return {
        name: with_parts((root / name).read_text(encoding="utf-8"), of_file, comment=hashed, gap="")
        for name, of_file in parts.items()
    }
