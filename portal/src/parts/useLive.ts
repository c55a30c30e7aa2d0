import { useEffect, useRef } from "react";
import { onLive, type Told, type Work } from "@/api/live";

/** Hears everything that is told while the calling part is shown. */
export function useLive(hear: (told: Told) => void): void {
  const heard = useRef(hear);
  heard.current = hear;
  useEffect(() => onLive((told) => heard.current(told)), []);
}

/** Hears of work of this kind, and when everything is to be read anew (null). */
export function useLiveWork(kind: Work["kind"], hear: (work: Work | null) => void): void {
  useLive((told) => {
    if (told.event === "reset") hear(null);
    else if (told.event === "work" && told.work.kind === kind) hear(told.work);
  });
}

/** How long a moving document is believed without a word of it: a stream may have lost one. */
export const BELIEVED = 10_000;

/** Calls again and again while `moving`. */
export function useAgainWhile(moving: boolean, again: () => void): void {
  const latest = useRef(again);
  latest.current = again;
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => latest.current(), BELIEVED);
    return () => clearInterval(timer);
  }, [moving]);
}
