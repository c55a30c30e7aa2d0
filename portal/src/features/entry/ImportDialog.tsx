/** A workbook into the saved document: what each column is taken for, every wrong cell, and only then taken. Kept per customer. */
import { App, Button, Modal, Spin } from "antd";
import { useCallback, useEffect, useState } from "react";
import { ask, ifMatch, json, newKey, send } from "@/api/client";
import { inWords } from "@/api/problems";
import type { Entry } from "./entry";

type CellProblem = { sheet?: string; cell?: string; message: string; hint?: string | null };
type ReadColumn = { cell: string; heading: string; field: string | null; label: string | null; by: string | null };
type Mapping = { sheet: string | null; columns: Record<string, string | null> };
type ReadSheet = { section: string; label: string; sheet: string; rows: number; rows_left_out: number[]; columns: ReadColumn[]; mapping: Mapping };
type Report = { ok: boolean; error_count: number; errors: CellProblem[]; notices: CellProblem[]; sheets: ReadSheet[] };
type How = "append" | "replace";

type Props = { entry: Entry; file: File; onClose: () => void };

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const MOST = 100;

export function ImportDialog({ entry, file, onClose }: Props): React.ReactNode {
  const { message } = App.useApp();
  const [how, setHow] = useState<How>("append");
  const [report, setReport] = useState<Report | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const url = `/v1/${entry.kind.url}`;

  const order = useCallback(
    (mode: string): [string, RequestInit] => [
      `${url}/${entry.whole?.id}/imports?mode=${mode}&rows=${how}&profile=save`,
      { method: "POST", body: file, headers: { "Content-Type": XLSX, "Idempotency-Key": newKey(), ...ifMatch(entry.whole?.version ?? 0) } },
    ],
    [entry, file, how, url],
  );
  const told = (error: unknown): void => {
    setProblem(inWords(error));
  };

  const look = useCallback(async (): Promise<void> => {
    setProblem("");
    try {
      setReport(await ask<Report>(...order("preview")));
    } catch (error) {
      told(error);
    }
  }, [order]);
  useEffect(() => void look(), [look]);

  const take = async (mode: "all" | "good-rows"): Promise<void> => {
    setBusy(true);
    try {
      const { import: done } = await ask<{ import: Report }>(...order(mode));
      const left = done.sheets.reduce((sum, sheet) => sum + sheet.rows_left_out.length, 0);
      await entry.imported(left > 0 ? `${file.name}，${left} 行有错没有导入` : file.name);
      message.success("已导入，可以撤销");
      onClose();
    } catch (error) {
      told(error);
      setBusy(false);
    }
  };

  /** Another meaning of a column, kept for this customer's next workbook too. */
  const means = async (sheet: ReadSheet, heading: string, field: string | null): Promise<void> => {
    const client = entry.whole?.client_id;
    const mapping = { ...sheet.mapping, columns: { ...sheet.mapping.columns, [heading]: field } };
    try {
      await send(`${url}/imports/mappings/${sheet.section}${client ? `?client_id=${client}` : ""}`, json("PUT", mapping));
      await look();
    } catch (error) {
      told(error);
    }
  };

  const rows = report?.sheets.reduce((sum, sheet) => sum + sheet.rows, 0) ?? 0;
  const wrong = report?.error_count ?? 0;
  return (
    <Modal
      open
      title={`导入 ${file.name}`}
      width={820}
      onCancel={onClose}
      footer={[
        <Button key="no" onClick={onClose}>
          取消
        </Button>,
        wrong > 0 && (
          <Button key="good" type="primary" loading={busy} onClick={() => void take("good-rows")}>
            只导入没有错误的行
          </Button>
        ),
        wrong === 0 && (
          <Button key="all" type="primary" autoFocus loading={busy} disabled={!report || rows === 0} onClick={() => void take("all")}>
            导入 {rows} 行
          </Button>
        ),
      ]}
    >
      {problem && (
        <p className="bad" role="alert">
          {problem}
        </p>
      )}
      {!report && !problem && <Spin description="正在读取…" />}
      {report && (
        <div className="import">
          <p className="import-how">
            {(["append", "replace"] as const).map((each) => (
              <label key={each}>
                <input type="radio" name="how" checked={how === each} onChange={() => setHow(each)} />{" "}
                {each === "append" ? "接在已有的行后面" : "替换已有的行"}
              </label>
            ))}
            <span className="quiet">列的对应按客户保存，下次自动使用。</span>
          </p>
          {wrong > 0 && (
            <section aria-label="错误">
              <h2 className="bad">有 {wrong} 处错误，可以改正文件后重新选择，也可以只导入没有错误的行</h2>
              <ol className="sheet-errors">
                {report.errors.slice(0, MOST).map((one, at) => (
                  <li key={at}>
                    <span className="mono">
                      {one.sheet} {one.cell}
                    </span>{" "}
                    {one.message} <span className="quiet">{one.hint}</span>
                  </li>
                ))}
              </ol>
            </section>
          )}
          {report.sheets.map((sheet) => (
            <section key={sheet.section} aria-label={sheet.label}>
              <h2>
                {sheet.label} <span className="quiet">工作表“{sheet.sheet}”，{sheet.rows} 行</span>
              </h2>
              <div className="import-columns">
                {sheet.columns.map((column) => (
                  <label key={column.cell} data-unknown={column.field === null || undefined}>
                    <span title={column.cell}>{column.heading || column.cell}</span>
                    <select value={column.field ?? ""} onChange={(event) => void means(sheet, column.heading, event.target.value || null)}>
                      <option value="">不导入</option>
                      {entry.kind.sections
                        .find((one) => one.name === sheet.section)
                        ?.fields.filter((field) => field.need !== "system")
                        .map((field) => (
                          <option key={field.name} value={field.name}>
                            {field.label}
                          </option>
                        ))}
                    </select>
                  </label>
                ))}
              </div>
            </section>
          ))}
          {report.notices.length > 0 && (
            <details>
              <summary>{report.notices.length} 处自动更正，请留意</summary>
              <ol className="sheet-errors">
                {report.notices.slice(0, MOST).map((one, at) => (
                  <li key={at}>
                    <span className="mono">
                      {one.sheet} {one.cell}
                    </span>{" "}
                    {one.message}
                  </li>
                ))}
              </ol>
            </details>
          )}
        </div>
      )}
    </Modal>
  );
}
