/** Theme and density: what a user chose in this browser. */
import { useSyncExternalStore } from "react";
import type { Density, Shade } from "./tokens";

export type Appearance = { theme: "system" | Shade; density: Density };
const KEY = "bondgate.appearance";
const listeners = new Set<() => void>();
const dark = window.matchMedia("(prefers-color-scheme: dark)");
let chosen: Appearance = read();

function read(): Appearance {
  try {
    return { theme: "system", density: "dense", ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as object) };
  } catch {
    return { theme: "system", density: "dense" };
  }
}

export function shadeOf({ theme }: Appearance): Shade {
  if (theme !== "system") return theme;
  return dark.matches ? "dark" : "light";
}

export function choose(change: Partial<Appearance>): void {
  chosen = { ...chosen, ...change };
  localStorage.setItem(KEY, JSON.stringify(chosen));
  show();
}

/** Put it on the page; own styles go by these attributes. */
export function show(): void {
  document.documentElement.dataset.theme = shadeOf(chosen);
  document.documentElement.dataset.density = chosen.density;
  listeners.forEach((listener) => listener());
}

dark.addEventListener("change", () => {
  chosen = { ...chosen };
  show();
});

export function useAppearance(): Appearance {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
}
