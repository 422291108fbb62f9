// One task as a wise colleague would hand it over: what, why, with which words, and what happens after.
import { Component, type ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { Task } from "../../api/client";
import type { Words } from "../../api/mail";
import { formatNear } from "../../i18n/format";
import { t } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { compose, isMailTask, writeLabel } from "../../store/mails";
import { entryOf, readRecord, shownFields } from "../../store/records";
import { fieldOf, me, objectOf, personName } from "../../store/session";
import { useComposer } from "../../shell/compose";
import { finishTask, isDoneByRecord, outcomesOf, postponeTask, setTaskProblem, skipTask, taskProblems, wordsOf } from "../../store/tasks";
import { Button } from "../../ui/button";
import { FieldRow } from "../../ui/field-edit";
import { isEditable } from "../../ui/field-input";
import { Icon, type IconName } from "../../ui/icon";
import { Later } from "../../ui/later";
import { Markdown } from "../../ui/markdown";
import { Popover } from "../../ui/menu";
import { ProblemNote } from "../../ui/states";
import { StatusChip, WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";

function nextOf(task: Task): string {
  return (task.after as { next?: string } | null)?.next ?? "";
}
export function taskIcon(task: Task): IconName {
  if (task.kind === "escalation") return "megaphone";
  if (task.kind === "policy" || task.kind === "breach") return "shield-check";
  if (task.kind === "asked") return "user";
  return task.overdue ? "clock" : "circle";
}

export function DueChip({ task }: { task: Task }) {
  if (!task.until) return null;
  if (task.overdue) return <StatusChip tone="warn" icon="clock">{t("was due {when}", { when: formatNear(task.until) })}</StatusChip>;
  return <StatusChip tone="plain" icon="clock">{t("due {when}", { when: formatNear(task.until) })}</StatusChip>;
}

function Passage({ p }: { p: Words["passages"][number] }) {
  return (
    <div class="passage">
      <p class="lines">{p.text}</p>
      {p.why && <details><summary>{t("Why these words")}</summary><p class="meta">{p.why}</p></details>}
    </div>
  );
}

export function mailLabel(task: Task): string {
  return writeLabel({ object: "", id: "", task }, t("Write the mail"));
}
export function writeMail(task: Task): void {
  if (task.record) compose({ object: task.record.object, id: task.record.id, title: task.record.title ?? "", task });
}

function Say({ task, words, inRecord }: { task: Task; words: Words; inRecord?: boolean }) {
  const act = task.title;
  useComposer(isMailTask(task));
  const whole = words.passages.map((p) => p.text.trim()).join("\n\n");
  const copy = (): void => {
    void navigator.clipboard.writeText(words.subject ? `${words.subject}\n\n${whole}` : whole).then(() => toast(t("Copied."), { ms: 3000 }), () => toast(t("This browser does not let the page copy. Select the words instead."), { ms: 6000 }));
  };
  return (
    <div class="card-part say">
      <h3>{t("Say")}</h3>
      <div class="stack">
        <blockquote class="words">
          {words.subject && <p><b>{words.subject}</b></p>}
          {words.passages.map((p) => <Passage key={p.name} p={p} />)}
        </blockquote>
        {words.unresolved.length > 0 && <p class="meta">{t("Not filled in, because the record does not say: {names}", { names: words.unresolved.join(", ") })}</p>}
        <p class="row wrap">
          {isMailTask(task) && task.record && <Button act={inRecord ? act : undefined} keys={inRecord ? undefined : "m"} icon="mail" focus={`mail-${task.id}`} onClick={() => writeMail(task)}>{mailLabel(task)}</Button>}
          <Button act={act} icon="copy" kind="quiet" onClick={copy}>{t("Copy the words")}</Button>
          <WhyLink page={words.page} label={t("Template: {name}", { name: words.label })} />
        </p>
      </div>
    </div>
  );
}

// What the server says is still to be filled in, on the record of the task or on one it refers to.
function Need({ need }: { need: NonNullable<Task["needs"]>[number] }) {
  const shape = objectOf(need.object);
  const entry = entryOf(need.object, need.record).value;
  useEffect(() => {
    if (!entry?.whole) void readRecord(need.object, need.record).catch(() => undefined);
  }, [need.object, need.record]);
  const field = shape && fieldOf(shape, need.field);
  if (!field || !isEditable(field) || !entry) return <div class="fact"><span class="fact-label">{need.label}</span></div>;
  return <FieldRow object={need.object} id={need.record} field={field} value={shownFields(entry)[need.field]} eager />;
}

function DoneByRecord({ task }: { task: Task }) {
  const needs = task.needs ?? [];
  return (
    <div class="card-part">
      <h3>{t("Do")}</h3>
      <div class="stack">
        <p>{needs.length ? t("Fill this in and the step is done:") : t("Done when {condition}. It closes by itself.", { condition: task.why?.done_when ?? "" })}</p>
        {needs.length > 0 && (
          <div class="facts boxed">
            {needs.map((n) => <Need key={`${n.record} ${n.field}`} need={n} />)}
          </div>
        )}
      </div>
    </div>
  );
}

export function NotNow({ task }: { task: Task }) {
  return <Later act={task.title} label={t("Not now")} put={(until) => postponeTask(task, until, t("back {when}", { when: formatNear(until) }))} />;
}

function LeaveOut({ task }: { task: Task }) {
  const [why, setWhy] = useState("");
  const id = useId();
  return (
    <Popover act={task.title} label={t("Leave out")} icon="skip-forward" kind="quiet">
      {(close) => (
        <form class="not-now" onSubmit={(e) => { e.preventDefault(); if (why.trim()) { close(); skipTask(task, why.trim()); } }}>
          <label for={id}>{t("Why is it not needed here?")}</label>
          <div class="row"><input id={id} required maxLength={400} value={why} onInput={(e) => setWhy(e.currentTarget.value)} /><Button type="submit">{t("Leave out")}</Button></div>
        </form>
      )}
    </Popover>
  );
}

interface Props {
  task: Task;
  big?: boolean;   // run mode
  inRecord?: boolean; // on the record's own page: no link to it
}

export function TaskCard({ task, big, inRecord }: Props) {
  const [note, setNote] = useState("");
  const noteId = useId();
  const problem = taskProblems.value.get(task.id);
  const outcomes = outcomesOf(task);
  const words = wordsOf(task);
  const shape = objectOf(task.record?.object ?? "");
  const next = nextOf(task);
  const byRecord = isDoneByRecord(task);
  return (
    <article class={big ? "task-card big" : "task-card"} data-open-task={task.id} aria-label={t("{task}: {record}", { task: task.title, record: task.record?.title ?? "" })}>
      <header>
        <div class="grow">
          <h2 class="task-title">{task.title}</h2>
          {!inRecord && task.record && <p class="task-record"><a href={recordHref(task.record.object, task.record.id)} data-focus={`task-${task.id}`}>{task.record.title || t("Not shown to you")}</a><span class="meta">{task.record.object_label}</span></p>}
        </div>
        <div class="row wrap task-chips">
          {task.optional && <StatusChip tone="plain">{t("optional")}</StatusChip>}
          <DueChip task={task} />
        </div>
      </header>
      {problem && <ProblemNote problem={problem} retry={undefined} />}
      <div class="card-part">
        <h3>{t("Why")}</h3>
        <div>
          <p>{sentence(task.why?.reason || (task.asked_by && task.asked_by !== me.value?.id ? t("{name} asked you for it", { name: personName(task.asked_by) }) : task.because) || "")} <WhyLink page={task.why?.page ?? ""} step={task.why?.step} version={task.why?.manual_version} line={task.why?.line} label={t("{page}: {step}", { page: task.why?.page_label ?? "", step: task.why?.step ?? "" })} /></p>
        </div>
      </div>
      {task.note && !task.closed && (
        <div class="card-part">
          <h3>{task.kind === "escalation" ? t("Story") : t("Note")}</h3>
          <p class="lines story">{task.note}</p>
        </div>
      )}
      {task.why?.how && (
        <div class="card-part">
          <h3>{t("How")}</h3>
          <div class="prose"><Markdown text={task.why.how} /></div>
        </div>
      )}
      {words && <Say task={task} words={words} inRecord={inRecord} />}
      {byRecord && shape && <DoneByRecord task={task} />}
      {(outcomes.some((o) => o.then) || next) && (
        <div class="card-part">
          <h3>{t("After")}</h3>
          <ul class="after">
            {outcomes.filter((o) => o.then).map((o) => <li key={o.label}><b>{o.label}</b> <span class="muted"><span aria-hidden="true">→ </span>{o.then}</span></li>)}
            {next && <li class="muted">{t("Next: {step}", { step: next })}</li>}
          </ul>
        </div>
      )}
      {!byRecord && (
        <div class="card-note">
          <label for={noteId} class="sr">{t("A note")}</label>
          <input id={noteId} placeholder={t("What was said? (a note, if you like)")} maxLength={2000} value={note} onInput={(e) => setNote(e.currentTarget.value)} />
        </div>
      )}
      <footer class="task-actions">
        {outcomes.map((o, i) => (
          <Button key={o.label} act={big && i < 9 ? undefined : task.title} kind={i === 0 ? "primary" : "plain"} keys={big && i < 9 ? String(i + 1) : undefined} onClick={() => finishTask(task, o.label, note)}>{o.label}</Button>
        ))}
        {outcomes.length === 0 && !byRecord && <Button act={big ? undefined : task.title} kind="primary" icon="check" keys={big ? "1" : undefined} onClick={() => finishTask(task, null, note)}>{t("Done")}</Button>}
        {byRecord && !inRecord && task.record && <a class="button plain" data-act={task.title} href={recordHref(task.record.object, task.record.id)}>{t("Open {object}", { object: (task.record.object_label ?? "").toLowerCase() })}</a>}
        <span class="grow" />
        {(task.optional || (task.kind === "asked" && task.asked_by === me.value?.id)) && <LeaveOut task={task} />}
        <NotNow task={task} />
        {problem && <Button act kind="quiet" onClick={() => setTaskProblem(task.id, null)}>{t("Hide the refusal")}</Button>}
      </footer>
    </article>
  );
}

// Reasons are written to follow "because": here they stand alone.
export function sentence(text: string): string {
  const s = text.trim().replace(/\s+/g, " ");
  if (!s) return "";
  return s[0]?.toUpperCase() + s.slice(1) + (/[.!?…"”]$/.test(s) ? "" : ".");
}

// One line of the queue, drawn anew only when its task changes: walking through sixty of them draws two.
export class TaskLine extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps): boolean {
    return next.task !== this.props.task;
  }
  override render(): ComponentChildren {
    return drawLine(this.props);
  }
}
interface LineProps {
  task: Task;
  open: (id: string) => void; // the same for the life of the line
}
function drawLine({ task, open }: LineProps) {
  return (
    <button type="button" class="task-line" onClick={() => open(task.id)} data-focus={`line-${task.id}`} data-task={task.id}>
      <Icon name={taskIcon(task)} class={task.overdue ? "warn" : ""} />
      <span class="task-line-what cut"><b>{task.title}</b> <span class="muted">{task.record?.title}</span></span>
      <span class={task.overdue ? "task-line-why warn cut" : "task-line-why muted cut"}>{task.because}</span>
    </button>
  );
}
