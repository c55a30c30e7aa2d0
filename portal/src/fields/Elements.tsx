/** 申报要素 as one box each. Their names are in no public table; who has the list of a goods code gives it once. */
import { useRef, useState } from "react";
import { width } from "@/catalogue/values";
import { namesFor, namesIn, partsOf, withPart } from "./elements";
import "./elements.css";

type Props = {
  label: string;
  needed: boolean;
  hint: string;
  pointer: string;
  value: string;
  limit: number;
  readOnly: boolean;
  tone?: string;
  why?: string;
  /** Names that were given for this goods code. */
  names: readonly string[] | undefined;
  /** Missing: there is no goods code yet to keep names for. */
  onNames?: (names: string[]) => void;
  onInput: (pointer: string, value: string) => void;
  onDone: (pointer: string) => void;
};

export function Elements(props: Props): React.ReactNode {
  const { label, pointer, value, limit, readOnly, names, onInput, onDone } = props;
  const box = useRef<HTMLDivElement>(null);
  const [more, setMore] = useState(0);
  const [naming, setNaming] = useState<string | null>(null);
  const parts = partsOf(value);
  const called = namesFor(value, names);
  const boxes = called.length + more;

  const set = (at: number, text: string): void => {
    onInput(pointer, withPart(value, at, text));
    // A bar typed behind a part leads to the next one.
    if (!text.endsWith("|")) return;
    if (at + 1 >= boxes) setMore(more + 1);
    requestAnimationFrame(() => box.current?.querySelectorAll<HTMLElement>(".element input")[at + 1]?.focus());
  };

  const take = (): void => {
    const found = naming === null ? null : namesIn(naming);
    if (found) props.onNames?.(found);
    setNaming(null);
  };

  return (
    <div className="field long" data-tone={props.tone} ref={box} role="group" aria-label={label}>
      <span className="elements-label" title={props.hint}>
        {label}
        {props.needed && (
          <b aria-hidden="true" className="needed">
            *
          </b>
        )}
      </span>
      <div className="elements" title={props.why}>
        {Array.from({ length: boxes }, (_, at) => (
          <label className="element" key={at}>
            <span title={called[at]}>{called[at] || `要素 ${at + 1}`}</span>
            <input
              data-pointer={at === 0 ? pointer : undefined}
              value={parts[at] ?? ""}
              readOnly={readOnly}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => set(at, event.target.value)}
              onBlur={() => onDone(pointer)}
            />
          </label>
        ))}
        {naming !== null && (
          <label className="element-names">
            <span>把要素清单粘贴在这里，例如 1:品名;2:品牌类型;3:出口享惠情况</span>
            <textarea rows={2} autoFocus value={naming} onChange={(event) => setNaming(event.target.value)} onBlur={take} />
          </label>
        )}
        <div className="elements-foot quiet">
          <span data-over={width(value) > limit || undefined} className="count">
            {width(value)} / {limit}
          </span>
          {!readOnly && (
            <>
              <button type="button" className="plain-button" tabIndex={-1} onClick={() => setMore(more + 1)}>
                增加一项
              </button>
              {props.onNames && (
                <button type="button" className="plain-button" tabIndex={-1} onClick={() => setNaming(called.filter(Boolean).join(";"))}>
                  要素名称
                </button>
              )}
            </>
          )}
        </div>
      </div>
    </div>
  );
}
