/** Head and rows as they are, with the names of their codes; what is empty is left out until asked for. */
import { useMemo, useState } from "react";
import type { CodeTable } from "@/catalogue/codes";
import type { Field, Kind, Section } from "@/catalogue/types";
import { useCodes } from "@/parts/useKind";
import { plainDay, shortTime } from "@/parts/times";
import { firmOf, labelOf, type Layout } from "@/kinds/layout";
import { layoutOf } from "@/kinds/layouts";
import { RowsTable } from "./RowsTable";
import type { Doc } from "./answers";

export function shownValue(field: Field, value: unknown, codes: Map<string, CodeTable>): string {
  if (value === null || value === undefined || value === "") return "";
  const text = String(value);
  if (field.table) {
    const name = codes.get(field.table)?.byCode.get(text)?.name;
    return name && name !== text ? `${text} ${name}` : text;
  }
  if (field.type === "date") return plainDay(text) ?? text;
  if (field.type === "datetime") return /T/.test(text) ? shortTime(text) : text;
  return text;
}

export function Content({ kind, doc }: { kind: Kind; doc: Doc }): React.ReactNode {
  const [empty, setEmpty] = useState(false);
  const codes = useCodes();
  const layout = layoutOf(kind);
  return (
    <div className="content">
      {kind.sections.map((section) =>
        section.many ? (
          <Rows key={section.name} section={section} doc={doc} codes={codes} />
        ) : !empty && fieldsOf(layout, section, doc, false, codes).length === 0 ? null : (
          <section key={section.name}>
            <header className="content-head">
              <h2>{section.label}</h2>
              <label>
                <input type="checkbox" checked={empty} onChange={(event) => setEmpty(event.target.checked)} /> 显示空项
              </label>
            </header>
            <dl className="content-fields">
              {fieldsOf(layout, section, doc, empty, codes).map(({ name, label, text }) => (
                <div key={name} data-wide={text.length > 24 || undefined} data-long={text.length > 70 || undefined}>
                  <dt>{label}</dt>
                  <dd>{text || <span className="quiet">—</span>}</dd>
                </div>
              ))}
            </dl>
          </section>
        ),
      )}
    </div>
  );
}

type Shown = { name: string; label: string; text: string };

/** A firm's code, credit code and name are one entry. */
function fieldsOf(layout: Layout, section: Section, doc: Doc, empty: boolean, codes: Map<string, CodeTable>): Shown[] {
  const own = doc.document[section.name];
  const told = section.name === "head" ? (doc.authority as Record<string, unknown>) : {};
  const direction = Array.isArray(own) ? undefined : String(own?.direction ?? "");
  const known = new Set(section.fields.map((field) => field.name));
  const text = (field: Field): string => shownValue(field, told[field.name] ?? (Array.isArray(own) ? undefined : own?.[field.name]), codes);
  const partyOf = (name: string): string | null => {
    const firm = /^(.+)_(code|uscc|name)$/.exec(name)?.[1];
    return firm && known.has(`${firm}_code`) && known.has(`${firm}_name`) ? firm : null;
  };
  const shown = new Map<string, Shown>();
  for (const field of section.fields) {
    const firm = partyOf(field.name);
    const name = firm ?? field.name;
    const before = shown.get(name);
    if (before) before.text = [before.text, text(field)].filter(Boolean).join("　");
    else shown.set(name, { name, label: firm ? firmOf(field.label) : labelOf(layout, field, direction), text: text(field) });
  }
  return [...shown.values()].filter((each) => empty || each.text);
}

function Rows({ section, doc, codes }: { section: Section; doc: Doc; codes: Map<string, CodeTable> }): React.ReactNode {
  const rows = doc.document[section.name];
  const list = useMemo(() => (Array.isArray(rows) ? rows : []), [rows]);
  const fields = useMemo(
    () => section.fields.filter((field) => list.some((row) => row[field.name] !== undefined && row[field.name] !== null && row[field.name] !== "")),
    [section, list],
  );
  if (list.length === 0) return null;
  return (
    <section>
      <header className="content-head">
        <h2>
          {section.label}
          <span className="quiet">　{list.length} 行</span>
        </h2>
      </header>
      <RowsTable label={section.label} fields={fields} rows={list} show={(field, value) => shownValue(field, value, codes)} />
    </section>
  );
}
