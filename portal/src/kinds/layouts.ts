/** The layouts by kind; a kind without one stands on its page in the order of its catalogue. */
import type { Kind } from "@/catalogue/types";
import { layout as businessForm } from "./business_form/layout";
import { layout as gatePass } from "./gate_pass/layout";
import { layout as inventory } from "./inventory/layout";
import { fillable, type Layout } from "./layout";
import { layout as stockBill } from "./stock_bill/layout";

export const LAYOUTS: Record<string, Layout> = {
  inventory,
  business_form: businessForm,
  stock_bill: stockBill,
  gate_pass: gatePass,
};

export function layoutOf(kind: Kind): Layout {
  const made = LAYOUTS[kind.name];
  if (made) return made;
  const head = kind.sections[0];
  return {
    title: () => kind.label,
    head: [{ title: "表头", items: head ? head.fields.map((field) => field.name) : [] }],
    grids: Object.fromEntries(
      kind.sections.slice(1).map((section) => [section.name, { columns: fillable(section), frozen: 0, totals: [] }]),
    ),
    hidden: {},
    begin: (direction) => ({ ...(direction ? { direction } : {}), declaration_type: "1" }),
    saves: "remark",
  };
}
