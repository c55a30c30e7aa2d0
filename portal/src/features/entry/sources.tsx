/** Content from elsewhere: lines of a workbook, and a new document out of one that can still be used. */
import { useNavigate, useParams } from "@tanstack/react-router";
import { Alert, App, Button, Modal, Spin } from "antd";
import { useRef, useState } from "react";
import { ask, ifMatch, json, newKey, send } from "@/api/client";
import { asProblem } from "@/api/problems";
import { KINDS } from "@/catalogue/kinds";
import type { Entry } from "./entry";

type CellProblem = { sheet?: string; cell?: string; message: string };
type Report = { ok: boolean; error_count: number; errors: CellProblem[]; sheets: { rows?: number }[] };

/** Excel into the saved document: looked at first, taken as one step that can be undone. */
export function ImportButton({ entry }: { entry: Entry }): React.ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<{ report: Report; file: File } | null>(null);
  const { message } = App.useApp();

  const path = (mode: string): string => `/v1/${entry.kind.url}/${entry.whole?.id}/imports?mode=${mode}&rows=append&profile=save`;
  const upload = (file: File): RequestInit => ({
    method: "POST",
    body: file,
    headers: {
      "Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "Idempotency-Key": newKey(),
      ...ifMatch(entry.whole?.version ?? 0),
    },
  });

  const take = async (file: File, mode: "all" | "good-rows"): Promise<void> => {
    await send(path(mode), upload(file));
    await entry.reload("导入 Excel");
    message.success("已导入，可以撤销");
    setWrong(null);
  };

  const chosen = async (file: File): Promise<void> => {
    try {
      if (!entry.whole || entry.store.isDirty()) await entry.save();
      const report = await ask<Report>(path("preview"), upload(file));
      if (report.error_count > 0) setWrong({ report, file });
      else await take(file, "all");
    } catch (error) {
      const problem = asProblem(error);
      message.error([problem.message, problem.body.hint].filter(Boolean).join("；"), 6);
    }
  };

  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept=".xlsx"
        aria-label="选择 Excel 文件"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) void chosen(file);
        }}
      />
      <Button onClick={() => input.current?.click()}>导入 Excel</Button>
      {wrong && (
        <Modal
          open
          title={`文件中有 ${wrong.report.error_count} 处错误`}
          okText="只导入没有错误的行"
          cancelText="都不导入"
          onOk={() => take(wrong.file, "good-rows").catch((error: unknown) => void message.error(asProblem(error).message))}
          onCancel={() => setWrong(null)}
          width={620}
        >
          <ol className="sheet-errors">
            {wrong.report.errors.slice(0, 50).map((one) => (
              <li key={`${one.sheet}${one.cell}${one.message}`}>
                <span className="mono">
                  {one.sheet} {one.cell}
                </span>{" "}
                {one.message}
              </li>
            ))}
          </ol>
        </Modal>
      )}
    </>
  );
}

type Makeable = { items: { id: string; customs_no?: string | null; internal_no?: string; rows_left?: number; partly?: boolean; [name: string]: unknown }[] };

/** Documents of which one of this kind can still be made; choosing one makes the draft with all that is left. */
export function PickButton({ entry }: { entry: Entry }): React.ReactNode {
  const [source, setSource] = useState<string | null>(null);
  const [found, setFound] = useState<Makeable | null>(null);
  const [problem, setProblem] = useState("");
  const navigate = useNavigate();
  const { system = "z8" } = useParams({ strict: false });
  const sources = entry.kind.made_from;
  if (entry.whole || sources.length === 0) return null;

  const open = (name: (typeof sources)[number]): void => {
    setSource(name);
    setFound(null);
    setProblem("");
    ask<Makeable>(`/v1/makeable/${KINDS[name].url}/${entry.kind.url}`).then(setFound, (error: unknown) => setProblem(asProblem(error).message));
  };

  const make = async (id: string): Promise<void> => {
    const url = KINDS[source as (typeof sources)[number]].url;
    try {
      const gathered = entry.kind.name === "inventory";
      const made = await ask<{ id: string }>(
        gathered ? `/v1/${entry.kind.url}/from-${url}` : `/v1/${url}/${id}/${entry.kind.url}`,
        json("POST", gathered ? { ids: [id] } : {}),
      );
      void navigate({ to: "/$system/$kind/$id/edit", params: { system, kind: entry.kind.url, id: made.id } });
    } catch (error) {
      setProblem(asProblem(error).message);
    }
  };

  return (
    <>
      {sources.map((name) => (
        <Button key={name} onClick={() => open(name)}>
          从{KINDS[name].label}生成
        </Button>
      ))}
      {source && (
        <Modal open title={`选择还能使用的${KINDS[source as (typeof sources)[number]].label}`} footer={null} onCancel={() => setSource(null)} width={720}>
          {problem && <Alert type="error" showIcon title={problem} />}
          {!found && !problem && <Spin />}
          {found && found.items.length === 0 && <p className="quiet">没有还能使用的单证。海关通过后、还有余量的会列在这里。</p>}
          {found && found.items.length > 0 && (
            <table className="pick">
              <thead>
                <tr>
                  <th scope="col">海关编号</th>
                  <th scope="col">企业内部编号</th>
                  <th scope="col">企业</th>
                  <th scope="col">剩余行数</th>
                </tr>
              </thead>
              <tbody>
                {found.items.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <button type="button" className="plain-button mono" onClick={() => void make(one.id)}>
                        {one.customs_no ?? one.internal_no}
                      </button>
                    </td>
                    <td className="mono">{one.internal_no}</td>
                    <td>{String(one.area_name ?? one.operating_name ?? "")}</td>
                    <td>
                      {one.rows_left ?? ""}
                      {one.partly ? "（部分已用）" : ""}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Modal>
      )}
    </>
  );
}
