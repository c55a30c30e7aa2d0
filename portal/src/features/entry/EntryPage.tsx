/** The page of entry: actions, head, lines, checks. Every action has a key; nothing needs a mouse. */
import { useNavigate } from "@tanstack/react-router";
import { App, Button, Tabs } from "antd";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { isOpen } from "@/document/checks";
import type { LocalDraft } from "@/document/drafts";
import { objectOf, rowsOf } from "@/document/patches";
import { placeOf } from "@/document/pointer";
import { GRID_KEYS } from "@/grid/keys";
import { useKeyHelp } from "@/parts/KeyHelp";
import { useRecent } from "@/parts/recent";
import { CheckList } from "./CheckList";
import { ConflictDialog, DeclareDialog, DeleteDialog } from "./dialogs";
import type { Entry } from "./entry";
import { EntryBar } from "./EntryBar";
import { ATTACHMENTS, EntryAttachments, useDropping } from "./EntryAttachments";
import { GridPart, type GridPartHandle } from "./GridPart";
import { HeadForm } from "./HeadForm";
import { ImportNote } from "./ImportNote";
import { moveOn } from "./moving";
import { PAGE_KEYS, pageActionOf, type PageAction } from "./pageKeys";
import { PresenceNote, usePresence } from "./presence";
import { ReasonsNote } from "./ReasonsNote";
import { useSaving } from "./useSaving";
import "./entry.css";
import "./dialogs.css";
import "./notes.css";

type Props = { entry: Entry; draft: LocalDraft | null; url: string; system: string; direction: string };

const NO_FILES: readonly File[] = [];

