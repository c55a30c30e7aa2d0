/** Who else has this document open, said by the server every few seconds while the page is open. */
import { useEffect, useRef, useState } from "react";
import { ask, BACKGROUND, json, type Schemas } from "@/api/client";
import { leaving, windowId } from "@/parts/openWindow";

type Window = Schemas["OpenWindow"];

export function Readers({ path }: { path: string }): React.ReactNode {
  const [others, setOthers] = useState<Window[]>([]);
  const own = useRef(windowId());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const at = `${path}/windows/${own.current}`;
    const renew = async (): Promise<void> => {
      const told = await ask<Schemas["Presence"]>(at, json("PUT", { doing: "reading" }, BACKGROUND)).catch(() => null);
      if (gone) return;
      if (told) setOthers(told.others);
      timer = setTimeout(() => void renew(), (told?.renew_seconds ?? 10) * 1000);
    };
    void renew();
    const leave = leaving(at);
    return () => {
      gone = true;
      clearTimeout(timer);
      setOthers([]);
      leave();
    };
  }, [path]);
  const names = (doing: string): string => [...new Set(others.filter((each) => each.doing === doing).map((each) => each.user_name))].join("、");
  const typing = names("typing");
  const reading = names("reading");
  return (
    <span className="doc-readers" role="status" data-typing={typing ? true : undefined}>
      {typing ? `${typing}正在修改` : reading ? `${reading}也在查看` : ""}
    </span>
  );
}
