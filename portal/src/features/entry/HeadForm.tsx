/** The head in the official order: groups that fold, dense columns, firms in one line. */
import { memo, useCallback, useState, useSyncExternalStore } from "react";
import type { Field } from "@/catalogue/types";
import { isNeeded, isShown } from "@/document/checks";
import { objectOf } from "@/document/patches";
import { FieldBox, type FieldMark } from "@/fields/FieldBox";
import type { Found } from "@/fields/finding";
import { firmOf, labelOf, namesOf, type Item } from "@/kinds/layout";
import type { Entry } from "./entry";
import { finderOf } from "./finders";

type Props = { entry: Entry; readOnly: boolean; section?: string };

/** Of a firm the first box has the name of the block, the others stand behind it. */
const PARTS = ["", "信用代码", "名称"];

export function markOf(entry: Entry, pointer: string): FieldMark | undefined {
  const finding = entry.store.findingAt(pointer);
  if (finding) {
    const bad = entry.store.findings().errors.some((one) => one.pointer === pointer);
    return { tone: bad ? "bad" : "warn", text: [finding.message, finding.hint].filter(Boolean).join("\n") };
  }
  const why = entry.store.reasonAt(pointer);
  return why ? { tone: "made", text: why } : undefined;
}

export const HeadForm = memo(function HeadForm({ entry, readOnly, section = "head" }: Props) {
  useSyncExternalStore(entry.subscribe, entry.snapshot);
  useSyncExternalStore(entry.store.subscribe, entry.store.findings);
  const { kind, layout, store, tables } = entry;
  const part = kind.sections.find((one) => one.name === section);
  const groups = section === "head" ? layout.head : [{ title: "", items: (part?.fields ?? []).filter((f) => f.need !== "system").map((f) => f.name) }];
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const row = objectOf(store.doc(), section);
  const head = objectOf(store.doc(), "head");
  const fields = new Map((part?.fields ?? []).map((field) => [field.name, field]));

  const onInput = useCallback((pointer: string, value: string) => store.set(section, null, pointer.slice(section.length + 2), value), [store, section]);
  const onDone = useCallback(
    (pointer: string) => {
      store.pause();
      void entry.fill([pointer]);
    },
    [entry, store],
  );

  const onTake = useCallback((pointer: string, found: Found) => entry.fillFrom(pointer, found), [entry]);

  const box = (field: Field, label?: string, span?: number): React.ReactNode => {
    const pointer = `/${section}/${field.name}`;
    const system = field.need === "system";
    const told = entry.whole?.authority[field.name];
    const value = system ? (told === undefined || told === null ? "" : String(told)) : (row[field.name] ?? "");
    return (
      <FieldBox
        key={field.name}
        field={field}
        label={label ?? (section === "head" ? labelOf(layout, field, row.direction) : undefined)}
        placeholder={PARTS.includes(label ?? "") ? label : undefined}
        pointer={pointer}
        value={value}
        table={field.table ? tables.get(field.table) : undefined}
        finder={part && !system ? finderOf(entry, part, field.name) : null}
        onTake={onTake}
        needed={!system && isNeeded(field, section, row, head)}
        readOnly={readOnly || system}
        mark={stable(markOf(entry, pointer))}
        span={span}
        onInput={onInput}
        onDone={onDone}
      />
    );
  };

  const visible = (name: string): Field | null => {
    const field = fields.get(name);
    return field && isShown(field, section, row, head) ? field : null;
  };

  const itemOf = (item: Item): React.ReactNode => {
    if (typeof item === "object" && "party" in item) {
      const own = namesOf(item).map(visible);
      const [first] = own.filter((field) => field !== null);
      if (!first) return null;
      const firm = firmOf(first.label);
      return (
        <div className="firm" key={item.party} role="group" aria-label={firm}>
          {own.map((field, index) => field && box(field, PARTS[index] || firm))}
        </div>
      );
    }
    const name = typeof item === "string" ? item : item.name;
    const field = visible(name);
    return field && box(field, undefined, typeof item === "object" && "span" in item ? item.span : undefined);
  };

  return (
    <div className="head-form">
      {groups.map((group) => {
        const closed = folded.has(group.title);
        const bad = closed && group.items.flatMap(namesOf).some((name) => markOf(entry, `/${section}/${name}`)?.tone === "bad");
        return (
          <section key={group.title} className="head-group" aria-label={group.title}>
            {group.title && (
              <button
                type="button"
                className="head-title"
                aria-expanded={!closed}
                tabIndex={-1}
                data-tone={bad ? "bad" : undefined}
                onClick={() =>
                  setFolded((old) => {
                    const next = new Set(old);
                    if (!next.delete(group.title)) next.add(group.title);
                    return next;
                  })
                }
              >
                {group.title}
              </button>
            )}
            {!closed && <div className="head-fields">{group.items.map(itemOf)}</div>}
          </section>
        );
      })}
    </div>
  );
});

/** Marks that say the same are the same object, so that a field without news is not drawn again. */
const marks = new Map<string, FieldMark>();
function stable(mark: FieldMark | undefined): FieldMark | undefined {
  if (!mark) return undefined;
  const key = mark.tone + mark.text;
  const known = marks.get(key);
  if (known) return known;
  if (marks.size > 2000) marks.clear();
  marks.set(key, mark);
  return mark;
}
