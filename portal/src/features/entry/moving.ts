/** Enter moves on: to the next field a clerk can fill, in the order of the page. */

export function moveOn(from: HTMLElement, back: boolean): boolean {
  const form = from.closest(".head-form");
  if (!form) return false;
  const stops = [...form.querySelectorAll<HTMLElement>("input:not([readonly])")];
  const next = stops[stops.indexOf(from) + (back ? -1 : 1)];
  next?.focus();
  return next !== undefined;
}
