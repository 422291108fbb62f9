// The queue of a day, and closing its tasks. Closing shows at once and is sent a few seconds later, so that it can be taken back.
import { batch, computed, signal } from "@preact/signals";
import { api, problemOf, settle, type Problem, type Task } from "../api/client";
import type { Words } from "../api/mail";
import { t } from "../i18n/t";
import { toast } from "../ui/toast";
import { holdBack, type Holding } from "./hold";
import type { Sent } from "./outbox";
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

// What the end of a task looks like until the server has answered.
export interface Ending {
  task: Task;
  write: Holding["write"];
  ms: number;
  how: string;       // what it was closed with
  said?: string;     // the words of the toast
  counts?: boolean;  // done, not only out of the way
  back?: () => void; // it was taken back, or refused: whoever has the words puts them back
  sent?: (how: Sent) => void;
}
// Shows a task as closed at once and sends that when it can no longer be taken back.
export function endTask(e: Ending): void {
  const { task, how } = e;
  const done = { title: task.title, record: task.record?.title ?? "", how };
  const open = (): void => {
    doneNow.value = doneNow.peek().filter((d) => d !== done);
    setClosing(task.id, null);
  };
  setTaskProblem(task.id, null);
  batch(() => {
    setClosing(task.id, how);
    if (e.counts) doneNow.value = [...doneNow.peek(), done];
    if (arrived.peek().length) takeOrder(); // what was open is gone: the next is the first there is
  });
  holdBack({
    write: e.write, ms: e.ms, said: e.said ?? t("{task}: {how}", { task: task.title, how }),
    back: () => {
      open();
      e.back?.();
    },
    sent: async (sent) => {
      e.sent?.(sent);
      if (sent.ok === false) {
        open();
        // Closed meanwhile by what happened on the record: nothing is left to do.
        if (sent.problem.code === "task.closed") return void loadDay(day.peek()?.user ?? "");
        setTaskProblem(task.id, problemOf(sent.problem, sent.problem.status));
        if (!e.sent) toast(t("{task} stays open: {why}", { task: task.title, why: sent.problem.detail }), { ms: 15_000 });
      } else if (sent.ok === true) {
        await loadDay(day.peek()?.user ?? "", { keep: heldStill });
        setClosing(task.id, null);
      }
    },
  });
}

function writeOf(task: Task, verb: string, body: Record<string, string>): Holding["write"] {
  return { user: me.peek()?.id ?? "", method: "POST", path: `/api/v1/tasks/${task.id}/${verb}`, body, version: task.version, label: task.title };
}
// more: what whoever asked for it wants to hear of it.
export function finishTask(task: Task, outcome: string | null, note: string, more: Pick<Ending, "back" | "sent"> = {}): void {
  if (closing.peek().has(task.id)) return;
  const body: Record<string, string> = {};
  if (outcome) body["outcome"] = outcome;
  if (note) body["note"] = note;
  endTask({ task, write: writeOf(task, "finish", body), ms: HOLD_MS, how: outcome ?? t("Done"), counts: true, ...more });
}
export function postponeTask(task: Task, until: string, how: string): void {
  endTask({ task, write: writeOf(task, "postpone", { until }), ms: HOLD_MS, how });
}
export function skipTask(task: Task, why: string): void {
  endTask({ task, write: writeOf(task, "skip", { note: why }), ms: HOLD_MS, how: t("Left out") });
}

// ---- what a task brings along ----
export interface Outcome {
  label: string;
  then: string;
  logs?: string; // the kind of activity it writes down; "" or none: nothing
}
export function outcomesOf(task: Task): Outcome[] {
  return (task.after as { outcomes?: Outcome[] } | null)?.outcomes ?? [];
}
export function wordsOf(task: Task): Words | null {
  return task.words ?? null;
}
// Done by what happens on the record, not by a click: a condition and no outcomes to choose from.
export function isDoneByRecord(task: Task): boolean {
  return Boolean(task.why?.done_when) && outcomesOf(task).length === 0;
}
