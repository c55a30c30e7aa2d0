/** The kinds of documents. Their names and addresses are part of the first page, the whole catalogue comes when asked for. */
import names from "@/generated/kinds.json";
import type { Field, Kind, KindName, Section } from "./types";

export const KINDS = names as Record<KindName, { label: string; url: string }>;

export function kindOfUrl(url: string): KindName | null {
  return (Object.keys(KINDS) as KindName[]).find((name) => KINDS[name].url === url) ?? null;
}

const files = import.meta.glob<Kind>("../generated/catalogue/*.json", { import: "default" });
const loaded = new Map<KindName, Promise<Kind>>();

/** The catalogue of a kind; a second call gives the same promise. */
export function loadKind(name: KindName): Promise<Kind> {
  let kind = loaded.get(name);
  if (!kind) {
    const load = files[`../generated/catalogue/${name}.json`];
    if (!load) throw new RangeError(`no catalogue of ${name}`);
    kind = load();
    loaded.set(name, kind);
    kind.catch(() => loaded.delete(name));
  }
  return kind;
}

export function sectionOf(kind: Kind, name: string): Section | undefined {
  return kind.sections.find((section) => section.name === name);
}

export function fieldOf(kind: Kind, section: string, name: string): Field | undefined {
  return sectionOf(kind, section)?.fields.find((field) => field.name === name);
}
