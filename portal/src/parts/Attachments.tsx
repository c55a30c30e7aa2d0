/** 随附单据 of a document: dropped in or chosen, sent with progress, listed, taken off. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { ask, ifMatch, send, type Schemas } from "@/api/client";
import { inWords } from "@/api/problems";
import { upload } from "@/api/upload";
import { download } from "@/parts/files";
import { ProblemView } from "@/parts/ProblemView";
import { useCodes } from "@/parts/useKind";
import "./attachments.css";

type Attachment = Schemas["AttachmentAnswer"];
type Sending = { name: string; part: number; problem?: string };

type Props = {
  /** Of the document, e.g. /v1/inventories/7. */
  path: string;
  id: string;
  version: number;
  /** Why nothing can be added or taken off now; null: it can. */
  attach: string | null;
  detach: string | null;
  /** The document has a new version. */
  onChanged: (version: number) => void;
  /** Files that were dropped elsewhere on the page; sent at once. */
  dropped?: readonly File[];
  onTaken?: () => void;
};

/** The type that a file's own name says, e.g. 发票 of 发票2026.pdf. */
export function typeOf(file: string, types: readonly { code: string; name: string }[]): string | undefined {
  return types.find(({ name }) => file.includes(name))?.code;
}

function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}

export function Attachments({ path, id, version, attach, detach, onChanged, dropped, onTaken }: Props): React.ReactNode {
  const { message } = App.useApp();
  const queries = useQueryClient();
  const codes = useCodes().get("attachment_types");
  const [type, setType] = useState("");
  const [over, setOver] = useState(false);
  const [sending, setSending] = useState<readonly Sending[]>([]);
  const picker = useRef<HTMLInputElement>(null);
  const now = useRef(version);
  now.current = version;
  const key = ["document", id, "attachments"];
  const list = useQuery({ queryKey: key, queryFn: () => ask<Schemas["Attachments"]>(`${path}/attachments`) });
  const chosen = type || (codes?.rows[0]?.code ?? "");

  const changed = useCallback(
    (told: number | null) => {
      now.current = told ?? now.current + 1;
      onChanged(now.current);
      void queries.invalidateQueries({ queryKey: ["document", id, "attachments"] });
    },
    [id, onChanged, queries],
  );

  /** One after the other, for each needs the version the last one made. */
  const add = useCallback(
    async (files: readonly File[]): Promise<void> => {
      setSending(files.map((file) => ({ name: file.name, part: 0 })));
      const bad: Sending[] = [];
      for (const [at, file] of files.entries()) {
        const tell = (part: number): void => setSending((all) => all.map((one, place) => (place === at ? { ...one, part } : one)));
        try {
          const query = new URLSearchParams({ type: typeOf(file.name, codes?.rows ?? []) ?? chosen, file_name: file.name });
          changed(await upload(`${path}/attachments?${query}`, file, ifMatch(now.current), tell));
          tell(1);
        } catch (error) {
          bad.push({ name: file.name, part: 0, problem: inWords(error) });
        }
      }
      setSending(bad);
    },
    [changed, chosen, codes, path],
  );

  const ready = codes !== undefined && attach === null;
  useEffect(() => {
    if (!ready || !dropped || dropped.length === 0) return;
    onTaken?.();
    void add(dropped);
  }, [ready, dropped, add, onTaken]);

  const remove = async (one: Attachment): Promise<void> => {
    try {
      const answer = await send(`${path}/attachments/${one.id}`, { method: "DELETE", headers: ifMatch(now.current) });
      const tag = /"(\d+)"/.exec(answer.headers.get("ETag") ?? "");
      changed(tag ? Number(tag[1]) : null);
    } catch (error) {
      void message.error(inWords(error));
    }
  };

  if (list.isError) return <ProblemView error={list.error} again={() => void list.refetch()} />;
  const items = list.data?.items ?? [];
  return (
    <div className="attachments">
      {attach === null ? (
        <div
          className="attach-drop"
          data-over={over || undefined}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            event.stopPropagation();
            setOver(false);
            void add([...event.dataTransfer.files]);
          }}
        >
          <label>
            单据类型{" "}
            <select className="plain-input" value={chosen} onChange={(event) => setType(event.target.value)}>
              {codes?.rows.map((each) => (
                <option key={each.code} value={each.code}>
                  {each.name}
                </option>
              ))}
            </select>
          </label>
          <Button onClick={() => picker.current?.click()}>选择文件</Button>
          <span className="quiet">或把文件拖到这里；文件名里有“发票”“装箱单”等字样的按字样归类。每份不超过 10 MB，一份单证最多 50 份。</span>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            aria-label="选择文件"
            onChange={(event) => {
              const files = [...(event.target.files ?? [])];
              event.target.value = "";
              if (files.length > 0) void add(files);
            }}
          />
        </div>
      ) : (
        <p className="quiet">现在不能添加：{attach}</p>
      )}
      {sending.length > 0 && (
        <ul className="attach-sending" role="status">
          {sending.map((one) => (
            <li key={one.name} data-bad={one.problem ? true : undefined}>
              <span>{one.name}</span>
              {one.problem ? <span>没有上传：{one.problem}</span> : <progress value={one.part} max={1} aria-label={`${one.name} 上传进度`} />}
            </li>
          ))}
        </ul>
      )}
      {list.data && items.length === 0 && sending.length === 0 && <p className="quiet">还没有随附单据。发票、装箱单、合同可以在申报前随时添加。</p>}
      {items.length > 0 && (
        <ul className="attach-list">
          {items.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                className="linklike"
                onClick={() => void download(`${path}/attachments/${one.id}`).catch((error: unknown) => message.error(inWords(error)))}
              >
                {one.file_name}
              </button>
              <span className="quiet">{one.type_label}</span>
              <span className="quiet mono">{size(one.size)}</span>
              {detach === null && (
                <Popconfirm title="移除这份单据？" okText="移除" cancelText="取消" onConfirm={() => remove(one)}>
                  <Button size="small" type="link" danger>
                    移除
                  </Button>
                </Popconfirm>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
