// Who is signed in and what kinds of records there are.
import { computed, signal } from "@preact/signals";
import { api, settle, type FieldShape, type Me, type ObjectShape, type Problem } from "../api/client";
import { zone } from "../i18n/format";

export const me = signal<Me | null>(null);
export const objects = signal<ReadonlyMap<string, ObjectShape>>(new Map());
export const people = signal<ReadonlyMap<string, string>>(new Map());
export const isManager = signal(false);
export const peopleKnown = signal(false); // also when they could not be read: nobody waits for them for ever
export const failed = signal<Problem | null>(null);

// Objects people work with, in the order of a sales day; the rest follows by name.
const ORDER = ["lead", "deal", "account", "contact", "activity"];
export const mainObjects = computed(() => ORDER.map((n) => objects.value.get(n)).filter((o) => o !== undefined));
export const otherObjects = computed(() => [...objects.value.values()].filter((o) => !ORDER.includes(o.name)));

export function objectOf(name: string): ObjectShape | undefined {
  return objects.value.get(name);
}

const fieldMaps = new WeakMap<ObjectShape, Map<string, FieldShape>>();
export function fieldOf(object: ObjectShape, name: string): FieldShape | undefined {
  let m = fieldMaps.get(object);
  if (!m) {
    m = new Map(object.fields.map((f) => [f.name, f]));
    fieldMaps.set(object, m);
  }
  return m.get(name);
}

// Columns of a list that the server works out from what is related: shown and filtered like fields, never written.
export interface ComputedField extends FieldShape {
  expression: string; // what a filter says instead of the name; empty: cannot be filtered
}
const computedLists = new WeakMap<ObjectShape, readonly ComputedField[]>();
export function computedOf(object: ObjectShape): readonly ComputedField[] {
  const known = computedLists.get(object);
  if (known) return known;
  const kinds = objects.peek().get("activity")?.fields.find((f) => f.name === "kind")?.options;
  const list = (object.computed ?? []).map((c): ComputedField => ({
    name: c.name, label: c.label, type: c.type, expression: c.expression, help: "", system: true, required: false, write: false, sort: c.sort,
    ...(c.type === "user" ? { to: "user" } : {}), ...(c.type === "choice" ? { options: kinds ?? [] } : {}),
  }));
  computedLists.set(object, list);
  return list;
}
export function columnOf(object: ObjectShape, name: string): FieldShape | undefined {
  return fieldOf(object, name) ?? computedOf(object).find((c) => c.name === name);
}
// The words of a filter that stand for it.
export function expressionOf(field: FieldShape): string {
  return "expression" in field && typeof field.expression === "string" ? field.expression : field.name;
}

export async function loadSession(): Promise<void> {
  const [who, shapes] = await Promise.all([api.GET("/api/v1/me").then(settle), api.GET("/api/v1/objects").then(settle)]);
  if (!who.ok) {
    failed.value = who.problem;
    return;
  }
  if (!shapes.ok) {
    failed.value = shapes.problem;
    return;
  }
  zone.value = who.data.zone || "UTC";
  objects.value = new Map(shapes.data.data.map((o) => [o.name, o]));
  me.value = who.data;
  loadPeople().catch(() => (peopleKnown.value = true));
}

export async function loadShapes(): Promise<void> {
  const shapes = settle(await api.GET("/api/v1/objects"));
  if (shapes.ok) objects.value = new Map(shapes.data.data.map((o) => [o.name, o]));
}

async function loadPeople(): Promise<void> {
  const names = new Map<string, string>();
  let cursor: string | undefined;
  let reports = false;
  for (let i = 0; i < 5; i++) {
    const page = settle(await api.GET("/api/v1/records/user", { params: { query: { fields: "name,reports_to", limit: 1000, cursor } } }));
    if (!page.ok) {
      peopleKnown.value = true;
      return;
    }
    for (const p of page.data.data) {
      names.set(p.id, p.name ?? "");
      if (p.reports_to?.id === me.value?.id && p.id !== me.value?.id) reports = true;
    }
    if (!page.data.next) break;
    cursor = page.data.next;
  }
  people.value = names;
  isManager.value = reports;
  peopleKnown.value = true;
}

export function personName(id: string | null | undefined): string {
  return id ? (people.value.get(id) ?? "") : "";
}
