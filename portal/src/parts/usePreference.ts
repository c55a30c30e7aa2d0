/** What a user set on a page, kept by the server so that it is the same on every machine. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { ask, BACKGROUND, json, send } from "@/api/client";

type Kept = Record<string, unknown>;
const KEY = ["preferences"];
const SOON = 800;

const PREFERENCES = {
  queryKey: KEY,
  // A page works without them: then everything is as it was at first.
  queryFn: () => ask<Kept>("/v1/preferences").catch((): Kept => ({})),
  staleTime: Infinity,
};

export function usePreference<T>(name: string, initial: T): [T, (next: (old: T) => T) => void] {
  const queries = useQueryClient();
  const kept = useQuery(PREFERENCES);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const keep = useCallback(
    (next: (old: T) => T) => {
      const set = (before: Kept): void => {
        const value = next((before[name] as T | undefined) ?? initial);
        queries.setQueryData<Kept>(KEY, { ...before, [name]: value });
        clearTimeout(timer.current);
        timer.current = setTimeout(() => {
          void send(`/v1/preferences/${encodeURIComponent(name)}`, json("PUT", value, BACKGROUND)).catch(() => undefined);
        }, SOON);
      };
      const now = queries.getQueryData<Kept>(KEY);
      // What was kept is heard first: else it would be written over.
      if (now) set(now);
      else void queries.ensureQueryData(PREFERENCES).then(() => set(queries.getQueryData<Kept>(KEY) ?? {}));
    },
    // `initial` is a constant of its caller.
    [name, queries],
  );
  return [(kept.data?.[name] as T | undefined) ?? initial, keep];
}
