/** Conditions of the official page; the quick words in front look everywhere. */
import { Button, Input } from "antd";
import { useEffect, useId, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { whoAmI } from "@/api/session";
import type { Kind, Parameter } from "@/catalogue/types";
import { fieldOf } from "@/catalogue/kinds";
import { useCodes } from "@/parts/useKind";
import { officialConditions, quickDates, without, type Asked, type Conditions } from "./conditions";

type Props = {
  kind: Kind;
  conditions: Conditions;
  onAsk: (conditions: Conditions) => void;
  open: boolean;
  onOpen: (open: boolean) => void;
};

export function ConditionsPanel({ kind, conditions, onAsk, open, onOpen }: Props): React.ReactNode {
  const [draft, setDraft] = useState(conditions);
  useEffect(() => setDraft(conditions), [conditions]);
  const set = (name: string, value: string): void => setDraft((before) => (value ? { ...before, [name]: value } : without(before, name)));
  const asked = officialConditions(kind);
  const used = asked.filter(({ parameter, until }) => conditions[parameter.name] || (until && conditions[until.name])).length;

  return (
    <form
      className="asking"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(draft);
      }}
    >
      <div className="asking-first">
        <Input.Search
          className="asking-words"
          placeholder="编号、企业、料号、商品、车牌，空格分隔"
          aria-label="快速查找"
          value={String(draft.q ?? "")}
          onChange={(event) => set("q", event.target.value)}
          onSearch={() => onAsk(draft)}
          allowClear
        />
        <span className="asking-days" role="group" aria-label="录入日期">
          {quickDates().map(([label, from, to]) => {
            const on = conditions.input_date_from === from && conditions.input_date_to === to;
            return (
              <button
                key={label}
                type="button"
                aria-pressed={on}
                onClick={() => onAsk(on ? without(draft, "input_date_from", "input_date_to") : { ...draft, input_date_from: from, input_date_to: to })}
              >
                {label}
              </button>
            );
          })}
        </span>
        <Button type="text" htmlType="button" aria-expanded={open} onClick={() => onOpen(!open)}>
          {open ? "收起条件" : `查询条件${used ? `（${used}）` : ""}`}
        </Button>
        {Object.keys(conditions).length > 0 && (
          <Button type="text" htmlType="button" onClick={() => onAsk({})}>
            清空
          </Button>
        )}
      </div>
      {open && (
        <div className="asking-all">
          {asked.map((each) => (
            <Condition key={each.label} kind={kind} asked={each} values={draft} onValue={set} />
          ))}
          <div className="asking-go">
            <Button type="primary" htmlType="submit">
              查询
            </Button>
          </div>
        </div>
      )}
    </form>
  );
}

function Condition({ kind, asked, values, onValue }: { kind: Kind; asked: Asked; values: Conditions; onValue: (name: string, value: string) => void }): React.ReactNode {
  const id = useId();
  const { label, parameter, until } = asked;
  return (
    <div className={until ? "asking-one asking-wide" : "asking-one"}>
      <label htmlFor={id}>{label}</label>
      {until ? (
        <span className="asking-period">
          <Day id={id} label={`${label}起`} value={String(values[parameter.name] ?? "")} onDay={(day) => onValue(parameter.name, day)} />
          <span aria-hidden>—</span>
          <Day label={`${label}止`} value={String(values[until.name] ?? "")} onDay={(day) => onValue(until.name, day)} />
        </span>
      ) : (
        <One id={id} kind={kind} parameter={parameter} value={String(values[parameter.name] ?? "")} onValue={(value) => onValue(parameter.name, value)} />
      )}
    </div>
  );
}

/** The browser's own calendar, with days as the API takes them. */
function Day({ id, label, value, onDay }: { id?: string; label: string; value: string; onDay: (day: string) => void }): React.ReactNode {
  return (
    <input
      id={id}
      type="date"
      className="plain-input"
      aria-label={label}
      value={value.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3")}
      onChange={(event) => onDay(event.target.value.replaceAll("-", ""))}
    />
  );
}

function One({ id, kind, parameter, value, onValue }: { id: string; kind: Kind; parameter: Parameter; value: string; onValue: (value: string) => void }): React.ReactNode {
  const codes = useCodes();
  const session = useQuery({ queryKey: ["session"], queryFn: whoAmI, staleTime: Infinity });
  const table = codes.get(fieldOf(kind, "head", parameter.name)?.table ?? "");
  let choices: [string, string][] | null = null;
  if (parameter.name === "enterprise_id") choices = (session.data?.enterprises ?? []).map((each) => [each.id, each.name]);
  else if (parameter.form === "flag") choices = [["true", "是"], ["false", "否"]];
  else if (table && table.rows.length <= 60) {
    const among = parameter.among;
    choices = table.rows.filter((row) => !among || among.includes(row.code)).map((row) => [row.code, `${row.code} ${row.name}`]);
  } else if (parameter.among) choices = parameter.among.map((each) => [each, each]);
  if (!choices) return <input id={id} className="plain-input" value={value} onChange={(event) => onValue(event.target.value)} autoComplete="off" />;
  return (
    <select id={id} className="plain-input" value={value} onChange={(event) => onValue(event.target.value)}>
      <option value="">全部</option>
      {choices.map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
