/** One line as a form beside the grid: room for long texts, 申报要素 and what stands far to the right. */
import { Drawer } from "antd";
import { useCallback, useEffect, useRef } from "react";
import type { Section } from "@/catalogue/types";
import { width } from "@/catalogue/values";
import { isNeeded } from "@/document/checks";
import { objectOf, rowAt } from "@/document/patches";
import { placeOf, pointerOf } from "@/document/pointer";
import { FieldBox, hintOf } from "@/fields/FieldBox";
import { Elements } from "@/fields/Elements";
import type { Found } from "@/fields/finding";
import type { GridLayout } from "@/kinds/layout";
import { usePreference } from "@/parts/usePreference";
import type { Entry } from "./entry";
import { finderOf } from "./finders";
import { markOf } from "./HeadForm";

type Props = {
  entry: Entry;
  section: Section;
  layout: GridLayout;
  row: number;
  count: number;
  readOnly: boolean;
  onRow: (row: number) => void;
  onClose: () => void;
};

const LONG = new Set(["specification", "name", "remark", "goods_remark"]);

export function LineForm({ entry, section, layout, row, count, readOnly, onRow, onClose }: Props): React.ReactNode {
  const { store, tables } = entry;
  const form = useRef<HTMLDivElement>(null);
  const [names, setNames] = usePreference<Record<string, string[]>>("element-names", {});
  const values = rowAt(store.doc(), section.name, row);
  const head = objectOf(store.doc(), "head");
  const onInput = useCallback(
    (pointer: string, value: string) => {
      const at = placeOf(pointer);
      if (at.name) store.set(at.section, at.row, at.name, value);
    },
    [store],
  );
  const onDone = useCallback(
    (pointer: string) => {
      store.pause();
      void entry.fill([pointer]);
    },
    [entry, store],
  );

  const onTake = useCallback((pointer: string, found: Found) => entry.fillFrom(pointer, found), [entry]);

  useEffect(() => {
    const first = setTimeout(() => form.current?.querySelector<HTMLElement>("input, textarea")?.focus(), 60);
    return () => clearTimeout(first);
  }, [row]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    const { isComposing, keyCode } = event.nativeEvent;
    if (isComposing || keyCode === 229) return;
    const step = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
    if (step !== 0 && row + step >= 0 && row + step < count) {
      event.preventDefault();
      onRow(row + step);
    } else if (event.key === "F2" || (event.key === "Enter" && event.ctrlKey)) {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      const stops = [...(form.current?.querySelectorAll<HTMLElement>("input:not([readonly]), textarea") ?? [])];
      const next = stops[stops.indexOf(event.target as HTMLElement) + 1];
      if (next) next.focus();
      else if (row + 1 < count) onRow(row + 1);
      else onClose();
    }
  };

  const fields = section.fields.filter((field) => layout.columns.includes(field.name));
  return (
    <Drawer open title={`${section.label} 第 ${row + 1} / ${count} 行`} size={520} mask={false} onClose={onClose} className="line-drawer">
      <div className="line-form" ref={form} onKeyDown={onKeyDown}>
        {fields.map((field) => {
          const pointer = pointerOf(section.name, row, field.name);
          const value = values[field.name] ?? "";
          const mark = markOf(entry, pointer);
          if (!LONG.has(field.name)) {
            return (
              <FieldBox
                key={field.name}
                field={field}
                pointer={pointer}
                value={value}
                table={field.table ? tables.get(field.table) : undefined}
                finder={finderOf(entry, section, field.name)}
                onTake={onTake}
                needed={isNeeded(field, section.name, values, head)}
                readOnly={readOnly}
                mark={mark}
                onInput={onInput}
                onDone={onDone}
              />
            );
          }
          const limit = field.advised_length ?? field.max_length;
          if (field.name === "specification") {
            const code = values.hs_code ?? "";
            return (
              <Elements
                key={`${field.name} ${row}`}
                label={field.label}
                needed={isNeeded(field, section.name, values, head)}
                hint={hintOf(field)}
                pointer={pointer}
                value={value}
                limit={limit}
                readOnly={readOnly}
                tone={mark?.tone}
                why={mark?.text}
                names={names[code]}
                onNames={code === "" ? undefined : (given) => setNames((old) => ({ ...old, [code]: given }))}
                onInput={onInput}
                onDone={onDone}
              />
            );
          }
          return (
            <div className="field long" key={field.name} data-tone={mark?.tone}>
              <label htmlFor={`l${field.name}`} title={hintOf(field)}>
                {field.label}
              </label>
              <div className="field-box">
                <textarea
                  id={`l${field.name}`}
                  rows={field.name === "name" ? 2 : 4}
                  readOnly={readOnly}
                  value={value}
                  title={mark?.text}
                  onChange={(event) => onInput(pointer, event.target.value.replaceAll("\n", " "))}
                  onBlur={() => onDone(pointer)}
                />
                <span className="quiet count" data-over={width(value) > limit || undefined}>
                  {width(value)} / {limit}
                </span>
              </div>
            </div>
          );
        })}
      </div>
      <p className="quiet">
        <kbd>Enter</kbd> 下一项 <kbd>PageDown</kbd> 下一行 <kbd>F2</kbd> 回到表格
      </p>
    </Drawer>
  );
}
