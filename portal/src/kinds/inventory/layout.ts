/** 保税核注清单: the order of the official entry page (2020). */
import type { Layout } from "../layout";

const GOODS = [
  "book_line_no", "material_no", "entry_line_no", "form_line_no", "hs_code", "name", "specification", "currency", "unit",
  "statutory_unit", "second_statutory_unit", "quantity", "statutory_quantity", "second_statutory_quantity", "unit_price", "total_price",
  "usd_total", "origin_country", "weight_factor", "first_factor", "second_factor", "gross_weight", "net_weight", "levy_mode",
  "consumption_version", "destination_country", "hazard_mark", "key_goods_mark", "source_mark", "remark",
];
const GRID = { columns: GOODS, frozen: 2, totals: ["quantity", "total_price", "gross_weight", "net_weight"], numbered: "line_no" };

export const layout: Layout = {
  title: (direction) => (direction === "E" ? "保税核注清单(出口)" : "保税核注清单(进口)"),
  head: [
    { title: "基本信息", items: ["seq_no", "customs_no", "inventory_type", "book_no"] },
    {
      title: "企业",
      items: [
        { party: "operating" },
        { party: "receiving" },
        { party: "declaring" },
        { party: "input" },
      ],
    },
    {
      title: "申报",
      items: [
        "internal_no", "declaration_type", "input_date", "declared_at", "material_mark", "supervision_mode", "transport_mode", "border_customs",
        "supervising_customs", "deduction_mark", "shipment_country", "gate_status", "business_form_no", "transfer_type",
      ],
    },
    {
      title: "报关",
      items: [
        "clearance_flag", "generate_entry", "entry_type", "clearance_type", "entry_no",
        { party: "corresponding_declaring" },
        "related_entry_no", "related_inventory_no", "related_book_no",
        { party: "related_trader" },
        { party: "related_user" },
        { party: "related_declaring" },
        "entry_declared_at", { name: "remark", span: 2 }, "card_no",
      ],
    },
  ],
  grids: {
    goods: GRID,
    second_goods: { ...GRID, totals: ["quantity", "total_price"] },
    stock_bills: { columns: ["stock_bill_no"], frozen: 0, totals: [], numbered: "line_no" },
    ecommerce_bills: { columns: ["ecommerce_bill_no"], frozen: 0, totals: [] },
  },
  hidden: {
    "head.direction": "由菜单决定",
    "head.param1": "海关备用栏", "head.param2": "海关备用栏", "head.param3": "海关备用栏", "head.param4": "海关备用栏",
    "goods.change_mark": "由系统计算", "goods.param2": "海关备用栏", "goods.param3": "海关备用栏", "goods.param4": "海关备用栏",
    "second_goods.change_mark": "由系统计算", "second_goods.param2": "海关备用栏", "second_goods.param3": "海关备用栏",
    "second_goods.param4": "海关备用栏",
  },
  begin: (direction, today) => ({
    direction,
    inventory_type: "0",
    declaration_type: "1",
    material_mark: "I",
    input_date: today,
    clearance_flag: "1",
    generate_entry: "1",
  }),
  directed: { border_customs: ["进境关别", "出境关别"], shipment_country: ["启运国(地区)", "运抵国(地区)"] },
  filled: "goods",
  book: { field: "book_no", shares: [{ party: "operating" }, { party: "receiving" }, "supervising_customs"] },
  leans: { "stock_bills.stock_bill_no": ["stock_bill"] },
  saves: "remark",
};
