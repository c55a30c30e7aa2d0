/** Where each document of a family stands: what is leant on above, what leans on it below, a row or more a level. */
import type { Relation } from "./answers";

export type Node = { key: string; item: Relation | null; x: number; y: number; width: number };
export type Edge = { from: Node; to: Node };
export type Layout = { nodes: Node[]; edges: Edge[]; height: number; left: number };

export const HEIGHT = 46;
const LEAST = 128;
const WIDEST = 190;
const GAP = 8;
const BETWEEN = 22;
const MOST = 60;

export const keyOf = (item: Relation): string => item.id ?? `${item.kind}/${item.number}`;

export function layout(items: readonly Relation[], self: string, width: number): Layout {
  const shown = items.slice(0, MOST);
  const layers = new Map<number, { key: string; of: string; item: Relation | null }[]>();
  const put = (layer: number, node: { key: string; of: string; item: Relation | null }): void => {
    layers.set(layer, [...(layers.get(layer) ?? []), node]);
  };
  put(0, { key: self, of: "", item: null });
  for (const item of shown) put(item.direction === "up" ? -item.level : item.level, { key: keyOf(item), of: item.of, item });
  // Children stand in the order of what they hang on, so that few lines cross.
  const places = new Map<string, number>([[self, 0]]);
  for (const layer of [...layers.keys()].sort((a, b) => Math.abs(a) - Math.abs(b))) {
    const nodes = layers.get(layer) ?? [];
    nodes.sort((a, b) => (places.get(a.of) ?? 0) - (places.get(b.of) ?? 0));
    nodes.forEach((node, at) => places.set(node.key, at));
  }
  const across = Math.max(1, Math.floor((width + GAP) / (LEAST + GAP)));
  const nodes: Node[] = [];
  const byKey = new Map<string, Node>();
  let y = 0;
  for (const layer of [...layers.keys()].sort((a, b) => a - b)) {
    const all = layers.get(layer) ?? [];
    for (let first = 0; first < all.length; first += across) {
      const row = all.slice(first, first + across);
      const each = Math.min(WIDEST, (width - GAP * (row.length - 1)) / row.length);
      const start = (width - each * row.length - GAP * (row.length - 1)) / 2;
      row.forEach(({ key, item }, at) => {
        const node = { key, item, x: start + at * (each + GAP), y, width: each };
        nodes.push(node);
        byKey.set(key, node);
      });
      y += HEIGHT + (first + across < all.length ? GAP : BETWEEN);
    }
  }
  const edges = shown.flatMap((item): Edge[] => {
    const [of, own] = [byKey.get(item.of), byKey.get(keyOf(item))];
    if (!of || !own) return [];
    return [item.direction === "up" ? { from: own, to: of } : { from: of, to: own }];
  });
  return { nodes, edges, height: Math.max(0, y - BETWEEN), left: items.length - shown.length };
}

/** A line from below one node to above another. */
export function curve({ from, to }: Edge): string {
  const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y + HEIGHT, to.x + to.width / 2, to.y];
  const middle = (y1 + y2) / 2;
  return `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`;
}
