/** Where the values of a field can be looked up: the tariff, master data, the lines of the 账册, documents that can still be used. */
import { ask } from "@/api/client";
import { KINDS } from "@/catalogue/kinds";
import type { KindName, Section } from "@/catalogue/types";
import { objectOf } from "@/document/patches";
import type { Finder, Found } from "@/fields/finding";
import type { Entry } from "./entry";

const MOST = 12;
const NUMBER = /^[\d.]*$/;

type Row = Readonly<Record<string, string>>;
type Company = { content: { customs_code?: string; uscc?: string; name?: string } };
type Article = { content: { material_no?: string; hs_code?: string; name?: string; specification?: string } };
type HsCode = { code: string; name: string; unit_label?: string | null; second_unit_label?: string | null };
type Line = {
  line_no: number | null;
  material_no: string | null;
  hs_code: string | null;
  name: string | null;
  unit: string | null;
  unit_name: string | null;
  available: string | null;
};
type Book = { book_no: string; name: string; lines: number | null; valid_until: string | null };
type Usable = { customs_no?: string | null; internal_no?: string; rows_left?: number; [name: string]: unknown };

function query(path: string, values: Record<string, string>): string {
  return `${path}?${new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""))}`;
}

async function goodsCodes(typed: string): Promise<Found[]> {
  const { items } = await ask<{ items: HsCode[] }>(query("/v1/codes/hs_codes", { q: typed, limit: String(MOST) }));
  return items.map(({ code, name, unit_label, second_unit_label }) => ({
    value: code,
    label: name,
    detail: [unit_label, second_unit_label].filter(Boolean).join(" / "),
  }));
}

function firms(party: string, part: "code" | "name" | "uscc"): (typed: string) => Promise<Found[]> {
  return async (typed) => {
    const { items } = await ask<{ items: Company[] }>(query("/v1/companies", { q: typed, limit: String(MOST) }));
    return items.flatMap(({ content: { customs_code = "", uscc = "", name = "" } }) => {
      const values = { code: customs_code, uscc, name };
      if (!values[part]) return [];
      const also = { [`${party}_code`]: customs_code, [`${party}_uscc`]: uscc, [`${party}_name`]: name };
      return [{ value: values[part], label: part === "name" ? customs_code : name, detail: part === "uscc" ? customs_code : uscc, also }];
    });
  };
}

function given(values: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((one): one is [string, string] => Boolean(one[1])));
}

/** Lines of the 账册, with what of each remains. Nothing where the book is not followed here. */
async function lines(book: string, mark: string, typed: string): Promise<Line[]> {
  if (!/^[0-9A-Za-z]{1,64}$/.test(book)) return [];
  return (await ask<{ items: Line[] }>(query(`/v1/ledgers/${book}/lines`, { q: typed, mark, limit: String(MOST) }))).items;
}

/** The 账册 that are followed here or that documents have moved. */
async function books(typed: string): Promise<Found[]> {
  const wanted = typed.toUpperCase();
  const { items } = await ask<{ items: Book[] }>("/v1/ledgers");
  return items
    .filter(({ book_no, name }) => book_no.includes(wanted) || name.toUpperCase().includes(wanted))
    .slice(0, MOST)
    .map(({ book_no, name, lines, valid_until }) => ({
      value: book_no,
      label: name,
      detail: [lines ? `${lines} 项商品` : "", valid_until ? `有效期至 ${valid_until}` : ""].filter(Boolean).join("，"),
    }));
}

function remaining({ available, unit_name }: Line): string {
  return available === null ? "余量未知" : `余 ${available} ${unit_name ?? ""}`.trim();
}

function bookLine(line: Line, part: "book_line_no" | "material_no"): Found[] {
  const values = { book_line_no: line.line_no === null ? "" : String(line.line_no), material_no: line.material_no ?? "" };
  if (!values[part]) return [];
  const other = part === "material_no" ? values.book_line_no : values.material_no;
  return [
    {
      value: values[part],
      label: [other, line.name].filter(Boolean).join(" "),
      detail: remaining(line),
      also: given({ ...values, hs_code: line.hs_code, name: line.name, unit: line.unit }),
    },
  ];
}

