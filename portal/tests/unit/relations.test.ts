import { describe, expect, it } from "vitest";
import type { Relation } from "@/features/document-page/answers";
import { curve, HEIGHT, layout } from "@/features/document-page/relationLayout";

function relation(id: string, of: string, direction: "up" | "down", level: number): Relation {
  return { id, of, direction, level, relation: "申报表", standing: "known", kind: "stock_bill", kind_label: "出入库单", number: id };
}

describe("where the documents of a family stand", () => {
  const family = [
    relation("form", "self", "up", 1),
    relation("old", "form", "up", 2),
    relation("a", "self", "down", 1),
    relation("b", "self", "down", 1),
    relation("c", "self", "down", 1),
    relation("of-c", "c", "down", 2),
    relation("of-a", "a", "down", 2),
  ];
  const { nodes, edges, height } = layout(family, "self", 300);
  const at = (key: string): (typeof nodes)[number] => nodes.find((node) => node.key === key)!;

  it("stands what is leant on above, and what leans below", () => {
    expect(at("old").y).toBeLessThan(at("form").y);
    expect(at("form").y).toBeLessThan(at("self").y);
    for (const key of ["a", "b", "c"]) expect(at(key).y).toBeGreaterThan(at("self").y);
  });

  it("takes another row where a level is too wide, and lets nothing overlap", () => {
    expect(at("c").y).toBeGreaterThan(at("a").y);
    for (const one of nodes)
      for (const other of nodes)
        if (one !== other)
          expect(one.y + HEIGHT <= other.y || other.y + HEIGHT <= one.y || one.x + one.width <= other.x || other.x + other.width <= one.x).toBe(true);
    expect(Math.max(...nodes.map((node) => node.y + HEIGHT))).toBe(height);
    expect(Math.max(...nodes.map((node) => node.x + node.width))).toBeLessThanOrEqual(300);
  });

  it("orders children as their parents stand, and draws every line downwards", () => {
    expect(at("of-a").x).toBeLessThan(at("of-c").x);
    expect(edges).toHaveLength(family.length);
    for (const edge of edges) {
      expect(edge.from.y).toBeLessThan(edge.to.y);
      expect(curve(edge)).toMatch(/^M[\d.]+ [\d.]+C/);
    }
  });

  it("leaves out what would be too much, and says how many", () => {
    const many = Array.from({ length: 75 }, (_, n) => relation(`d${n}`, "self", "down", 1));
    expect(layout(many, "self", 300).left).toBe(15);
  });
});
