/** What the document leans on and what leans on it, as a small tree around it. */
import { Link } from "@tanstack/react-router";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { StateTag } from "@/parts/StateTag";
import type { Relation } from "./answers";

export function Relations({ items, system, self }: { items: Relation[]; system: string; self: string }): React.ReactNode {
  const up = items.filter((item) => item.direction === "up").sort((a, b) => b.level - a.level);
  const down = items.filter((item) => item.direction === "down").sort((a, b) => a.level - b.level);
  if (items.length === 0) return <p className="quiet">没有关联的单证</p>;
  return (
    <div className="relations">
      {up.map((item, at) => (
        <One key={`u${at}`} item={item} system={system} indent={0} />
      ))}
      <div className="relations-self">本单 {self}</div>
      {down.map((item, at) => (
        <One key={`d${at}`} item={item} system={system} indent={item.level} />
      ))}
    </div>
  );
}

function One({ item, system, indent }: { item: Relation; system: string; indent: number }): React.ReactNode {
  const name = item.internal_no ?? item.number ?? "";
  return (
    <div className="relation" style={{ marginLeft: indent * 14 }}>
      <span className="relation-word">{item.relation}</span>
      <span className="quiet">{item.kind_label}</span>
      {item.standing === "known" && item.id ? (
        <Link to="/$system/$kind/$id" params={{ system, kind: KINDS[item.kind as KindName].url, id: item.id }} title={item.number ?? ""}>
          {name}
        </Link>
      ) : (
        <span title={item.standing === "hidden" ? "您没有查看它的权限" : "本系统没有这份单证"}>{item.number}</span>
      )}
      {item.state && item.state_label && <StateTag state={item.state} label={item.state_label} />}
    </div>
  );
}
