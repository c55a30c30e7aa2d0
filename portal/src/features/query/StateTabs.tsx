/** How many there are of each state, as tabs; behind them what waits for somebody. */
import type { Conditions } from "./conditions";
import { without } from "./conditions";
import type { Counts } from "./rows";

const WAITING: [keyof Counts & ("overdue" | "needs_operator" | "review_requested"), string, Conditions][] = [
  ["review_requested", "待复核", { review: "requested" }],
  ["overdue", "逾期", { overdue: "true" }],
  ["needs_operator", "待人工处理", { needs_operator: "true" }],
];

export function StateTabs({ counts, conditions, onAsk }: { counts: Counts | undefined; conditions: Conditions; onAsk: (conditions: Conditions) => void }): React.ReactNode {
  const rest = without(conditions, "state", "review", "overdue", "needs_operator");
  const state = Array.isArray(conditions.state) ? conditions.state.join() : "";
  const waits = Boolean(conditions.review ?? conditions.overdue ?? conditions.needs_operator);
  return (
    <div className="tabs" role="group" aria-label="按状态">
      <Tab label="全部" count={counts?.total} on={!state && !waits} onClick={() => onAsk(rest)} />
      {counts?.states.map((each) => (
        <Tab
          key={each.state}
          label={each.label}
          count={each.count}
          on={state === each.state}
          onClick={() => onAsk({ ...rest, state: [each.state] })}
        />
      ))}
      <span className="tabs-space" />
      {WAITING.map(([name, label, condition]) =>
        counts && counts[name] > 0 ? (
          <Tab
            key={name}
            label={label}
            count={counts[name]}
            tone="warn"
            on={Object.keys(condition).every((key) => conditions[key] === condition[key])}
            onClick={() => onAsk({ ...rest, ...condition })}
          />
        ) : null,
      )}
    </div>
  );
}

function Tab({ label, count, on, tone, onClick }: { label: string; count: number | undefined; on: boolean; tone?: string; onClick: () => void }): React.ReactNode {
  return (
    <button type="button" className="tab" aria-pressed={on} data-tone={tone} onClick={onClick}>
      {label}
      <span className="tab-count">{count ?? "…"}</span>
    </button>
  );
}
