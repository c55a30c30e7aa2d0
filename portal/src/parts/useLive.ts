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
