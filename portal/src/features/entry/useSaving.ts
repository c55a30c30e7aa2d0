/** 暂存 and 申报 of the page: what is asked, what is said of it, and where the page goes then. */
import { useNavigate } from "@tanstack/react-router";
import { App } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { inWords } from "@/api/problems";
import type { Entry } from "./entry";

export type Asking = "declare" | "delete" | null;
type Place = { system: string; url: string };

export type Saving = {
  asking: Asking;
  ask: (what: Asking) => void;
  save: () => Promise<boolean>;
  /** Saves first where something is new, and asks. */
  declare: () => Promise<void>;
  declareNow: (what: "declare" | "stage") => Promise<void>;
};

/** What is typed in the field with the focus counts; focus and caret stay where they are. */
function commit(): void {
  const at = document.activeElement as HTMLElement | null;
  if (!at || at === document.body) return;
  const caret = at instanceof HTMLInputElement ? at.selectionStart : null;
  flushSync(() => at.blur());
  at.focus({ preventScroll: true });
  // After the field itself has selected its text.
  if (caret !== null) queueMicrotask(() => (at as HTMLInputElement).setSelectionRange(caret, caret));
}

/** `onBad`: the place that is to be mended first. */
export function useSaving(entry: Entry, { system, url }: Place, onBad: (pointer: string) => void): Saving {
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [asking, ask] = useState<Asking>(null);
  const here = useRef(true);
  const waiting = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  const save = useCallback(async (): Promise<boolean> => {
    commit();
    await entry.settled();
    const first = entry.whole === null;
    try {
      const saved = await entry.save();
      message.success("已暂存");
      if (first && here.current)
        void navigate({ to: "/$system/$kind/$id/edit", params: { system, kind: url, id: saved.id }, replace: true });
      return true;
    } catch (error) {
      if (entry.conflict) return false;
      message.error(`没有暂存：${inWords(error)}`);
      const [bad] = entry.store.findings().errors;
      if (bad) onBad(bad.pointer);
      return false;
    }
  }, [entry, message, navigate, onBad, system, url]);

  const declare = useCallback(async (): Promise<void> => {
    if (waiting.current) return;
    waiting.current = true;
    try {
      entry.asked = true;
      commit();
      // Asked for right after 暂存: what is under way comes to its end first.
      await entry.settled();
      if ((entry.store.isDirty() || !entry.whole) && !(await save())) return;
      await entry.check();
      ask("declare");
    } finally {
      waiting.current = false;
    }
  }, [entry, save]);

  const declareNow = useCallback(
    async (what: "declare" | "stage"): Promise<void> => {
      ask(null);
      try {
        await entry.act(what);
        message.success(what === "declare" ? "已申报，等待单一窗口回执" : "已发往单一窗口暂存");
        if (entry.whole && here.current) void navigate({ to: "/$system/$kind/$id", params: { system, kind: url, id: entry.whole.id } });
      } catch (error) {
        if (entry.conflict) return;
        message.error(`没有申报：${inWords(error)}`, 6);
        const [bad] = entry.store.findings().errors;
        if (bad) onBad(bad.pointer);
      }
    },
    [entry, message, navigate, onBad, system, url],
  );

  return { asking, ask, save, declare, declareNow };
}
