/** The documents that a person opened, saved or declared last, kept for every machine. */
import { useCallback } from "react";
import type { KindName } from "@/catalogue/types";
import { usePreference } from "./usePreference";

export type Recent = { kind: KindName; id: string; internal_no: string };

const MOST = 10;

/** The newest first. `note` one that was just worked on. */
export function useRecent(): { recent: Recent[]; note: (one: Recent) => void } {
  const [recent, keep] = usePreference<Recent[]>("recent", []);
  const note = useCallback(
    (one: Recent) => {
      keep((before) => [one, ...before.filter((each) => each.id !== one.id)].slice(0, MOST));
    },
    [keep],
  );
  return { recent, note };
}
