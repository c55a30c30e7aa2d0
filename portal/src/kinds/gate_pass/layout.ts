/** 核放单. */
import type { Layout } from "../layout";

export const layout: Layout = {
  title: () => "核放单",
  head: [
    {
      title: "基本信息",
      items: [
        "seq_no", "customs_no", "internal_no", "gate_pass_type", "direction", "bind_type", "linked_type", "linked_nos", "supervising_customs",
        "area_book_no", "declaration_type",
      ],
    },
    {
      title: "企业",
      items: [
        { party: "area" },
        { party: "declaring" },
        { party: "input" },
      ],
    },
    {
      title: "车辆和重量",
      items: [
        "vehicle_no", "vehicle_ic_no", "vehicle_weight", "frame_no", "frame_weight", "container_no", "container_type", "container_weight",
        "gross_weight", "net_weight", "total_weight", "collected_weight", "weight_error", "applicant_contact", "arrival_mark", "declared_at",
        "passed_at", "second_passed_at", { name: "remark", span: 2 },
      ],
    },
  ],
  grids: {
    linked_documents: { columns: ["linked_type", "bill_no"], frozen: 0, totals: [] },
    goods: {
      columns: ["related_line_no", "material_no", "hs_code", "name", "gross_weight", "net_weight", "quantity", "unit", "remark"],
      frozen: 2,
      totals: ["quantity", "gross_weight", "net_weight"],
      numbered: "line_no",
    },
  },
  hidden: {
    "head.reserve2": "海关备用栏", "head.reserve3": "海关备用栏", "head.reserve4": "海关备用栏",
    "goods.reserve1": "海关备用栏", "goods.reserve2": "海关备用栏", "goods.reserve3": "海关备用栏", "goods.reserve4": "海关备用栏",
  },
  begin: (direction) => ({ ...(direction ? { direction } : {}), declaration_type: "1", bind_type: "2" }),
  sum: {
    name: "total_weight",
    of: ["vehicle_weight", "frame_weight", "container_weight", "gross_weight"],
    why: "车自重 + 车架重 + 箱重 + 货物总毛重",
  },
  book: { field: "area_book_no", shares: [] },
  leans: { "head.linked_nos": ["stock_bill", "inventory"], "linked_documents.bill_no": ["stock_bill", "inventory"] },
  saves: "remark",
};
