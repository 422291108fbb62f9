// Changing many records: in pages, each a request of its own that can be sent again without being done twice. A dry run is the
// same requests with the server taking each back, so what it says is what would happen.
import { api, newKey, Offline, recordsPath, settle, type Problem, type Schemas } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { offlineProblem } from "../../ui/states";
import { toast } from "../../ui/toast";

export type Refused = Schemas["BulkResult"]["refused"][number];
export type BulkAction = "archive" | "unarchive" | "delete" | "restore";
export type BulkWhat = { set: Record<string, unknown> } | { action: BulkAction };
export interface BulkTotals {
  done: number; // records asked about so far
  total: number;
  changed: number;
  unchanged: number;
  refused: readonly Refused[];
  changes: readonly string[]; // saves that can be taken back
}
export const PAGE = 500;

export function nothingYet(total: number): BulkTotals {
  return { done: 0, total, changed: 0, unchanged: 0, refused: [], changes: [] };
}
export function addPage(sum: BulkTotals, asked: number, page: { changed: number; unchanged: number; refused: readonly Refused[]; changes?: readonly string[] }): BulkTotals {
  return {
    done: sum.done + asked, total: sum.total, changed: sum.changed + page.changed, unchanged: sum.unchanged + page.unchanged,
    refused: [...sum.refused, ...page.refused], changes: [...sum.changes, ...(page.changes ?? [])],
  };
}

export interface Run {
  dry: boolean;
  stopped: () => boolean;
  progress: (sum: BulkTotals) => void;
}
// Goes on behind what `from` has done already. A problem ends it; what was done before stands in the totals.
export async function runBulk(object: string, ids: readonly string[], what: BulkWhat, run: Run, from: BulkTotals = nothingYet(ids.length)): Promise<{ sum: BulkTotals; problem: Problem | null }> {
  let sum = from;
  while (sum.done < ids.length && !run.stopped()) {
    const page = ids.slice(sum.done, sum.done + PAGE);
    const key = newKey();
    let answer: Awaited<ReturnType<typeof askOnce>> | null = null;
    for (let attempt = 0; attempt < 3 && !answer; attempt++) {
      try {
        answer = await askOnce(object, page, what, run.dry, key);
        if (!answer.ok && [429, 503].includes(answer.problem.status) && attempt < 2) {
          answer = null;
          await new Promise((done) => setTimeout(done, 1000));
        }
      } catch (e) {
        if (!(e instanceof Offline)) throw e;
      }
    }
    if (!answer) return { sum, problem: offlineProblem() };
    if (!answer.ok) return { sum, problem: answer.problem };
    sum = addPage(sum, page.length, answer.data);
    run.progress(sum);
  }
  return { sum, problem: null };
}
async function askOnce(object: string, ids: readonly string[], what: BulkWhat, dry: boolean, key: string) {
  return settle(await api.POST(`${recordsPath(object)}/bulk` as "/api/v1/records/deal/bulk", {
    params: { header: dry ? {} : { "Idempotency-Key": key } },
    body: { ids: [...ids], ...what, dry_run: dry } as never,
  }));
}

// Every id that matches, and what the records are called.
export async function idsOf(object: string, title: string, filter: string, names: Map<string, string>, stopped: () => boolean): Promise<string[] | Problem> {
  const ids: string[] = [];
  let cursor: string | undefined;
  try {
    do {
      const r = settle(await api.GET(recordsPath(object), { params: { query: { filter: filter || undefined, fields: title, cursor, limit: 1000 } } }));
      if (!r.ok) return r.problem;
      for (const row of r.data.data as { id: string; [k: string]: unknown }[]) {
        ids.push(row.id);
        names.set(row.id, String(row[title] ?? ""));
      }
      cursor = (r.data as { next: string | null }).next ?? undefined;
    } while (cursor && !stopped());
  } catch (e) {
    if (e instanceof Offline) return offlineProblem();
    throw e;
  }
  return ids;
}

// The same reason said of many records is said once.
export interface Reason {
  detail: string;
  reason: string;
  way_out: string;
  page: string;
  ids: string[];
}
export function reasonsOf(refused: readonly Refused[]): Reason[] {
  const by = new Map<string, Reason>();
  for (const r of refused) {
    const key = `${r.code}\n${r.page}\n${r.detail}`;
    const known = by.get(key);
    if (known) known.ids.push(r.id);
    else by.set(key, { detail: r.detail, reason: r.reason, way_out: r.way_out, page: r.page, ids: [r.id] });
  }
  return [...by.values()].sort((a, b) => b.ids.length - a.ids.length);
}

// Takes many saves back, newest first, and says what came of it.
export async function undoMany(changes: readonly string[], after: () => void): Promise<void> {
  const back = [...changes].reverse();
  let undone = 0;
  let refused = 0;
  let why = "";
  try {
    for (let i = 0; i < back.length; i += PAGE) {
      const r = settle(await api.POST("/api/v1/changes/undo", { params: { header: { "Idempotency-Key": newKey() } }, body: { changes: back.slice(i, i + PAGE) } }));
      if (!r.ok) {
        why = r.problem.detail;
        refused += back.length - i;
        break;
      }
      undone += r.data.undone;
      refused += r.data.refused.length;
      why ||= r.data.refused[0]?.detail ?? "";
    }
  } catch (e) {
    if (!(e instanceof Offline)) throw e;
    why = offlineProblem().title;
    refused = back.length - undone;
  }
  after();
  toast(refused === 0 ? tn(undone, "{n} change taken back.", "{n} changes taken back.")
    : t("{n} taken back, {refused} not: {why}", { n: undone, refused, why }), { ms: refused ? 30_000 : 10_000 });
}
