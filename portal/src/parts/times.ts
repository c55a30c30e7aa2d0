/** Days and times as clerks in China read them. */

const MINUTES = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});
const SECONDS = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** 2026-11-30 16:05, or without the year when it is this one. */
export function shortTime(at: string | null | undefined): string {
  if (!at) return "";
  const day = plainDay(at);
  if (day) return day;
  // What customs tells is Shanghai's time and says no zone.
  const time = new Date(/[zZ]$|[+-]\d{2}:?\d{2}$/.test(at) ? at : `${at}+08:00`);
  if (Number.isNaN(time.getTime())) return at;
  const text = MINUTES.format(time);
  return text.startsWith(String(new Date().getFullYear())) ? text.slice(5) : text;
}

export function clock(at: string): string {
  return SECONDS.format(new Date(at));
}

/** yyyyMMdd with dashes; null for anything else. */
export function plainDay(text: string): string | null {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  return match ? `${match[1]}-${match[2]}-${match[3]}` : null;
}

/** Today in Shanghai, `days` later, as the API takes it. */
export function dayFromToday(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000);
  return MINUTES.format(at).slice(0, 10).replaceAll("-", "");
}

/** 3天2小时, 5分钟. */
export function howLong(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  if (minutes < 60) return `${minutes}分钟`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}小时${minutes % 60 ? `${minutes % 60}分` : ""}`;
  return `${Math.floor(hours / 24)}天${hours % 24 ? `${hours % 24}小时` : ""}`;
}
