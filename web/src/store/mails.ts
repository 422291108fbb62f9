// Mails that are being written, and sending them. A draft stays until it is sent or thrown away: closing the composer, reloading
// the page or leaving the record keeps it, and a mail that was taken back or refused becomes a draft again.
import { signal } from "@preact/signals";
import { MAILS } from "../api/mail";
import { api, settle, type Problem, type Task } from "../api/client";
import { t } from "../i18n/t";
import { toast } from "../ui/toast";
import { holdBack, type Holding } from "./hold";
import { send, type Sent, type Write } from "./outbox";
import { me } from "./session";
import { endTask, finishTask, outcomesOf, wordsOf } from "./tasks";

export const HOLD_MAIL_MS = 10_000;

// What it is about, and the task it does, if there is one.
export interface About {
  object: string;
  id: string;
  title: string;
  task: Task | null;
}
export interface Draft extends About {
  key: string;
  to: string;       // address; "": the first there is
  subject: string;
  body: string;
  template: string; // page; "": none
  filled: { subject: string; body: string }; // what the template gave: the rest is typed
  then: string | null; // the outcome the task is closed with; "": closed, where it has none; null: it stays open
  problem: Problem | null; // why it came back
}

export const composing = signal<Draft | null>(null);
// Keys of those somebody has written in.
export const written = signal<ReadonlySet<string>>(new Set());
const drafts = new Map<string, Draft>();
// What was typed before the composer was there to take it.
export const early = { words: "" };

export function bodyOf(words: { passages: readonly { text: string }[] } | null): string {
  return (words?.passages ?? []).map((p) => p.text.trim()).filter(Boolean).join("\n\n");
}
export function isWritten(d: Draft): boolean {
  return d.subject !== d.filled.subject || d.body !== d.filled.body;
}
// What sending does to the task, unless somebody chooses otherwise: the first outcome that is a mail.
export function thenOf(task: Task | null): string | null {
  if (!task) return null;
  const outcomes = outcomesOf(task);
  return outcomes.length === 0 ? "" : (outcomes.find((o) => o.logs === "email")?.label ?? null);
}
export function keyOf(about: Pick<About, "object" | "id" | "task">): string {
  return about.task ? `task/${about.task.id}` : `${about.object}/${about.id}`;
}
// What the button and its key are called: a mail that was begun is gone on with.
export function writeLabel(about: Pick<About, "object" | "id" | "task">, fresh: string): string {
  return written.value.has(keyOf(about)) ? t("Go on with the mail") : fresh;
}
// Words for a mail come with the task.
export function isMailTask(task: Task | null | undefined): boolean {
  return Boolean(task) && !task?.closed && wordsOf(task as Task)?.channel === "email";
}
export function newDraft(about: About): Draft {
  const words = isMailTask(about.task) && about.task ? wordsOf(about.task) : null;
  const filled = { subject: words?.subject ?? "", body: bodyOf(words) };
  return { ...about, key: keyOf(about), to: "", ...filled, template: words?.page ?? "", filled, then: thenOf(about.task), problem: null };
}

// ---- kept while the tab lives: a phone drops pages that lie in the background ----
const STORE = "fairlead-mails";
function lay(): void {
  const mine = [...drafts.values()].filter(isWritten);
  const keys = mine.map((d) => d.key);
  if (keys.length !== written.peek().size || keys.some((k) => !written.peek().has(k))) written.value = new Set(keys);
  try {
    if (mine.length) sessionStorage.setItem(STORE, JSON.stringify({ user: me.peek()?.id, drafts: mine.map((d) => ({ ...d, task: null })) }));
    else sessionStorage.removeItem(STORE);
  } catch {
    // full, or not allowed: they live as long as the page
  }
}
// Those of the page that was here before, of the same person.
export function loadDrafts(): void {
  const user = me.peek()?.id;
  if (!user) return;
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "null") as { user: string; drafts: Draft[] } | null;
    if (kept?.user === user) for (const d of kept.drafts) drafts.set(d.key, d);
  } catch {
    // not ours
  }
  lay();
}
export function forgetDrafts(): void {
  drafts.clear();
  lay();
}
export function keepDraft(d: Draft): void {
  drafts.set(d.key, d);
  lay();
}
function drop(key: string): void {
  drafts.delete(key);
  lay();
}

