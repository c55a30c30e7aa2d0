/**
 * Fails the build when a page is larger, as brotli, than allowed: the first one with everything it imports at once; every
 * page behind an address with what it adds to that; data that is fetched by name, e.g. the fields of a kind, each.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

type Chunk = { file: string; imports?: string[]; css?: string[]; isEntry?: boolean; isDynamicEntry?: boolean };
type Limits = { first: number; page: number; data: number };

export function budget(limits: Limits): Plugin {
  let folder = "";
  return {
    name: "budget",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
        const needed = (name: string, files = new Set<string>()): Set<string> => {
          const chunk = manifest[name];
          if (!chunk || files.has(chunk.file)) return files;
          files.add(chunk.file);
          chunk.css?.forEach((file) => files.add(file));
          chunk.imports?.forEach((other) => needed(other, files));
          return files;
        };
        const size = (files: Iterable<string>): number =>
          [...files].map((file) => [`${file}.br`, file].map((name) => join(folder, name)).find(existsSync) ?? file).reduce((sum, path) => sum + statSync(path).size, 0);
        const names = Object.keys(manifest);
        const there = new Set(names.filter((name) => manifest[name]?.isEntry).flatMap((name) => [...needed(name)]));
        const said: string[] = [];
        const weigh = (what: string, bytes: number, most: number): void => {
          const words = `${what}: ${(bytes / 1000).toFixed(0)} kB brotli of ${(most / 1000).toFixed(0)} kB allowed`;
          if (bytes > most) said.push(words);
          else this.info(words);
        };
        weigh("first page", size(there), limits.first);
        for (const name of names.filter((each) => manifest[each]?.isDynamicEntry)) {
          const added = [...needed(name)].filter((file) => !there.has(file));
          weigh(name, size(added), name.endsWith(".json") ? limits.data : limits.page);
        }
        if (said.length > 0) this.error(said.join("\n"));
      },
    },
  };
}
