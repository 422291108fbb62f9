// Writes that the server has not acknowledged yet. They lie in IndexedDB, so a closed tab or a dead network loses none; each
// has an Idempotency-Key, so sending one twice does it once.
import { computed, signal } from "@preact/signals";
import { newKey, Offline, online, problemOf, type Problem } from "../api/client";

export interface Write {
  key: string;
  at: number; // order of sending
  user: string;
  method: "POST" | "PATCH" | "DELETE";
  path: string;
  body: unknown;
  version: number | null;
  label: string;
  until?: number; // it can be taken back until then, ms since 1970
}
export type Sent = { ok: true; data: unknown } | { ok: false; problem: Problem } | { ok: "waiting" };

export const waiting = signal<readonly Write[]>([]);
export const waitingCount = computed(() => waiting.value.length);

let leaving = false;
if (typeof addEventListener === "function") addEventListener("pagehide", () => (leaving = true), true);

let database: Promise<IDBDatabase | null> | null = null;
function open(): Promise<IDBDatabase | null> {
  database ??= new Promise((done) => {
    if (typeof indexedDB === "undefined") return done(null);
    const rq = indexedDB.open("fairlead", 1);
    rq.onupgradeneeded = () => rq.result.createObjectStore("outbox", { keyPath: "key" });
    rq.onsuccess = () => done(rq.result);
    rq.onerror = () => done(null);
    rq.onblocked = () => done(null);
  });
  return database;
}

async function store(work: (s: IDBObjectStore) => void): Promise<void> {
  const db = await open();
  if (!db) return;
  await new Promise<void>((done) => {
    const tx = db.transaction("outbox", "readwrite");
    work(tx.objectStore("outbox"));
    tx.oncomplete = () => done();
    tx.onerror = () => done();
    tx.onabort = () => done();
  });
}

async function transmit(w: Write): Promise<Sent> {
  const headers: Record<string, string> = { "Content-Type": "application/json", "Idempotency-Key": w.key };
  if (w.version !== null) headers["If-Match"] = `"v${w.version}"`;
  let response: Response;
  try {
    response = await fetch(w.path, { method: w.method, headers, body: JSON.stringify(w.body), keepalive: leaving });
  } catch {
    online.value = false;
    throw new Offline("offline");
  }
  online.value = true;
  const text = await response.text();
  let data: unknown = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    data = null;
  }
  if (response.ok) return { ok: true, data };
  return { ok: false, problem: problemOf(data, response.status) };
}

const LATE_MS = 2000; // how long a page takes, at most, to send what cannot be taken back any more
let last = 0;
// Lays a write down before anything is sent: a page that is closed or killed meanwhile loses nothing, and the key keeps what was
// sent from being done twice. Whoever does not send it after all forgets it.
export function layDown(w: Omit<Write, "key" | "at" | "until">, heldMs = 0): Write {
  const write: Write = { ...w, key: newKey(), at: Math.max(Date.now(), last + 1) };
  if (heldMs) write.until = write.at + heldMs;
  last = write.at;
  void store((s) => s.put(write));
  return write;
}
export function forget(key: string): void {
  void store((s) => s.delete(key));
}

// Sends one write. Without a network it is kept and sent later, in order.
export async function send(w: Write | Omit<Write, "key" | "at">): Promise<Sent> {
  const write = "key" in w ? w : layDown(w);
  if (waiting.peek().length === 0) {
    try {
      const sent = await transmit(write);
      if (sent.ok || sent.ok === false) {
        if (sent.ok !== false || sent.problem.status !== 503) {
          forget(write.key);
          return sent;
        }
      }
    } catch (e) {
      if (!(e instanceof Offline)) throw e;
    }
  }
  waiting.value = [...waiting.peek(), write];
  return { ok: "waiting" };
}

let flushing = false;
export type Refused = (write: Write, problem: Problem) => void;
export async function flush(done: (write: Write, data: unknown) => void, refused: Refused): Promise<void> {
  if (flushing) return;
  flushing = true;
  try {
    for (;;) {
      const next = waiting.peek()[0];
      if (!next) break;
      const sent = await transmit(next);
      if (sent.ok === false && sent.problem.status === 503) break;
      waiting.value = waiting.peek().slice(1);
      await store((s) => s.delete(next.key));
      if (sent.ok === true) done(next, sent.data);
      else if (sent.ok === false) refused(next, sent.problem);
    }
  } catch (e) {
    if (!(e instanceof Offline)) throw e;
  } finally {
    flushing = false;
  }
}

async function stored(user: string): Promise<Write[]> {
  const db = await open();
  if (!db) return [];
  const found = await new Promise<Write[]>((done) => {
    const rq = db.transaction("outbox").objectStore("outbox").getAll() as IDBRequest<Write[]>;
    rq.onsuccess = () => done(rq.result);
    rq.onerror = () => done([]);
  });
  return found.filter((w) => w.user === user).sort((a, b) => a.at - b.at);
}

// What lay there when the page was left, of this person. What another page of this browser may still take back is left to that
// page; if it lies there longer, that page is gone: later() is called when such writes were taken over.
export async function loadOutbox(user: string, later: () => void): Promise<void> {
  const found = await stored(user);
  const now = Date.now();
  const held = found.filter((w) => (w.until ?? 0) + LATE_MS > now);
  const mine = found.filter((w) => !held.includes(w));
  if (mine.length) waiting.value = [...mine, ...waiting.peek()];
  if (!held.length) return;
  const keys = new Set(held.map((w) => w.key));
  setTimeout(() => void stored(user).then((left) => {
    const gone = left.filter((w) => keys.has(w.key));
    if (!gone.length) return;
    waiting.value = [...waiting.peek(), ...gone];
    later();
  }), Math.max(...held.map((w) => w.until ?? 0)) + LATE_MS - now);
}
