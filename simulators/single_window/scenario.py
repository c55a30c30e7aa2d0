"""A script file: whole courses of events for documents of one's choice, in TOML.

    [[scenario]]
    internal_no = "CASE-1"          # or pattern = "CASE-.*", matched from the start to the end
    kind = "gate_pass"              # optional
    round = "1"                     # optional: DclTypecd of the upload
    times = 1                       # optional: for that many arrivals only
    steps = [
        {receipt = "ACK"},
        {receipt = "SAS221", result = "1", full = true, after_ms = 500},
        {receipt = "SAS223", at_gate = "first", twice = true},
    ]

`outcome = "RET"` in place of `steps` takes a course of the table.

    [[opening]]                     # what a line of a book begins with
    book_no = "T3105W000001"
    line_no = 11
    in = "1000"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.single_window.book import Opening, opening_of
from simulators.single_window.kinds import BY_NAME, KINDS
from simulators.single_window.kinds.kind import Kind
from simulators.single_window.outcomes import ACK, Outcome, Step, outcome_named

_SCENARIO_KEYS = {"internal_no", "pattern", "kind", "round", "times", "steps", "outcome"}
_STEP_KEYS = {
    "receipt", "result", "after_ms", "full", "twice", "at_gate", "as", "later_days", "reasons",
}  # fmt: skip
_USUAL_WAIT_MS = 600


class ScriptError(Exception):
    """A script file that cannot be used; one line that says where and why."""


@dataclass(frozen=True)
class Scenario:
    """One entry of the file."""

    matches: re.Pattern[str]
    kind: str
    round: str
    times: int | None
    outcome: Outcome

    def is_for(self, internal_no: str, kind: Kind | None, round_: str) -> bool:
        """Whether it decides about an upload of that number, kind and round."""
        if kind is None or (self.kind and self.kind != kind.name) or (self.round and self.round != round_):
            return False
        return self.matches.fullmatch(internal_no) is not None and self._can_be_told(kind)

    def _can_be_told(self, kind: Kind) -> bool:
        known = {ACK, *(form.type for form in kind.receipts)}
        return all(step.receipt in known for step in self.outcome.steps or ())


@dataclass(frozen=True)
class Script:
    """The scenarios of a file, in order, and what lines of books begin with."""

    scenarios: tuple[Scenario, ...] = ()
    openings: tuple[Opening, ...] = ()


def read_script(path: Path) -> Script:
    """What a file says; ScriptError when it cannot be read or means nothing."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"{path}: not TOML: {error}") from error
    try:
        _only(data, {"scenario", "opening"}, "the file")
        entries, openings = data.get("scenario", []), data.get("opening", [])
        if not (isinstance(entries, list) and isinstance(openings, list) and (entries or openings)):
            raise ScriptError("no [[scenario]] in it")
        return Script(
            tuple(_scenario(entry, f"scenario {n}", n) for n, entry in enumerate(entries, 1)),
            tuple(_opening(entry, f"opening {n}") for n, entry in enumerate(openings, 1)),
        )
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from error


def _opening(entry: Any, where: str) -> Opening:
    if not isinstance(entry, dict):
        raise ScriptError(f"{where}: not a table")
    row = {name: value for name, value in entry.items() if name != "book_no"}
    try:
        return opening_of(_text(entry, "book_no", where), row)
    except ValueError as error:
        raise ScriptError(f"{where}: {error}") from error


def _scenario(entry: Any, where: str, number: int) -> Scenario:
    if not isinstance(entry, dict):
        raise ScriptError(f"{where}: not a table")
    _only(entry, _SCENARIO_KEYS, where)
    kind, round_ = _text(entry, "kind", where), _text(entry, "round", where)
    if kind and kind not in BY_NAME:
        raise ScriptError(f"{where}: no kind {kind!r}; there are {', '.join(BY_NAME)}")
    if round_ not in ("", "1", "2", "3"):
        raise ScriptError(f"{where}: round must be 1, 2 or 3")
    times = entry.get("times")
    if times is not None and (type(times) is not int or times < 1):
        raise ScriptError(f"{where}: times must be a whole number above 0")
    if ("steps" in entry) == ("outcome" in entry):
        raise ScriptError(f"{where}: give either steps or outcome")
    return Scenario(_pattern(entry, where), kind, round_, times, _outcome(entry, kind, where, number))


def _pattern(entry: dict[str, Any], where: str) -> re.Pattern[str]:
    if ("internal_no" in entry) == ("pattern" in entry):
        raise ScriptError(f"{where}: give either internal_no or pattern")
    if "internal_no" in entry:
        return re.compile(re.escape(_text(entry, "internal_no", where)))
    try:
        return re.compile(_text(entry, "pattern", where))
    except re.error as error:
        raise ScriptError(f"{where}: pattern: {error}") from error


def _outcome(entry: dict[str, Any], kind: str, where: str, number: int) -> Outcome:
    if "outcome" in entry:
        name = _text(entry, "outcome", where)
        try:
            return outcome_named(name)
        except KeyError as error:
            raise ScriptError(f"{where}: no outcome {name!r}") from error
    steps = entry["steps"]
    if not isinstance(steps, list):
        raise ScriptError(f"{where}: steps must be a list")
    kinds = (BY_NAME[kind],) if kind else KINDS
    made = tuple(_step(step, f"{where}, step {n}", kinds) for n, step in enumerate(steps, 1))
    if made and not any({s.receipt for s in made} <= {ACK, *(f.type for f in k.receipts)} for k in kinds):
        raise ScriptError(f"{where}: no kind has all these receipts")
    return Outcome(f"SCRIPT-{number}", where, steps=made)


def _step(step: Any, where: str, kinds: tuple[Kind, ...]) -> Step:
    if not isinstance(step, dict):
        raise ScriptError(f"{where}: not a table")
    _only(step, _STEP_KEYS, where)
    receipt = _text(step, "receipt", where)
    wait = _natural(step, "after_ms", where, 300 if receipt == ACK else _USUAL_WAIT_MS)
    if receipt == ACK:
        return Step(ACK, wait, twice=_flag(step, "twice", where))
    forms = [form for kind in kinds for form in kind.receipts if form.type == receipt]
    if not forms:
        raise ScriptError(f"{where}: no receipt {receipt!r} here")
    result = _text(step, "result", where) or forms[0].results[0]
    if result not in forms[0].results:
        raise ScriptError(f"{where}: {receipt} has no result {result!r}")
    try:
        variant = forms[0].variant(_text(step, "at_gate", where) or _text(step, "as", where))
    except KeyError as error:
        raise ScriptError(f"{where}: {receipt} has no form {error.args[0]!r}") from error
    reasons = step.get("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(reason, str) for reason in reasons):
        raise ScriptError(f"{where}: reasons must be a list of texts")
    return Step(
        receipt,
        wait,
        result,
        _flag(step, "full", where),
        variant,
        _natural(step, "later_days", where, 0),
        _flag(step, "twice", where),
        tuple(reasons),
    )


def _only(table: dict[str, Any], known: set[str], where: str) -> None:
    for name in table:
        if name not in known:
            raise ScriptError(f"{where}: unknown key {name!r}")


def _text(table: dict[str, Any], name: str, where: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise ScriptError(f"{where}: {name} must be a text")
    return value


def _flag(table: dict[str, Any], name: str, where: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise ScriptError(f"{where}: {name} must be true or false")
    return value


def _natural(table: dict[str, Any], name: str, where: str, default: int) -> int:
    value = table.get(name, default)
    if type(value) is not int or value < 0:
        raise ScriptError(f"{where}: {name} must be a whole number from 0 on")
    return value
