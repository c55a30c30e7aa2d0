/** What a user set on a page, kept by the server so that it is the same on every machine. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { ask, BACKGROUND, json, send } from "@/api/client";

type Kept = Record<string, unknown>;
const KEY = ["preferences"];
const SOON = 800;

export function usePreference<T>(name: string, initial: T): [T, (value: T) => void] {
  const queries = useQueryClient();
  const kept = useQuery({
    queryKey: KEY,
    // A page works without them: then everything is as it was at first.
    queryFn: () => ask<Kept>("/v1/preferences").catch((): Kept => ({})),
    staleTime: Infinity,
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const keep = useCallback(
    (value: T) => {
      queries.setQueryData<Kept>(KEY, (before) => ({ ...before, [name]: value }));
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        void send(`/v1/preferences/${encodeURIComponent(name)}`, json("PUT", value, BACKGROUND)).catch(() => undefined);
      }, SOON);
    },
    [name, queries],
  );
  return [(kept.data?.[name] as T | undefined) ?? initial, keep];
}
