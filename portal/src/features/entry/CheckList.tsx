/** Everything that was found, errors first; a line leads to its place. */
import { useSyncExternalStore } from "react";
import { contradiction } from "@/document/amounts";
import { objectOf, rowAt } from "@/document/patches";
import { placeOf } from "@/document/pointer";
import type { Finding } from "@/document/store";
import { labelOf } from "@/kinds/layout";
import type { Entry } from "./entry";

type Props = { entry: Entry; missing: readonly string[]; onGo: (pointer: string) => void; onClose: () => void };

const MOST = 200;

export function CheckList({ entry, missing, onGo, onClose }: Props): React.ReactNode {
  const findings = useSyncExternalStore(entry.store.subscribe, entry.store.findings);
  const all: [Finding, "bad" | "warn"][] = [
    ...findings.errors.map((one): [Finding, "bad"] => [one, "bad"]),
    ...findings.warnings.map((one): [Finding, "warn"] => [one, "warn"]),
  ];
  const where = (pointer: string): string => {
    const { section, row } = placeOf(pointer);
    const part = entry.kind.sections.find((one) => one.name === section);
    return row === null ? (part?.label ?? "整单") : (part?.row_label.replace("{}", String(row + 1)) ?? "");
  };
  const nameOf = (pointer: string): string => {
    const { section, name } = placeOf(pointer);
    const part = entry.kind.sections.find((one) => one.name === section);
    const field = part?.fields.find((one) => one.name === name);
    return field ? labelOf(entry.layout, field, objectOf(entry.store.doc(), "head").direction) : `${part?.label ?? ""}（至少一行）`;
  };
  return (
    <section className="check-list" aria-label="检查结果" onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <ol>
        {all.slice(0, MOST).map(([one, tone]) => (
          <li key={tone + one.pointer + one.code} data-tone={tone}>
            <button type="button" onClick={() => onGo(one.pointer)}>
              <span className="check-place">{where(one.pointer)}</span>
              <span>{withoutPlace(one.message, where(one.pointer))}</span>
              {one.hint && <span className="quiet"> {one.hint}</span>}
            </button>
            <AmountQuestion entry={entry} pointer={one.pointer} />
          </li>
        ))}
      </ol>
      {missing.length > 0 && (
        <p className="check-missing">
          <span className="check-place">还要填写</span>
          <span>
            {missing.map((pointer) => (
              <button key={pointer} type="button" className="plain-button" onClick={() => onGo(pointer)}>
                {nameOf(pointer)}
              </button>
            ))}
          </span>
        </p>
      )}
      {all.length > MOST && <p className="quiet">另有 {all.length - MOST} 处，改正前面的后再看</p>}
    </section>
  );
}

/** The place stands before it already. */
export function withoutPlace(message: string, place: string): string {
  return place !== "" && message.startsWith(place) ? message.slice(place.length) : message;
}

/** Three amounts contradict each other: the clerk says which one is to follow. */
function AmountQuestion({ entry, pointer }: { entry: Entry; pointer: string }): React.ReactNode {
  const { section, row, name } = placeOf(pointer);
  if (row === null || name !== "total_price") return null;
  const differs = contradiction(rowAt(entry.store.doc(), section, row));
  if (!differs) return null;
  return (
    <span className="check-fix">
      <button type="button" onClick={() => entry.store.set(section, row, "total_price", differs.total, "改总价")}>
        总价改为 {differs.total}
      </button>
      {differs.price !== null && (
        <button type="button" onClick={() => entry.store.set(section, row, "unit_price", differs.price ?? "", "改单价")}>
          单价改为 {differs.price}
        </button>
      )}
    </span>
  );
}
