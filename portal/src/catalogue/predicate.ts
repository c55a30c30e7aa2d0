/** Conditions between fields, as customs/documents/conditions.py answers them; both are tested with the same cases. */
import type { Condition } from "./types";

export type Values = Readonly<Record<string, unknown>>;

export function holds(condition: Condition, section: string, row: Values, head: Values): boolean {
  const [op, ...rest] = condition;
  if (op === "all") return rest.every((part) => holds(part as Condition, section, row, head));
  if (op === "any") return rest.some((part) => holds(part as Condition, section, row, head));
  if (op === "not") return !holds(rest[0] as Condition, section, row, head);
  if (op === "section") return rest.includes(section);
  const name = rest[0] as string;
  const value = name.startsWith("head.") ? head[name.slice(5)] : row[name];
  if (value === null || value === undefined || value === "") return false;
  if (op === "is") return rest.indexOf(String(value), 1) > 0;
  if (op === "like") return new RegExp(`^(?:${rest[1] as string})`).test(String(value));
  return op === "filled";
}
