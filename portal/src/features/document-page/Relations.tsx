/** What the document leans on and what leans on it, as a small graph around it: each a link with kind, number and state. */
import { Link } from "@tanstack/react-router";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { StateTag } from "@/parts/StateTag";
import type { Doc, Relation } from "./answers";
import { curve, HEIGHT, layout, type Node } from "./relationLayout";

type Props = { items: Relation[]; doc: Doc; label: string; system: string };

export function Relations({ items, doc, label, system }: Props): React.ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(300);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = (): void => setWidth(Math.max(140, element.clientWidth));
    look();
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  const { nodes, edges, height, left } = useMemo(() => layout(items, doc.id, width), [items, doc.id, width]);
  return (
    <div ref={box}>
      {items.length === 0 ? (
        <p className="quiet">还没有关联的单证。海关通过后，可用它生成下一单证。</p>
      ) : (
        <div className="relations" style={{ height }}>
          <svg width={width} height={height} aria-hidden>
            {edges.map((edge) => (
              <path key={`${edge.from.key} ${edge.to.key}`} d={curve(edge)} />
            ))}
          </svg>
          <ol>
            {nodes.map((node) => (
              <li key={node.key} style={{ left: node.x, top: node.y, width: node.width, height: HEIGHT }}>
                {node.item ? <Other item={node.item} system={system} /> : <Self doc={doc} label={label} />}
              </li>
            ))}
          </ol>
        </div>
      )}
      {left > 0 && <p className="quiet">另有 {left} 份没有画出。</p>}
    </div>
  );
}

function Self({ doc, label }: { doc: Doc; label: string }): React.ReactNode {
  return (
    <span className="relation relation-self" aria-current="page">
      <span className="relation-first">
        <span>本单 · {label}</span>
        <StateTag state={doc.state} label={doc.state_label} />
      </span>
      <b title={doc.internal_no}>{doc.internal_no}</b>
    </span>
  );
}

const WHY_NOT = { hidden: "您没有查看它的权限", elsewhere: "本系统里没有这份单证" };

function Other({ item, system }: { item: NonNullable<Node["item"]>; system: string }): React.ReactNode {
  const number = item.internal_no ?? item.number ?? "";
  const words = (
    <>
      <span className="relation-first">
        <span>{item.relation === item.kind_label ? item.kind_label : `${item.kind_label} · ${item.relation}`}</span>
        {item.state && item.state_label && <StateTag state={item.state} label={item.state_label} />}
      </span>
      <span className="relation-number">{number}</span>
    </>
  );
  if (item.standing !== "known" || !item.id) {
    return (
      <span className="relation" title={item.standing === "known" ? undefined : WHY_NOT[item.standing]} data-elsewhere>
        {words}
        {item.standing !== "known" && <span className="sr-only">{WHY_NOT[item.standing]}</span>}
      </span>
    );
  }
  return (
    <Link
      className="relation"
      to="/$system/$kind/$id"
      params={{ system, kind: KINDS[item.kind as KindName].url, id: item.id }}
      title={[item.number, item.internal_no].filter(Boolean).join("　")}
    >
      {words}
    </Link>
  );
}
