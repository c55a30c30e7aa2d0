/** What the user had printed, newest first; a file is there for some hours. */
import { useQuery } from "@tanstack/react-query";
import { App, Button, Modal } from "antd";
import { useState } from "react";
import { ask, BACKGROUND, json, patiently, send, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { download } from "@/parts/files";
import { PdfSheet } from "@/parts/PdfSheet";
import { PlainTable } from "@/parts/PlainTable";
import { ProblemView } from "@/parts/ProblemView";
import { shortTime } from "@/parts/times";
import { useLiveWork } from "@/parts/useLive";
import { useMarks } from "@/parts/useMarks";
import { JOB_TONES } from "./words";

type Job = Schemas["PrintJob"];
const KEY = ["print-jobs"];

export function PrintList(): React.ReactNode {
  const { message } = App.useApp();
  const { changed, mark } = useMarks(KEY);
  const [shown, setShown] = useState<Job | null>(null);
  useLiveWork("print_job", (work) => mark(work.id));
  const list = useQuery({
    queryKey: KEY,
    queryFn: () => ask<Schemas["PrintJobs"]>("/v1/print-jobs?limit=50", { headers: BACKGROUND }),
    refetchInterval: (query) => (query.state.data?.items.some(goesOn) ? 15_000 : false),
  });
  const fail = (error: unknown): void => void message.error(inWords(error));
  const stop = (job: Job): void => {
    const asked = json("POST", {});
    patiently(() => send(`/v1/print-jobs/${job.id}/cancel`, asked)).then(() => mark(job.id), fail);
  };
  const items = list.data?.items ?? [];
  if (list.isError && !list.data) return <ProblemView error={list.error} again={() => void list.refetch()} />;
  if (!list.data) return <p className="quiet" role="status">正在读取…</p>;
  if (items.length === 0) {
    return (
      <div className="card nothing">
        <p>还没有打印过。</p>
        <p>在单证页点“打印”，或在列表里选中多份一起打印；文件会在这里保留一段时间。</p>
      </div>
    );
  }
  return (
    <div className="card batches-list">
      <PlainTable
        label="打印任务"
        rows={items}
        keyOf={(job) => job.id}
        changed={(job) => changed.has(job.id)}
        columns={[
          { title: "时间", cell: (job) => shortTime(job.created_at), whole: true },
          { title: "文件", cell: (job) => job.file_name },
          {
            title: "状态",
            cell: (job) => (
              <>
                <span className="state" data-tone={JOB_TONES[job.state]}>
                  {job.state_label}
                </span>
                {goesOn(job) && <span className="quiet">　{job.documents > 1 ? `${job.documents_done} / ${job.documents} 份` : `${job.progress}%`}</span>}
                {job.error && <span className="quiet">　{job.error}</span>}
              </>
            ),
          },
          { title: "单证", cell: (job) => job.documents, figures: true },
          { title: "页数", cell: (job) => job.pages, figures: true },
          { title: "保留到", cell: (job) => (job.state === "done" ? shortTime(job.expires_at) : ""), whole: true },
          {
            title: "操作",
            unseen: true,
            whole: true,
            cell: (job) =>
              job.state === "done" && job.file ? (
                <>
                  {job.format === "pdf" && (
                    <Button size="small" type="link" onClick={() => setShown(job)}>
                      查看
                    </Button>
                  )}
                  <Button size="small" type="link" onClick={() => void download(job.file ?? "").catch(fail)}>
                    下载
                  </Button>
                </>
              ) : (
                goesOn(job) && (
                  <Button size="small" type="link" onClick={() => stop(job)}>
                    停止
                  </Button>
                )
              ),
          },
        ]}
      />
      {shown?.file && (
        <Modal open title={shown.file_name} footer={null} width="min(1080px, 94vw)" onCancel={() => setShown(null)}>
          <PdfSheet path={shown.file} title={shown.file_name} />
        </Modal>
      )}
    </div>
  );
}

function goesOn(job: Job): boolean {
  return job.state === "queued" || job.state === "rendering";
}
