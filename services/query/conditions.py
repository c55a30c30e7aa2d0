"""What lists can be asked for: the parameters of a kind, and the SQL they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from backbone import parameters
from backbone.auth import Principal
from backbone.parameters import Parameter
from backbone.scope import within
from contracts.permissions import DOCUMENT_READ
from customs.codes import table
from customs.documents import FieldSpec, Kind
from customs.documents.gathering import NAMES_BILLS
from customs.documents.life import Purpose
from services.query import search
from services.query.kind_facts import gone_through, settles, told_fields
from services.query.used_by import names_user, users_label, users_of
from services.query.wording import round_label

MOST_ROWS = 200
SHANGHAI = "Asia/Shanghai"
_SETTLED = ("2", "3")
"""核扣标志 of a 清单 that is settled (清单结关): 已核扣, 已核销."""

Put = Callable[[object], str]

# Conditions that are columns of their own, and how they are asked.
_COLUMNS: Mapping[str, str] = {
    "enterprise_id": "enterprise_id = {}",
    "team_id": "team_id = {}",
    "client_id": "client_id = {}",
    "customs_no": "customs_no = {}",
    "seq_no": "seq_no = {}",
    "state": "state = ANY({})",
    "system": "system = {}",
    "round_state": "round_state = ANY({})",
    "review": "review = {}",
    "needs_operator": "needs_operator = {}",
    "linked_no": "{} = ANY(linked)",
    "updated_since": "updated_at >= {}",
}
DERIVED = "sought_"
"""Columns that PostgreSQL derives from `listed`."""
# What has such a column, with an index: row-level security keeps `listed ->> …` away from any.
SOUGHT = frozenset(
    {
        "operating_code",
        "book_no",
        "area_code",
        "area_book_no",
        "business_form_no",
        "linked_nos",
        "vehicle_no",
        "owner_code",
    }
)
_TOLD = "COALESCE(authority ->> '{0}', listed ->> '{0}')"
# Days of Asia/Shanghai against a point in time: from the first moment of the day, to before that of the next.
_DAYS = {"input_date": "created_at", "declared": "declared_at", "approved": "approved_at"}
_INPUT_DATE = {
    "input_date_from": "listed ->> 'input_date' >= {}",
    "input_date_to": "listed ->> 'input_date' <= {}",
}
"""Of kinds that have the field; of the others the day on which the document was begun here counts."""
_FROM = f"{{column}} >= to_date({{value}}, 'YYYYMMDD')::timestamp AT TIME ZONE '{SHANGHAI}'"
_TO = f"{{column}} < (to_date({{value}}, 'YYYYMMDD') + 1)::timestamp AT TIME ZONE '{SHANGHAI}'"
_OVERDUE = {True: "deadline_at < now()", False: "(deadline_at IS NULL OR deadline_at >= now())"}
# A prefix as a range: unlike LIKE its operators are leakproof, so the index serves them under row-level security.
_BEGINS_WITH = 'internal_no COLLATE "C" >= {} AND internal_no COLLATE "C" < {}'
_LAST_CHARACTER = "\U0010ffff"


def of_kind(kind: Kind) -> Sequence[Parameter]:
    """What a list of this kind can be asked for."""
    return [*narrowing(kind), parameters.limit(MOST_ROWS), parameters.cursor()]


def narrowing(kind: Kind) -> Sequence[Parameter]:
    """The same without paging: what counts can be asked for too."""
    fields = kind.section("head").fields
    general = [
        search.PARAMETER,
        parameters.identity("enterprise_id", "查询企业"),
        parameters.identity("team_id", "班组"),
        parameters.identity("client_id", "客户"),
        *_numbers(fields),
        *_of_life(kind),
        *_dates(fields),
        parameters.moment("updated_since", "更新时间起"),
        parameters.flag("overdue", "是否逾期"),
        parameters.flag("needs_operator", "是否需要人工处理"),
    ]
    if kind.name in NAMES_BILLS:
        general.append(parameters.text("linked_no", "关联单证编号"))
    if users_of(kind.name):
        general.append(parameters.text("used_by_no", f"{users_label(kind.name)}预录入编号或海关编号"))
    if gone_through(kind.name):
        general.append(parameters.flag("through_gate", "是否过卡"))
    if settles(kind.name):
        general.append(parameters.flag("settled", "是否已结关"))
    taken = {parameter.name for parameter in general}
    own = dict.fromkeys((*told_fields(kind.name), *kind.conditions))
    return [*general, *(_by_value(fields[name]) for name in own if name not in taken)]


def _numbers(fields: Mapping[str, FieldSpec]) -> list[Parameter]:
    found = [parameters.text(name, fields[name].label) for name in ("customs_no", "seq_no") if name in fields]
    return [*found, parameters.text("internal_no", fields["internal_no"].label + "（前缀）")]


def _of_life(kind: Kind) -> list[Parameter]:
    states = tuple(state for state in kind.life.states if state != "deleted")
    rounds = [purpose.value for purpose in kind.life.rounds]
    found = [
        parameters.choice("state", "数据状态", states, many=True),
        parameters.choice("system", "所属系统", ("Z7", "Z8")),
        parameters.choice("review", "复核状态", ("requested", "approved", "rejected")),
    ]
    if rounds:
        named = "、".join(round_label(kind.name, purpose) for purpose in rounds)
        found += [
            parameters.choice("round", f"未完成的申请（{named}）", ("open", "none", *rounds)),
            parameters.choice("round_state", "未完成申请的状态", states, many=True),
        ]
    return found


def _dates(fields: Mapping[str, FieldSpec]) -> list[Parameter]:
    input_date = fields["input_date"].label if "input_date" in fields else "录入日期"
    names = [("input_date", input_date), ("declared", "发送申报日期"), ("approved", "审核通过日期")]
    return [
        parameters.day(f"{name}_{end}", f"{label}{word}")
        for name, label in names
        for end, word in (("from", "起"), ("to", "止"))
    ]


def _by_value(spec: FieldSpec) -> Parameter:
    if spec.table and not (table(spec.table).open or table(spec.table).published):
        return parameters.choice(spec.name, spec.label, tuple(sorted(table(spec.table).codes)))
    return parameters.text(spec.name, spec.label)


def where(kind: Kind, caller: Principal, asked: Mapping[str, object], arguments: list[object]) -> str:
    """The condition on rows of `documents`, within the caller's grants; values are added to `arguments` as $n."""

    def put(value: object) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    found = [
        f"kind = {put(kind.name)}",
        "state <> 'deleted'",
        within(caller.grants_for(DOCUMENT_READ), arguments),
    ]
    told = told_fields(kind.name)
    columns = {**_COLUMNS, **_INPUT_DATE} if "input_date" in kind.section("head").fields else _COLUMNS
    for name, value in asked.items():
        if name in columns:
            found.append(columns[name].format(put(value)))
        elif name == "used_by_no":
            found.append(names_user(kind, caller, value, arguments))
        elif name == "through_gate":
            found.append(f"(state = ANY({put(sorted(gone_through(kind.name)))})) = {put(value)}")
        elif name in _SPECIAL:
            found.append(_SPECIAL[name](value, put))
        elif name in told:
            found.append(f"{_TOLD.format(name)} = {put(value)}")
        elif name in kind.conditions:
            column = f"{DERIVED}{name}" if name in SOUGHT else f"listed ->> '{name}'"
            found.append(f"{column} = {put(value)}")
        else:
            found += [
                sides.format(column=column, value=put(value))
                for stem, column in _DAYS.items()
                for end, sides in (("from", _FROM), ("to", _TO))
                if name == f"{stem}_{end}"
            ]
    return " AND ".join(found)


def _in_round(value: object, put: Put) -> str:
    if value == "open":
        return "round_no IS NOT NULL"
    return "round_no IS NULL" if value == "none" else f"round_purpose = {put(Purpose(str(value)).value)}"


def _settled(value: object, put: Put) -> str:
    mark = f"{_TOLD.format('deduction_mark')} = ANY({put(list(_SETTLED))})"
    return mark if value is True else f"({mark}) IS NOT TRUE"


def _begins_with(value: object, put: Put) -> str:
    return _BEGINS_WITH.format(put(value), put(f"{value}{_LAST_CHARACTER}"))


_SPECIAL: Mapping[str, Callable[[object, Put], str]] = {
    "internal_no": _begins_with,
    "overdue": lambda value, put: _OVERDUE[value is True],
    "round": _in_round,
    "settled": _settled,
}


def is_settled(deduction_mark: object) -> bool:
    """The same of one document."""
    return deduction_mark in _SETTLED
