// Notices to me: how many wait, and the list. Doing one away shows at once and is sent a few seconds later, so that it can be
// taken back; leaving the page sends it right away.
import { computed, signal } from "@preact/signals";
import { api, settle, type Problem, type Schemas } from "../api/client";
import { t } from "../i18n/t";
import { offlineProblem } from "../ui/states";
import { dropToast, toast } from "../ui/toast";
import { send } from "./outbox";
import { me } from "./session";

type Row = Schemas["NoticePage"]["data"][number];
export interface Notice {
  id: string;
  kind: string;
  title: string;
  count: number;
  at: string;
  done: boolean;
  until: string; // "": not put off
  object: string;
  record: string;
  page: string;
}
const text = (v: unknown): string => (typeof v === "string" ? v : "");
export function noticeOf(row: Row): Notice {
  return { id: row.id, kind: row.kind, title: row.title, count: row.count ?? 1, at: row.at ?? "", done: row.read || text(row["done_at"]) !== "", until: text(row["until"]), object: row.object ?? "", record: row.record ?? "", page: row.page ?? "" };
}

const known = signal(0); // as the server counted last
export const notices = signal<readonly Notice[] | null>(null);
export const noticeNext = signal<string | null>(null);
export const noticeProblem = signal<Problem | null>(null);
export const away = signal<ReadonlySet<string>>(new Set()); // done or put off here, being sent
export const unread = computed(() => Math.max(0, known.value - away.value.size));

export function waiting(list: readonly Notice[], gone: ReadonlySet<string>, now: number): readonly Notice[] {
  return list.filter((n) => !n.done && !gone.has(n.id) && !(n.until && Date.parse(n.until) > now));
}

// One group for each record, in the order of its newest notice; those about no record stand alone.
export function groupsOf(list: readonly Notice[]): { key: string; object: string; record: string; notices: Notice[] }[] {
  const groups = new Map<string, { key: string; object: string; record: string; notices: Notice[] }>();
  for (const n of list) {
    const key = n.record ? `${n.object}/${n.record}` : n.id;
    const g = groups.get(key) ?? { key, object: n.object, record: n.record, notices: [] };
    g.notices.push(n);
    groups.set(key, g);
  }
  return [...groups.values()];
}

let reading = 0;
let wanted = false; // the list is on the screen
export async function loadNotices(how: { more?: boolean } = {}): Promise<void> {
  const mine = ++reading;
  wanted = true;
  try {
    const cursor = how.more ? (noticeNext.peek() ?? undefined) : undefined;
    const r = settle(await api.GET("/api/v1/notices", { params: { query: { limit: 100, cursor } } }));
    if (mine !== reading) return;
    if (!r.ok) {
      noticeProblem.value = r.problem;
      return;
    }
    noticeProblem.value = null;
    const rows = r.data.data.map(noticeOf);
    const old = how.more ? (notices.peek() ?? []) : [];
    notices.value = [...old, ...rows.filter((x) => !old.some((y) => y.id === x.id))];
    noticeNext.value = r.data.next;
    known.value = r.data.unread;
  } catch {
    if (mine === reading && !notices.peek()) noticeProblem.value = offlineProblem();
  }
}
export function leaveNotices(): void {
  wanted = false;
}

// From the stream of events: the new count where it was said, and the list if somebody looks at it.
export function hearNotice(count: number | null): void {
  if (count !== null) known.value = count;
  if (wanted) void loadNotices();
  else if (count === null) void countNotices();
}
export async function countNotices(): Promise<void> {
  const r = await api.GET("/api/v1/notices", { params: { query: { limit: 1 } } }).then(settle, () => null);
  if (r?.ok) known.value = r.data.unread;
}

const HOLD_MS = 5000;
interface Held { ids: readonly string[]; timer: number; path: string; body: Record<string, string> }
const held = new Set<Held>();

function setAway(ids: readonly string[], on: boolean): void {
  const next = new Set(away.peek());
  for (const id of ids) if (on) next.add(id);
  else next.delete(id);
  away.value = next;
}

async function sendHeld(h: Held): Promise<void> {
  if (!held.delete(h)) return;
  clearTimeout(h.timer);
  let trouble: Problem | null = null;
  for (const id of h.ids) {
    const sent = await send({ user: me.peek()?.id ?? "", method: "POST", path: `/api/v1/notices/${id}/${h.path}`, body: h.body, version: null, label: t("Notice") });
    if (sent.ok === false && sent.problem.status !== 404) trouble = sent.problem;
  }
  await (wanted ? loadNotices() : countNotices());
  setAway(h.ids, false);
  if (trouble) toast(t("It stays in the list: {why}", { why: trouble.detail }), { ms: 15_000 });
}

export function putAway(ids: readonly string[], what: string, until?: string): void {
  setAway(ids, true);
  const h: Held = { ids, path: until ? "later" : "read", body: until ? { until } : {}, timer: 0 };
  h.timer = window.setTimeout(() => void sendHeld(h), HOLD_MS);
  held.add(h);
  const shown = toast(what, { ms: HOLD_MS, undo: () => {
    clearTimeout(h.timer);
    held.delete(h);
    dropToast(shown);
    setAway(ids, false);
  } });
}
export function flushNotices(): void {
  for (const h of [...held]) void sendHeld(h);
}
export function startNotices(): void {
  void countNotices();
  addEventListener("pagehide", flushNotices);
}
