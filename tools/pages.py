"""Pages of the documentation that are derived from the contracts, in Markdown."""

from __future__ import annotations

import tomllib

from backbone import kafka
from contracts.events import EVENT_TYPES
from contracts.permissions import PERMISSIONS
from contracts.problems import PROBLEM_TEXTS
from customs.codes import TABLES
from customs.documents import KINDS, FieldSpec
from customs.documents.kinds import Kind
from customs.documents.sections import Section
from customs.documents.states import State
from customs.singlewindow.forms import FORMS, receipt_types
from services.query import conditions
from services.query.conditions import Condition
from tools.life_pages import life_section
from tools.markdown import page, table
from tools.refusals import refusals
from tools.tree import ROOT

_NEEDS = {
    "save": "保存时",
    "declare": "申报时",
    "when": "有条件",
    "optional": "可选",
    "system": "系统填写",
}
_ON_REVERSE = {"flip": "反向复制时取相反方向", "clear": "反向复制时清空"}


def _type_of(spec: FieldSpec) -> str:
    if spec.type == "decimal" and spec.digits:
        return f"decimal {spec.digits[0]},{spec.digits[1]}"
    if spec.type == "integer" and spec.digits:
        return f"integer {spec.digits[0]}"
    length = f"{'=' if spec.exact else '≤'}{spec.max_length}"
    form = "" if spec.form == "any" or spec.type in ("code", "date") else f" {spec.form}"
    return f"{spec.type} {length}{form}"


def _field_row(spec: FieldSpec) -> tuple[str, ...]:
    codes = f"{TABLES[spec.table].label} `{spec.table}`" if spec.table else ""
    remarks = "；".join(
        text
        for text in (
            spec.when,
            spec.note,
            f"单一窗口网页最长{spec.advised_length}" if spec.advised_length else None,
            "可变更" if spec.changeable else None,
            _ON_REVERSE.get(spec.on_reverse),
        )
        if text
    )
    return (
        spec.label,
        f"`{spec.name}`",
        f"`{spec.up}`" if spec.up else "",
        f"`{spec.down}`" if spec.down else "",
        _type_of(spec),
        codes,
        _NEEDS[spec.need],
        remarks,
        spec.source,
        spec.confidence,
    )


def _section(section: Section) -> str:
    elements = " / ".join(f"`{name}`" for name in (section.up, section.down) if name)
    rows = f", up to {section.max_rows:,} rows" if section.many else ""
    head = ("名称", "Name", "Upload", "Receipt", "Type", "代码表", "填写", "说明", "Source", "Sure")
    fields = table(head, (_field_row(spec) for spec in section.fields.values()))
    return f"## {section.label} `{section.name}`\n\n{elements}{rows}{_row_facts(section)}\n\n{fields}"


def _row_facts(section: Section) -> str:
    if not section.many:
        return ""
    key = "、".join(section.fields[name].label for name in section.row_key)
    change = "may be added and removed" if section.rows_may_change else "are neither added nor removed"
    return f"; rows are told apart by {key}, and {change} in a 变更"


def document_page(kind: Kind) -> str:
    """Every field and rule of a kind."""
    intro = (
        f"{kind.label}: kind `{kind.name}`, `/v1/{kind.url}`, upload {kind.upload_type} (`{kind.up_root}`), receipts "
        f"{', '.join(f'{name} {FORMS[name].label}' for name in receipt_types(kind))}. Catalogue version {kind.catalogue_version}.\n\n"
        "Lengths are the authority's bytes: a Chinese character counts 2. `=` is exact, `≤` at most; decimals are total "
        "digits and decimals after the point. Upload and Receipt are element names of the two dialects. Sure: H, M or L.\n"
    )
    rules = table(
        ("Rule", "Says", "Checked at", "Source"),
        (
            (f"`{r.name}`", r.says, ", ".join(sorted(p.value for p in r.profiles)), r.source)
            for r in kind.rules
        ),
    )
    sections = [_section(section) for section in kind.sections]
    source = f"`customs/documents/{kind.name}/`"
    return page(
        f"{kind.label} ({kind.name})",
        source,
        intro,
        life_section(kind),
        *sections,
        "## Rules between fields\n",
        rules,
        "Tests of each: [rules](../rules.md).\n",
    )


def events_page() -> str:
    """Topics and message types."""
    parts = []
    for topic in kafka.topics().values():
        keep = "for ever" if topic.retention_days < 0 else f"{topic.retention_days} days"
        rows = [
            (
                f"[`{name}`](../contracts/schemas/events/{name}.schema.json)",
                (EVENT_TYPES[name].__doc__ or "").strip().splitlines()[0],
                f"[samples](../contracts/examples/{name}/)",
            )
            for name in topic.emits
        ]
        parts.append(
            f"## {topic.name}\n\nWritten by {topic.owner}, read by {', '.join(topic.reads)}; {topic.partitions} partitions, "
            f"kept {keep}, dead letters on `{topic.name}{kafka.DEAD_LETTER_SUFFIX}`.\n\n"
            + table(("Type", "Says", "Samples"), rows)
        )
    return page("Events", "`contracts/topics.toml`, `contracts/events/`", *parts)


