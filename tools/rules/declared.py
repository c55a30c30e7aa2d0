"""What is declared once must be used as declared: metrics, topics, problem codes, log fields, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from backbone import kafka, log, metrics
from contracts.problems import PROBLEM_TEXTS
from tools.rules.tree import Tree, Violation, argument, dotted, literal

_PROGRAMS = ("backbone", "services")
_METRICS, _PROBLEMS = "contracts/metrics.toml", "contracts/problems.py"
_TOPIC = re.compile(r"^[a-z]+(-[a-z]+)*-events$")
_LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
# exc_info is structlog's own; log turns it into allowed fields.
_LOG_WORDS = {"exc_info"}
_SETTING = re.compile(r"\bBONDGATE_[A-Z_]+\b")


def metrics_exist(tree: Tree) -> Iterator[Violation]:
    declared = metrics.declared()
    for path in tree.under(*_PROGRAMS, suffix=".py"):
        for call, name in tree.calls(path):
            kind = name.removeprefix("metrics.")
            if name == kind or kind not in ("counter", "gauge", "histogram") or not call.args:
                continue
            used = literal(call.args[0])
            if used is None:
                continue
            if used not in declared:
                yield Violation(path, call.lineno, f"metric {used} is not in contracts/metrics.toml")
            elif declared[used]["type"] != kind:
                yield Violation(
                    path, call.lineno, f"metric {used} is a {declared[used]['type']}, not a {kind}"
                )


def declarations_are_used(tree: Tree) -> Iterator[Violation]:
    """A metric or a problem that nothing raises is a promise nobody keeps."""
    used = {
        node.value
        for path in tree.under("agent", "backbone", "cli", "contracts", "customs", "services", suffix=".py")
        if path != _PROBLEMS
        for node in ast.walk(tree.module(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for path, pattern in ((_METRICS, r"^\[(\w+)\]"), (_PROBLEMS, r"^ +\"(\w+)\": ProblemText\(")):
        if path in tree.paths:
            for number, line in enumerate(tree.text(path).splitlines(), 1):
                match = re.match(pattern, line)
                if match and match[1] not in used:
                    yield Violation(path, number, f"nothing uses {match[1]}")


def topics_exist(tree: Tree) -> Iterator[Violation]:
    known = set(kafka.topics())
    for path in tree.under("backbone", "cli", "local", "services", suffix=".py"):
        for node in ast.walk(tree.module(path)):
            text = literal(node) if isinstance(node, ast.expr) else None
            if text is not None and _TOPIC.match(text) and text not in known:
                yield Violation(
                    path, getattr(node, "lineno", 1), f"topic {text} is not in contracts/topics.toml"
                )


def problem_codes_exist(tree: Tree) -> Iterator[Violation]:
    for path in tree.under("backbone", "contracts", "customs", "services", "cli", suffix=".py"):
        for call, name in tree.calls(path):
            code = _problem_code(call, name)
            if code is not None and code not in PROBLEM_TEXTS:
                yield Violation(path, call.lineno, f"problem code {code} is not in contracts/problems.py")


def _problem_code(call: ast.Call, name: str) -> str | None:
    last = name.rpartition(".")[2]
    if name == "problem" or last == "UnfitError":
        return literal(argument(call, 0, "code"))
    if last in ("problem", "warning") and "findings" in name:
        return literal(argument(call, 3, "code"))
    if last == "whole" and "findings" in name:
        return literal(argument(call, 0, "code"))
    return None


def log_fields_are_allowed(tree: Tree) -> Iterator[Violation]:
    for path in tree.under(*_PROGRAMS, suffix=".py"):
        for call, name in tree.calls(path):
            owner, _, level = name.rpartition(".")
            if level not in _LEVELS or not owner.endswith(("log.get()", "logger")):
                continue
            for keyword in call.keywords:
                if keyword.arg and keyword.arg not in log.ALLOWED | _LOG_WORDS:
                    yield Violation(
                        path,
                        call.lineno,
                        f"log field {keyword.arg} is not on the allow-list and would be dropped",
                    )


def settings_exist(tree: Tree) -> Iterator[Violation]:
    """A variable that deploy/ or the compose file sets is one that something reads."""
    known = _setting_names(tree)
    for path in tree.paths:
        if path.startswith("deploy/") or path in ("docker-compose.yml", "Dockerfile", ".env.example"):
            for number, line in enumerate(tree.text(path).splitlines(), 1):
                for name in _SETTING.findall(line):
                    if name not in known and not name.endswith("_"):
                        yield Violation(path, number, f"nothing reads {name}")


def _setting_names(tree: Tree) -> set[str]:
    """Fields of settings classes, and variables named outright in programs or in the edge's own file."""
    names: set[str] = set()
    for path in tree.under(
        "agent", "backbone", "bench", "cli", "local", "services", "simulators", suffix=".py"
    ):
        names.update(_SETTING.findall(tree.text(path)))
        for node in ast.walk(tree.module(path)):
            if isinstance(node, ast.ClassDef) and any("Settings" in dotted(base) for base in node.bases):
                names.update(
                    f"BONDGATE_{item.target.id.upper()}"
                    for item in node.body
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                )
    for path in tree.under("deploy"):
        if path.endswith("Caddyfile"):
            names.update(re.findall(r"\{\$(BONDGATE_[A-Z_]+)", tree.text(path)))
    for path in ("docker-compose.yml", "docker-compose.yaml"):
        if path in tree.paths:
            names.update(re.findall(r"\$\{(BONDGATE_[A-Z_]+)", tree.text(path)))
    return names
