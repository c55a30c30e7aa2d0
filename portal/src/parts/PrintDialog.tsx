/** Orders a print, waits for its file and shows it in the browser's own viewer. */
import { App, Button, Modal, Progress } from "antd";
import { useEffect, useState } from "react";
import { ask, BACKGROUND, json, newKey, patiently, type Schemas } from "@/api/client";
import { nextWork } from "@/api/live";
import { inWords, Problem } from "@/api/problems";
import { download } from "./files";
import { PdfSheet } from "./PdfSheet";
import { ProblemView } from "./ProblemView";
import "./print.css";

type Job = Schemas["PrintJob"];
export type PrintOrder = { title: string; path: string; body: unknown };

export function PrintDialog({ order, onClose }: { order: PrintOrder | null; onClose: () => void }): React.ReactNode {
  const { message } = App.useApp();
  const [job, setJob] = useState<Job | null>(null);
  const [problem, setProblem] = useState<unknown>(null);

  useEffect(() => {
    if (!order) return;
    let gone = false;
    async function run(wanted: PrintOrder): Promise<void> {
      const asked = json("POST", wanted.body, { "Idempotency-Key": newKey() });
      let now = await patiently(() => ask<Job>(wanted.path, asked));
      while (!gone && goesOn(now)) {
        setJob(now);
        const { id } = now;
        const moved = nextWork("print_job", id);
        now = await patiently(() => ask<Job>(`/v1/print-jobs/${id}`, { headers: BACKGROUND }));
        if (goesOn(now)) await moved;
      }
      if (gone) return;
      setJob(now);
      if (now.state !== "done") throw new Problem({ title: "没有打印出来", status: 409, detail: now.error ?? "没有打印出来", code: "print_failed" });
    }
    run(order).catch((error: unknown) => !gone && setProblem(error));
    return () => {
      gone = true;
      setJob(null);
      setProblem(null);
    };
  }, [order]);

  const done = job && job.documents > 0 ? Math.round((100 * job.documents_done) / job.documents) : 0;
  const file = job?.state === "done" ? job.file : null;
  return (
    <Modal
      open={order !== null}
      onCancel={onClose}
      title={order?.title}
      width="min(1080px, 94vw)"
      footer={
        file && (
          <>
            <Button onClick={() => void download(file).catch((error: unknown) => message.error(inWords(error)))}>下载文件</Button>
            <Button type="primary" onClick={onClose}>
              完成
            </Button>
          </>
        )
      }
    >
      {problem !== null && <ProblemView error={problem} />}
      {problem === null && !file && (
        <div className="print-wait" role="status">
          <Progress percent={done} showInfo={false} aria-label="打印进度" />
          <p className="quiet">正在排版{job && job.documents > 1 ? `（${job.documents_done} / ${job.documents} 份）` : ""}…</p>
          <p className="quiet">可以关闭这个窗口；文件会在“批量与打印”里。</p>
        </div>
      )}
      {file && <PdfSheet path={file} title={order?.title ?? "打印"} />}
    </Modal>
  );
}

function goesOn(job: Job): boolean {
  return job.state === "queued" || job.state === "rendering";
}
