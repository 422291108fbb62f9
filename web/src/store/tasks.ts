// The queue of a day, and closing its tasks. Closing shows at once and is sent a few seconds later, so that it can be taken
// back; leaving the page sends it right away.
import { batch, computed, signal } from "@preact/signals";
import { api, problemOf, settle, type Problem, type Task } from "../api/client";
import { t } from "../i18n/t";
import { dropToast, toast } from "../ui/toast";
import { forget, layDown, send, type Write } from "./outbox";
import { offlineProblem } from "../ui/states";
import { me } from "./session";

export interface Summary {
  user: string;
  name: string;
  open: number;
  escalations: number;
  promises: number;
  overdue: number;
  today: number;
  still_owed: number;
  put_off: number;
  done_today: number;
}
export interface Day {
  user: string; // "": me
  tasks: readonly Task[];
  next: string | null;
  summary: Summary | null;
}

export const HOLD_MS = 5000;
export const day = signal<Day | null>(null);
export const dayProblem = signal<Problem | null>(null);
export const closing = signal<ReadonlyMap<string, string>>(new Map()); // task id: what it was closed with
export const doneNow = signal<readonly { title: string; record: string; how: string }[]>([]);
export const taskProblems = signal<ReadonlyMap<string, Problem>>(new Map());

// What came before what somebody looks at; it waits until they ask for the new order.
export const arrived = signal<readonly Task[]>([]);
let inOrder: readonly Task[] = []; // the queue as the server has it

// The queue after a change by others. anchors: what is open, has the focus or lies under the pointer; down to the last of them
// everything stays where it stands. What is new and would stand before that is held back, the rest falls into its place.
export function settleOrder(old: readonly Task[], now: readonly Task[], anchors: ReadonlySet<string>): { tasks: readonly Task[]; held: readonly Task[] } {
  const fresh = new Map(now.map((x) => [x.id, x]));
  let last = -1;
  for (const [i, x] of old.entries()) if (anchors.has(x.id) && fresh.has(x.id)) last = i;
  if (last < 0) return { tasks: now, held: [] };
  const head = old.slice(0, last + 1).flatMap((x) => fresh.get(x.id) ?? []);
  const known = new Set(old.map((x) => x.id));
  const end = now.findIndex((x) => x.id === old[last]?.id);
  const held = now.slice(0, end).filter((x) => !known.has(x.id));
  const away = new Set([...head, ...held].map((x) => x.id));
  return { tasks: [...head, ...now.filter((x) => !away.has(x.id))], held };
}
export function takeOrder(): void {
  const d = day.peek();
  if (d) day.value = { ...d, tasks: inOrder };
  arrived.value = [];
}

export const queue = computed(() => (day.value?.tasks ?? []).filter((x) => !closing.value.has(x.id)));

let reading = 0;
// keep: what must not move, as settleOrder has it.
export async function loadDay(user: string, how: { more?: boolean; keep?: () => readonly string[] } = {}): Promise<void> {
  const mine = ++reading;
  const old = day.peek();
  const cursor = how.more ? (old?.next ?? undefined) : undefined;
  const limit = how.more ? 100 : Math.max(50, Math.min(1000, old?.user === user ? old.tasks.length : 50));
  try {
    const r = settle(await api.GET("/api/v1/my-day", { params: { query: { limit, cursor, user: user || undefined } } }));
    if (mine !== reading) return;
    if (!r.ok) {
      dayProblem.value = r.problem;
      return;
    }
    dayProblem.value = null;
    const tasks = how.more && old ? [...old.tasks, ...r.data.data.filter((x) => !old.tasks.some((y) => y.id === x.id))] : r.data.data;
    inOrder = tasks;
    const stays = how.keep && old?.user === user && !how.more ? settleOrder(old.tasks, tasks, new Set(how.keep())) : { tasks, held: [] };
    batch(() => {
      day.value = { user, tasks: stays.tasks, next: r.data.next, summary: r.data.summary as unknown as Summary };
      arrived.value = stays.held;
    });
  } catch {
    if (mine === reading && !day.peek()) dayProblem.value = offlineProblem();
  }
}

