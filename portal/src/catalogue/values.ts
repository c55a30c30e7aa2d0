/** Whether one value fits its field, by the codes of the check on the server; both are tested with the same cases. */
import type { CodeTable } from "./codes";
import { isDecimal } from "./decimal";
import type { Field } from "./types";

/** Length as the authority counts: a character outside ASCII is 2. */
export function width(text: string): number {
  let length = 0;
  for (const character of text) length += character < "\u0080" ? 1 : 2;
  return length;
}

export type Read = { value: string | number | null; code: string; message: string };

const fine = (value: string | number | null): Read => ({ value, code: "", message: "" });
const unfit = (code: string, message: string): Read => ({ value: null, code, message });

/** What a clerk typed as the document holds it, or why it cannot stand. "" means absent. */
export function read(field: Field, typed: string, tables: ReadonlyMap<string, CodeTable>): Read {
  const text = typed.replace(/^[ \t\r\n\u3000\u00a0\ufeff]+|[ \t\r\n\u3000\u00a0\ufeff]+$/g, "");
  if (text === "") return fine(null);
  if (field.type === "integer") return integer(field, text);
  if (field.type === "decimal") return decimal(field, text);
  const table = field.table ? tables.get(field.table) : undefined;
  if (table?.byCode.has(text)) return fine(text);
  if (table && !table.open) return unfit("unknown_code", `${table.label}中没有${text}`);
  const found = plain(field, text);
  if (found.code || field.type !== "date") return found;
  return isDay(text) ? found : unfit("invalid_date", "不是有效的日期，应为8位年月日");
}

function integer(field: Field, text: string): Read {
  if (!/^-?[0-9]+$/.test(text)) return unfit("wrong_type", "应为整数");
  const positive = field.sign === "positive";
  const number = BigInt(text);
  if (number < (positive ? 1n : 0n)) return positive ? unfit("not_positive", "应大于0") : unfit("negative", "不能为负数");
  const limit = field.digits?.[0] ?? 19;
  if (number >= 10n ** BigInt(limit)) return unfit("too_many_digits", `最多${limit}位`);
  return fine(Number(number));
}

function decimal(field: Field, text: string): Read {
  if (!isDecimal(text)) return unfit("not_a_decimal", "不是数字");
  const [total, places] = field.digits ?? [19, 5];
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  if (fraction.length > places) return unfit("too_many_decimals", `小数最多${places}位`);
  if ((whole === "0" ? 0 : whole.length) + fraction.length > total) return unfit("too_many_digits", `最多${total}位`);
  const sign = field.sign ?? "any";
  if (sign !== "any" && text.startsWith("-"))
    return sign === "positive" ? unfit("not_positive", "应大于0") : unfit("negative", "不能为负数");
  if (sign === "positive" && !/[1-9]/.test(text)) return unfit("not_positive", "应大于0");
  return fine(text);
}

function plain(field: Field, text: string): Read {
  const limit = field.max_length;
  const length = width(text);
  if (length > limit) {
    return field.exact
      ? unfit("wrong_length", `应为${limit}位，现为${length}位`)
      : unfit("too_long", `最长${limit}（一个汉字算2），现为${length}`);
  }
  if (field.exact && text.length !== limit) return unfit("wrong_length", `应为${limit}位，现为${text.length}位`);
  if (field.form === "digits" && !/^[0-9]+$/.test(text)) return unfit("not_digits", "只能是数字");
  if ((field.form === "word" || field.form === "party") && !/^[0-9A-Z_]+$/.test(text))
    return unfit("not_a_word", "只能是数字和大写字母");
  if (field.form === "book" && !/^(?:[Nn][Uu][Ll][Ll][0-9A-Z_]*|[0-9A-Z_]+)$/.test(text)) return unfit("not_a_word", "只能是数字和大写字母");
  if (field.form === "uscc") {
    if (!/^[0-9A-HJ-NPQRTUWXY]+$/.test(text)) return unfit("not_a_word", "只能是数字和大写字母，没有I、O、S、V、Z");
    if (!isCompanyCode(text)) return unfit("wrong_checksum", "校验位不对，请核对");
  }
  if (field.form === "party" && text.length !== limit && text !== "NO")
    return unfit("wrong_length", `应为${limit}位，没有编码时填NO`);
  return fine(text);
}

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** 统一社会信用代码: 18 characters with a check digit (GB 32100). */
export function isCompanyCode(code: string): boolean {
  if (code.length !== 18) return false;
  let total = 0;
  let weight = 1;
  for (const character of code.slice(0, 17)) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return false;
    total += weight * value;
    weight = (weight * 3) % 31;
  }
  return ALPHABET[(31 - (total % 31)) % 31] === code[17];
}

function isDay(text: string): boolean {
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)].map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  date.setUTCFullYear(year);
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** What a clerk means by a loosely written value: capitals for codes, no spaces or commas in numbers, days with strokes. */
export function tidied(field: Field, typed: string): string {
  const text = typed.trim();
  if (field.type === "decimal" || field.type === "integer") {
    const narrow = text.replace(/[０-９．，－]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/[, \u00a0]/g, "");
    const whole = narrow.replace(/^(-?)\./, "$10.").replace(/^(-?)0+(?=\d)/, "$1").replace(/\.$/, "");
    return field.type === "integer" ? whole.replace(/\.0+$/, "") : whole;
  }
  if (field.type === "date") {
    const parts = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
    return parts ? `${parts[1]}${parts[2]?.padStart(2, "0")}${parts[3]?.padStart(2, "0")}` : text;
  }
  if (field.form === "word" || field.form === "book" || field.form === "uscc" || field.form === "party" || field.type === "code") return text.toUpperCase();
  return text;
}
