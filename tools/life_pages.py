"""How documents of a kind live, as tables: states and deadlines, what leads where, the rounds. Derived from `Kind.life`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from customs.documents.kinds import Kind
from customs.documents.life import FILED, Life, Step, always_lawful
from tools.markdown import table


def life_section(kind: Kind) -> str:
    """The part of a kind's page about its life."""
    life = kind.life
    parts = [
        "## Life\n",
        "Every upload is an attempt of a round: the filing first (备案, 申报类型 1), then those the law admits. Within an "
        "attempt the answer of the highest rank wins, whatever the order in which answers come; of equal ranks the later "
        "one by the authority's clock.\n",
        "### States\n",
        _states(life),
        "### From one state to the next\n",
        table(("From", "Event", "To", "Rank"), _steps(life)),
    ]
    if life.happenings:
        parts += [
            "Outside any round, the newest by the authority's time wins; ranks only order what bears the same second:\n",
            table(
                ("Event", "To", "Rank"),
                ((f"`{n}`", _to(life, s), s.rank) for n, s in _ordered(life.happenings)),
            ),
        ]
    parts += ["### Rounds\n", _rounds(kind)]
    return "\n".join(parts)


def _states(life: Life) -> str:
    rows = (
        (
            state.label,
            f"`{state.code}`",
            state.description,
            "yes" if state.editable else "",
            "yes" if state.terminal else "",
            f"{state.deadline_hours} h" if state.deadline_hours else "",
        )
        for state in life.states.values()
    )
    return table(("中文", "Code", "Meaning", "May be edited", "Final", "Overdue after"), rows)


def _ordered(steps: Mapping[str, Step]) -> list[tuple[str, Step]]:
    return sorted(steps.items(), key=lambda item: item[1].rank)


def _to(life: Life, step: Step) -> str:
    return f"{life.states[step.state].label} `{step.state}`" if step.state else "what it was before"


def _steps(life: Life) -> Iterator[tuple[object, ...]]:
    editable = [state.label for state in life.states.values() if state.editable]
    label = {code: state.label for code, state in life.states.items()}
    yield "(new)", "saved, copied", f"{label['draft']} `draft`", ""
    yield (
        " / ".join(label[code] for code in ("draft", "stored", "failed")),
        "暂存 ordered, then `acknowledged`",
        (f"{label['stored']} `stored`"),
        "",
    )
    yield " / ".join(editable), "申报 ordered", f"{label['sending']} `sending`", ""
    for name, step in _ordered(life.course):
        before = dict.fromkeys(
            label[each.state]
            for _, each in _ordered(life.course)
            if each.rank <= step.rank and each.state != step.state
        )
        yield " / ".join(before) or label["sending"], f"`{name}`", _to(life, step), step.rank


def _rounds(kind: Kind) -> str:
    life = kind.life
    label = {code: state.label for code, state in life.states.items()}
    rows = [("备案", "`filing`", FILED, "editable states", "the whole document", "by the table above")]
    for purpose, each in life.rounds.items():
        from_states = " / ".join(label[code] for code in life.states if code in each.from_states)
        content = (
            "what may be changed, see 说明 of each field" if each.edits else "the approved version as it is"
        )
        granted = (
            f"{label[each.granted]} `{each.granted}`" if each.granted else "the same state, content replaced"
        )
        rows.append((each.label, f"`{purpose.value}`", each.declaration_type, from_states, content, granted))
    told = table(("Round", "Code", "申报类型", "From", "Content", "Once approved"), rows)
    if life.lawful is not always_lawful:
        told += f"\nFurther conditions: `lawful` in `customs/documents/{kind.name}/life.py`.\n"
    if not life.rounds:
        return told + "\nThis kind has no later round.\n"
    return told + "\nOne round at a time; the approved version stays valid until the round is approved.\n"
