/** Exact arithmetic on decimal strings. No float is ever beside an amount; rounding is half-even, as the authority's page does. */

type Exact = { digits: bigint; places: number };

const SHAPE = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

export function isDecimal(text: string): boolean {
  return SHAPE.test(text);
}

function exact(text: string): Exact {
  if (!isDecimal(text)) throw new RangeError(`no decimal: ${text}`);
  const point = text.indexOf(".");
  const places = point < 0 ? 0 : text.length - point - 1;
  return { digits: BigInt(text.replace(".", "")), places };
}

/** a / b to the nearest whole number; of two as near, the even one. `b` is above 0. */
function halfEven(a: bigint, b: bigint): bigint {
  const negative = a < 0n;
  const size = negative ? -a : a;
  let whole = size / b;
  const twice = (size % b) * 2n;
  if (twice > b || (twice === b && whole % 2n === 1n)) whole += 1n;
  return negative ? -whole : whole;
}

/** Without needless zeros. */
function written({ digits, places }: Exact): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places);
  const fraction = text.slice(text.length - places).replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction ? `.${fraction}` : ""}`;
}

function rounded({ digits, places }: Exact, to: number): Exact {
  if (places <= to) return { digits: digits * 10n ** BigInt(to - places), places: to };
  return { digits: halfEven(digits, 10n ** BigInt(places - to)), places: to };
}

export function times(a: string, b: string, places: number): string {
  const [x, y] = [exact(a), exact(b)];
  return written(rounded({ digits: x.digits * y.digits, places: x.places + y.places }, places));
}

/** null for a division by zero. */
export function over(a: string, b: string, places: number): string | null {
  const [x, y] = [exact(a), exact(b)];
  if (y.digits === 0n) return null;
  const sign = y.digits < 0n ? -1n : 1n;
  const numerator = sign * x.digits * 10n ** BigInt(places + y.places);
  return written({ digits: halfEven(numerator, sign * y.digits * 10n ** BigInt(x.places)), places });
}

/** What is no decimal counts as nothing. */
export function sum(values: Iterable<unknown>): string {
  let digits = 0n;
  let places = 0;
  for (const value of values) {
    if (typeof value !== "string" || !isDecimal(value)) continue;
    const part = exact(value);
    if (part.places > places) {
      digits *= 10n ** BigInt(part.places - places);
      places = part.places;
    }
    digits += part.digits * 10n ** BigInt(places - part.places);
  }
  return written({ digits, places });
}

export function same(a: string, b: string): boolean {
  return isDecimal(a) && isDecimal(b) && written(exact(a)) === written(exact(b));
}

/** Whether the three fit, whichever of 单价 and 总价 was computed from the other. */
export function agree(quantity: string, price: string, total: string): boolean {
  return same(times(quantity, price, 2), total) || same(over(total, quantity, 4) ?? "", price);
}

/** 1,234,567.5 for the eye. */
export function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const parted = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? parted : `${parted}.${fraction}`;
}
