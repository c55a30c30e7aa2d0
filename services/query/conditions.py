"""What lists can be asked for: the parameters of a kind, and the SQL they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from backbone import parameters
from backbone.auth import Principal
from backbone.parameters import Parameter
from backbone.scope import within
from contracts.permissions import DOCUMENT_READ
from customs import clock
from customs.codes import table
from customs.documents import KINDS, FieldSpec, Kind
from customs.documents.gathering import NAMES_BILLS
from customs.documents.life import Purpose
from services.query import search
from services.query.kind_facts import gone_through, settles, told_fields
from services.query.used_by_column import names_user, users_label, users_of
from services.query.wording import round_label

MOST_ROWS = 200
_SETTLED = ("2", "3")
"""核扣标志 of a 清单 that is settled (清单结关): 已核扣, 已核销."""


class Asking(NamedTuple):
    """Who asks, of which kind; `put` adds a value to `arguments` and answers its place as $n."""

    kind: Kind
    caller: Principal
    arguments: list[object]

    def put(self, value: object) -> str:
        self.arguments.append(value)
        return f"${len(self.arguments)}"


class Condition(NamedTuple):
    """What a list can be asked for, and the SQL over rows of `documents` that it becomes."""

    parameter: Parameter
    sql: Callable[[Asking, Any], str]
    note: str = ""
    """For docs/lists.md: what the label does not say."""


def _plain(text: str) -> Callable[[Asking, Any], str]:
    """The value in one place of the text."""
    return lambda asking, value: text.format(asking.put(value))


ELSEWHERE = frozenset({search.PARAMETER.name, "limit", "cursor", "goods", "left", "partly"})
"""Parameters that are no condition on a row of `documents`: of the search, of paging, of what is looked at afterwards."""
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
_FROM = f"{{column}} >= to_date({{{{}}}}, 'YYYYMMDD')::timestamp AT TIME ZONE '{clock.ZONE}'"
_TO = f"{{column}} < (to_date({{{{}}}}, 'YYYYMMDD') + 1)::timestamp AT TIME ZONE '{clock.ZONE}'"
_OVERDUE = {True: "deadline_at < now()", False: "(deadline_at IS NULL OR deadline_at >= now())"}
# A prefix as a range: unlike LIKE its operators are leakproof, so the index serves them under row-level security.
_BEGINS_WITH = 'internal_no COLLATE "C" >= {} AND internal_no COLLATE "C" < {}'
_LAST_CHARACTER = "\U0010ffff"


def of_kind(kind: Kind) -> Sequence[Parameter]:
    """What a list of this kind can be asked for."""
    return [*narrowing(kind), parameters.limit(MOST_ROWS), parameters.cursor()]


def narrowing(kind: Kind) -> Sequence[Parameter]:
    """The same without paging: what counts can be asked for too."""
    return [search.PARAMETER, *(each.parameter for each in conditions(kind.name).values())]


@cache
def conditions(name: str) -> Mapping[str, Condition]:
    """Of a kind, by the name of the parameter. One place: parameters, SQL and documentation follow from it."""
    kind = KINDS[name]
    fields = kind.section("head").fields
    found = [
        Condition(parameters.identity("enterprise_id", "查询企业"), _plain("enterprise_id = {}")),
        Condition(parameters.identity("team_id", "班组"), _plain("team_id = {}")),
        Condition(parameters.identity("client_id", "客户"), _plain("client_id = {}")),
        *_numbers(fields),
        *_of_life(kind),
        *_dates(fields),
        Condition(parameters.moment("updated_since", "更新时间起"), _plain("updated_at >= {}")),
        Condition(
            parameters.flag("overdue", "是否逾期"),
            lambda _, value: _OVERDUE[value is True],
            "its state has lasted longer than it should",
        ),
        Condition(parameters.flag("needs_operator", "是否需要人工处理"), _plain("needs_operator = {}")),
    ]
    if kind.name in NAMES_BILLS:
        linked_no = parameters.text("linked_no", "关联单证编号")
        found.append(Condition(linked_no, _plain("{} = ANY(linked)"), "the number of a document it names"))
    if users_of(kind.name):
        label = f"{users_label(kind.name)}预录入编号或海关编号"
        found.append(Condition(parameters.text("used_by_no", label), _used_by, "a document that names it"))
    if gone_through(kind.name):
        found.append(Condition(parameters.flag("through_gate", "是否过卡"), _through_gate))
    if settles(kind.name):
        note = "`true` once 核扣标志 says 已核扣 or 已核销; the day is in `deducted_at`"
        found.append(Condition(parameters.flag("settled", "是否已结关"), _settled, note))
    taken = {each.parameter.name for each in found}
    own = dict.fromkeys((*told_fields(kind.name), *kind.conditions))
    found += [
        Condition(_by_value(fields[each]), _plain(f"{_where_kept(kind, each)} = {{}}"))
        for each in own
        if each not in taken
    ]
    return {each.parameter.name: each for each in found}


def _numbers(fields: Mapping[str, FieldSpec]) -> list[Condition]:
    found = [
        Condition(parameters.text(name, fields[name].label), _plain(f"{name} = {{}}"))
        for name in ("customs_no", "seq_no")
        if name in fields
    ]
    internal_no = parameters.text("internal_no", fields["internal_no"].label + "（前缀）")
    return [*found, Condition(internal_no, _begins_with)]


def _of_life(kind: Kind) -> list[Condition]:
    states = tuple(state for state in kind.life.states if state != "deleted")
    rounds = [purpose.value for purpose in kind.life.rounds]
    reviewed = ("requested", "approved", "rejected")
    found = [
        Condition(parameters.choice("state", "数据状态", states, many=True), _plain("state = ANY({})")),
        Condition(parameters.choice("system", "所属系统", ("Z7", "Z8")), _plain("system = {}")),
        Condition(parameters.choice("review", "复核状态", reviewed), _plain("review = {}")),
    ]
    if rounds:
        named = "、".join(round_label(kind.name, purpose) for purpose in rounds)
        open_round = parameters.choice("round", f"未完成的申请（{named}）", ("open", "none", *rounds))
        its_state = parameters.choice("round_state", "未完成申请的状态", states, many=True)
        found += [
            Condition(open_round, _in_round, "a purpose, any of them, or none"),
            Condition(its_state, _plain("round_state = ANY({})")),
        ]
    return found


def _dates(fields: Mapping[str, FieldSpec]) -> list[Condition]:
    """Of a kind without 录入日期 the day on which the document was begun here counts."""
    input_date = fields["input_date"].label if "input_date" in fields else "录入日期"
    found = []
    for name, label in (
        ("input_date", input_date),
        ("declared", "发送申报日期"),
        ("approved", "审核通过日期"),
    ):
        kept = name == "input_date" and "input_date" in fields
        for end, word, sign, sides in (("from", "起", ">=", _FROM), ("to", "止", "<=", _TO)):
            text = f"listed ->> 'input_date' {sign} {{}}" if kept else sides.format(column=_DAYS[name])
            of_draft = "of kinds without 录入日期 the day on which the document was begun here"
            note = of_draft if name == "input_date" else ""
            found.append(Condition(parameters.day(f"{name}_{end}", f"{label}{word}"), _plain(text), note))
    return found


def _by_value(spec: FieldSpec) -> Parameter:
    if spec.table and not (table(spec.table).open or table(spec.table).published):
        return parameters.choice(spec.name, spec.label, tuple(sorted(table(spec.table).codes)))
    return parameters.text(spec.name, spec.label)


def _where_kept(kind: Kind, name: str) -> str:
    if name in told_fields(kind.name):
        return _TOLD.format(name)
    return f"{DERIVED}{name}" if name in SOUGHT else f"listed ->> '{name}'"


def where(kind: Kind, caller: Principal, asked: Mapping[str, object], arguments: list[object]) -> str:
    """The condition on rows of `documents`, within the caller's grants; values are added to `arguments` as $n.

    Raises KeyError for a parameter that nothing becomes of.
    """
    asking = Asking(kind, caller, arguments)
    found = [
        f"kind = {asking.put(kind.name)}",
        "state <> 'deleted'",
        within(caller.grants_for(DOCUMENT_READ), arguments),
    ]
    known = conditions(kind.name)
    found += [known[name].sql(asking, value) for name, value in asked.items() if name not in ELSEWHERE]
    return " AND ".join(found)


def _in_round(asking: Asking, value: object) -> str:
    if value == "open":
        return "round_no IS NOT NULL"
    if value == "none":
        return "round_no IS NULL"
    return f"round_purpose = {asking.put(Purpose(str(value)).value)}"


def _settled(asking: Asking, value: object) -> str:
    mark = f"{_TOLD.format('deduction_mark')} = ANY({asking.put(list(_SETTLED))})"
    return mark if value is True else f"({mark}) IS NOT TRUE"


def _begins_with(asking: Asking, value: object) -> str:
    return _BEGINS_WITH.format(asking.put(value), asking.put(f"{value}{_LAST_CHARACTER}"))


def _through_gate(asking: Asking, value: object) -> str:
    return f"(state = ANY({asking.put(sorted(gone_through(asking.kind.name)))})) = {asking.put(value)}"


def _used_by(asking: Asking, value: object) -> str:
    return names_user(asking.kind, asking.caller, value, asking.arguments)


def is_settled(deduction_mark: object) -> bool:
    """The same of one document."""
    return deduction_mark in _SETTLED
