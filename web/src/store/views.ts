// Saved views: one's own and those others share. Read once for each object, then kept up to date by what is done here.
import { signal } from "@preact/signals";
import { api, newKey, Offline, settle, type Problem, type Result, type Schemas } from "../api/client";
import { offlineProblem } from "../ui/states";
import { remember, remembered } from "./settings";

export type View = Schemas["View"];
export type ViewUser = Schemas["ViewUsers"]["data"][number];
export interface ViewParts {
  name?: string;
  shared?: boolean;
  filter?: string;
  sort?: string;
  group?: string;
  columns?: { field: string; width: number }[];
}

export const views = signal<ReadonlyMap<string, readonly View[]>>(new Map()); // by object

// A view in the rail: as its owner called it when it was last seen.
export interface Pin {
  id: string;
  object: string;
  name: string;
}
const PINS_MAX = 12;
export const pins = signal<readonly Pin[]>(remembered<Pin[]>("pins", []));
function keepPins(next: readonly Pin[]): void {
  pins.value = next.slice(0, PINS_MAX);
  remember("pins", pins.value);
}
export function isPinned(id: string): boolean {
  return pins.value.some((p) => p.id === id);
}
export function pin(view: View, on: boolean): void {
  const rest = pins.peek().filter((p) => p.id !== view.id);
  keepPins(on ? [...rest, { id: view.id, object: view.object, name: view.name }] : rest);
}

function put(object: string, list: readonly View[]): void {
  const next = new Map(views.peek());
  next.set(object, [...list].sort((a, b) => a.name.localeCompare(b.name)));
  views.value = next;
  // Pins follow: a new name, or a view that is gone.
  const known = new Map(list.map((v) => [v.id, v]));
  const kept = pins.peek().filter((p) => p.object !== object || known.has(p.id)).map((p) => ({ ...p, name: known.get(p.id)?.name ?? p.name }));
  if (JSON.stringify(kept) !== JSON.stringify(pins.peek())) remember("pins", kept); // with the next page: nothing jumps under the hand
}
function replace(view: View): void {
  put(view.object, [...(views.peek().get(view.object) ?? []).filter((v) => v.id !== view.id), view]);
}

// A broken network is a problem like any other here: nothing was written, and it can be tried again.
async function tried<T>(ask: Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await ask;
  } catch (e) {
    if (e instanceof Offline) return { ok: false, problem: offlineProblem() };
    throw e;
  }
}

export async function loadViews(object: string): Promise<Problem | null> {
  const r = await tried(api.GET("/api/v1/views", { params: { query: { object } } }).then(settle));
  if (!r.ok) return r.problem;
  put(object, r.data.data);
  return null;
}

export async function createView(object: string, parts: ViewParts & { name: string }): Promise<Result<View>> {
  const r = await tried(api.POST("/api/v1/views", { params: { header: { "Idempotency-Key": newKey() } }, body: { object, layout: "grid", ...parts } }).then(settle));
  if (r.ok) replace(r.data);
  return r;
}

export async function changeView(view: View, parts: ViewParts): Promise<Result<View>> {
  const r = await tried(api.PATCH("/api/v1/views/{id}", { params: { path: { id: view.id }, header: { "If-Match": `"v${view.version}"`, "Idempotency-Key": newKey() } }, body: parts }).then(settle));
  if (r.ok) replace(r.data);
  else if (r.problem.status === 412 || r.problem.status === 404) void loadViews(view.object);
  return r;
}

export async function deleteView(view: View): Promise<Result<unknown>> {
  const r = await tried<unknown>(api.DELETE("/api/v1/views/{id}", { params: { path: { id: view.id } } }).then(settle));
  if (r.ok || r.problem.status === 404) {
    put(view.object, (views.peek().get(view.object) ?? []).filter((v) => v.id !== view.id));
    forgetChanges(view.id);
  }
  return r;
}

export async function viewUsers(view: View): Promise<Result<readonly ViewUser[]>> {
  const r = await tried(api.GET("/api/v1/views/{id}/users", { params: { path: { id: view.id } } }).then(settle));
  return r.ok ? { ...r, data: r.data.data } : r;
}

const used = new Set<string>();
export function useView(id: string): void {
  if (used.has(id)) return;
  used.add(id);
  api.POST("/api/v1/views/{id}/use", { params: { path: { id } } }).catch(() => used.delete(id));
}

// What somebody changed about a view without saving it, so that it is there when they come back.
const CHANGES_MAX = 50;
export function changesKept(id: string): string {
  return remembered<[string, string][]>("looks", []).find(([v]) => v === id)?.[1] ?? "";
}
export function keepChanges(id: string, changes: string): void {
  const rest = remembered<[string, string][]>("looks", []).filter(([v]) => v !== id);
  remember("looks", (changes ? [...rest, [id, changes]] : rest).slice(-CHANGES_MAX));
}
export function forgetChanges(id: string): void {
  keepChanges(id, "");
}
