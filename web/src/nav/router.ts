// Every state has an address. Screens read it from here; links are plain <a href>, so a new tab or a copied link works too.
import { computed, signal } from "@preact/signals";

export interface Place {
  path: string;
  query: URLSearchParams;
  key: number; // of the entry in the history: scroll and focus come back with it
}

interface Kept {
  scroll: number;
  focus: string;
}

const kept = new Map<number, Kept>();
let count = 0;
let restoring: Kept | null = null;

function keyOf(state: unknown): number {
  return typeof state === "object" && state !== null && "key" in state && typeof state.key === "number" ? state.key : 0;
}

function read(key: number): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search), key };
}

export const place = signal<Place>({ path: "/", query: new URLSearchParams(), key: 0 });
// What only the screen depends on: changes of the query do not draw the house anew.
export const path = computed(() => place.value.path);
// Grows with each move to another screen: its heading then takes the focus.
export const moves = signal(0);

function keep(): void {
  const el = document.activeElement;
  kept.set(place.peek().key, { scroll: scrollY, focus: el instanceof HTMLElement ? (el.dataset["focus"] ?? el.id) : "" });
}

export function go(href: string, how: { replace?: boolean; quiet?: boolean } = {}): void {
  const before = place.peek().path;
  if (how.replace) {
    history.replaceState({ key: place.peek().key }, "", href);
    place.value = read(place.peek().key);
  } else {
    keep();
    history.pushState({ key: ++count }, "", href);
    place.value = read(count);
  }
  if (!how.quiet && place.peek().path !== before) {
    restoring = null;
    moves.value++;
  }
}

// Changes some parameters of this address; null takes one away.
export function setQuery(changes: Record<string, string | null>, how: { replace?: boolean } = {}): void {
  const query = new URLSearchParams(place.peek().query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  go(place.peek().path + (text ? `?${text}` : ""), { ...how, quiet: true });
}

// Called by a screen when its content stands: gives back what Back should find, once.
export function restore(): boolean {
  const r = restoring;
  if (!r) return false;
  restoring = null;
  scrollTo(0, r.scroll);
  if (r.focus) {
    const el = document.querySelector<HTMLElement>(`[data-focus="${CSS.escape(r.focus)}"], #${CSS.escape(r.focus)}`);
    el?.focus({ preventScroll: true });
    return el !== null;
  }
  return false;
}
export function isRestoring(): boolean {
  return restoring !== null;
}

export function startRouter(): void {
  history.scrollRestoration = "manual";
  count = keyOf(history.state);
  if (!count) {
    count = 1;
    history.replaceState({ key: 1 }, "");
  }
  place.value = read(keyOf(history.state));
  addEventListener("popstate", (e) => {
    const before = place.peek().path;
    keep();
    const key = keyOf(e.state);
    restoring = kept.get(key) ?? null;
    place.value = read(key);
    if (place.peek().path !== before) moves.value++;
  });
  document.addEventListener("click", (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    const a = e.target instanceof Element ? e.target.closest("a") : null;
    if (!a || a.target || a.hasAttribute("download") || a.origin !== location.origin || a.dataset["plain"] !== undefined) return;
    if (a.pathname === location.pathname && a.search === location.search && a.hash) return;
    if (!isScreen(a.pathname)) return;
    e.preventDefault();
    go(a.pathname + a.search + a.hash);
  });
}

const SCREENS = [/^\/$/, /^\/run$/, /^\/lists\/[^/]+$/, /^\/records\/[^/]+\/[^/]+$/, /^\/manual$/, /^\/manual\/versions$/, /^\/manual\/[^/]+\/[^/]+$/,
  /^\/board(\/[^/]+)?$/, /^\/policies$/, /^\/figures$/, /^\/notifications$/, /^\/settings(\/[^/]+)?$/];
export function isScreen(path: string): boolean {
  return SCREENS.some((s) => s.test(path));
}

export function recordHref(object: string, id: string, list?: string): string {
  return `/records/${object}/${id}${list ? `?from=${encodeURIComponent(list)}` : ""}`;
}

// The anchor of a section in a page of the manual.
export function slug(title: string): string {
  return title.toLowerCase().normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
}
// With version and line: the text as it was when something referred to it.
export function manualHref(page: string, step?: string, version?: number, line?: number): string {
  const query = [version ? `version=${version}` : "", version && line ? `line=${line}` : ""].filter(Boolean).join("&");
  return `/manual/${page}${query ? `?${query}` : ""}${step ? `#${slug(step)}` : ""}`;
}
