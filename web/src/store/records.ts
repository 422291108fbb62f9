// One copy of each record, by object and id, with its version. An older version never replaces a newer one; what somebody
// changed and the server has not answered yet lies on top.
import { signal, type Signal } from "@preact/signals";
import { api, recordPath, settle, type AnyRecord, type Problem } from "../api/client";

export type Fields = Record<string, unknown>;
export interface Entry {
  fields: Fields; // as the server knows them
  version: number;
  pending: Fields; // on top, being sent
  whole: boolean;  // all fields were read, not only those of a list
  gone: boolean;
}

const entries = new Map<string, Signal<Entry | null>>();

export function entryOf(object: string, id: string): Signal<Entry | null> {
  const key = `${object}/${id}`;
  let s = entries.get(key);
  if (!s) {
    s = signal<Entry | null>(null);
    entries.set(key, s);
  }
  return s;
}

export function shownFields(entry: Entry): Fields {
  return Object.keys(entry.pending).length ? { ...entry.fields, ...entry.pending } : entry.fields;
}

export function putRecord(object: string, row: AnyRecord, whole: boolean): void {
  const s = entryOf(object, row.id);
  const old = s.peek();
  const version = typeof row.version === "number" ? row.version : (old?.version ?? 0);
  if (old && old.version > version) return;
  const newer = !old || version > old.version;
  s.value = {
    fields: whole ? { ...row } : { ...old?.fields, ...row },
    version,
    pending: old?.pending ?? {},
    whole: whole || (!newer && old.whole),
    gone: false,
  };
}

export function setPending(object: string, id: string, pending: Fields): void {
  const s = entryOf(object, id);
  const old = s.peek();
  if (old) s.value = { ...old, pending };
}

export function markGone(object: string, id: string): void {
  const s = entryOf(object, id);
  const old = s.peek();
  if (old) s.value = { ...old, gone: true };
}

export async function readRecord(object: string, id: string): Promise<Problem | null> {
  const r = settle(await api.GET(recordPath(object), { params: { path: { id } } }));
  if (!r.ok) {
    if (r.problem.status === 404) markGone(object, id);
    return r.problem;
  }
  putRecord(object, r.data as AnyRecord, true);
  return null;
}

// Objects and ids of records somebody has looked at, for reading anew after a reconnection.
export function knownRecords(object: string): string[] {
  const ids: string[] = [];
  for (const key of entries.keys()) if (key.startsWith(`${object}/`)) ids.push(key.slice(object.length + 1));
  return ids;
}
