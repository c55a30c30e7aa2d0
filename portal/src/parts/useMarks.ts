/** Which rows changed while they were looked at, and reading them anew soon after: once, however many moved. */
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { useSoon } from "./useLive";

const SOON = 300;

export function useMarks(key: QueryKey): { changed: Set<string>; mark: (id: string | null) => void } {
  const queries = useQueryClient();
  const [changed, setChanged] = useState<Set<string>>(new Set());
  const soon = useSoon(SOON);
  const mark = (id: string | null): void => {
    if (id) setChanged((before) => new Set(before).add(id));
    soon(() => void queries.invalidateQueries({ queryKey: key }));
  };
  return { changed, mark };
}