// ---- the composer ----
// What was chosen before a reload or a new version of the manual may be no outcome any more.
function stillThen(then: string | null, task: Task | null): string | null {
  return then === null || (task && (then === "" ? outcomesOf(task).length === 0 : outcomesOf(task).some((o) => o.label === then))) ? then : thenOf(task);
}
// Beside another draft about the same, if one was begun meanwhile.
function besides(key: string): string {
  return drafts.has(key) ? besides(`${key}+`) : key;
}
export function compose(about: About): void {
  const key = keyOf(about);
  const old = [...drafts.values()].find((d) => d.key.replace(/\++$/, "") === key);
  const d = old ? { ...old, ...about, then: stillThen(old.then, about.task) } : newDraft(about);
  drafts.set(d.key, d);
  composing.value = d;
}
// As it is by now; gone, if it was sent or thrown away meanwhile.
function again(key: string): void {
  composing.value = drafts.get(key) ?? composing.peek();
}
// Closing it is no decision: what was written stays.
export function putAside(d: Draft): void {
  composing.value = null;
  if (isWritten(d) || d.problem) toast(t("The mail is not sent. What you wrote is kept."), { next: { label: t("Go on writing"), run: () => again(d.key) } });
  else drop(d.key);
}
export function throwAway(d: Draft): void {
  composing.value = null;
  drop(d.key);
  toast(t("The draft is gone."), { undo: () => bring(d) });
}
function bring(d: Draft): void {
  const back = { ...d, key: besides(d.key) };
  keepDraft(back);
  composing.value = back;
}
// Is somebody in the middle of something that a dialog would tear them out of?
function isBusy(): boolean {
  return document.querySelector("dialog[open]") !== null || Boolean(document.activeElement?.matches("input, textarea, select"));
}
// The task as it is now; null: closed meanwhile, or gone. known: what stands where nobody can be asked.
async function openTask(id: string, known: Task | null): Promise<Task | null> {
  return api.GET("/api/v1/tasks/{id}", { params: { path: { id } } }).then(settle).then((r) => (r.ok && !r.data.closed ? r.data : null), () => known);
}
async function refused(d: Draft, problem: Problem): Promise<void> {
  const task = d.task ? await openTask(d.task.id, d.task) : null;
  const back = { ...d, task, then: task ? d.then : null, problem, key: besides(d.key) };
  keepDraft(back);
  if (!isBusy()) composing.value = back;
  else toast(t("Not sent: {why}", { why: problem.detail }), { ms: 60_000, next: { label: t("Open the mail"), run: () => again(back.key) } });
}

// ---- sending ----
export interface MailBody {
  object: string;
  record: string;
  to: string;
  subject: string;
  body: string;
  template?: string;
  task?: string;
  outcome?: string;
}
export function mailBody(d: Draft): MailBody {
  const closes = d.task !== null && d.then !== null;
  return {
    object: d.object, record: d.id, to: d.to, subject: d.subject.trim(), body: d.body.trim(),
    ...(d.template ? { template: d.template } : {}),
    ...(closes && d.task ? { task: d.task.id, ...(d.then ? { outcome: d.then } : {}) } : {}),
  };
}

function after(d: Draft, sent: Sent): void {
  if (sent.ok === false) return void refused(d, sent.problem);
  if (sent.ok === "waiting") toast(t("No connection. The mail is kept on this device and goes out when it is back."));
}
// It goes out when it can no longer be taken back. name: of whom it goes to.
export function sendMail(d: Draft, name: string): void {
  const clean = { ...d, problem: null };
  composing.value = null;
  drop(d.key);
  const closes = d.task !== null && d.then !== null;
  const write: Holding["write"] = { user: me.peek()?.id ?? "", method: "POST", path: MAILS, body: mailBody(d), version: closes && d.task ? d.task.version : null, label: t("Mail to {name}", { name }) };
  const said = t("Mail to {name} goes out.", { name });
  const back = (): void => bring(clean);
  if (closes && d.task) endTask({ task: d.task, write, ms: HOLD_MAIL_MS, how: d.then || t("Done"), said, counts: true, back, sent: (sent) => after(clean, sent) });
  else holdBack({ write, ms: HOLD_MAIL_MS, said, back, sent: (sent) => after(clean, sent) });
}

// A mail that was sent in another way is written down as one: by the outcome, where it logs a mail, else by itself.
export function logMail(d: Draft): void {
  const clean = { ...d, problem: null };
  const text = [d.subject.trim(), d.body.trim()];
  const outcome = d.task && d.then ? outcomesOf(d.task).find((o) => o.label === d.then) : undefined;
  composing.value = null;
  drop(d.key);
  const hear = (sent: Sent): void => { if (sent.ok === false) void refused(clean, sent.problem); };
  if (d.task && outcome?.logs) return finishTask(d.task, outcome.label, text.join("\n\n"), { back: () => bring(clean), sent: hear });
  const subject = text[0] || t("Mail");
  void send({ user: me.peek()?.id ?? "", method: "POST", path: "/api/v1/records/activity", body: { kind: "email", direction: "out", subject, body: text[1], links: [d.id] }, version: null, label: subject }).then((sent) => {
    hear(sent);
    if (sent.ok === false) return;
    toast(sent.ok === "waiting" ? t("{kind} kept on this device.", { kind: t("Mail") }) : t("{kind} logged.", { kind: t("Mail") }));
    if (d.task && d.then !== null) finishTask(d.task, d.then || null, "");
  });
}

// A mail that waited for the network, perhaps in a page that is gone, was refused: the text comes back.
export async function mailRefused(write: Write, problem: Problem): Promise<void> {
  const b = write.body as MailBody;
  const task = b.task ? await openTask(b.task, null) : null;
  await refused({
    object: b.object, id: b.record, title: "", task, key: task ? `task/${task.id}` : `${b.object}/${b.record}`, to: b.to, subject: b.subject, body: b.body, template: b.template ?? "",
    filled: { subject: "", body: "" }, then: task ? (b.outcome ?? "") : null, problem,
  }, problem);
}
