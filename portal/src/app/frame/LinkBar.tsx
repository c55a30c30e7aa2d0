/** Says in words that the server cannot be reached, is away, busy or slow, and that everything goes on by itself. */
import { useSyncExternalStore } from "react";
import { linkNow, onLink, type Link } from "@/api/link";

const WORDS: Record<Exclude<Link, "good">, string> = {
  lost: "网络连接已断开。已填写的内容都还在，恢复后会自动继续。",
  down: "服务器暂时没有应答，正在重新连接。已填写的内容都还在，恢复后会自动继续。",
  busy: "操作较频繁，稍候会自动继续。",
  slow: "网络较慢，仍在等待服务器应答。",
};

export function LinkBar(): React.ReactNode {
  const link = useSyncExternalStore(onLink, linkNow);
  return (
    <div className="link-bar" role="status" data-link={link}>
      {link !== "good" && <span>{WORDS[link]}</span>}
    </div>
  );
}
