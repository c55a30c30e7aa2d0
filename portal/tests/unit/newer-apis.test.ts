/** The check that keeps newer names of browsers out of the build. */
import { expect, test } from "vitest";
import { newerInScript, newerInStyle } from "../../newer-apis/newer";

test.each([
  ["const a = list.toSorted()", "Array.prototype.toSorted"],
  ["const a = Object.groupBy(list, f)", "Object.groupBy"],
  ["const a = Promise.withResolvers()", "Promise.withResolvers"],
  ["const a = AbortSignal.any([s])", "AbortSignal.any"],
  ["const a = URL.canParse(s)", "URL.canParse"],
  ["box.showPopover()", "HTMLElement.prototype.showPopover"],
  ["const a = navigator.clipboard.readText()", "Clipboard.prototype.readText"],
  ["for (const a of map.values().drop(1)) f(a)", "Iterator.prototype.drop"],
  ["new CloseWatcher()", "CloseWatcher"],
  ["new Intl.DurationFormat('zh')", "Intl.DurationFormat"],
])("%s is newer", (source, name) => {
  expect(newerInScript(source)).toContain(name);
});

test.each([
  "const a = list.toSorted?.() ?? [...list].sort()",
  "if ('showPopover' in box) box.showPopover()",
  "if (box.showPopover) box.showPopover()",
  "if (typeof CloseWatcher !== 'undefined') new CloseWatcher()",
  "const a = list.at(-1), b = structuredClone(list), c = crypto.randomUUID(), d = new Map().has(1)",
  "const options = { states: 1, toSorted: 2 }",
])("%s is not", (source) => {
  expect(newerInScript(source)).toEqual([]);
});

test("a style's selectors, rules and colours too", () => {
  expect(newerInStyle(".a:has(input) { color: color-mix(in srgb, red, blue); } @starting-style { .a { opacity: 0 } }")).toEqual([
    ":has",
    "@starting-style",
    "color-mix(",
  ]);
  expect(newerInStyle(".a:focus-visible, .b::before { color: rgb(1 2 3); flex-direction:column; float:left } @media print { .a { top: 0 } }")).toEqual([]);
});
