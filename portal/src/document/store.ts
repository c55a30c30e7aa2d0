/** The one copy of the document on the page: head, grids, undo, the server's problems and what was worked out lie here. */
import { appliedAll, rowAt, type Doc, type Patch, type Row } from "./patches";
import { pointerOf, shifted } from "./pointer";

export type Finding = { pointer: string; code: string; message: string; hint?: string | null };
export type Findings = { errors: readonly Finding[]; warnings: readonly Finding[] };

export type Change = { label: string; patches: Patch[]; back: Patch[] };

/** What follows from patches, e.g. 总价 of 数量 and 单价; with why, by pointer. */
export type Consequences = (before: Doc, after: Doc, patches: readonly Patch[]) => { patches: Patch[]; reasons: [string, string][] };

const NONE: Findings = { errors: [], warnings: [] };
const MOST_STEPS = 500;

export class DocumentStore {
  #doc: Doc;
  #saved: Doc;
  #undo: Change[] = [];
  #redo: Change[] = [];
  #findings: Findings = NONE;
  #byPointer = new Map<string, Finding>();
  #reasons = new Map<string, string>();
  #listeners = new Set<() => void>();
  #mergeable = "";
  #consequences: Consequences;

  constructor(doc: Doc, consequences: Consequences = () => ({ patches: [], reasons: [] })) {
    this.#doc = doc;
    this.#saved = doc;
    this.#consequences = consequences;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  doc = (): Doc => this.#doc;
  findings = (): Findings => this.#findings;
  isDirty = (): boolean => this.#doc !== this.#saved;
  undoLabel = (): string | null => this.#undo.at(-1)?.label ?? null;
  redoLabel = (): string | null => this.#redo.at(-1)?.label ?? null;

  value(section: string, row: number | null, name: string): string {
    return rowAt(this.#doc, section, row)[name] ?? "";
  }

  findingAt(pointer: string): Finding | undefined {
    return this.#byPointer.get(pointer);
  }

  reasonAt(pointer: string): string | undefined {
    return this.#reasons.get(pointer);
  }

  set(section: string, row: number | null, name: string, value: string, label = "修改"): void {
    if (this.value(section, row, name) === value) return;
    this.change(label, [{ op: "set", section, row, name, value }], pointerOf(section, row, name));
  }

  /** One step of undo. Changes in a row with the same `merge` are one step: the letters of one word. */
  change(label: string, patches: readonly Patch[], merge = ""): void {
    if (patches.length === 0) return;
    const before = this.#doc;
    const first = appliedAll(before, patches);
    const follows = this.#consequences(before, first.doc, patches);
    const second = follows.patches.length > 0 ? appliedAll(first.doc, follows.patches) : { doc: first.doc, back: [] };
    const change = { label, patches: [...patches, ...follows.patches], back: [...second.back, ...first.back] };
    const last = this.#undo.at(-1);
    if (merge !== "" && merge === this.#mergeable && last) {
      this.#undo[this.#undo.length - 1] = {
        label: last.label,
        patches: [...last.patches, ...change.patches],
        back: [...change.back, ...last.back],
      };
    } else {
      this.#undo.push(change);
      if (this.#undo.length > MOST_STEPS) this.#undo.shift();
    }
    this.#mergeable = merge;
    this.#redo = [];
    this.#settle(second.doc, change.patches);
    for (const [pointer, why] of follows.reasons) this.#reasons.set(pointer, why);
    this.#tell();
  }

  /** What followed later from the last step, e.g. values that were looked up: undone together with it. */
  join(patches: readonly Patch[]): void {
    const last = this.#undo.at(-1);
    if (!last || patches.length === 0) return this.change("自动带出", patches);
    this.change(last.label, patches);
    const [own, before] = [this.#undo.pop(), this.#undo.pop()];
    if (!own || !before) return;
    this.#undo.push({ label: before.label, patches: [...before.patches, ...own.patches], back: [...own.back, ...before.back] });
  }

  /** The next change is a step of its own. */
  pause(): void {
    this.#mergeable = "";
  }

  undo(): void {
    this.#step(this.#undo, this.#redo, (change) => change.back);
  }

  redo(): void {
    this.#step(this.#redo, this.#undo, (change) => change.patches);
  }

  #step(from: Change[], to: Change[], patchesOf: (change: Change) => Patch[]): void {
    const change = from.pop();
    if (!change) return;
    to.push(change);
    this.#mergeable = "";
    const patches = patchesOf(change);
    this.#settle(appliedAll(this.#doc, patches).doc, patches);
    this.#tell();
  }

  /** What was found at a changed place is no longer true; what was found in rows behind a new one moves with them. */
  #settle(doc: Doc, patches: readonly Patch[]): void {
    this.#doc = doc;
    let findings = this.#findings;
    const only = (keep: (finding: Finding) => Finding | null): void => {
      const part = (list: readonly Finding[]): Finding[] => list.map(keep).filter((one): one is Finding => one !== null);
      findings = { errors: part(findings.errors), warnings: part(findings.warnings) };
    };
    const set = new Set<string>();
    for (const patch of patches) {
      if (patch.op === "set") {
        const pointer = pointerOf(patch.section, patch.row, patch.name);
        set.add(pointer);
        this.#reasons.delete(pointer);
      } else {
        const { section, at, remove, insert } = patch;
        only((one) => {
          const pointer = shifted(one.pointer, section, at, remove, insert.length);
          return pointer === null ? null : { ...one, pointer };
        });
        const moved = [...this.#reasons].flatMap(([pointer, why]) => {
          const to = shifted(pointer, section, at, remove, insert.length);
          return to === null ? [] : [[to, why] as const];
        });
        this.#reasons = new Map(moved);
      }
    }
    if (this.#byPointer.size > 0 && set.size > 0) only((one) => (set.has(one.pointer) ? null : one));
    if (findings !== this.#findings) this.#place(findings);
  }

  found(findings: Findings): void {
    this.#place(findings);
    this.#tell();
  }

  #place(findings: Findings): void {
    this.#findings = findings;
    this.#byPointer = new Map([...findings.warnings, ...findings.errors].map((one) => [one.pointer, one]));
  }

  /** The server has this document now. */
  saved(doc: Doc): void {
    this.#saved = doc;
    this.#tell();
  }

  /** The same document as the server holds it: no step of undo, for the clerk did nothing. */
  adopt(doc: Doc): void {
    this.#doc = doc;
    this.#tell();
  }

  /** Why values are what they are, by pointer. */
  explain(reasons: readonly (readonly [string, string])[]): void {
    for (const [pointer, why] of reasons) this.#reasons.set(pointer, why);
    if (reasons.length > 0) this.#tell();
  }

  /** Another document takes its place, e.g. the version of a colleague; it can be undone. */
  replace(doc: Doc, label: string): void {
    const patches: Patch[] = [];
    for (const section of new Set([...Object.keys(this.#doc), ...Object.keys(doc)])) {
      const [old, next] = [this.#doc[section], doc[section]];
      if (Array.isArray(old) || Array.isArray(next)) {
        const rows = (next ?? []) as readonly Row[];
        patches.push({ op: "splice", section, at: 0, remove: ((old as unknown[]) ?? []).length, insert: rows });
      } else {
        const names = new Set([...Object.keys(old ?? {}), ...Object.keys(next ?? {})]);
        for (const name of names) {
          const value = (next as Record<string, string> | undefined)?.[name] ?? "";
          patches.push({ op: "set", section, row: null, name, value });
        }
      }
    }
    const done = appliedAll(this.#doc, patches);
    this.#undo.push({ label, patches, back: done.back });
    this.#redo = [];
    this.#mergeable = "";
    this.#settle(done.doc, patches);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
