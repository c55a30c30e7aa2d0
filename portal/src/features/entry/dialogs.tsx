/** What is asked before it is done: declaring, deleting, two versions of one document. */
import { Alert, Button, Input, Modal } from "antd";
import { useState } from "react";
import { objectOf, rowsOf } from "@/document/patches";
import { received } from "@/document/sending";
import { withName } from "@/fields/choices";
import { inWords } from "@/api/problems";
import type { Entry } from "./entry";
import { totalsOf } from "./totals";

export function summaryOf(entry: Entry): [string, string][] {
  const { store, kind, layout, tables } = entry;
  const head = objectOf(store.doc(), "head");
  const fields = new Map((kind.sections[0]?.fields ?? []).map((field) => [field.name, field]));
  const shown = (name: string): [string, string][] => {
    const field = fields.get(name);
    if (!field || !head[name]) return [];
    return [[field.label, field.table ? withName(tables.get(field.table), head[name]) : head[name]]];
  };
  const firm = ["operating_name", "area_name"].flatMap(shown);
  const facts = ["internal_no", "book_no", "area_book_no", "business_form_no", "supervision_mode", "gate_pass_type", "vehicle_no", "linked_nos", "total_weight", "declaring_name"].flatMap(shown);
  const lines = Object.entries(layout.grids).flatMap(([name, grid]): [string, string][] => {
    const rows = rowsOf(store.doc(), name);
    const section = kind.sections.find((one) => one.name === name);
    if (rows.length === 0 || !section) return [];
    const totals = totalsOf(section, grid, rows, tables).map((each) => each.join(" "));
    return [[section.label, [`${rows.length} 行`, ...totals].join("，")]];
  });
  return [...firm, ...facts, ...lines];
}

type DeclareProps = { entry: Entry; onClose: () => void; onDeclare: (what: "declare" | "stage") => void; onList: () => void };

export function DeclareDialog({ entry, onClose, onDeclare, onList }: DeclareProps): React.ReactNode {
  const { errors, warnings } = entry.store.findings();
  const why = entry.whyNot("declare");
  const blocked = errors.length > 0 || why !== null;
  return (
    <Modal
      open
      title={`申报${entry.layout.title(objectOf(entry.store.doc(), "head").direction ?? "")}`}
      onCancel={onClose}
      width={520}
      footer={[
        <Button key="no" onClick={onClose}>
          取消
        </Button>,
        <Button key="stage" disabled={entry.whyNot("stage") !== null} title={entry.whyNot("stage") ?? "先发到单一窗口暂存，取得统一编号"} onClick={() => onDeclare("stage")}>
          暂存到单一窗口
        </Button>,
        <Button key="yes" type="primary" autoFocus disabled={blocked} onClick={() => onDeclare("declare")}>
          确认申报
        </Button>,
      ]}
    >
      <dl className="declare-facts">
        {summaryOf(entry).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {why && <Alert type="warning" showIcon title={`现在不能申报：${why}`} />}
      {errors.length > 0 && (
        <Alert
          type="error"
          showIcon
          title={`有 ${errors.length} 处需要改正，改正后才能申报`}
          action={
            <Button size="small" onClick={onList}>
              查看
            </Button>
          }
        />
      )}
      {errors.length === 0 && warnings.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={`有 ${warnings.length} 处提醒，不影响申报`}
          description={warnings
            .slice(0, 3)
            .map((one) => one.message)
            .join("；")}
        />
      )}
      {errors.length === 0 && warnings.length === 0 && !why && <Alert type="success" showIcon title="检查没有发现问题" />}
    </Modal>
  );
}

export function DeleteDialog({ entry, onClose, onDeleted }: { entry: Entry; onClose: () => void; onDeleted: () => void }): React.ReactNode {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const wanted = entry.whole?.internal_no ?? "";
  const remove = (): void => {
    entry.remove().then(onDeleted, (error: unknown) => setProblem(inWords(error)));
  };
  return (
    <Modal
      open
      title="删除这份单证"
      onCancel={onClose}
      onOk={remove}
      okText="删除"
      cancelText="取消"
      okButtonProps={{ danger: true, disabled: typed !== wanted }}
      width={440}
    >
      <p>
        删除后不能恢复。请输入企业内部编号 <b className="mono">{wanted}</b> 确认：
      </p>
      <Input autoFocus aria-label="企业内部编号" value={typed} onChange={(event) => setTyped(event.target.value)} onPressEnter={() => typed === wanted && remove()} />
      {problem && <Alert type="error" showIcon title={problem} />}
    </Modal>
  );
}

/** The places in which two versions differ, as a clerk reads them. */
function differences(entry: Entry): { place: string; mine: string; theirs: string }[] {
  if (!entry.conflict) return [];
  const [mine, theirs] = [entry.store.doc(), received(entry.kind, entry.conflict.document)];
  const found: { place: string; mine: string; theirs: string }[] = [];
  for (const section of entry.kind.sections) {
    const a = section.many ? rowsOf(mine, section.name) : [objectOf(mine, section.name)];
    const b = section.many ? rowsOf(theirs, section.name) : [objectOf(theirs, section.name)];
    for (let row = 0; row < Math.max(a.length, b.length) && found.length < 100; row += 1) {
      for (const field of section.fields) {
        const [own, other] = [a[row]?.[field.name] ?? "", b[row]?.[field.name] ?? ""];
        if (own === other || field.name === "change_mark" || field.name === "line_no") continue;
        const where = section.many ? section.row_label.replace("{}", String(row + 1)) : section.label;
        found.push({ place: `${where}「${field.label}」`, mine: own, theirs: other });
      }
    }
  }
  return found;
}

export function ConflictDialog({ entry, onSave }: { entry: Entry; onSave: () => void }): React.ReactNode {
  const found = differences(entry);
  return (
    <Modal
      open
      closable={false}
      keyboard={false}
      title="这份单证刚被他人修改并暂存"
      width={680}
      footer={[
        <Button key="theirs" onClick={() => entry.settle("theirs")}>
          采用对方的（可撤销）
        </Button>,
        <Button
          key="mine"
          type="primary"
          onClick={() => {
            entry.settle("mine");
            onSave();
          }}
        >
          保留我的，覆盖对方
        </Button>,
      ]}
    >
      <p className="quiet">您的内容没有丢失。两个版本有 {found.length} 处不同：</p>
      <div className="conflict">
        <table>
          <thead>
            <tr>
              <th scope="col">位置</th>
              <th scope="col">我的</th>
              <th scope="col">对方的</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.place}>
                <td>{one.place}</td>
                <td>{one.mine || "（空）"}</td>
                <td>{one.theirs || "（空）"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Modal>
  );
}
