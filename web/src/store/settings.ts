// What one person likes, on this device: theme and density (cookies, so that the server can write them into the page before
// the first paint), single keys, widths of columns.
import { effect, signal } from "@preact/signals";
import type { Problem } from "../api/client";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

function cookie(name: string): string {
  return document.cookie.split("; ").find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}

function setCookie(name: string, value: string): void {
  document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${value ? 31_536_000 : 0}`;
}

export function remembered<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`fairlead.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`fairlead.${key}`, JSON.stringify(value));
  } catch {
    // A full or forbidden storage loses a preference, nothing else.
  }
}

const themeCookie = cookie("fairlead-theme");
export const theme = signal<Theme>(themeCookie === "light" || themeCookie === "dark" ? themeCookie : "system");
export const density = signal<Density>(cookie("fairlead-density") === "compact" ? "compact" : "comfortable");
export const singleKeys = signal<boolean>(remembered("single-keys", true));
export const simpleMode = signal<boolean>(remembered("simple", false));
export const muted = signal<readonly string[]>([]); // kinds of notices that are not made
export const ownZone = signal<string>("");
export const plainPages = signal<boolean>(remembered("plain-pages", false)); // lists as tables with pages instead of a grid
export const railOpen = signal<boolean>(remembered("rail", true));

export function keepSettings(): void {
  effect(() => {
    const root = document.documentElement;
    if (theme.value === "system") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme.value);
    setCookie("fairlead-theme", theme.value === "system" ? "" : theme.value);
  });
  effect(() => {
    const root = document.documentElement;
    if (density.value === "compact") root.setAttribute("data-density", "compact");
    else root.removeAttribute("data-density");
    setCookie("fairlead-density", density.value === "compact" ? "compact" : "");
  });
  effect(() => remember("single-keys", singleKeys.value));
  effect(() => remember("simple", simpleMode.value));
  effect(() => remember("plain-pages", plainPages.value));
  effect(() => remember("rail", railOpen.value));
}

// The same as the server keeps them, for every browser of this person.
export interface Kept {
  theme: Theme;
  density: Density;
  single_keys: boolean;
  simple: boolean;
  zone: string;
  muted: readonly string[];
}
function current(): Kept {
  return { theme: theme.value, density: density.value, single_keys: singleKeys.value, simple: simpleMode.value, zone: ownZone.value, muted: muted.value };
}

// What differs, member by member.
export function changedSettings(before: Kept, after: Kept): Partial<Kept> {
  return Object.fromEntries(Object.entries(after).filter(([k, v]) => JSON.stringify(v) !== JSON.stringify(before[k as keyof Kept])));
}

export const settingProblem = signal<Problem | null>(null); // of the last one that was refused
const SAVE_MS = 300;
let saved: Kept | null = null;
let timer = 0;
// Takes what the server knows, and sends what changes from then on. A refusal puts the old value back.
export function followSettings(kept: Partial<Kept>, save: (patch: Partial<Kept>) => Promise<Problem | null>): void {
  take(kept);
  const first = saved === null;
  saved = current();
  if (!first) return;
  const flush = (): void => {
    clearTimeout(timer);
    if (!saved) return;
    const before = saved;
    const after = current();
    const patch = changedSettings(before, after);
    if (!Object.keys(patch).length) return;
    saved = after;
    void save(patch).then((problem) => {
      settingProblem.value = problem;
      if (!problem) return;
      take(before);
      saved = current();
    });
  };
  effect(() => {
    current();
    clearTimeout(timer);
    timer = window.setTimeout(flush, SAVE_MS);
  });
  addEventListener("pagehide", flush);
}
function take(kept: Partial<Kept>): void {
  if (kept.theme) theme.value = kept.theme;
  if (kept.density) density.value = kept.density;
  if (kept.single_keys !== undefined) singleKeys.value = kept.single_keys;
  if (kept.simple !== undefined) simpleMode.value = kept.simple;
  if (kept.zone !== undefined) ownZone.value = kept.zone;
  if (kept.muted) muted.value = kept.muted;
}
