/** Who else has this document open: told at once; the second one reads, or takes over. If-Match alone decides whose save counts. */
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { ask, BACKGROUND, json } from "@/api/client";
import { leaving, windowId } from "@/parts/openWindow";
import type { Entry } from "./entry";

type Presence = {
  version: number;
  doing: string;
  taken_by: string | null;
  others: { window_id: string; user_name: string; doing: string }[];
  renew_seconds: number;
};

/** `reads`: somebody else types, and this window was not told to take over. */
export function usePresence(entry: Entry, mayWrite: boolean): { told: Presence | null; reads: boolean; takeOver: () => void } {
  const [told, setTold] = useState<Presence | null>(null);
  const [mine, setMine] = useState(false);
  const taking = useRef(false);
  const own = useRef(windowId());
  const id = entry.whole?.id;
  const path = id ? `/v1/${entry.kind.url}/${id}/windows/${own.current}` : null;
  useEffect(() => {
    if (path === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    let typed = false;
    const renew = async (): Promise<void> => {
      const doing = mayWrite && (mine || typed) ? "typing" : "reading";
      const now = await ask<Presence>(path, json("PUT", { doing, takes_over: taking.current }, BACKGROUND)).catch(() => null);
      taking.current = false;
      if (gone) return;
      if (now) {
        setTold(now);
        const free = !now.others.some((other) => other.doing === "typing");
        // The first one types; who was taken over from reads on.
        const before = typed;
        typed = mayWrite && now.taken_by === null && (typed || free || mine);
        if (typed && !before) return void renew();
        if (now.taken_by !== null) setMine(false);
      }
      timer = setTimeout(() => void renew(), (now?.renew_seconds ?? 10) * 1000);
    };
    void renew();
    const leave = leaving(path);
    return () => {
      gone = true;
      clearTimeout(timer);
      leave();
    };
  }, [path, mine, mayWrite]);
  const others = told?.others.filter((other) => other.doing === "typing") ?? [];
  const reads = !mine && (told?.taken_by != null || others.length > 0) && told?.doing !== "typing";
  return {
    told,
    reads,
    takeOver: () => {
      taking.current = true;
      setMine(true);
    },
  };
}

export function PresenceNote({ told, reads, onTakeOver }: { told: Presence | null; reads: boolean; onTakeOver: () => void }): React.ReactNode {
  if (!told || told.others.length === 0) return null;
  const names = (doing: string): string =>
    [...new Set(told.others.filter((other) => other.doing === doing).map((other) => other.user_name))].join("、");
  const typing = names("typing");
  if (reads) {
    return (
      <div className="entry-note" role="alert">
        {told.taken_by ? `${told.taken_by}已接手修改这份单证，您现在只能查看。` : `${typing}正在修改这份单证，您现在只能查看。`}
        <Button size="small" onClick={onTakeOver}>
          接手修改
        </Button>
      </div>
    );
  }
  return (
    <div className="entry-note" role="status">
      {typing ? `${typing}也在修改这份单证。` : `${names("reading")}也打开了这份单证。`}
    </div>
  );
}
