// Changes by others, as they happen. A record that is shown is read anew; lists and the day are told that something moved
// and decide themselves when to redraw. Nothing here touches what somebody is typing.
import { signal } from "@preact/signals";
import { api, online, settle } from "../api/client";
import { now } from "../i18n/format";
import { outboxDone, outboxRefused } from "./change";
import { hearNotice, startNotices } from "./notices";
import { flush, loadOutbox, waiting } from "./outbox";
import { entryOf, markGone, readRecord } from "./records";
import { loadManual, manualPages } from "./manual";
import { loadShapes, me } from "./session";

export interface Change {
  object: string;
  id: string;
  version: number;
  kind: string;
}
export const ticks = signal(0); // grows when anything changed
export const connected = signal(false); // changes by others are heard
type Listener = (change: Change | null) => void; // null: read everything anew
const listeners = new Set<Listener>();
export function onChange(fn: Listener): () => void {
  listeners.add(fn);
  return () => listeners.delete(fn);
}

const soon = new Map<string, number>();
function refresh(c: Change): void {
  const key = `${c.object}/${c.id}`;
  const entry = entryOf(c.object, c.id).peek();
  if (!entry || entry.version >= c.version) return;
  if (c.kind === "purged" || c.kind === "deleted") return markGone(c.object, c.id);
  if (!entry.whole) return; // a row of a list: the list reads it
  clearTimeout(soon.get(key));
  soon.set(key, window.setTimeout(() => { soon.delete(key); void readRecord(c.object, c.id); }, 60));
}

function hear(c: Change | null): void {
  ticks.value++;
  if (c) refresh(c);
  for (const fn of listeners) fn(c);
}

// A task of mine was opened, closed, moved or handed over, a mail of mine was sent or not: whoever shows the day or the record
// reads it anew.
function hearTask(data: string): void {
  try {
    const x = JSON.parse(data) as { record?: string; object?: string };
    hear({ object: x.object ?? "", id: x.record ?? "", version: 0, kind: "task" });
  } catch {
    hear(null);
  }
}
function hearNoticeText(data: string): void {
  try {
    const x = JSON.parse(data) as { unread?: unknown };
    hearNotice(typeof x.unread === "number" ? x.unread : null);
  } catch {
    hearNotice(null);
  }
}

// Another version of the manual went live: first what the screens are made of is read anew, then what they show.
const MANUAL_MS = 60_000;
let manual = 0;
let reading = false;
let asked = false; // once more, while it was being read
async function readManual(): Promise<void> {
  asked = reading;
  if (reading) return;
  reading = true;
  try {
    const r = settle(await api.GET("/api/v1/me"));
    if (!r.ok || r.data.manual_version === manual) return;
    me.value = r.data;
    await Promise.all([loadShapes(), manualPages.peek() && loadManual(true)]);
    manual = r.data.manual_version;
    hear(null);
  } catch {
    // without a connection: asked again later
  } finally {
    reading = false;
    if (asked) void readManual();
  }
}

let source: EventSource | null = null;
let lost = 0;

function connect(): void {
  source?.close();
  source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => {
    online.value = true;
    connected.value = true;
    ticks.value++; // what was read before may have changed unheard
    if (lost) {
      hear(null);
      hearNotice(null);
      void readManual();
    }
    lost = 0;
    void flush(outboxDone, outboxRefused);
  });
  source.addEventListener("change", (e) => {
    try {
      hear(JSON.parse((e as MessageEvent<string>).data) as Change);
    } catch {
      hear(null);
    }
  });
  source.addEventListener("task", (e) => hearTask((e as MessageEvent<string>).data));
  source.addEventListener("mail", (e) => hearTask((e as MessageEvent<string>).data));
  source.addEventListener("notice", (e) => hearNoticeText((e as MessageEvent<string>).data));
  source.addEventListener("manual", () => void readManual());
  source.addEventListener("reset", () => { hear(null); hearNotice(null); void readManual(); });
  source.addEventListener("error", () => {
    lost++;
    connected.value = false;
    void probe();
    if (source?.readyState === EventSource.CLOSED) setTimeout(connect, Math.min(30_000, 1000 * lost));
  });
}

async function probe(): Promise<void> {
  try {
    await fetch("/healthz", { cache: "no-store" });
    online.value = true;
  } catch {
    online.value = false;
  }
}

export async function startLive(): Promise<void> {
  const user = me.peek()?.id;
  if (user) await loadOutbox(user, () => void flush(outboxDone, outboxRefused));
  online.subscribe((on) => { if (on) void flush(outboxDone, outboxRefused); });
  connect();
  startNotices();
  addEventListener("online", () => void probe());
  addEventListener("offline", () => (online.value = false));
  setInterval(() => {
    now.value = Date.now();
    if (!online.peek() || waiting.peek().length) void probe().then(() => flush(outboxDone, outboxRefused));
  }, 10_000);
  manual = me.peek()?.manual_version ?? 0;
  setInterval(() => {
    if (!document.hidden && online.peek()) void readManual();
  }, MANUAL_MS); // an event tells it at once; what it missed is seen here
}
