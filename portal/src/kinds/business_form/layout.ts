/** 业务申报表: the order of the park system's page. */
import type { Layout } from "../layout";

export const layout: Layout = {
  title: () => "业务申报表",
  head: [
    {
      title: "基本信息",
      items: ["seq_no", "customs_no", "area_book_no", "internal_no", "business_type", "direction", "declaration_type", "material_mark"],
    },
    {
      title: "企业",
      items: [
        { party: "area" },
        { party: "outside" },
        { party: "declaring" },
        { party: "input" },
      ],
    },
    {
      title: "申报",
      items: [
        "outside_book_no", "deposit_no", "valid_until", "declared_at", "applicant", "supervising_customs", "exhibition_place",
        "guarantee_ratio", "domestic_sale_mark", "scrap_mark", { name: "remark", span: 2 },
      ],
    },
  ],
  grids: {
    goods: {
      columns: [
        "material_mark", "book_line_no", "material_no", "hs_code", "name", "specification", "quantity", "unit", "currency", "unit_price",
        "total_price", "statutory_unit", "second_statutory_unit", "goods_mark", "licence_no", "licence_valid_until", "goods_remark",
        "product_type", "remark",
      ],
      frozen: 3,
      totals: ["quantity", "total_price"],
      numbered: "line_no",
    },
    consumptions: { columns: ["product_line_no", "material_line_no", "net_consumption", "loss_rate"], frozen: 0, totals: [] },
  },
  hidden: {
    "head.reserve2": "海关备用栏", "head.reserve3": "海关备用栏", "head.reserve4": "海关备用栏",
    "goods.change_mark": "由系统计算", "goods.reserve1": "海关备用栏", "goods.reserve2": "海关备用栏", "goods.reserve3": "海关备用栏",
    "goods.reserve4": "海关备用栏", "consumptions.change_mark": "由系统计算", "consumptions.reserve1": "海关备用栏",
    "consumptions.reserve2": "海关备用栏", "consumptions.reserve3": "海关备用栏", "consumptions.reserve4": "海关备用栏",
  },
  begin: (direction) => ({ ...(direction ? { direction } : {}), business_type: "A", declaration_type: "1", material_mark: "I" }),
  filled: "goods",
  book: { field: "area_book_no", shares: [{ party: "area" }, "supervising_customs"] },
  saves: "remark",
};
