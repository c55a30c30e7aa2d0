/** One document being entered: the store, and everything that goes to and comes from the server for it. */
import { ask, ifMatch, json, newKey, send } from "@/api/client";
import { asProblem, Problem, type FieldProblem } from "@/api/problems";
import type { CodeTable } from "@/catalogue/codes";
import type { Kind } from "@/catalogue/types";
import { foundBy, missingIn } from "@/document/checks";
import { draftKey, dropDraft, keepDraft, keepOnServer } from "@/document/drafts";
import { followingOf } from "@/document/following";
import { rowAt, type Doc, type Patch } from "@/document/patches";
import { placeOf, pointerOf } from "@/document/pointer";
import { received, sent } from "@/document/sending";
import { DocumentStore, type Finding } from "@/document/store";
import type { Found } from "@/fields/finding";
import type { Layout } from "@/kinds/layout";
import { BROUGHT, filled } from "./filling";
import { likeTheLast } from "./likeTheLast";
import type { Reason } from "./ReasonsNote";

export type Whole = {
  id: string;
  version: number;
  state: string;
  state_label: string;
  state_description: string;
  open_round: { label: string } | null;
  internal_no: string;
  authority: Record<string, unknown>;
  document: Record<string, unknown>;
  enterprise_id: string;
  client_id?: string | null;
  /** Told where the document is read, not where it is saved. */
  reasons?: Reason[];
};
export type ActionNow = { action: string; allowed: boolean; reason: string | null };
export type Status = "quiet" | "saving" | "declaring" | "checking";
type Verdict = { ok: boolean; errors: FieldProblem[]; warnings: FieldProblem[] };

/** Filled in by the server when a document is first saved; before that their absence says nothing. */
const GIVEN_LATER = /^\/head\/(declaring|input)_|\/(line_no|change_mark)$/;
/** Of a document that is still being typed these say nothing new; they count once somebody saves it. */
const MISSING = new Set(["required", "required_when", "rows_required"]);
const CHECK_AFTER = 900;
const KEEP_AFTER = 400;
const SEND_AFTER = 3000;

function findingsOf(list: readonly FieldProblem[] | undefined): Finding[] {
  return (list ?? []).map((one) => ({
    pointer: one.pointer ?? "",
    code: one.code ?? "",
    message: one.message ?? one.detail ?? "",
    hint: one.hint ?? null,
  }));
}

let opened = 0;

export class Entry {
  /** Of this opening of a document: what stood on an earlier page is not taken over. */
  readonly key = (opened += 1);
  readonly store: DocumentStore;
  whole: Whole | null;
  actions: readonly ActionNow[] = [];
  status: Status = "quiet";
  /** Somebody tried to save or declare, so what is missing is marked. */
  asked = false;
  conflict: Whole | null = null;
  offline = false;
  keptAt: number | null = null;
  #listeners = new Set<() => void>();
  #check: ReturnType<typeof setTimeout> | undefined;
  #keep: ReturnType<typeof setTimeout> | undefined;
  #send: ReturnType<typeof setTimeout> | undefined;
  #answers = 0;
  #server: { errors: Finding[]; warnings: Finding[] } = { errors: [], warnings: [] };
  #orders = new Map<string, string>();

  constructor(
    readonly kind: Kind,
    readonly layout: Layout,
    readonly tables: ReadonlyMap<string, CodeTable>,
    readonly system: string,
    readonly who: string,
    /** What the clerk is allowed: the codes of permissions. */
    readonly may: ReadonlySet<string>,
    readonly direction: string,
    start: { doc: Doc; whole: Whole | null },
  ) {
    this.whole = start.whole;
    this.store = new DocumentStore(start.doc, followingOf(kind, layout.sum, layout.begin(direction, "")));
    this.store.subscribe(() => this.#changed());
    this.#last = start.doc;
  }

  #last: Doc;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  #version = 0;
  snapshot = (): number => this.#version;
  #tell(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  get draftKey(): string {
    return draftKey(this.who, this.kind.name, this.whole?.id ?? `new${this.direction}`);
  }

