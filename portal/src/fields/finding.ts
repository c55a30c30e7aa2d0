/** Values that are looked up on the server while somebody types: goods codes, firms, lines of a 账册, documents. */

export type Found = {
  value: string;
  label: string;
  /** What helps to choose, e.g. units or what remains. */
  detail?: string;
  /** Fields of the same row that come with the value. */
  also?: Readonly<Record<string, string>>;
};

export type Finder = {
  find: (typed: string, row: Readonly<Record<string, string>>) => Promise<readonly Found[]>;
  /** What was typed may be the value itself: then nothing is taken from the list unless an arrow chose it. */
  stands: (typed: string) => boolean;
};

const SOON = 140;
const MOST_KEPT = 200;
const NOTHING: readonly Found[] = [];

/** Answers by what was typed. Asks for the last text only, a moment after it was typed. */
export class Lookups {
  #answers = new Map<string, readonly Found[]>();
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #version = 0;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  version = (): number => this.#version;

  /** What is known now; more is told later. `place`: of which field. */
  of(finder: Finder, place: string, typed: string, row: Readonly<Record<string, string>>): readonly Found[] {
    const text = typed.trim();
    const key = `${place}\n${text}`;
    const known = this.#answers.get(key);
    if (known) return known;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      finder.find(text, row).then(
        (found) => this.#keep(key, found),
        // Without an answer the clerk types the value.
        () => this.#keep(key, NOTHING),
      );
    }, SOON);
    return NOTHING;
  }

  /** Whether the answer for what was typed is there. */
  knows(place: string, typed: string): boolean {
    return this.#answers.has(`${place}\n${typed.trim()}`);
  }

  /** What came with a value that was taken from a list of this field. */
  taken(place: string, value: string): Found | undefined {
    for (const [key, found] of [...this.#answers].reverse()) {
      if (!key.startsWith(`${place}\n`)) continue;
      const one = found.find((each) => each.value === value);
      if (one) return one;
    }
    return undefined;
  }

  #keep(key: string, found: readonly Found[]): void {
    if (this.#answers.size >= MOST_KEPT) this.#answers.clear();
    this.#answers.set(key, found);
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  /** What remains changes: nothing is kept from one opening of a document to the next. */
  forget(): void {
    this.#answers.clear();
  }
}
