/** Every field of a kind stands on its page exactly once, or is hidden with a reason. */
import { describe, expect, it } from "vitest";
import { loadKind } from "@/catalogue/kinds";
import type { KindName } from "@/catalogue/types";
import { namesOf } from "@/kinds/layout";
import { LAYOUTS } from "@/kinds/layouts";

describe.each(Object.entries(LAYOUTS))("%s", (name, layout) => {
  it("has every field of the head once", async () => {
    const kind = await loadKind(name as KindName);
    const placed = layout.head.flatMap((group) => group.items.flatMap(namesOf));
    expect(new Set(placed).size).toBe(placed.length);
    const all = kind.sections[0]?.fields ?? [];
    const missing = all.filter((f) => f.need !== "system" && !placed.includes(f.name) && !layout.hidden[`head.${f.name}`]).map((f) => f.name);
    expect(missing).toEqual([]);
    expect(placed.filter((one) => !all.some((f) => f.name === one))).toEqual([]);
    expect(placed.filter((one) => layout.hidden[`head.${one}`])).toEqual([]);
  });

  it("has every field of its rows once", async () => {
    const kind = await loadKind(name as KindName);
    for (const section of kind.sections.filter((one) => one.many && layout.grids[one.name])) {
      const grid = layout.grids[section.name];
      const placed = [...(grid?.columns ?? []), ...(grid?.numbered ? [grid.numbered] : [])];
      expect(new Set(placed).size).toBe(placed.length);
      const missing = section.fields
        .filter((f) => f.need !== "system" && !placed.includes(f.name) && !layout.hidden[`${section.name}.${f.name}`])
        .map((f) => f.name);
      expect([section.name, missing]).toEqual([section.name, []]);
      expect(placed.filter((one) => !section.fields.some((f) => f.name === one))).toEqual([]);
    }
  });
});
