/** What can be done with the document, in one line: the daily things in sight, the rest behind 更多, one primary button. */
import { useNavigate } from "@tanstack/react-router";
import { App, Button, Popover, Tooltip } from "antd";
import { useState } from "react";
import { inWords } from "@/api/problems";
import { objectOf } from "@/document/patches";
import { download } from "@/parts/files";
import { PrintDialog, type PrintOrder } from "@/parts/PrintDialog";
import type { Entry } from "./entry";
import { MergeDialog } from "./MergeDialog";
import { RoundDialog, type Purpose } from "./RoundDialog";
import { ImportButton, PickButton } from "./sources";
import type { Saving } from "./useSaving";

type Props = {
  entry: Entry;
  title: string;
  url: string;
  system: string;
  /** Why it can only be looked at; null: it can be changed. */
  fixed: string | null;
  readOnly: boolean;
  busy: boolean;
  saving: Saving;
};

const ROUNDS: [Purpose, string][] = [
  ["change", "变更"],
  ["cancellation", "删除申请"],
  ["closure", "结案"],
];

export function EntryBar({ entry, title, url, system, fixed, readOnly, busy, saving }: Props): React.ReactNode {
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [printing, setPrinting] = useState<PrintOrder | null>(null);
  const [merging, setMerging] = useState(false);
  const [round, setRound] = useState<Purpose | null>(null);
  const [more, setMore] = useState(false);
  const { store, whole, kind } = entry;
  const path = `/v1/${url}/${whole?.id}`;

  const copy = async (reverse: boolean): Promise<void> => {
    const made = await entry.copy(reverse).catch((error: unknown) => void message.error(inWords(error)));
    if (made) void navigate({ to: "/$system/$kind/$id/edit", params: { system, kind: url, id: made.id } });
  };
  const labelOf = (purpose: Purpose): string => kind.rounds.find((each) => each.purpose === purpose)?.label ?? "";

  const menu: { name: string; why: string | null; danger?: boolean; act: () => void }[] = [
    { name: "复制为新单", why: whole ? null : "先暂存", act: () => void copy(false) },
    ...(kind.reversible ? [{ name: "复制为相反方向", why: whole ? null : "先暂存", act: () => void copy(true) }] : []),
    {
      name: "打印",
      why: whole ? entry.whyNot("print") : "先暂存",
      act: () => setPrinting({ title: `打印${title}`, path: `${path}/print-jobs`, body: {} }),
    },
    {
      name: "导出 Excel",
      why: whole ? null : "先暂存",
      act: () => void download(`${path}/export.xlsx`).catch((error: unknown) => message.error(inWords(error))),
    },
    ...(whole
      ? ROUNDS.filter(([purpose]) => labelOf(purpose) !== "" && entry.actions.some((one) => one.action === purpose)).map(([purpose]) => ({
          name: purpose === "cancellation" ? `申请${labelOf(purpose)}` : labelOf(purpose),
          why: entry.whyNot(purpose),
          danger: purpose !== "change",
          act: () => setRound(purpose),
        }))
      : []),
    { name: "删除草稿", why: whole ? entry.whyNot("delete") : "还没有暂存", danger: true, act: () => saving.ask("delete") },
  ];

  const done = async (purpose: Purpose): Promise<void> => {
    setRound(null);
    if (purpose !== "change") {
      message.success("已下达申请，结果会自动显示");
      return void navigate({ to: "/$system/$kind/$id", params: { system, kind: url, id: whole?.id ?? "" } });
    }
    message.success("可以修改了，改好后申报变更");
    await entry.reload("开始变更").catch((error: unknown) => void message.error(inWords(error)));
  };

  const mayChange = fixed !== null && whole !== null && labelOf("change") !== "" && entry.actions.some((one) => one.action === "change") && entry.whyNot("change") === null;
  return (
    <>
      {!readOnly && (
        <>
          <Button.Group>
            <Tool name="撤销" keys="Ctrl+Z" disabled={!store.undoLabel()} why={store.undoLabel()} onClick={() => store.undo()}>
              撤销
            </Tool>
            <Tool name="重做" keys="Ctrl+Y" disabled={!store.redoLabel()} why={store.redoLabel()} onClick={() => store.redo()}>
              重做
            </Tool>
          </Button.Group>
          <PickButton entry={entry} />
          <ImportButton entry={entry} />
          {kind.merges && (
            <Tool name="把商品行归并为报关单的项" keys="" onClick={() => setMerging(true)}>
              归并
            </Tool>
          )}
        </>
      )}
      <Popover
        trigger="click"
        placement="bottomRight"
        getPopupContainer={(button) => button.parentElement ?? document.body}
        open={more}
        onOpenChange={setMore}
        content={
          <div className="entry-more" role="menu">
            {menu.map((one) => (
              <button
                key={one.name}
                type="button"
                role="menuitem"
                disabled={one.why !== null}
                data-danger={one.danger || undefined}
                onClick={() => {
                  setMore(false);
                  one.act();
                }}
              >
                <span>{one.name}</span>
                {one.why && <span className="quiet">{one.why}</span>}
              </button>
            ))}
          </div>
        }
      >
        <Button aria-haspopup="menu" aria-expanded={more}>
          更多
        </Button>
      </Popover>
      {mayChange && (
        <Button type="primary" onClick={() => setRound("change")}>
          {labelOf("change")}
        </Button>
      )}
      {!mayChange && (
        <>
          <Tool name="暂存" keys="Ctrl+S" disabled={readOnly || busy} why={fixed} onClick={() => void saving.save()}>
            暂存
          </Tool>
          <Tool
            name="申报"
            keys="F9"
            primary
            disabled={busy || (whole !== null && entry.whyNot("declare") !== null)}
            why={entry.whyNot("declare")}
            onClick={() => void saving.declare()}
          >
            申报
          </Tool>
        </>
      )}
      <PrintDialog order={printing} onClose={() => setPrinting(null)} />
      {merging && objectOf(store.doc(), "head") && <MergeDialog entry={entry} onClose={() => setMerging(false)} />}
      {round && <RoundDialog entry={entry} purpose={round} label={labelOf(round)} onClose={() => setRound(null)} onDone={(one) => void done(one)} />}
    </>
  );
}

type ToolProps = { name: string; keys: string; disabled?: boolean; why?: string | null; primary?: boolean; onClick: () => void; children: React.ReactNode };

function Tool({ name, keys, disabled, why, primary, onClick, children }: ToolProps): React.ReactNode {
  return (
    <Tooltip title={`${name}${keys ? ` ${keys}` : ""}${why ? `：${why}` : ""}`} mouseEnterDelay={0.5}>
      <Button type={primary ? "primary" : "default"} disabled={disabled} aria-keyshortcuts={keys || undefined} onClick={onClick}>
        {children}
      </Button>
    </Tooltip>
  );
}