export function EntryPage({ entry, draft, url, system, direction }: Props): React.ReactNode {
  useSyncExternalStore(entry.subscribe, entry.snapshot);
  const findings = useSyncExternalStore(entry.store.subscribe, entry.store.findings);
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [listed, setListed] = useState(false);
  const [folded, setFolded] = useState(false);
  const [offered, setOffered] = useState(draft);
  // Once something newer was saved, what an earlier page left is of no use.
  const opened = useRef(entry.whole?.version);
  const [dropped, setDropped] = useState<readonly File[]>(NO_FILES);
  const sections = entry.kind.sections.filter((section) => section.name !== "head" && isOpen(section, entry.store.doc()));
  const [chosen, setTab] = useState("");
  // What is typed in the head may close the table that stands open: its neighbour stands there then.
  const tab = chosen === ATTACHMENTS || sections.some((section) => section.name === chosen) ? chosen : (sections[0]?.name ?? ATTACHMENTS);
  const parts = useRef(new Map<string, GridPartHandle>());
  const body = useRef<HTMLDivElement>(null);
  const { store, whole, layout } = entry;
  const fixed = whole ? entry.whyNot("save") : null;
  const { told, reads, takeOver } = usePresence(entry, fixed === null);
  const readOnly = fixed !== null || reads;
  const busy = entry.status === "saving" || entry.status === "declaring";
  useKeyHelp({ title: "录入", keys: PAGE_KEYS });
  useKeyHelp({ title: "表体", keys: GRID_KEYS });

  useEffect(() => {
    void entry.loadActions();
    // A link leads to the place that is to be mended, else one begins at the first field.
    const named = decodeURIComponent(location.hash.slice(1));
    if (readOnly) return;
    requestAnimationFrame(() => (named.startsWith("/") ? goTo(named) : body.current?.querySelector<HTMLElement>(".entry-head input:not([readonly])")?.focus()));
  }, [entry]);

  const { note } = useRecent();
  useEffect(() => {
    if (whole) note({ kind: entry.kind.name, id: whole.id, internal_no: whole.internal_no });
  }, [whole?.id, whole?.internal_no]);

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => {
      if (store.isDirty()) event.preventDefault();
    };
    globalThis.addEventListener("beforeunload", warn);
    return () => globalThis.removeEventListener("beforeunload", warn);
  }, [store]);

  const goTo = useCallback(
    (pointer: string) => {
      const at = placeOf(pointer);
      // Drawn at once, so that the next letter finds the place.
      flushSync(() => (at.section === "head" ? setFolded(false) : setTab(at.section)));
      if (at.row !== null || (at.name === null && at.section !== "head")) return parts.current.get(at.section)?.focus({ row: at.row ?? 0, name: at.name });
      const field = document.querySelector<HTMLElement>(`[data-pointer="${pointer}"]`);
      field?.closest(".field")?.scrollIntoView({ block: "nearest" });
      field?.focus({ preventScroll: true });
    },
    [],
  );

  const onBad = useCallback(
    (pointer: string) => {
      setListed(true);
      goTo(pointer);
    },
    [goTo],
  );
  const saving = useSaving(entry, { system, url }, onBad);
  const { asking, ask, save, declare, declareNow } = saving;

  const nextProblem = useCallback(
    (back: boolean) => {
      const all = [...[...store.findings().errors, ...store.findings().warnings].map((one) => one.pointer), ...entry.missing()];
      if (all.length === 0) return;
      const at = all.indexOf((document.activeElement as HTMLElement | null)?.dataset.pointer ?? "");
      const next = all[(at + (back ? -1 : 1) + all.length) % all.length];
      if (next) goTo(next);
    },
    [entry, store, goTo],
  );

  const run = (action: PageAction, inGrid: boolean): void => {
    switch (action.do) {
      case "save":
        return void (!readOnly && save());
      case "declare":
        return void (asking === null && declare());
      case "fold":
        flushSync(() => setFolded((old) => !old));
        return inGrid ? undefined : parts.current.get(tab)?.focus();
      case "problem":
        return nextProblem(action.back);
      case "switch":
        if (inGrid) body.current?.querySelector<HTMLElement>(".head-form input:not([readonly])")?.focus();
        else parts.current.get(tab)?.focus();
        return;
      case "undo":
        return store.undo();
      case "redo":
        return store.redo();
      case "tab": {
        const section = sections[action.at];
        if (!section) return;
        flushSync(() => setTab(section.name));
        parts.current.get(section.name)?.focus();
      }
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.keyCode === 229) return;
    const target = event.target as HTMLElement;
    const done = (): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    const { key, shiftKey: shift, altKey: alt } = event;
    const action = pageActionOf({ key, ctrl: event.ctrlKey || event.metaKey, shift, alt, composing: false });
    if (action) {
      if (readOnly && (action.do === "undo" || action.do === "redo")) return;
      done();
      run(action, target.closest(".grid-part") !== null);
    } else if (event.key === "Enter" && target.closest(".head-form")) {
      if (target.tagName !== "INPUT") return;
      done();
      if (target.dataset.pointer === `/head/${layout.saves}` && !event.shiftKey && target.closest(".entry-head")) {
        if (!readOnly) void save().then((well) => well && parts.current.get(tab)?.focus());
      } else if (!moveOn(target, event.shiftKey)) parts.current.get(tab)?.focus();
    }
  };

  // While nothing has the focus, e.g. just after a save, the keys of the page work all the same.
  const keys = useRef(onKeyDown);
  keys.current = onKeyDown;
  useEffect(() => {
    const anywhere = (event: KeyboardEvent): void => {
      if (event.target === document.body) keys.current(event);
    };
    globalThis.addEventListener("keydown", anywhere);
    return () => globalThis.removeEventListener("keydown", anywhere);
  }, []);

  const dropping = useDropping((files) => {
    setDropped(files);
    setTab(ATTACHMENTS);
  });
  const taken = useCallback(() => setDropped(NO_FILES), []);

  const head = objectOf(store.doc(), "head");
  const title = layout.title(head.direction ?? direction);
  const dirty = store.isDirty();
  const state = entry.offline
    ? "连接中断，内容已留在本机，恢复后继续"
    : busy
      ? "正在处理…"
      : dirty
        ? entry.keptAt
          ? "未暂存，已自动保留"
          : "未暂存"
        : whole
          ? "已暂存"
          : "新单";
  const errors = findings.errors.length;
  const warnings = findings.warnings.length;
  const missing = readOnly ? [] : entry.missing();
  const found = errors + warnings + missing.length;

  return (
    <div className="entry" onKeyDown={(event) => onKeyDown(event.nativeEvent)} ref={body} {...dropping}>
      <header className="entry-bar">
        <h1>
          {whole ? "" : "新增 "}
          {title}
        </h1>
        {whole && <span className="state">{whole.open_round?.label ?? whole.state_label}</span>}
        <span className="quiet entry-state" role="status" data-offline={entry.offline || undefined}>
          {state}
        </span>
        <span className="entry-space" />
        <EntryBar entry={entry} title={title} url={url} system={system} fixed={fixed} readOnly={readOnly} busy={busy} saving={saving} />
      </header>
      {offered && whole?.version === opened.current && (
        <div className="entry-note" role="alert">
          上次有没暂存的内容（{new Date(offered.at).toLocaleString("zh-CN", { hour12: false })}）。
          <Button
            size="small"
            type="primary"
            onClick={() => {
              store.replace(offered.doc, "恢复未暂存的内容");
              setOffered(null);
            }}
          >
            恢复
          </Button>
          <Button size="small" onClick={() => setOffered(null)}>
            不要
          </Button>
        </div>
      )}
      <PresenceNote told={told} reads={reads} onTakeOver={takeOver} />
      <ImportNote entry={entry} />
      {!readOnly && <ReasonsNote entry={entry} onGo={goTo} />}
      {fixed !== null && (
        <div className="entry-note" role="note">
          现在只能查看：{fixed}
        </div>
      )}
      <div className="entry-head" hidden={folded}>
        <HeadForm entry={entry} readOnly={readOnly} />
      </div>
      <Tabs
        className="entry-tabs"
        size="small"
        activeKey={tab}
        onChange={setTab}
        destroyOnHidden
        items={[...sections.map((section) => ({
          key: section.name,
          label: `${section.label}${section.many && rowsOf(store.doc(), section.name).length ? ` ${rowsOf(store.doc(), section.name).length}` : ""}`,
          children: section.many ? (
            <GridPart
              entry={entry}
              section={section}
              layout={layout.grids[section.name] ?? { columns: section.fields.filter((f) => f.need !== "system").map((f) => f.name), frozen: 0, totals: [] }}
              readOnly={readOnly}
              onLeave={(back) => {
                const stops = body.current?.querySelectorAll<HTMLElement>(".entry-head input:not([readonly])");
                if (back) stops?.[stops.length - 1]?.focus();
                else document.querySelector<HTMLElement>(".entry-checks button")?.focus();
              }}
              ref={(handle) => {
                if (handle) parts.current.set(section.name, handle);
                else parts.current.delete(section.name);
              }}
            />
          ) : (
            <HeadForm entry={entry} readOnly={readOnly} section={section.name} />
          ),
        })), { key: ATTACHMENTS, label: "随附单据", children: <EntryAttachments entry={entry} dropped={dropped} onTaken={taken} onSave={save} /> }]}
      />
      <footer className="entry-checks">
        <button type="button" className="plain-button" aria-expanded={listed} onClick={() => setListed(!listed)}>
          {found === 0 ? "没有发现问题" : ""}
          {errors > 0 && <span className="bad">{errors} 处需要改正</span>}
          {warnings > 0 && <span className="warn">{warnings} 处提醒</span>}
          {missing.length > 0 && <span className="missing">还有 {missing.length} 项必填</span>}
        </button>
        <span className="quiet">
          <button type="button" className="plain-button" aria-pressed={folded} onClick={() => setFolded(!folded)}>
            {folded ? "展开表头" : "收起表头"} <kbd>F7</kbd>
          </button>
          <kbd>?</kbd> 快捷键 <kbd>F8</kbd> 下一处问题
        </span>
      </footer>
      {listed && found > 0 && <CheckList entry={entry} missing={missing} onGo={goTo} onClose={() => setListed(false)} />}
      {asking === "declare" && <DeclareDialog entry={entry} onClose={() => ask(null)} onDeclare={(what) => void declareNow(what)} onList={() => (ask(null), setListed(true))} />}
      {asking === "delete" && (
        <DeleteDialog
          entry={entry}
          onClose={() => ask(null)}
          onDeleted={() => {
            message.success("已删除");
            void navigate({ to: "/$system/$kind", params: { system, kind: url } });
          }}
        />
      )}
      {entry.conflict && <ConflictDialog entry={entry} onSave={() => void save()} />}
    </div>
  );
}
