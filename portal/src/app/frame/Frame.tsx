import { Outlet } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { KeyHelp } from "@/parts/KeyHelp";
import { LinkBar } from "./LinkBar";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";
import "./frame.css";

export function Frame(): React.ReactNode {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = event.target as HTMLElement;
      if (event.key !== "?" || at.closest("input, textarea, select, [contenteditable]")) return;
      event.preventDefault();
      setHelp(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="frame">
      <a className="skip" href="#page">
        跳到正文
      </a>
      <TopBar onHelp={() => setHelp(true)} />
      <LinkBar />
      <Sidebar />
      <main id="page" className="frame-page" tabIndex={-1}>
        <Outlet />
      </main>
      <KeyHelp open={help} onClose={() => setHelp(false)} />
    </div>
  );
}
