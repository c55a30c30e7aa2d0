/** Which versions there are, and what differs between two of them, side by side. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask } from "@/api/client";
import { PlainTable } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import { shortTime } from "@/parts/times";
import type { Diff, Versions as All } from "./answers";

const PURPOSES: Record<string, string> = { filing: "备案", change: "变更", cancellation: "删除（作废）", closure: "结案" };

export function Versions({ id, path }: { id: string; path: string }): React.ReactNode {
  const [pair, setPair] = useState<{ old: string; new: string } | null>(null);
  const versions = useQuery({ queryKey: ["document", id, "versions"], queryFn: () => ask<All>(`${path}/versions`) });
  const all = versions.data;
  const names: [string, string][] = all
    ? [
        ["working", "当前内容"],
        ...(all.approved === null ? [] : [["approved", "海关通过的内容"] as [string, string]]),
        ...all.sent
          .filter((sent) => sent.upload === "document")
          .map((sent): [string, string] => [String(sent.attempt_no), `第${sent.attempt_no}次发送（${PURPOSES[sent.purpose] ?? sent.purpose}，${shortTime(sent.ordered_at)}）`]),
      ]
    : [];
  const chosen = pair ?? { old: names[1]?.[0] ?? "working", new: "working" };
  const diff = useQuery({
    queryKey: ["document", id, "diff", chosen.old, chosen.new],
    queryFn: () => ask<Diff>(`${path}/diff?old=${chosen.old}&new=${chosen.new}`),
    enabled: names.length > 1,
  });
  const nameOf = (version: string): string => names.find(([value]) => value === version)?.[1] ?? version;
  if (versions.isError) return <ProblemView error={versions.error} again={() => void versions.refetch()} />;
  if (!all) return <p className="quiet pad">正在读取…</p>;
  if (names.length < 2) return <p className="quiet pad">还没有发送过，只有当前内容。</p>;
  return (
    <div className="pad">
      <div className="versions-pair">
        {(["old", "new"] as const).map((side) => (
          <label key={side}>
            {side === "old" ? "比较" : "与"}
            <select className="plain-input" value={chosen[side]} onChange={(event) => setPair({ ...chosen, [side]: event.target.value })}>
              {names.map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {diff.isError && <ProblemView error={diff.error} />}
      {diff.data?.same && <p className="quiet">两者内容相同。</p>}
      {diff.data && !diff.data.same && (
        <PlainTable
          label="差异"
          rows={diff.data.sections.flatMap((section) => section.differences.map((each, at) => ({ ...each, key: `${section.section}${at}` })))}
          keyOf={(each) => each.key}
          columns={[
            { title: "位置", cell: (each) => each.label },
            { title: nameOf(chosen.old), cell: (each) => (each.action === "added" ? "" : worded(each.old, each.old_name, each.action === "removed" ? "整行" : "（空）")), className: "differs-old" },
            { title: nameOf(chosen.new), cell: (each) => (each.action === "removed" ? "已删除" : worded(each.new, each.new_name, each.action === "added" ? "新增的行" : "（空）")), className: "differs-new" },
          ]}
        />
      )}
      {all.rounds.length > 0 && (
        <>
          <h3>申请记录</h3>
          <ul>
            {all.rounds.map((round) => (
              <li key={round.round_no}>
                {PURPOSES[round.purpose] ?? round.purpose}：{round.reason}（{round.opened_by.name}，{shortTime(round.opened_at)}
                {round.withdrawn_at ? `，${round.withdrawn_by?.name ?? ""}已撤回` : ""}）
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function worded(value: unknown, name: string | null | undefined, nothing: string): string {
  return [value, name].filter((part) => part !== null && part !== undefined).join(" ") || nothing;
}
