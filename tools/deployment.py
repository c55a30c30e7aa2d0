"""What deploy/, the Dockerfile and docker-compose.yml refer to must exist, and the containers must be hardened.

Static: nothing is built or started. Environment variables are checked by the rule `settings_exist`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from backbone import kafka, metrics
from services.declared import SERVICES
from tools.tree import ROOT, services

COMPOSE, DOCKERFILE, ENV_EXAMPLE = "docker-compose.yml", "Dockerfile", ".env.example"
EDGE = "deploy/edge/Dockerfile"
_PINNED = re.compile(r":v?\d+\.\d+(\.\d+)?([.-][\w.-]+)?$|@sha256:[0-9a-f]{64}$")
_OURS = re.compile(r"^bondgate/[a-z-]+:\$\{BONDGATE_IMAGE_TAG:-[\d.]+\}$")
# One that may be empty (`:-}`) is optional, and the example leaves it out.
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?!:-\})[:}]")
# PostgreSQL's image starts as root to make its folder its own, then becomes postgres.
_STARTS_AS_ROOT = {"postgres"}
_WRITES_ITS_ROOT = {"kafka"}
# Words of PromQL and its labels that are no metrics of ours; `up` is Prometheus' own.
_QUERY_WORDS = {"up", "and", "or", "unless", "by", "without", "sum", "max", "min", "le", "on", "bool"}
_SUFFIXES = ("_bucket", "_count", "_sum")


def wrong(root: Path = ROOT) -> Iterator[str]:
    """Every fault; nothing when all is in order."""
    compose: dict[str, Any] = yaml.safe_load((root / COMPOSE).read_text(encoding="utf-8"))
    yield from compose_faults(compose, services(root))
    yield from env_faults((root / COMPOSE).read_text("utf-8"), (root / ENV_EXAMPLE).read_text("utf-8"))
    for name in (DOCKERFILE, EDGE):
        yield from dockerfile_faults((root / name).read_text(encoding="utf-8"), name)
    yield from scrape_faults(_yaml(root / "deploy/prometheus/prometheus.yml"), services(root))
    for path in sorted((root / "deploy/alerts").glob("*.yml")):
        for group in _yaml(path)["groups"]:
            for rule in group["rules"]:
                for name in unknown_metrics(rule["expr"]):
                    yield f"{path.relative_to(root)}: {rule['alert']} asks for {name}, which no one declares"
                if not {"summary", "action"} <= rule.get("annotations", {}).keys():
                    yield f"{path.relative_to(root)}: {rule['alert']} does not say what to do"
    for path in sorted((root / "deploy/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                for name in unknown_metrics(target["expr"]):
                    yield f"{path.relative_to(root)}: {panel['title']} asks for {name}, which no one declares"


def _yaml(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def compose_faults(compose: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """Services that are missing, images without a pin, containers that are not hardened, ports taken twice."""
    containers: dict[str, dict[str, Any]] = compose["services"]
    for name in set(names) ^ SERVICES.keys():
        yield f"services/services.toml and the packages of services/ differ by {name}"
    for name in names:
        if name not in containers:
            yield f"{COMPOSE}: the service {name} is missing"
    volumes = set(compose.get("volumes", {}))
    # What is built is not there before it was.
    built = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    ports: dict[str, str] = {}
    for name, container in containers.items():
        yield from (f"{COMPOSE}: {name} {fault}" for fault in _container_faults(name, container))
        for port in container.get("ports", ()):
            outside = str(port).rpartition(":")[0].rpartition(":")[2].rstrip("}")
            if outside in ports:
                yield f"{COMPOSE}: {name} and {ports[outside]} both publish port {outside}"
            ports[outside] = name
        for volume in container.get("volumes", ()):
            source = str(volume).split(":")[0]
            if source.startswith("./"):
                if not (ROOT / source).exists() and f"{source.removeprefix('./')}/" not in built:
                    yield f"{COMPOSE}: {name} mounts {source}, which is not there"
            elif source not in volumes:
                yield f"{COMPOSE}: {name} mounts the undeclared volume {source}"
        for other in container.get("depends_on", {}):
            if other not in containers:
                yield f"{COMPOSE}: {name} depends on {other}, which is not there"
    broker = containers.get("kafka", {}).get("environment", {})
    for setting in ("KAFKA_MESSAGE_MAX_BYTES", "KAFKA_REPLICA_FETCH_MAX_BYTES"):
        if str(broker.get(setting)) != str(kafka.limits().max_message_bytes):
            yield f"{COMPOSE}: kafka has another {setting} than contracts/topics.toml"


def _container_faults(name: str, container: Mapping[str, Any]) -> Iterator[str]:
    image = str(container.get("image", ""))
    if not (_OURS.match(image) or _PINNED.search(image)):
        yield f"has the image {image!r} without an exact version"
    user = str(container.get("user", ""))
    if name not in _STARTS_AS_ROOT and (not user or user.split(":")[0] in ("0", "root")):
        yield "runs as root"
    if name not in _WRITES_ITS_ROOT and container.get("read_only") is not True:
        yield "has a root file system that can be written"
    if container.get("cap_drop") != ["ALL"]:
        yield "keeps capabilities it does not need"
    if container.get("privileged"):
        yield "is privileged"
    if "build" not in container and "healthcheck" not in container:
        yield "has no health check"
    build = container.get("build", {})
    program = build.get("args", {}).get("PROGRAM")
    if build.get("dockerfile") not in (None, EDGE):
        yield f"is built by {build['dockerfile']}, which nothing checks"
    elif build and "dockerfile" not in build and not program:
        yield "does not say which program its image runs"
    elif program and program.startswith("services.") and program != f"services.{name}":
        yield f"runs {program}"


def env_faults(compose: str, example: str) -> Iterator[str]:
    """Variables the compose file asks for and the example lacks, and the other way round."""
    asked = set(_VARIABLE.findall(compose))
    given = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    yield from (f"{ENV_EXAMPLE}: lacks {name}" for name in sorted(asked - given))
    yield from (f"{ENV_EXAMPLE}: nothing asks for {name}" for name in sorted(given - asked))
    for name, value in re.findall(r"^(BONDGATE_SECRET_[A-Z_]+)=(.+)$", example, re.MULTILINE):
        yield f"{ENV_EXAMPLE}: {name} has the value {value!r}; an example holds no secret"


@dataclass(frozen=True)
class _Stage:
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)


def _words(text: str) -> list[tuple[str, str]]:
    lines = text.replace("\\\n", " ").splitlines()
    words = [line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#")]
    return list(_pairs(words))


def _stages(text: str) -> dict[str, _Stage]:
    stages: dict[str, _Stage] = {}
    for name, value in _words(text):
        if name == "FROM":
            base, _, alias = value.partition(" AS ")
            stages[alias.strip() or f"stage {len(stages) + 1}"] = stage = _Stage(base)
        elif stages:
            stage.steps.append((name, value))
    return stages


def images(text: str) -> dict[str, list[tuple[str, str]]]:
    """What makes each image that a Dockerfile ends in, by target, from its farthest base on."""
    stages = _stages(text)
    copied = set(re.findall(r"--from=(\S+)", text))

    def steps(name: str) -> list[tuple[str, str]]:
        stage = stages[name]
        return [*(steps(stage.base) if stage.base in stages else ()), *stage.steps]

    ends = [name for name in stages if name not in copied | {stage.base for stage in stages.values()}]
    return {name: steps(name) for name in ends}


def dockerfile_faults(text: str, of: str = DOCKERFILE) -> Iterator[str]:
    """Base images without an exact version, packages without hashes, root at run time, no health check."""
    words, stages = _words(text), _stages(text)
    defaults = dict(value.split("=", 1) for name, value in words if name == "ARG" and "=" in value)
    for stage in stages.values():
        image = stage.base
        for argument, default in defaults.items():
            image = image.replace("${" + argument + "}", default)
        if image not in stages and not _PINNED.search(image):
            yield f"{of}: the base {image} has no exact version"
    if len(stages) < 2:
        yield f"{of}: one stage only; what builds must not be in what runs"
    for name, steps in images(text).items():
        users = [value for word, value in steps if word == "USER"]
        if not users or users[-1].split(":")[0] in ("0", "root"):
            yield f"{of}: {name} runs as root"
        if not any(word == "HEALTHCHECK" for word, _ in steps):
            yield f"{of}: {name} has no health check"
    for name, value in words:
        if name == "RUN" and "pip install" in value and "--require-hashes" not in value:
            yield f"{of}: installs packages without --require-hashes"
        if name == "RUN" and re.search(r"\bnpm (install|i)\b", value):
            yield f"{of}: installs packages that no lock pins"
        if name == "RUN" and "npm ci" in value and "--ignore-scripts" not in value:
            yield f"{of}: runs the scripts of packages"
        if name == "ADD":
            yield f"{of}: ADD fetches and unpacks; use COPY"
        if name == "RUN" and re.search(r"\b(curl|wget)\b", value):
            yield f"{of}: fetches something that no lock pins"


def _pairs(words: list[list[str]]) -> Iterator[tuple[str, str]]:
    for line in words:
        if len(line) == 2 and line[0].isupper():
            yield line[0], line[1].strip()


def scrape_faults(prometheus: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """Services whose metrics nobody reads."""
    scraped = {
        target.split(":")[0]
        for job in prometheus["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    for name in names:
        if name not in scraped:
            yield f"deploy/prometheus/prometheus.yml: nothing scrapes {name}"


def unknown_metrics(query: str) -> list[str]:
    """Names in a PromQL query that are no metric of contracts/metrics.toml (histograms have their suffixes)."""
    bare = re.sub(r'"[^"]*"', "", query)
    bare = re.sub(r"\b(by|without|on)\s*\([^)]*\)", " ", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    known = metrics.declared()
    found = []
    for name in re.findall(r"\b[a-z_][a-z0-9_]*\b(?!\s*\()", bare):
        if name in _QUERY_WORDS or name in known:
            continue
        stem = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), "")
        if known.get(stem, {}).get("type") != "histogram":
            found.append(name)
    return found
