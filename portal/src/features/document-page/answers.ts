/** What the API tells about a document, as these pages use it. */
import type { Schemas } from "@/api/client";

export type Content = Record<string, Record<string, unknown> | Record<string, unknown>[]>;
export type Doc = Omit<Schemas["InventoryRead"], "document"> & { document: Content };
export type Actions = Schemas["DocumentActions"];
export type Action = Schemas["DocumentAction"];
export type Versions = Schemas["DocumentVersions"];
export type Diff = Schemas["DocumentDiff"];

export type Fact = {
  fact_id: string;
  attempt_no: number | null;
  code: string | null;
  text: string;
  type: string;
  reasons: string[];
  authority_at: string | null;
  message_type: string | null;
  raw_id: string | null;
};
export type Step = {
  version: number;
  type: string;
  state: string;
  state_label: string;
  previous_state?: string;
  occurred_at: string;
  text: string;
  attempt_no?: number | null;
  actor?: { name: string };
  fact?: Fact;
  notes?: string[];
};

export type Relation = {
  level: number;
  direction: "up" | "down";
  relation: string;
  of: string;
  standing: "known" | "hidden" | "elsewhere";
  kind: string;
  kind_label: string;
  id: string | null;
  number: string | null;
  internal_no?: string;
  state?: string;
  state_label?: string;
};

export type Message = {
  id: string;
  direction: "upload" | "receipt";
  message_type: string;
  attempt_no: number | null;
  file_name: string | null;
  code: string | null;
  recorded_at: string;
  authority_at: string | null;
  bytes: number;
};

export type Attachment = { id: string; file_name: string; type?: string; bytes: number; added_at?: string };
export type Attachments = { items: Attachment[]; bytes: number; limits: { bytes: number; files_of_document: number } };