async function articles(typed: string): Promise<Found[]> {
  const { items } = await ask<{ items: Article[] }>(query("/v1/goods", { q: typed, limit: String(MOST) }));
  return items.flatMap(({ content: { material_no, hs_code, name } }) =>
    material_no ? [{ value: material_no, label: name ?? "", detail: hs_code ?? "", also: given({ hs_code, name }) }] : [],
  );
}

/** Approved documents of which something is left. */
function usable(entry: Entry, sources: readonly KindName[]): (typed: string) => Promise<Found[]> {
  return async (typed) => {
    const pages = await Promise.all(
      sources.map((source) =>
        ask<{ items: Usable[] }>(`/v1/makeable/${KINDS[source].url}/${entry.kind.url}?limit=50`).then(
          (page) => page.items.map((item) => ({ source, item })),
          () => [],
        ),
      ),
    );
    const wanted = typed.toLowerCase();
    return pages
      .flat()
      .filter(({ item }) => [item.customs_no, item.internal_no].some((text) => String(text ?? "").toLowerCase().includes(wanted)))
      .slice(0, MOST)
      .flatMap(({ source, item }) => {
        if (!item.customs_no) return [];
        const area = Object.entries(item).filter(([name, value]) => name.startsWith("area_") && typeof value === "string");
        return [
          {
            value: item.customs_no,
            label: `${KINDS[source].label} ${item.internal_no ?? ""}`,
            detail: item.rows_left === undefined ? "" : `余 ${item.rows_left} 行`,
            also: Object.fromEntries(area) as Record<string, string>,
          },
        ];
      });
  };
}

const always = (): boolean => true;

function made(entry: Entry, section: Section, name: string): Finder | null {
  const has = (other: string): boolean => section.fields.some((field) => field.name === other);
  const leans = entry.layout.leans?.[`${section.name}.${name}`];
  if (leans) return { find: usable(entry, leans), stands: always };
  if (section.name === "head" && name === entry.layout.book?.field) return entry.may.has("ledger.read") ? { find: books, stands: always } : null;
  if (name === "hs_code") return { find: goodsCodes, stands: (typed) => NUMBER.test(typed) };
  const [, party, part] = /^(.+)_(code|name|uscc)$/.exec(name) ?? [];
  if (party && has(`${party}_code`) && has(`${party}_name`)) {
    const typedCode = (typed: string): boolean => part === "name" || /^[\dA-Z]{10,}$/i.test(typed);
    return { find: firms(party, part as "code" | "name" | "uscc"), stands: typedCode };
  }
  if (name !== "book_line_no" && name !== "material_no") return null;
  const head = (field: string): string => objectOf(entry.store.doc(), "head")[field] ?? "";
  const ofBook = (typed: string, row: Row): Promise<Line[]> =>
    lines(entry.may.has("ledger.read") ? head(entry.layout.book?.field ?? "") : "", section.name === "goods" ? row.material_mark || head("material_mark") : "", typed);
  return {
    stands: always,
    find: async (typed, row) => {
      if (name === "book_line_no") return (await ofBook(typed, row)).flatMap((line) => bookLine(line, name));
      const [inBook, known] = await Promise.all([ofBook(typed, row), articles(typed).catch((): Found[] => [])]);
      const found = inBook.flatMap((line) => bookLine(line, name));
      return [...found, ...known.filter((one) => !found.some((other) => other.value === one.value))].slice(0, MOST);
    },
  };
}

const kept = new WeakMap<Entry, Map<string, Finder | null>>();

/** The same for every drawing of a field. */
export function finderOf(entry: Entry, section: Section, name: string): Finder | null {
  const all = kept.get(entry) ?? new Map<string, Finder | null>();
  kept.set(entry, all);
  const place = `${section.name}.${name}`;
  const known = all.get(place);
  if (known !== undefined) return known;
  const finder = made(entry, section, name);
  all.set(place, finder);
  return finder;
}
