/** Fails the build when the first page, as brotli, is larger than allowed: the entry and everything it imports at once. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

type Chunk = { file: string; imports?: string[]; css?: string[]; isEntry?: boolean };

export function firstPageBudget(most: number): Plugin {
  let folder = "";
  return {
    name: "first-page-budget",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle: {
      order: "post",
      sequential: true,
      handler() {
        const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")) as Record<string, Chunk>;
        const files = new Set<string>();
        const follow = (name: string): void => {
          const chunk = manifest[name];
          if (!chunk || files.has(chunk.file)) return;
          files.add(chunk.file);
          chunk.css?.forEach((file) => files.add(file));
          chunk.imports?.forEach(follow);
        };
        Object.keys(manifest)
          .filter((name) => manifest[name]?.isEntry)
          .forEach(follow);
        let bytes = 0;
        for (const file of files) {
          const packed = join(folder, `${file}.br`);
          bytes += statSync(existsSync(packed) ? packed : join(folder, file)).size;
        }
        const said = `first page: ${(bytes / 1000).toFixed(0)} kB brotli of ${(most / 1000).toFixed(0)} kB allowed`;
        if (bytes > most) this.error(said);
        this.info(said);
      },
    },
  };
}
