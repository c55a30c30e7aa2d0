import { useEffect, useRef } from "react";
import { onLive, type Told, type Work } from "@/api/live";

/** Hears everything that is told while the calling part is shown. */
export function useLive(hear: (told: Told) => void): void {
  const heard = useRef(hear);
  heard.current = hear;
  useEffect(() => onLive((told) => heard.current(told)), []);
}

/** Hears of work of this kind. */
export function useLiveWork(kind: Work["kind"], hear: (work: Work) => void): void {
  useLive((told) => {
    if (told.event === "work" && told.work.kind === kind) hear(told.work);
  });
}

/**
 * Does something soon after the first of many words, for all that come until then. Words that never end hold up nothing.
 */
export function useSoon(milliseconds: number): (work: () => void) => void {
  const latest = useRef<() => void>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (work) => {
    latest.current = work;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current?.();
    }, milliseconds);
  };
}