def errors_page() -> str:
    """Every code a caller may meet."""
    answers = table(
        ("Status", "Code", "Title", "Hint"),
        ((r.status, f"`{code}`", r.title, r.hint) for code, r in refusals().items()),
    )
    problems = table(
        ("Code", "Message", "Hint"),
        ((f"`{code}`", text.message, text.hint) for code, text in PROBLEM_TEXTS.items()),
    )
    return page(
        "Errors",
        "classes of `Refusal` in `backbone/` and `services/`, `contracts/problems.py`",
        "Every error is `application/problem+json` (RFC 9457) with a stable `code`; words in braces are filled in.\n",
        "## Refusals: the answer as a whole\n",
        answers,
        "## Entries of `errors[]`, each with a JSON pointer\n",
        problems,
    )


def metrics_page() -> str:
    """Every metric."""
    declared = tomllib.loads((ROOT / "contracts/metrics.toml").read_text(encoding="utf-8"))
    rows = [
        (f"`{name}`", row["type"], ", ".join(row.get("labels", [])), row["help"])
        for name, row in declared.items()
    ]
    return page("Metrics", "`contracts/metrics.toml`", table(("Name", "Type", "Labels", "Meaning"), rows))


def states_table() -> str:
    """States of documents, for the glossary: those of all kinds first, then what single kinds have."""
    kinds_of: dict[State, list[str]] = {}
    for kind in KINDS.values():
        for state in kind.life.states.values():
            kinds_of.setdefault(state, []).append(kind.label)
    ordered = sorted(kinds_of.items(), key=lambda item: -len(item[1]))
    return table(
        ("中文", "Code", "Kinds", "Meaning", "May be edited", "Overdue after"),
        (
            (
                state.label,
                f"`{state.code}`",
                "all" if len(kinds) == len(KINDS) else "、".join(kinds),
                state.description,
                "yes" if state.editable else "",
                f"{state.deadline_hours} h" if state.deadline_hours else "",
            )
            for state, kinds in ordered
        ),
    )


def kinds_table() -> str:
    """Document kinds that are built, for the glossary."""
    rows = [
        (kind.label, f"`{kind.model.__name__}`, `{kind.name}`", f"`/v1/{kind.url}`", kind.upload_type)
        for kind in KINDS.values()
    ]
    return table(("中文", "Code name, kind", "URL", "Upload"), rows)


def fields_table() -> str:
    """Each field's words once, for the glossary: label, code names, elements."""
    seen: dict[tuple[str, str], list[str]] = {}
    for kind in KINDS.values():
        for section, spec in kind.fields():
            elements = " / ".join(f"`{name}`" for name in (spec.up, spec.down) if name)
            seen.setdefault((spec.label, elements), []).append(f"`{section.name}.{spec.name}`")
    rows = [(label, ", ".join(dict.fromkeys(names)), elements) for (label, elements), names in seen.items()]
    return table(("中文", "Code name", "Authority (upload / receipt)"), rows)


def tables_table() -> str:
    """The code tables, for the glossary."""
    rows = [
        (codes.label, f"`{codes.name}`", len(codes), codes.edition, "yes" if codes.open else "")
        for codes in TABLES.values()
    ]
    return table(("中文", "Table", "Codes", "Edition", "Open"), rows)


def conditions_table() -> str:
    """What lists can be asked for, for docs/lists.md: what all kinds have, then what some have."""
    told: dict[str, dict[str, Condition]] = {}
    for kind in KINDS.values():
        for name, condition in conditions.conditions(kind.name).items():
            told.setdefault(name, {})[kind.label] = condition
    ordered = sorted(told.items(), key=lambda item: -len(item[1]))
    rows = []
    for name, by_kind in ordered:
        found = [condition.parameter for condition in by_kind.values()]
        labels = dict.fromkeys(parameter.label for parameter in found)
        takes = {parameter.expected for parameter in found}
        rows.append(
            (
                f"`{name}`",
                "all" if len(found) == len(KINDS) else "、".join(by_kind),
                " / ".join(labels),
                (takes.pop() if len(takes) == 1 else "what the kind has")
                + ("; may be repeated" if found[0].many else ""),
                next(iter(by_kind.values())).note,
            )
        )
    return table(("Condition", "Kinds", "名称", "Takes", "Means"), rows)


def permissions_table() -> str:
    """What a role may allow, for the page on one's own firm."""
    return table(("Permission", "Allows"), ((f"`{name}`", words) for name, words in PERMISSIONS.items()))
