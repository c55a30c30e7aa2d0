/** Everything that follows from a change by itself: amounts, what a situation forces, the sum of weights. */
import { isDecimal, sum } from "@/catalogue/decimal";
import { holds } from "@/catalogue/predicate";
import type { Kind } from "@/catalogue/types";
import { amountsOf } from "./amounts";
import { objectOf, type Doc, type Patch, type Row } from "./patches";
import type { Consequences } from "./store";

export type Sum = { name: string; of: string[]; why: string };

/** `begun`: what the page itself puts into a new head; it goes with its field, and comes back with it. */
export function followingOf(kind: Kind, total?: Sum, begun: Row = {}): Consequences {
  const ownFields = (kind.sections[0]?.fields ?? []).filter((field) => field.shown_if && begun[field.name]);
  const amounts = amountsOf(
    kind.sections
      .filter((section) => section.many && section.fields.some((field) => field.name === "total_price"))
      .map((section) => section.name),
  );
  return (before: Doc, after: Doc, patches: readonly Patch[]) => {
    const found = amounts(before, after, patches);
    const head = { ...objectOf(after, "head") };
    const old = objectOf(before, "head");
    if (patches.some((patch) => patch.section === "head")) {
      for (const [condition, name, value] of kind.forces) {
        // Only what has just come about: what was opened with another value is the server's to judge.
        if (holds(condition, "head", head, head) && !holds(condition, "head", old, old) && head[name] !== value) {
          head[name] = value;
          found.patches.push({ op: "set", section: "head", row: null, name, value });
          found.reasons.push([`/head/${name}`, "由所选业务决定"]);
        }
      }
      for (const { name, shown_if: use } of ownFields) {
        if (!use) continue;
        const [was, now] = [old, head].map((row) => (holds(use, "head", row, row) ? begun[name] : "")) as [string, string];
        if (was === now || (head[name] ?? "") !== was) continue;
        found.patches.push({ op: "set", section: "head", row: null, name, value: now });
        found.reasons.push([`/head/${name}`, "由所选业务决定"]);
      }
      if (total) {
        const parts = total.of.map((name) => head[name]).filter((value) => value !== undefined && isDecimal(value));
        const was = sum(total.of.map((name) => old[name]));
        const free = !old[total.name] || old[total.name] === was;
        const touched = patches.some((patch) => patch.op === "set" && total.of.includes(patch.name));
        if (touched && free && parts.length > 0) {
          found.patches.push({ op: "set", section: "head", row: null, name: total.name, value: sum(parts) });
          found.reasons.push([`/head/${total.name}`, total.why]);
        }
      }
    }
    return found;
  };
}
