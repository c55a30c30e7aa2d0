/** Imports run downwards only, features never import each other, and files stay small. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");
const LEVELS = [["app"], ["features"], ["kinds"], ["fields", "grid", "document", "parts"], ["catalogue", "api", "theme"], ["generated"]];
const MOST_LINES = 400;

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter(
  (name) => /\.(ts|tsx|css)$/.test(name) && !name.endsWith(".d.ts") && !name.startsWith("generated"),
);

function levelOf(name: string): number {
  return LEVELS.findIndex((folders) => folders.includes(name.split("/")[0] ?? ""));
}

/** Where each import of a file leads, below `src`. */
function importsOf(name: string): string[] {
  const text = readFileSync(join(SRC, name), "utf8");
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  return found
    .filter((target) => target.startsWith("@/") || target.startsWith("."))
    .map((target) => (target.startsWith("@/") ? target.slice(2) : relative(SRC, join(SRC, name, "..", target))));
}


describe("the tree of the portal", () => {
  it.each(sources)("%s", (name) => {
    expect(readFileSync(join(SRC, name), "utf8").split("\n").length).toBeLessThanOrEqual(MOST_LINES);
    expect(levelOf(name), `${name} is in no known folder`).toBeGreaterThanOrEqual(0);
    for (const target of importsOf(name)) {
      expect(levelOf(target), `${name} imports ${target} upwards`).toBeGreaterThanOrEqual(levelOf(name));
      if (name.startsWith("features/") && target.startsWith("features/")) {
        expect(target.split("/")[1], `${name} imports another feature`).toBe(name.split("/")[1]);
      }
    }
  });
});
