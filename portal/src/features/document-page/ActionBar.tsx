/** What can be done now as buttons, the most likely first; for the rest why it cannot. */
import { Link } from "@tanstack/react-router";
import { Button, Popover } from "antd";
import { useState } from "react";
import type { Kind } from "@/catalogue/types";
import { IN_SIGHT, SPECS, type ActionSpec } from "./actions";
import type { Action, Doc } from "./answers";

type Props = {
  kind: Kind;
  doc: Doc;
  actions: Action[];
  onAct: (spec: ActionSpec) => void;
  onPrint: (sheet: "document" | "receipts") => void;
  onExport: () => void;
  onMake: () => void;
  onMark: () => void;
  onResolve: () => void;
  /** null: customs has not answered anything yet. */
  onAssign: (() => void) | null;
  onSupport: () => void;
};

export function ActionBar({ kind, doc, actions, onAct, onPrint, onExport, onMake, onMark, onResolve, onAssign, onSupport }: Props): React.ReactNode {
  const [more, setMore] = useState(false);
  const known = new Map(actions.map((action) => [action.action, action]));
  const named = (spec: ActionSpec): string => {
    if (spec.action === "cancellation" || spec.action === "closure" || spec.action === "change") {
      const round = kind.rounds.find((each) => each.purpose === spec.action);
      return spec.action === "cancellation" && round ? `申请${round.label}` : (round?.label ?? spec.label);
    }
    return spec.label;
  };
  const there = SPECS.filter((spec) => known.has(spec.action));
  const can = there.filter((spec) => known.get(spec.action)?.allowed);
  const front = can.filter((spec) => IN_SIGHT.includes(spec.action));
  const rest = can.filter((spec) => !IN_SIGHT.includes(spec.action));
  const cannot = there.filter((spec) => !known.get(spec.action)?.allowed && !(spec.action === "review" && spec.path === "review-rejections"));
  const editable = known.get("save")?.allowed;
  const first = front[0]?.action === "declare" || front[0]?.action === "review" ? front[0] : null;
  return (
    <div className="acting">
      {first && (
        <Button type="primary" onClick={() => onAct(first)}>
          {named(first)}
        </Button>
      )}
      {editable && (
        <Link className={`ant-btn-like${first ? "" : " primary"}`} to="/$system/$kind/$id/edit" params={{ system: doc.system.toLowerCase(), kind: kind.url, id: doc.id }}>
          修改
        </Link>
      )}
      {front
        .filter((spec) => spec !== first)
        .map((spec) => (
          <Button key={spec.path + spec.label} onClick={() => onAct(spec)}>
            {named(spec)}
          </Button>
        ))}
      {doc.approved_attempt_no !== null && kind.makes.length > 0 && <Button onClick={onMake}>生成下一单证</Button>}
      {known.get("print")?.allowed && <Button onClick={() => onPrint("document")}>打印</Button>}
      <Popover
        trigger="click"
        placement="bottomRight"
        getPopupContainer={(button) => button.parentElement ?? document.body}
        open={more}
        onOpenChange={setMore}
        content={
          <div className="acting-more" onClick={(event) => (event.target as HTMLElement).closest("button") && setMore(false)}>
            {rest.map((spec) => (
              <button key={spec.label} type="button" data-danger={spec.danger || undefined} onClick={() => onAct(spec)}>
                {named(spec)}
              </button>
            ))}
            {known.get("print")?.allowed && (
              <button type="button" onClick={() => onPrint("receipts")}>
                打印回执
              </button>
            )}
            {known.get("resolve")?.allowed && (
              <button type="button" onClick={onResolve}>
                人工认定
              </button>
            )}
            {onAssign && known.get("assign")?.allowed && (
              <button type="button" onClick={onAssign}>
                指定回执归属
              </button>
            )}
            {known.get("mark")?.allowed && (
              <button type="button" onClick={onMark}>
                登记
              </button>
            )}
            <button type="button" onClick={onExport}>
              导出 Excel
            </button>
            <button type="button" onClick={onSupport}>
              请客服协助
            </button>
            {cannot.length > 0 && <h3>现在不能办的</h3>}
            {cannot.map((spec) => (
              <p key={spec.label}>
                <b>{spec.action === "review" ? "复核" : named(spec)}</b>
                <span className="quiet">{known.get(spec.action)?.reason}</span>
              </p>
            ))}
          </div>
        }
      >
        <Button>更多</Button>
      </Popover>
    </div>
  );
}
