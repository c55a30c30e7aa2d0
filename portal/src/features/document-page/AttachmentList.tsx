/** 随附单据: dropped in, listed, taken off. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { useRef, useState } from "react";
import { asProblem } from "@/api/problems";
import { ask, ifMatch, send } from "@/api/client";
import { download } from "@/parts/files";
import { ProblemView } from "@/parts/ProblemView";
import { useCodes } from "@/parts/useKind";
import type { Attachments, Doc } from "./answers";

type Props = { path: string; doc: Doc; attach: string | null; detach: string | null };

/** `attach` and `detach`: why it cannot be done now, null where it can. */
export function AttachmentList({ path, doc, attach, detach }: Props): React.ReactNode {
  const { message } = App.useApp();
  const queries = useQueryClient();
  const codes = useCodes();
  const types = codes.get("attachment_types")?.rows ?? [];
  const [type, setType] = useState(types[0]?.code ?? "");
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState("");
  const picker = useRef<HTMLInputElement>(null);
  const list = useQuery({ queryKey: ["document", doc.id, "attachments"], queryFn: () => ask<Attachments>(`${path}/attachments`) });

  async function add(files: FileList | null): Promise<void> {
    let version = doc.version;
    for (const [at, file] of [...(files ?? [])].entries()) {
      setBusy(`正在上传 ${file.name}（${at + 1} / ${files?.length ?? 1}）`);
      try {
        const query = new URLSearchParams({ type, file_name: file.name });
        const answer = await send(`${path}/attachments?${query}`, {
          method: "POST",
          body: file,
          headers: { ...ifMatch(version), "Content-Type": file.type || "application/octet-stream" },
        });
        version = Number(/"(\d+)"/.exec(answer.headers.get("ETag") ?? "")?.[1] ?? version + 1);
      } catch (error) {
        void message.error(`${file.name}：${asProblem(error).message}`);
        break;
      }
    }
    setBusy("");
    await queries.invalidateQueries({ queryKey: ["document", doc.id] });
  }

  if (list.isError) return <ProblemView error={list.error} again={() => void list.refetch()} />;
  const items = list.data?.items ?? [];
  return (
    <div className="pad">
      {attach === null ? (
        <div
          className="drop"
          data-over={over || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            void add(event.dataTransfer.files);
          }}
        >
          <select className="plain-input" aria-label="单据类型" value={type} onChange={(event) => setType(event.target.value)}>
            {types.map((each) => (
              <option key={each.code} value={each.code}>
                {each.name}
              </option>
            ))}
          </select>
          <Button onClick={() => picker.current?.click()}>选择文件</Button>
          <span className="quiet">或把文件拖到这里。每份不超过 10 MB。</span>
          <input ref={picker} type="file" multiple hidden aria-label="选择文件" onChange={(event) => void add(event.target.files)} />
          {busy && <span role="status">{busy}</span>}
        </div>
      ) : (
        <p className="quiet">现在不能添加：{attach}</p>
      )}
      {list.data && items.length === 0 && <p className="quiet">还没有随附单据。</p>}
      <ul className="attached">
        {items.map((item) => (
          <li key={item.id}>
            <button type="button" className="linklike" onClick={() => void download(`${path}/attachments/${item.id}`).catch((error: unknown) => message.error(asProblem(error).message))}>
              {item.file_name}
            </button>
            <span className="quiet">
              {codes.get("attachment_types")?.byCode.get(item.type ?? "")?.name} {(item.bytes / 1024).toFixed(0)} KB
            </span>
            {detach === null && (
              <Popconfirm
                title="移除这份单据？"
                okText="移除"
                onConfirm={() =>
                  send(`${path}/attachments/${item.id}`, { method: "DELETE", headers: ifMatch(doc.version) })
                    .then(() => queries.invalidateQueries({ queryKey: ["document", doc.id] }))
                    .catch((error: unknown) => void message.error(asProblem(error).message))
                }
              >
                <Button size="small" type="link" danger>
                  移除
                </Button>
              </Popconfirm>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
