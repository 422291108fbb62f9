// Changing records: shown at once, sent in the background, one after another for each record. If somebody else changed
// something in between, only fields that both changed are a conflict; everything else is put together without asking.
import { signal } from "@preact/signals";
import type { Problem } from "../api/client";
import { MAILS } from "../api/mail";
import { t } from "../i18n/t";
import { toast } from "../ui/toast";
import { send, type Write } from "./outbox";
import { entryOf, putRecord, readRecord, setPending, type Fields } from "./records";
import { mailRefused } from "./mails";
import { me, objectOf, fieldOf } from "./session";
import { showValue } from "./values";

export interface Conflict {
  object: string;
  id: string;
  field: string;
  mine: unknown;
  theirs: unknown;
}
export const conflicts = signal<readonly Conflict[]>([]);

// A refused change: what was typed stays, to be corrected at the field.
export interface Refusal {
  object: string;
  id: string;
  typed: Fields;
  problem: Problem;
}
export const refusals = signal<readonly Refusal[]>([]);
export function refusalOf(object: string, id: string, field: string): Refusal | undefined {
  return refusals.value.find((r) => r.object === object && r.id === id && field in r.typed);
}
export function dropRefusal(refusal: Refusal): void {
  refusals.value = refusals.peek().filter((r) => r !== refusal);
}

const chains = new Map<string, Promise<void>>();

// References are read as {id, name} and written as the id.
export function wire(value: unknown): unknown {
  return typeof value === "object" && value !== null && "id" in value ? value.id : value;
}
function wireAll(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, wire(v)]));
}
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(wire(a) ?? null) === JSON.stringify(wire(b) ?? null);
}

function dropPending(object: string, id: string, fields: Fields): void {
  const entry = entryOf(object, id).peek();
  if (!entry) return;
  const left = { ...entry.pending };
  for (const [k, v] of Object.entries(fields)) if (same(left[k], v)) delete left[k];
  setPending(object, id, left);
}

// Fields that both sides changed since base to different values.
export function conflicting(patch: Fields, base: Fields, theirs: Fields): string[] {
  return Object.keys(patch).filter((k) => !same(base[k], theirs[k]) && !same(patch[k], theirs[k]));
}

async function push(object: string, id: string, patch: Fields, base: Fields): Promise<void> {
  for (let attempt = 0; attempt < 4; attempt++) {
    const entry = entryOf(object, id).peek();
    if (!entry) return;
    const sent = await send({
      user: me.peek()?.id ?? "", method: "PATCH", path: `/api/v1/records/${object}/${id}`, body: wireAll(patch), version: entry.version,
      label: t("Change of {name}", { name: String(entry.fields["name"] ?? objectOf(object)?.label ?? object) }),
    });
    if (sent.ok === "waiting") return;
    if (sent.ok) {
      putRecord(object, sent.data as Fields & { id: string }, true);
      dropPending(object, id, patch);
      return;
    }
    if (sent.problem.status !== 412) {
      dropPending(object, id, patch);
      refusals.value = [...refusals.peek(), { object, id, typed: patch, problem: sent.problem }];
      return;
    }
    if (await readRecord(object, id)) break;
    const now = entryOf(object, id).peek();
    const both = now ? conflicting(patch, base, now.fields) : [];
    if (both.length && now) {
      dropPending(object, id, patch);
      const rest = Object.fromEntries(Object.entries(patch).filter(([k]) => !both.includes(k)));
      conflicts.value = [...conflicts.peek(), ...both.map((field) => ({ object, id, field, mine: patch[field], theirs: now.fields[field] }))];
      if (Object.keys(rest).length) await push(object, id, rest, now.fields);
      return;
    }
  }
}

// values are as shown: references with their names, money with its currency.
export function changeRecord(object: string, id: string, patch: Fields, how: { silent?: boolean } = {}): Promise<void> {
  const entry = entryOf(object, id).peek();
  if (!entry) return Promise.resolve();
  const base: Fields = { ...entry.fields, ...entry.pending };
  const before = Object.fromEntries(Object.keys(patch).map((k) => [k, base[k] ?? null]));
  setPending(object, id, { ...entry.pending, ...patch });
  const key = `${object}/${id}`;
  const job = (chains.get(key) ?? Promise.resolve()).then(() => push(object, id, patch, base));
  chains.set(key, job.catch(() => undefined));
  if (!how.silent) {
    toast(changeText(object, patch), { undo: () => void changeRecord(object, id, before, { silent: true }) });
  }
  return job;
}

function changeText(object: string, patch: Fields): string {
  const [first, ...more] = Object.entries(patch);
  const shape = objectOf(object);
  const field = first && shape ? fieldOf(shape, first[0]) : undefined;
  if (!first || !field || more.length) return t("Saved.");
  const text = showValue(field, first[1]);
  return text ? t("{field}: {value}", { field: field.label, value: text }) : t("{field} emptied.", { field: field.label });
}

export function solveConflict(c: Conflict, keepMine: boolean): void {
  conflicts.value = conflicts.peek().filter((x) => x !== c);
  if (keepMine) void changeRecord(c.object, c.id, { [c.field]: c.mine }, { silent: true });
}

// After a write that waited in the outbox went through, or was refused.
const RECORD = /^\/api\/v1\/records\/([^/]+)\/(\d+)$/;
export function outboxDone(write: Write, data: unknown): void {
  const m = RECORD.exec(write.path);
  if (m?.[1] && m[2] && typeof data === "object" && data !== null && "id" in data) {
    putRecord(m[1], data as Fields & { id: string }, true);
    setPending(m[1], m[2], {});
  }
}
export function outboxRefused(write: Write, problem: Problem): void {
  if (write.path === MAILS) return void mailRefused(write, problem);
  const m = RECORD.exec(write.path);
  if (m?.[1] && m[2]) {
    const typed = (write.body ?? {}) as Fields;
    if (problem.status === 412) {
      const { 1: object, 2: id } = m;
      void readRecord(object, id).then(() => changeRecord(object, id, typed, { silent: true }));
      return;
    }
    setPending(m[1], m[2], {});
    refusals.value = [...refusals.peek(), { object: m[1], id: m[2], typed, problem }];
  }
  toast(t("{what} was refused: {why}", { what: write.label, why: problem.detail }), { ms: 30_000 });
}
