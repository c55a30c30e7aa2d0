/** Orders a print, waits for its file and shows it in the browser's own viewer. */
import { Button, Modal, Progress } from "antd";
import { useEffect, useState } from "react";
import { ask, BACKGROUND, json, send, type Schemas } from "@/api/client";
import { ProblemView } from "./ProblemView";
import "./print.css";

type Job = Schemas["PrintJob"];
export type PrintOrder = { title: string; path: string; body: unknown };

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function PrintDialog({ order, onClose }: { order: PrintOrder | null; onClose: () => void }): React.ReactNode {
  const [job, setJob] = useState<Job | null>(null);
  const [file, setFile] = useState<string | null>(null);
  const [problem, setProblem] = useState<unknown>(null);

  useEffect(() => {
    if (!order) return;
    let gone = false;
    let url: string | null = null;
    async function run(wanted: PrintOrder): Promise<void> {
      let now = await ask<Job>(wanted.path, json("POST", wanted.body));
      while (!gone && !["done", "failed", "cancelled"].includes(now.state)) {
        setJob(now);
        await pause(400);
        now = await ask<Job>(`/v1/print-jobs/${now.id}`, { headers: BACKGROUND });
      }
      if (gone) return;
      setJob(now);
      if (now.state !== "done") throw new Error(now.error ?? "没有打印出来");
      const answer = await send(`/v1/print-jobs/${now.id}/file`);
      url = URL.createObjectURL(await answer.blob());
      if (!gone) setFile(url);
    }
    run(order).catch((error: unknown) => !gone && setProblem(error));
    return () => {
      gone = true;
      if (url) URL.revokeObjectURL(url);
      setJob(null);
      setFile(null);
      setProblem(null);
    };
  }, [order]);

  const done = job && job.documents > 0 ? Math.round((100 * job.documents_done) / job.documents) : 0;
  return (
    <Modal
      open={order !== null}
      onCancel={onClose}
      title={order?.title}
      width="min(1080px, 94vw)"
      footer={
        file &&
        job && (
          <>
            <a href={file} download={job.file_name} className="print-download">
              下载文件
            </a>
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
        </div>
      )}
      {file && <iframe className="print-sheet" src={file} title={order?.title ?? "打印"} />}
    </Modal>
  );
}
