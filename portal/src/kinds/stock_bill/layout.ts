/** 出入库单. */
import type { Layout } from "../layout";

export const layout: Layout = {
  title: () => "出入库单",
  head: [
    {
      title: "基本信息",
      items: ["seq_no", "customs_no", "internal_no", "business_form_no", "business_type", "direction", "area_book_no", "declaration_type"],
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
      title: "申报",
      items: [
        "input_date", "supervising_customs", "material_mark", "related_inventory_no", "related_bill_no", "package_count", "package_type",
        "gross_weight", "net_weight", "applicant", "gathered_mark", "pass_mark", "gate_pass_status", "declared_at",
        { name: "remark", span: 2 },
      ],
    },
  ],
  grids: {
    goods: {
      columns: [
        "form_line_no", "book_line_no", "material_no", "hs_code", "name", "specification", "unit", "currency", "quantity", "unit_price",
        "total_price", "statutory_unit", "statutory_quantity", "second_statutory_unit", "second_statutory_quantity", "consumption_version",
        "weight_factor", "first_factor", "second_factor", "gross_weight", "net_weight", "related_line_no", "origin_country",
        "destination_country", "levy_mode", "use_code", "classification_mark", "remark",
      ],
      frozen: 3,
      totals: ["quantity", "total_price", "gross_weight", "net_weight"],
      numbered: "line_no",
    },
  },
  hidden: {
    "head.reserve1": "海关备用栏", "head.reserve2": "海关备用栏", "head.reserve3": "海关备用栏", "head.reserve4": "海关备用栏",
    "goods.change_mark": "由系统计算", "goods.reserve1": "海关备用栏", "goods.reserve2": "海关备用栏", "goods.reserve3": "海关备用栏",
    "goods.reserve4": "海关备用栏",
  },
  begin: (direction, today) => ({
    ...(direction ? { direction } : {}),
    declaration_type: "1",
    business_type: "A",
    material_mark: "I",
    input_date: today,
  }),
  filled: "goods",
  book: { field: "area_book_no", shares: [] },
  leans: { "head.business_form_no": ["business_form"] },
  saves: "remark",
};
