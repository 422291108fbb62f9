// What one person likes, on this device: theme and density (cookies, so that the server can write them into the page before
// the first paint), single keys, widths of columns.
import { effect, signal } from "@preact/signals";

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
  effect(() => remember("rail", railOpen.value));
}
