/** Which rows changed while they were looked at, and reading them anew soon after: once, however many moved. */
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

const SOON = 300;

export function useMarks(key: QueryKey): { changed: Set<string>; mark: (id: string | null) => void } {
  const queries = useQueryClient();
  const [changed, setChanged] = useState<Set<string>>(new Set());
  const soon = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(soon.current), []);
  const mark = (id: string | null): void => {
    if (id) setChanged((before) => new Set(before).add(id));
    clearTimeout(soon.current);
    soon.current = setTimeout(() => void queries.invalidateQueries({ queryKey: key }), SOON);
  };
  return { changed, mark };
}
