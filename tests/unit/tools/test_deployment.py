"""The static checks of the deployment see what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import yaml

from tools import compose_env, deployment
from tools.tree import ROOT, services

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / deployment.COMPOSE).read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / deployment.DOCKERFILE).read_text(encoding="utf-8")


def _faults(change: Callable[[dict[str, Any]], object]) -> list[str]:
    compose = deepcopy(COMPOSE)
    change(compose["services"])
    return list(deployment.compose_faults(compose, services()))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("print"), "the service print is missing"),
        (lambda s: s["edge"].update(image="caddy:latest"), "edge has the image 'caddy:latest'"),
        (lambda s: s["edge"].update(image="caddy"), "edge has the image 'caddy'"),
        (lambda s: s["entry"].update(user="0:0"), "entry runs as root"),
        (lambda s: s["entry"].pop("user"), "entry runs as root"),
        (lambda s: s["entry"].update(read_only=False), "entry has a root file system"),
        (lambda s: s["entry"].pop("cap_drop"), "entry keeps capabilities"),
        (lambda s: s["entry"].update(privileged=True), "entry is privileged"),
        (lambda s: s["entry"]["build"]["args"].update(PROGRAM="services.query"), "entry runs services.query"),
        (lambda s: s["grafana"].update(ports=["127.0.0.1:9090:3000"]), "both publish port 9090"),
        (lambda s: s["grafana"].pop("healthcheck"), "grafana has no health check"),
        (lambda s: s["print"].update(volumes=["lost:/x"]), "print mounts the undeclared volume lost"),
        (lambda s: s["edge"]["build"].update(dockerfile="Other"), "edge is built by Other"),
        (lambda s: s["edge"].update(volumes=["./deploy/none:/x"]), "edge mounts ./deploy/none"),
        (lambda s: s["edge"].update(depends_on={"gone": {}}), "edge depends on gone"),
        (lambda s: s["kafka"]["environment"].update(KAFKA_MESSAGE_MAX_BYTES="1"), "another KAFKA_MESSAGE_MAX_BYTES"),
    ],
)  # fmt: skip
def test_compose_fault_is_seen(change: Callable[[dict[str, Any]], object], says: str) -> None:
    found = _faults(change)
    assert any(says in text for text in found), found


def test_compose_file_of_the_tree_is_in_order() -> None:
    assert _faults(lambda _: None) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("python:3.11.14-slim-bookworm", "python:latest", "has no exact version"),
        ("USER 10001:10001\n", "", "runs as root"),
        ("USER 10001:10001\n", "USER root\n", "runs as root"),
        ("--require-hashes ", "", "without --require-hashes"),
        ("HEALTHCHECK", "# HEALTHCHECK", "has no health check"),
        ("COPY backbone", "ADD backbone", "use COPY"),
        ("AS service\n", "AS service\nUSER root\n", "service runs as root"),
        ("RUN python -m venv", "RUN curl example.org && python -m venv", "that no lock pins"),
    ],
)
def test_dockerfile_fault_is_seen(old: str, new: str, says: str) -> None:
    assert old in DOCKERFILE
    found = list(deployment.dockerfile_faults(DOCKERFILE.replace(old, new)))
    assert any(says in text for text in found), found
    assert list(deployment.dockerfile_faults(DOCKERFILE)) == []


EDGE = (ROOT / deployment.EDGE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("caddy:2.11.7-alpine", "caddy:latest", "has no exact version"),
        (" --ignore-scripts", "", "runs the scripts of packages"),
        ("npm ci --ignore-scripts", "npm install", "that no lock pins"),
        ("USER 10001:10001\n", "", "runs as root"),
    ],
)
def test_a_fault_of_the_image_of_the_edge_is_seen(old: str, new: str, says: str) -> None:
    found = list(deployment.dockerfile_faults(EDGE.replace(old, new), deployment.EDGE))
    assert any(says in text and text.startswith(deployment.EDGE) for text in found), found
    assert list(deployment.dockerfile_faults(EDGE, deployment.EDGE)) == []


def test_a_service_that_is_not_declared_is_seen() -> None:
    found = list(deployment.compose_faults(COMPOSE, (*services(), "ninth")))
    assert any("differ by ninth" in text for text in found), found


def test_the_image_of_a_service_holds_no_simulator_and_no_servers() -> None:
    folders = {
        name: {value.split()[0] for word, value in steps if word == "COPY" and "--from" not in value}
        for name, steps in deployment.images(DOCKERFILE).items()
    }
    assert folders["service"] == {"pyproject.toml", "contracts", "customs", "backbone", "services"}
    assert folders["simulator"] == {"simulators"}


def test_single_stage_is_seen() -> None:
    text = "FROM python:3.11.14\nUSER 1\nHEALTHCHECK CMD true\n"
    assert list(deployment.dockerfile_faults(text)) == [
        "Dockerfile: one stage only; what builds must not be in what runs"
    ]


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ("sum by (kind, state) (documents_overdue) > 0", []),
        ("histogram_quantile(0.95, sum by (consumer, le) (rate(event_delay_seconds_bucket[5m])))", []),
        ('sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(up{job="bondgate"})', []),
        ("documents_late > 0", ["documents_late"]),
        ("rate(dead_letters_total_bucket[5m])", ["dead_letters_total_bucket"]),
        ("max(outbox_waiting) and no_such_total", ["no_such_total"]),
    ],
)
def test_metrics_of_a_query_are_known(query: str, unknown: list[str]) -> None:
    assert deployment.unknown_metrics(query) == unknown


def test_example_and_compose_name_the_same_variables() -> None:
    faults = list(deployment.env_faults("${BONDGATE_A:?x} ${BONDGATE_B}", "BONDGATE_A=\nBONDGATE_C=\n"))
    assert faults == [".env.example: lacks BONDGATE_B", ".env.example: nothing asks for BONDGATE_C"]
    assert "holds no secret" in next(deployment.env_faults("${BONDGATE_SECRET_A}", "BONDGATE_SECRET_A=x\n"))


def test_unscraped_service_is_seen() -> None:
    scraped = {"scrape_configs": [{"static_configs": [{"targets": ["entry:8100"]}]}]}
    assert list(deployment.scrape_faults(scraped, ("entry", "query"))) == [
        "deploy/prometheus/prometheus.yml: nothing scrapes query"
    ]


def test_every_secret_of_the_example_is_filled_with_another_value() -> None:
    example = (ROOT / deployment.ENV_EXAMPLE).read_text(encoding="utf-8")
    lines = [line.split("=", 1) for line in compose_env.filled(example).splitlines() if "=" in line]
    secrets = [value for name, value in lines if name.startswith("BONDGATE_SECRET_")]
    assert len(secrets) == len(set(secrets)) >= 3 * len(services())
    assert all(len(value) == 43 for value in secrets)
