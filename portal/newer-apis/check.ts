/** `node check.ts <dist>`: status 1, and where, when the built page needs what the oldest browsers lack. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { newerInScript, newerInStyle, OLDEST } from "./newer.ts";

const [dist = ""] = process.argv.slice(2);
const fine = new Map(Object.entries(JSON.parse(readFileSync(join(import.meta.dirname, "fine.json"), "utf8")) as Record<string, string>));
const finders: Record<string, (source: string) => string[]> = { ".js": newerInScript, ".css": newerInStyle };
const places = new Map<string, string[]>();
for (const file of readdirSync(join(dist, "assets"))) {
  for (const name of finders[extname(file)]?.(readFileSync(join(dist, "assets", file), "utf8")) ?? []) {
    places.set(name, [...(places.get(name) ?? []), file]);
  }
}
for (const name of fine.keys()) if (!places.delete(name)) console.error(`fine.json names ${name}, which nothing uses any more`), (process.exitCode = 1);
for (const [name, files] of places) {
  console.error(`${name} is newer than Chrome ${OLDEST.chrome} or Firefox ${OLDEST.firefox}: ${files.join(", ")}`);
  process.exitCode = 1;
}