interface Held {
  task: Task;
  timer: number;
  toastId: number;
  write: Write; // laid down from the start: whoever closes the page while it could still be taken back has answered
}
const held = new Map<string, Held>();

function setClosing(id: string, how: string | null): void {
  const next = new Map(closing.peek());
  if (how === null) next.delete(id);
  else next.set(id, how);
  closing.value = next;
}
export function setTaskProblem(id: string, problem: Problem | null): void {
  const next = new Map(taskProblems.peek());
  if (problem) next.set(id, problem);
  else next.delete(id);
  taskProblems.value = next;
}

// The tasks of the screen that must not move: the open one, the one with the focus, the one under the pointer.
export function heldStill(): readonly string[] {
  return [...document.querySelectorAll<HTMLElement>("[data-open-task], [data-task]:focus, [data-task]:hover")].flatMap((el) => el.dataset["openTask"] ?? el.dataset["task"] ?? []);
}

async function sendHeld(h: Held): Promise<void> {
  clearTimeout(h.timer);
  held.delete(h.task.id);
  const sent = await send(h.write);
  if (sent.ok === false) {
    doneNow.value = doneNow.peek().filter((d) => d.title !== h.task.title || d.record !== (h.task.record?.title ?? ""));
    setClosing(h.task.id, null);
    dropToast(h.toastId);
    // Closed meanwhile by what happened on the record: nothing is left to do.
    if (sent.problem.code === "task.closed") {
      void loadDay(day.peek()?.user ?? "");
      return;
    }
    setTaskProblem(h.task.id, problemOf(sent.problem, sent.problem.status));
    toast(t("{task} stays open: {why}", { task: h.task.title, why: sent.problem.detail }), { ms: 15_000 });
    return;
  }
  if (sent.ok === true) {
    await loadDay(day.peek()?.user ?? "", { keep: heldStill });
    setClosing(h.task.id, null);
  }
}

function hold(task: Task, path: string, body: Record<string, string>, how: string): void {
  setTaskProblem(task.id, null);
  batch(() => {
    setClosing(task.id, how);
    if (arrived.peek().length) takeOrder(); // what was open is gone: the next is the first there is
  });
  const h: Held = { task, write: layDown({ user: me.peek()?.id ?? "", method: "POST", path, body, version: task.version, label: task.title }, HOLD_MS), timer: 0, toastId: 0 };
  h.timer = window.setTimeout(() => void sendHeld(h), HOLD_MS);
  h.toastId = toast(t("{task}: {how}", { task: task.title, how }), { ms: HOLD_MS, undo: () => takeBack(task.id) });
  held.set(task.id, h);
}

function takeBack(id: string): void {
  const h = held.get(id);
  if (!h) return;
  clearTimeout(h.timer);
  held.delete(id);
  forget(h.write.key);
  doneNow.value = doneNow.peek().slice(0, -1);
  setClosing(id, null);
}

export function finishTask(task: Task, outcome: string | null, note: string): void {
  if (closing.peek().has(task.id)) return;
  const body: Record<string, string> = {};
  if (outcome) body["outcome"] = outcome;
  if (note) body["note"] = note;
  doneNow.value = [...doneNow.peek(), { title: task.title, record: task.record?.title ?? "", how: outcome ?? t("Done") }];
  hold(task, `/api/v1/tasks/${task.id}/finish`, body, outcome ?? t("Done"));
}
export function postponeTask(task: Task, until: string, how: string): void {
  hold(task, `/api/v1/tasks/${task.id}/postpone`, { until }, how);
}
export function skipTask(task: Task, why: string): void {
  hold(task, `/api/v1/tasks/${task.id}/skip`, { note: why }, t("Left out"));
}

export function flushHeld(): void {
  for (const h of [...held.values()]) void sendHeld(h);
}
export function startTasks(): void {
  addEventListener("pagehide", flushHeld);
}
