/** One field of a head: label, value, mark and, for codes, the type-ahead list. Its value lies in the store. */
import { memo, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { CodeTable } from "@/catalogue/codes";
import type { Field } from "@/catalogue/types";
import { tidied } from "@/catalogue/values";
import { useFloating } from "@/parts/floating";
import { choicesIn, withName } from "./choices";
import { Lookups, type Finder, type Found } from "./finding";
import "./fields.css";

export type FieldMark = { tone: "bad" | "warn" | "made"; text: string };

type Props = {
  field: Field;
  /** Stands for the field's own label, e.g. in a block of a firm. */
  label?: string;
  placeholder?: string;
  pointer: string;
  value: string;
  table: CodeTable | undefined;
  /** Where values are looked up that are in no table. */
  finder?: Finder | null;
  needed: boolean;
  readOnly: boolean;
  mark: FieldMark | undefined;
  span?: number;
  onInput: (pointer: string, value: string) => void;
  /** The clerk has left the field, or chosen a code. */
  onDone: (pointer: string) => void;
  /** A value was taken from what `finder` found, and what comes with it. */
  onTake?: (pointer: string, found: Found) => void;
};

const NO_CODE = "没有匹配的代码，请换代码、名称或拼音首字母";
const NOT_KEPT = "没有可选的，可以直接填写";
const NOT_FOUND = "没有找到";
const NO_ROW = {};
const lookups = new Lookups();

export const FieldBox = memo(function FieldBox(props: Props) {
  const { field, pointer, value, table, finder, needed, readOnly, mark, onInput, onDone } = props;
  const input = useRef<HTMLInputElement>(null);
  /** What was typed since the field got the focus; null: nothing yet. */
  const [typing, drawTyping] = useState<string | null>(null);
  // A field that is left by the same key that chose from its list hears of both before it is drawn again.
  const typed = useRef<string | null>(null);
  const setTyping = (text: string | null): void => {
    typed.current = text;
    drawTyping(text);
  };
  const [inside, setInside] = useState(false);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const id = `f${pointer.replaceAll("/", "-")}`;
  useSyncExternalStore(lookups.subscribe, open && finder ? lookups.version : unchanged);
  const wanted = typing === value ? "" : (typing ?? "");
  const choices: readonly Found[] = !open ? [] : table ? choicesIn(table, wanted) : finder ? lookups.of(finder, pointer, wanted, NO_ROW) : [];
  const none = open && choices.length === 0 && (table ? NO_CODE : finder && lookups.knows(pointer, wanted) ? (finder.stands(wanted) ? NOT_KEPT : NOT_FOUND) : "");
  const listed = table !== undefined || Boolean(finder);
  const shown = typing ?? (table && !inside ? withName(table, value) : value);
  const label = props.label ?? field.label;

  const place = useFloating(open, () => input.current);
  useEffect(() => {
    if (open) input.current?.parentElement?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: "nearest" });
  }, [open, at]);

  const pick = (one: Found): void => {
    setOpen(false);
    setTyping(one.value);
    if (finder && props.onTake) props.onTake(pointer, one);
    else onInput(pointer, one.value);
  };

  /** Which of the list Enter takes while nobody moved in it. */
  const firstFor = (text: string): number => (text === "" || (finder && finder.stands(text)) ? -1 : 0);

  /** Left before the list came: words that lead to one value mean it, others stand as they were typed. */
  const settle = async (asked: Finder, text: string, take: (pointer: string, found: Found) => void): Promise<void> => {
    const found = await asked.find(text.trim(), NO_ROW).catch((): Found[] => []);
    if (found.length === 1 && found[0]) return take(pointer, found[0]);
    onInput(pointer, tidied(field, text));
    onDone(pointer);
  };

  const leave = (): void => {
    setOpen(false);
    const text = typed.current;
    if (text !== null && table && text !== value) {
      // A name or initials that lead to one code mean that code.
      const found = choicesIn(table, text);
      const exact = table.byCode.has(text.trim().toUpperCase());
      onInput(pointer, !exact && found.length === 1 && found[0] ? found[0].value : tidied(field, text));
    } else if (text && text !== value && finder && props.onTake && !finder.stands(text)) {
      void settle(finder, text, props.onTake);
      setTyping(null);
      setInside(false);
      return;
    } else if (text !== null && text !== tidied(field, text)) onInput(pointer, tidied(field, text));
    setTyping(null);
    setInside(false);
    onDone(pointer);
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>): void => {
    const native = event.nativeEvent;
    if (native.isComposing || native.keyCode === 229 || !listed || readOnly) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) {
        setOpen(true);
        setAt(0);
      } else setAt((old) => (Math.max(old, event.key === "ArrowDown" ? -1 : 0) + (event.key === "ArrowDown" ? 1 : -1) + choices.length) % Math.max(1, choices.length));
    } else if (event.key === "Enter") {
      const chosen = choices[at];
      if (open && chosen) pick(chosen);
      else if (table && !open && value === "" && needed) {
        // Enter on a code opens its lookup, as on the official page; a field that may be empty is passed.
        event.preventDefault();
        event.stopPropagation();
        setOpen(true);
        setAt(0);
      }
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
  };

  return (
    <div className="field" data-span={props.span} data-tone={mark?.tone} data-readonly={readOnly || undefined}>
      <label htmlFor={id} title={hintOf(field)}>
        {label}
        {needed && <b aria-hidden="true">*</b>}
      </label>
      <div className="field-box" data-listed={(listed && !readOnly) || undefined}>
        <input
          ref={input}
          id={id}
          data-pointer={pointer}
          data-code={listed || undefined}
          value={shown}
          readOnly={readOnly}
          tabIndex={readOnly ? -1 : undefined}
          required={needed}
          aria-invalid={mark?.tone === "bad" || undefined}
          aria-describedby={mark && mark.tone !== "made" ? `${id}-mark` : undefined}
          autoComplete="off"
          spellCheck={false}
          inputMode={field.type === "decimal" || field.type === "integer" ? "decimal" : undefined}
          placeholder={readOnly ? "" : (props.placeholder ?? placeholderOf(field))}
          title={mark?.text ?? (shown.length > 14 ? shown : undefined)}
          role={listed && !readOnly ? "combobox" : undefined}
          aria-expanded={listed && !readOnly ? open : undefined}
          aria-controls={listed && !readOnly ? `${id}-list` : undefined}
          onFocus={(event) => {
            if (readOnly) return;
            const field = event.currentTarget;
            setInside(true);
            // Its text is the bare code from here on.
            queueMicrotask(() => field.select());
          }}
          onBlur={leave}
          onClick={() => {
            if (!listed || readOnly || open) return;
            // Looked at only: Enter moves on and takes nothing.
            setOpen(true);
            setAt(-1);
          }}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setTyping(event.target.value);
            if (listed) {
              setOpen(true);
              setAt(firstFor(event.target.value));
            }
            // What is searched for is no value yet, and nothing to find fault with.
            if (!table && (!finder || finder.stands(event.target.value))) onInput(pointer, event.target.value);
          }}
        />
        {open && choices.length > 0 && (
          <ul className="choices" style={place} role="listbox" id={`${id}-list`} aria-label={label}>
            {choices.map((one, index) => (
              <li
                key={`${one.value} ${index}`}
                role="option"
                aria-selected={index === at}
                onMouseDown={(event) => {
                  event.preventDefault();
                  pick(one);
                }}
              >
                <span className="mono">{one.value}</span> {one.label}
                {one.detail && <span className="choice-detail">{one.detail}</span>}
              </li>
            ))}
          </ul>
        )}
        {none && (
          <p className="choices choices-none" style={place} role="status">
            {none}
          </p>
        )}
        {mark && mark.tone !== "made" && (
          <span id={`${id}-mark`} className="sr-only">
            {mark.text}
          </span>
        )}
      </div>
    </div>
  );
});

export function hintOf(field: Field): string {
  const [means, found, example] = field.explained ?? ["", "", ""];
  return [field.label, means, found && `来源：${found}`, example && `例：${example}`, field.when, field.note].filter(Boolean).join("\n");
}

function unchanged(): number {
  return 0;
}

function placeholderOf(field: Field): string {
  return field.type === "date" ? "yyyymmdd" : "";
}