  #changed(): void {
    const doc = this.store.doc();
    if (doc === this.#last) return;
    this.#last = doc;
    this.#local();
    clearTimeout(this.#check);
    this.#check = setTimeout(() => void this.check(), CHECK_AFTER);
    clearTimeout(this.#keep);
    this.#keep = setTimeout(() => void this.#keepNow(), KEEP_AFTER);
    this.#tell();
  }

  /** What the page sees itself, at once; what the server said of other places stays. */
  #local(): void {
    const own = foundBy(this.kind, this.store.doc(), this.tables, this.asked);
    const places = new Set(own.map((one) => one.pointer));
    const rest = this.store.findings();
    const kept = rest.errors.filter((one) => one.code !== "unfit" && !places.has(one.pointer) && !(MISSING.has(one.code) && !this.asked && !this.#inUse(one)));
    this.store.found({ errors: [...own, ...kept], warnings: rest.warnings });
  }

  async #keepNow(): Promise<void> {
    const doc = this.store.doc();
    if (!this.store.isDirty()) return;
    const draft = { doc, version: this.whole?.version ?? null, at: Date.now() };
    await keepDraft(this.draftKey, draft);
    this.keptAt = draft.at;
    this.#tell();
    clearTimeout(this.#send);
    const key = this.draftKey;
    this.#send = setTimeout(() => this.store.isDirty() && void keepOnServer(key, draft), SEND_AFTER);
  }

  body(): Record<string, unknown> {
    const numbered = Object.fromEntries(Object.entries(this.layout.grids).map(([name, grid]) => [name, grid.numbered]));
    return sent(this.kind, this.store.doc(), this.tables, numbered, this.#knownToCustoms());
  }

  #knownToCustoms(): boolean {
    return this.whole?.open_round != null || this.kind.name === "business_form" || this.kind.name === "stock_bill";
  }

  /** The server's view of what is typed, without keeping it. */
  async check(): Promise<boolean> {
    clearTimeout(this.#check);
    const doc = this.store.doc();
    this.#answers += 1;
    const mine = this.#answers;
    try {
      const verdict = await ask<Verdict>(`/v1/${this.kind.url}/validate?profile=declare`, json("POST", this.body()));
      this.#online();
      if (mine !== this.#answers || doc !== this.store.doc()) return false;
      const fresh = (one: Finding): boolean => this.whole !== null || !GIVEN_LATER.test(one.pointer);
      const errors = findingsOf(verdict.errors).filter((one) => fresh(one) && (this.asked || !MISSING.has(one.code) || this.#inUse(one)));
      const warnings = findingsOf(verdict.warnings).filter(fresh);
      this.#server = { errors, warnings };
      this.store.found(this.#server);
      this.#local();
      return errors.length === 0;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** What is still to be filled in, as far as nothing else is said of it: pointers. */
  missing(): string[] {
    const told = new Set(this.store.findings().errors.map((one) => one.pointer));
    return missingIn(this.kind, this.store.doc(), this.layout.filled).filter((one) => !told.has(one) && (this.whole !== null || !GIVEN_LATER.test(one)));
  }

  /** A line that somebody has begun is to be finished; an empty head is no fault yet. */
  #inUse(finding: Finding): boolean {
    const { section, row } = placeOf(finding.pointer);
    return row !== null && Object.keys(rowAt(this.store.doc(), section, row)).length > 3;
  }

  #online(): void {
    if (this.offline) {
      this.offline = false;
      this.#tell();
    }
  }

  #failed(error: unknown): void {
    const problem = asProblem(error);
    if (problem.status === 0 || problem.status === 502 || problem.status === 503) {
      this.offline = true;
      clearTimeout(this.#check);
      this.#check = setTimeout(() => void this.check(), 5000);
      this.#tell();
    }
  }

  /** 暂存 in this system. Throws the Problem; what the fields have of it is marked. */
  async save(): Promise<Whole> {
    this.asked = true;
    this.#set("saving");
    const doc = this.store.doc();
    try {
      const saved = this.whole
        ? await ask<Whole & { warnings: FieldProblem[] }>(`/v1/${this.kind.url}/${this.whole.id}`, json("PUT", this.body(), ifMatch(this.whole.version)))
        : await ask<Whole & { warnings: FieldProblem[] }>(
            `/v1/${this.kind.url}?system=${this.system.toUpperCase()}`,
            json("POST", this.body(), { "Idempotency-Key": this.#order("create", doc) }),
          );
      clearTimeout(this.#send);
      void dropDraft(this.draftKey);
      this.whole = { ...saved, reasons: this.whole?.reasons ?? [] };
      this.#online();
      if (this.store.doc() === doc) {
        const now = received(this.kind, saved.document);
        // What the server filled in is no step of the clerk's.
        this.store.adopt(now);
        this.#last = this.store.doc();
      }
      this.store.saved(this.store.doc());
      await this.loadActions();
      void this.check();
      return saved;
    } catch (error) {
      await this.#refused(error);
      throw error;
    } finally {
      this.#set("quiet");
    }
  }

  /** The same order sent twice, e.g. after a lost answer, is done once. */
  #order(what: string, doc: unknown): string {
    const text = `${what} ${JSON.stringify(doc)}`;
    const key = this.#orders.get(text) ?? newKey();
    this.#orders.clear();
    this.#orders.set(text, key);
    return key;
  }

  async #refused(error: unknown): Promise<void> {
    this.#failed(error);
    if (!(error instanceof Problem)) return;
    if (error.status === 412 && this.whole) {
      this.conflict = await ask<Whole>(`/v1/${this.kind.url}/${this.whole.id}`).catch(() => null);
    } else if (error.body.errors?.length) {
      this.#server = { errors: findingsOf(error.body.errors), warnings: findingsOf(error.body.warnings) };
      this.store.found(this.#server);
    }
    this.#tell();
  }

  async act(what: "declare" | "stage"): Promise<void> {
    if (!this.whole) return;
    this.asked = true;
    this.#set("declaring");
    try {
      const key = this.#order(what, [this.whole.id, this.whole.version]);
      await send(
        `/v1/${this.kind.url}/${this.whole.id}/${what}`,
        json("POST", {}, { ...ifMatch(this.whole.version), "Idempotency-Key": key }),
      );
    } catch (error) {
      await this.#refused(error);
      throw error;
    } finally {
      this.#set("quiet");
    }
  }

  async copy(reverse: boolean): Promise<Whole> {
    return ask<Whole>(`/v1/${this.kind.url}/${this.whole?.id}/copy`, json("POST", { reverse }));
  }

  async remove(): Promise<void> {
    if (!this.whole) return;
    await send(`/v1/${this.kind.url}/${this.whole.id}`, { method: "DELETE", headers: ifMatch(this.whole.version) });
    await dropDraft(this.draftKey);
    this.store.saved(this.store.doc());
  }

  async loadActions(): Promise<void> {
    if (!this.whole) return;
    const found = await ask<{ actions: ActionNow[] }>(`/v1/${this.kind.url}/${this.whole.id}/actions`).catch(() => null);
    if (found) {
      this.actions = found.actions;
      this.#tell();
    }
  }

  whyNot(action: string): string | null {
    const now = this.actions.find((one) => one.action === action);
    return now && !now.allowed ? (now.reason ?? "现在不能") : null;
  }

  /** What a workbook brought, while nothing else was saved since: it can be taken back. */
  import: { version: number; what: string } | null = null;

  async imported(what: string): Promise<void> {
    await this.reload("导入 Excel");
    if (this.whole) this.import = { version: this.whole.version, what };
    this.#tell();
  }

  async undoImport(): Promise<void> {
    if (!this.whole) return;
    await send(`/v1/${this.kind.url}/${this.whole.id}/imports/undo`, { method: "POST", headers: ifMatch(this.whole.version) });
    this.import = null;
    await this.reload("撤销导入");
  }

  /** Another part of the page changed the document on the server, e.g. attached a file. */
  versionIs(version: number): void {
    if (!this.whole) return;
    this.whole = { ...this.whole, version };
    this.#tell();
  }

  /** Of two versions one is kept: mine over theirs, or theirs, which can be undone. */
  settle(keep: "mine" | "theirs"): void {
    const theirs = this.conflict;
    if (!theirs) return;
    this.whole = { ...theirs };
    this.conflict = null;
    if (keep === "theirs") {
      this.store.replace(received(this.kind, theirs.document), "采用对方版本");
      this.store.saved(this.store.doc());
    }
    this.#tell();
  }

  /** A value from a list with what comes with it: a firm brings its 三码, another row only what it lacks. */
  fillFrom(pointer: string, { value, also = {} }: Found): void {
    const { section, row, name } = placeOf(pointer);
    if (name === null) return;
    const party = /^(.+)_(code|name|uscc)$/.exec(name)?.[1];
    const fields = new Set(this.kind.sections.find((one) => one.name === section)?.fields.map((field) => field.name));
    const patches: Patch[] = [{ op: "set", section, row, name, value }];
    const reasons: [string, string][] = [];
    for (const [other, text] of Object.entries(also)) {
      const own = party !== undefined && other.startsWith(`${party}_`);
      if (other === name || !fields.has(other) || (!own && this.store.value(section, row, other) !== "")) continue;
      patches.push({ op: "set", section, row, name: other, value: text });
      reasons.push([pointerOf(section, row, other), `${BROUGHT}所选的${value}`]);
    }
    this.store.change("选择", patches);
    this.store.explain(reasons);
    void this.fill([pointer]);
  }

  /** Everything that follows from a code, a 料号 or a plate, as far as it is still empty; each value with its source. */
  async fill(pointers: readonly string[]): Promise<void> {
    if (pointers.includes(`/head/${this.layout.book?.field}`)) await likeTheLast(this);
    await filled(this, pointers);
  }

  /** What the server has after another way of changing it, e.g. an import; one step that can be undone. */
  async reload(label: string): Promise<void> {
    if (!this.whole) return;
    this.whole = await ask<Whole>(`/v1/${this.kind.url}/${this.whole.id}`);
    this.store.replace(received(this.kind, this.whole.document), label);
    this.store.saved(this.store.doc());
    await this.loadActions();
  }

  #set(status: Status): void {
    this.status = status;
    this.#tell();
  }

  /** Once what is under way has come to its end. */
  settled(): Promise<void> {
    if (this.status === "quiet") return Promise.resolve();
    return new Promise((done) => {
      const stop = this.subscribe(() => {
        if (this.status !== "quiet") return;
        stop();
        done();
      });
    });
  }

  close(): void {
    clearTimeout(this.#check);
    clearTimeout(this.#keep);
    void this.#keepNow();
  }
}
