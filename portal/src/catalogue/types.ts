/** The shape of `generated/catalogue/<kind>.json`: every field of a kind, as the Python catalogue declares it. */

export type FieldType = "text" | "code" | "decimal" | "integer" | "date" | "datetime";
/** A condition between fields: `["is", field, ...codes]`, `["filled", field]`, `["all", ...conditions]` … */
export type Condition = [string, ...(string | Condition)[]];

export type Need = "save" | "declare" | "when" | "optional" | "system";

export type Field = {
  name: string;
  label: string;
  type: FieldType;
  /** In the authority's bytes: a Chinese character counts 2. */
  max_length: number;
  need: Need;
  exact?: boolean;
  /** `key` and `mark` are texts that name a thing; which characters they take says the server. */
  form?: "key" | "mark" | "digits" | "word" | "book" | "uscc" | "party";
  /** Total digits, decimals. */
  digits?: [number, number];
  sign?: "positive" | "not_negative";
  table?: string;
  when?: string;
  advised_length?: number;
  changeable?: boolean;
  on_copy?: "clear";
  copy_as?: string;
  on_reverse?: "flip" | "clear";
  note?: string;
  needed_if?: Condition;
  /** Missing: at declaring. */
  needed_at?: "save";
  shown_if?: Condition;
  /** Meaning, where the value is found, an example. */
  explained?: [string, string, string];
};

export type Section = {
  name: string;
  label: string;
  /** "表体第{}行"; "" for a single object. */
  row_label: string;
  many: boolean;
  max_rows: number;
  required: boolean;
  row_key: string[];
  rows_may_change: boolean;
  fields: Field[];
  shown_if?: Condition;
};

export type State = {
  code: string;
  label: string;
  description: string;
  terminal: boolean;
  editable: boolean;
  deadline_hours: number | null;
};

/** A condition that a list takes. */
export type Parameter = {
  name: string;
  label: string;
  form: "text" | "flag" | "day" | "uuid" | "date-time";
  many: boolean;
  among?: string[];
};

export type PageWord = { label: string; names: string[] };

export type Kind = {
  name: KindName;
  label: string;
  url: string;
  principal: string | null;
  valid_until: string | null;
  merges: boolean;
  made_from: KindName[];
  /** What can be made of an approved document of this kind. */
  makes: KindName[];
  listed: string[];
  conditions: string[];
  /** What stands above each column a list can show. */
  columns: Record<string, string>;
  parameters: Parameter[];
  page_conditions: PageWord[];
  page_columns: PageWord[];
  markable: string[];
  states: State[];
  rounds: { purpose: string; label: string }[];
  sections: Section[];
  reversible: boolean;
  /** While the condition holds, the field of the head has this value. */
  forces: [Condition, string, string][];
};

export type KindName = "inventory" | "business_form" | "stock_bill" | "gate_pass" | "vehicle" | "two_step_pass";
