/** One action for many documents: asked once, then a result for each. */
import { Link } from "@tanstack/react-router";
import { Button, Modal, Progress } from "antd";
import { useEffect, useRef, useState } from "react";
import { ask, BACKGROUND, json, newKey, patiently, type Schemas } from "@/api/client";
import { nextWork } from "@/api/live";
import type { Kind } from "@/catalogue/types";
import { ProblemView } from "@/parts/ProblemView";
import type { Row } from "./rows";

export type BatchAction = "declare" | "stage" | "delete";
type Batch = Schemas["BatchDetail"];

export const BATCH_WORDS: Record<BatchAction, string> = { declare: "申报", stage: "暂存到单一窗口", delete: "删除" };
const STATUS: Record<string, [string, string]> = {
  waiting: ["等待", "still"],
  done: ["完成", "good"],
  refused: ["未办", "bad"],
  stale: ["已被他人修改", "warn"],
  cancelled: ["已取消", "still"],
};

type Props = { kind: Kind; action: BatchAction | null; rows: Row[]; onClose: (done: boolean) => void };

export function BatchDialog({ kind, action, rows, onClose }: Props): React.ReactNode {
  const [batch, setBatch] = useState<Batch | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const key = useRef("");
  useEffect(() => {
    setBatch(null);
    setProblem(null);
    setBusy(false);
    key.current = newKey();
  }, [action]);

  async function order(): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      const documents = rows.map(({ id, version }) => ({ id, version }));
      const order = json("POST", { action, documents }, { "Idempotency-Key": key.current });
      const made = await patiently(() => ask<Batch>(`/v1/${kind.url}/batches`, order));
      await follow(made.id);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  async function follow(id: string): Promise<void> {
    for (;;) {
      const moved = nextWork("batch", id);
      const now = await patiently(() => ask<Batch>(`/v1/batches/${id}?limit=200`, { headers: BACKGROUND }));
      setBatch(now);
      if (now.state !== "running") return;
      await moved;
    }
  }

  async function again(): Promise<void> {
    if (!batch) return;
    setBusy(true);
    try {
      await ask(`/v1/batches/${batch.id}/retry`, json("POST", {}));
      await follow(batch.id);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  if (!action) return null;
  const word = BATCH_WORDS[action];
  const total = batch?.counts.total ?? rows.length;
  const ended = total - (batch?.counts.waiting ?? total);
  const bad = (batch?.counts.refused ?? 0) + (batch?.counts.stale ?? 0);
  return (
    <Modal
      open
      title={`${word} ${rows.length} 份${kind.label}`}
      width={680}
      onCancel={() => onClose(batch !== null)}
      footer={
        batch ? (
          <>
            {bad > 0 && batch.state !== "running" && (
              <Button loading={busy} onClick={() => void again()}>
                未办的再试一次
              </Button>
            )}
            <Button type="primary" onClick={() => onClose(true)}>
              {batch.state === "running" ? "转入后台" : "完成"}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={() => onClose(false)}>取消</Button>
            <Button type="primary" danger={action === "delete"} loading={busy} onClick={() => void order()}>
              {word} {rows.length} 份
            </Button>
          </>
        )
      }
    >
      {problem !== null && <ProblemView error={problem} />}
      {!batch && (
        <p>
          {action === "delete"
            ? "只会删除还没有送到单一窗口的单证，其余的保持不变。删除后不能恢复。"
            : "每份单证都会先检查；有错误的不会发送，并在这里说明原因。"}
        </p>
      )}
      {batch && <Progress percent={Math.round((100 * ended) / Math.max(1, total))} status={bad ? "exception" : undefined} aria-label="进度" />}
      <div className="batch-rows">
        <table>
          <tbody>
            {(batch?.items ?? rows.map((row) => ({ id: row.id, internal_no: row.internal_no, status: "", problem: null }))).map((item) => {
              const [label, tone] = STATUS[item.status] ?? ["", ""];
              return (
                <tr key={item.id}>
                  <td>
                    <Link to="/$system/$kind/$id" params={{ system: (rows[0]?.system ?? "Z8").toLowerCase(), kind: kind.url, id: item.id }}>
                      {item.internal_no ?? rows.find((row) => row.id === item.id)?.internal_no}
                    </Link>
                  </td>
                  <td>{label && <span className="state" data-tone={tone}>{label}</span>}</td>
                  <td className="quiet">{reason(item.problem)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Modal>
  );
}

function reason(problem: Record<string, unknown> | null | undefined): string {
  if (!problem) return "";
  const errors = problem.errors as { message?: string }[] | undefined;
  const first = errors?.[0]?.message;
  const more = errors && errors.length > 1 ? `（共${errors.length}处）` : "";
  return first ? `${first}${more}` : String(problem.detail ?? problem.title ?? "");
}
