/** The menus as the authority's users know them: the same entries under both systems. */
import { KINDS } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";

export type SystemCode = "z8" | "z7";
export const SYSTEMS: { code: SystemCode; label: string }[] = [
  { code: "z8", label: "保税物流管理" },
  { code: "z7", label: "海关特殊监管区域" },
];

export type MenuItem = { label: string; kind: KindName; direction?: "I" | "E" };

export const ENTRY: MenuItem[] = [
  { label: "保税核注清单（进口）", kind: "inventory", direction: "I" },
  { label: "保税核注清单（出口）", kind: "inventory", direction: "E" },
  { label: "业务申报表", kind: "business_form" },
  { label: "出入库单", kind: "stock_bill" },
  { label: "核放单", kind: "gate_pass" },
];

export const QUERY: MenuItem[] = [
  { label: "核注清单查询", kind: "inventory" },
  { label: "业务申报表查询", kind: "business_form" },
  { label: "出入库查询", kind: "stock_bill" },
  { label: "核放单查询", kind: "gate_pass" },
];

export function urlOf(kind: KindName): string {
  return KINDS[kind].url;
}
