/** Who else has this document open, said by the server every few seconds while the page is open. */
import { useEffect, useRef, useState } from "react";
import { ask, BACKGROUND, json, newKey, send, type Schemas } from "@/api/client";

type Window = Schemas["OpenWindow"];

/** An id of the shape the server wants; `randomUUID` needs https or localhost. */
function windowId(): string {
  const hex = newKey();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

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
    return () => {
      gone = true;
      clearTimeout(timer);
      setOthers([]);
      void send(at, { method: "DELETE", keepalive: true, headers: BACKGROUND }).catch(() => undefined);
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
