import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ENTRY, QUERY, SYSTEMS, urlOf, type SystemCode } from "./menu";

const ABOUT: Record<SystemCode, string> = {
  z8: "单一窗口子系统 Z8：保税仓库、出口监管仓库、保税物流中心的账册",
  z7: "单一窗口子系统 Z7：综合保税区、保税区等特殊监管区域的账册",
};
const OPEN = "bondgate.menu";

export function Sidebar(): React.ReactNode {
  const { system } = useParams({ strict: false });
  const [open, setOpen] = useState<SystemCode>(() => (localStorage.getItem(OPEN) === "z7" ? "z7" : "z8"));
  useEffect(() => {
    if (system === "z7" || system === "z8") setOpen(system);
  }, [system]);
  useEffect(() => localStorage.setItem(OPEN, open), [open]);
  return (
    <nav className="sidebar" aria-label="主菜单">
      <Link to="/" className="menu-item menu-home" activeOptions={{ exact: true }}>
        首页
      </Link>
      {SYSTEMS.map(({ code, label }) => (
        <section key={code}>
          <button
            type="button"
            className="menu-system"
            aria-expanded={open === code}
            aria-controls={`menu-${code}`}
            onClick={() => setOpen(code)}
          >
            <span>{label}</span>
            <span className="menu-code" title={ABOUT[code]}>{code.toUpperCase()}</span>
          </button>
          <div id={`menu-${code}`} hidden={open !== code}>
            <h3 className="menu-group">数据录入</h3>
            {ENTRY.map((item) => (
              <Link
                key={item.label}
                className="menu-item"
                to="/$system/$kind/new"
                params={{ system: code, kind: urlOf(item.kind) }}
                search={item.direction ? { direction: item.direction } : {}}
                activeOptions={{ exact: true, includeSearch: true }}
              >
                {item.label}
              </Link>
            ))}
            <h3 className="menu-group">数据查询</h3>
            {QUERY.map((item) => (
              <Link
                key={item.label}
                className="menu-item"
                to="/$system/$kind"
                params={{ system: code, kind: urlOf(item.kind) }}
                activeOptions={{ exact: true, includeSearch: false }}
              >
                {item.label}
              </Link>
            ))}
          </div>
        </section>
      ))}
      <section className="menu-more">
        <Link to="/batches" className="menu-item">
          批量与打印
        </Link>
        <Link to="/receipts" className="menu-item">
          回执
        </Link>
      </section>
    </nav>
  );
}
