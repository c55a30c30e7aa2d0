/** The rows and counts of a list, kept fresh by the stream of changes. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ask, BACKGROUND } from "@/api/client";
import type { Kind } from "@/catalogue/types";
import { useLive, useSoon } from "@/parts/useLive";
import { asQuery, without, type Conditions } from "./conditions";
import { freshened, type Counts, type Fresh, type Page, type Row } from "./rows";

const PAGE = 100;

/** `begin`: false while it is not yet known what is to be asked. */
export function useList(kind: Kind, system: string, conditions: Conditions, begin = true) {
  const queries = useQueryClient();
  const query = asQuery(conditions, system).toString();
  const countQuery = asQuery(without(conditions, "state", "overdue", "needs_operator", "review"), system).toString();
  const [fresh, setFresh] = useState<Map<string, Fresh>>(new Map());
  const [others, setOthers] = useState(0);

  const pages = useInfiniteQuery({
    queryKey: ["list", kind.url, query],
    queryFn: ({ pageParam, signal }) =>
      ask<Page>(`/v1/${kind.url}?${query}&limit=${PAGE}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ""}`, { signal }),
    initialPageParam: "",
    enabled: begin,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchOnWindowFocus: false,
    staleTime: 0,
  });
  const counts = useQuery({
    queryKey: ["counts", kind.url, countQuery],
    queryFn: ({ signal }) => ask<Counts>(`/v1/${kind.url}/counts?${countQuery}`, { signal, headers: BACKGROUND }),
    placeholderData: (before) => before,
    enabled: begin,
  });

  const rows = useMemo(
    () => (pages.data?.pages ?? []).flatMap((page) => page.items).map((row) => freshened(row, fresh.get(row.id))),
    [pages.data, fresh],
  );
  const ids = useMemo(() => new Set(rows.map((row) => row.id)), [rows]);
  const soon = useSoon(1500);
  const atOnce = useSoon(300);

  // A changed row is marked where it stands, and nothing moves under the pointer; what is new waits behind a button.
  useLive((told) => {
    if (told.event !== "change") return;
    const { change } = told;
    if (change.kind !== kind.name) return;
    const empty = rows.length === 0;
    if (ids.has(change.id)) setFresh((before) => new Map(before).set(change.id, change));
    else if (!empty) setOthers((number) => number + 1);
    soon(() => void queries.invalidateQueries({ queryKey: ["counts", kind.url] }));
    // Where nothing stands nothing can move under the pointer.
    if (empty) atOnce(() => void queries.invalidateQueries({ queryKey: ["list", kind.url, query] }));
  });

  async function renew(): Promise<void> {
    setFresh(new Map());
    setOthers(0);
    await Promise.all([
      queries.resetQueries({ queryKey: ["list", kind.url, query] }),
      queries.invalidateQueries({ queryKey: ["counts", kind.url] }),
    ]);
  }

  return { rows, counts: counts.data, pages, fresh, others, renew, query };
}

export type List = ReturnType<typeof useList>;
export type { Row };
